"""Terraform's errors and warnings, as objects and as messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.texts import printable, without_credentials

_QUOTING = ("Invalid JSON keyword", "Invalid template control keyword")
"""The summaries of errors whose detail quotes a part of a value, such as one without quotes in a .tfvars.json."""
_OF_VALUES = re.compile(r"<value for .*|.*\.tfvars(\.json)?:\d+", re.DOTALL)
"""The places of values of variables, which may be sensitive. Terraform does not know which, as it cannot read them."""
_NOT_QUOTING = re.compile(
    "Invalid value for|Values? for undeclared|Required variable not set|Missing newline|Invalid expression"
    "|Invalid multi-line string|Argument or block definition required|(Variables|Function calls) not allowed"
)
"""How the summaries of errors at these places begin whose details quote no value."""


@dataclass(frozen=True)
class Diagnostic:
    """One error or warning.

    `severity`: "error" or "warning". `address`: the resource, if any. `location`: "file:line", with the file
    relative to the root directory, if any.
    """

    severity: str
    summary: str
    detail: str = ""
    address: str | None = None
    location: str | None = None

    def __str__(self) -> str:
        """One line with the summary, the detail, and the place."""
        detail = " ".join(self.detail.split())
        # Terraform appends the place of a failed validation, which does not help a user of the module.
        detail = re.sub(r"\s*This was checked by the validation rule at \S+?\.$", "", detail)
        where = self.address or self.location
        return printable(f"{self.summary}{f': {detail}' if detail else ''}{f' ({where})' if where else ''}")


class TerraformError(ScaleproofError):
    """A Terraform command that failed.

    `diagnostics`: the errors, then the warnings. `headline`: the command that failed.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, action: str, diagnostics: Sequence[Diagnostic], *, advice: str = "") -> None:
        """`action` completes "Terraform could not ...", such as "plan examples/async"."""
        # Only now: a mask of sensitive values finds whole addresses only.
        clean = map(_without_credentials, diagnostics)
        self.diagnostics = sorted(clean, key=lambda diagnostic: diagnostic.severity != "error")
        errors = [diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"]
        first = str(errors[0]) if errors else "no reason"
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        self.headline = f"Terraform could not {action}."
        super().__init__(f"{self.headline} {first}{more}", advice=advice)
        for diagnostic in self.diagnostics[1:]:
            self.add_note(f"{diagnostic.severity}: {diagnostic}")


def _without_credentials(diagnostic: Diagnostic) -> Diagnostic:
    summary, detail = map(without_credentials, (diagnostic.summary, diagnostic.detail))
    return replace(diagnostic, summary=summary, detail=detail)


class InitFailed(TerraformError):  # noqa: N818 - named after what happened, like the two below
    """`terraform init` failed."""


class PlanFailed(TerraformError):  # noqa: N818
    """The plan has errors. Nothing was changed."""

    exit_code = ExitCode.WRONG


class ApplyFailed(TerraformError):  # noqa: N818
    """An apply or a destroy failed. The state has what was done before."""


def parse_event(line: str) -> dict[str, Any]:
    """The object in one line of Terraform's machine-readable output (`-json`); empty for another line.

    Source: developer.hashicorp.com/terraform/internals/machine-readable-ui.
    """
    try:
        event = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        event = None
    return event if isinstance(event, dict) else {}


def from_output(output: str) -> list[Diagnostic]:
    """The diagnostics in machine-readable output, in order."""
    parsed = []
    for event in map(parse_event, output.split("\n")):  # a text in it may have other line ends
        if event.get("type") == "diagnostic":
            raw = event["diagnostic"]
            place = raw.get("range")
            location = f"{place['filename']}:{place['start']['line']}" if place else None
            parsed.append(
                _diagnostic(raw["severity"], raw["summary"], raw.get("detail", ""), raw.get("address"), location)
            )
    return parsed


def _diagnostic(severity: str, summary: str, detail: str, address: str | None, location: str | None) -> Diagnostic:
    """A diagnostic without a detail that may quote a value."""
    of_values = _OF_VALUES.fullmatch(location or "")
    quotes = summary in _QUOTING or (of_values and not _NOT_QUOTING.match(summary))
    return Diagnostic(severity, summary, "" if quotes else detail, address, location)


def from_text(text: str) -> list[Diagnostic]:
    """The diagnostics in output for people, such as that of `init`. If there are none, all of it is one.

    Lines for machines are left out: their escapes would hide a sensitive value from its mask.
    """
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")
    plain = "\n".join(line.lstrip("│╷╵ ").rstrip("\r") for line in lines if not parse_event(line))
    parts = re.split(r"^(Error|Warning): ", plain, flags=re.MULTILINE)
    parsed = []
    for severity, body in zip(parts[1::2], parts[2::2], strict=True):
        summary, _, rest = body.partition("\n")
        place = re.search(r"^on ([^\n]{1,4096}?) line (\d+)(?:, in .*)?:\n(?:\d+:.*\n)*", rest, flags=re.MULTILINE)
        location = f"{place[1]}:{place[2]}" if place else None
        detail = rest.replace(place[0], "") if place else rest
        parsed.append(_diagnostic(severity.lower(), summary.strip(), detail.strip(), None, location))
    return parsed or [Diagnostic("error", " ".join(plain.split()) or "it failed without a message")]
