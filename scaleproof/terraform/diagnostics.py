"""Terraform's errors and warnings, as objects and as messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scaleproof.errors import ExitCode, ScaleproofError


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
        return f"{self.summary}{f': {detail}' if detail else ''}{f' ({where})' if where else ''}"


class TerraformError(ScaleproofError):
    """A Terraform command that failed.

    `diagnostics`: the errors, then the warnings. `headline`: the command that failed.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, action: str, diagnostics: Sequence[Diagnostic], *, advice: str = "") -> None:
        """`action` completes "Terraform could not ...", such as "plan examples/async"."""
        self.diagnostics = sorted(diagnostics, key=lambda diagnostic: diagnostic.severity != "error")
        errors = [diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"]
        first = str(errors[0]) if errors else "no reason"
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        self.headline = f"Terraform could not {action}."
        super().__init__(f"{self.headline} {first}{more}", advice=advice)
        for diagnostic in self.diagnostics[1:]:
            self.add_note(f"{diagnostic.severity}: {diagnostic}")


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
    except ValueError:
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
                Diagnostic(raw["severity"], raw["summary"], raw.get("detail", ""), raw.get("address"), location)
            )
    return parsed


def from_text(text: str) -> list[Diagnostic]:
    """The diagnostics in output for people, such as that of `init`. If there are none, all of it is one.

    Lines for machines are left out.
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
        parsed.append(Diagnostic(severity.lower(), summary.strip(), detail.strip(), None, location))
    return parsed or [Diagnostic("error", " ".join(plain.split()) or "it failed without a message")]
