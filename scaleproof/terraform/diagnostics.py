"""Terraform's errors and warnings, as objects and as messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from scaleproof.errors import ExitCode, ScaleproofError

_FROM_INIT = (
    "Give the variable a default, or a value in the root's terraform.tfvars, in a file *.auto.tfvars or in "
    "TF_VAR_...: init gets no other value."
)
_COPY = "Name a local copy of the module with --source {source}=DIR (in pytest: --scaleproof-source {source}=DIR)."
_NO_TYPE = re.compile(r"The provider hashicorp/aws(cc)? does not support (resource type|data source)")
_STANDIN = (
    " This is a stand-in for the provider, which has the types of the module and those often used with it. Set "
    "SCALEPROOF_PROVIDERS=registry to plan with the real provider."
)


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

    exit_code = ExitCode.WRONG


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


def begun(line: str) -> str:
    """What an apply begins to do, as in "create aws_sns_topic.it", in a line of its output; else ""."""
    event = parse_event(line)
    hook = event.get("hook", {})
    return f"{hook['action']} {hook['resource']['addr']}" if event.get("type") == "apply_start" else ""


def from_output(output: str, *, standins: bool = False) -> list[Diagnostic]:
    """The diagnostics in machine-readable output, in order.

    `standins`: it is of providers that may lack a type, where Terraform says that hashicorp/aws does.
    """
    parsed = []
    for event in map(parse_event, output.split("\n")):  # a text in it may have other line ends
        if event.get("type") == "diagnostic":
            raw = event["diagnostic"]
            place, detail = raw.get("range"), raw.get("detail", "")
            location = f"{place['filename']}:{place['start']['line']}" if place else None
            more = _STANDIN if standins and _NO_TYPE.search(detail) else ""
            parsed.append(Diagnostic(raw["severity"], raw["summary"], detail + more, raw.get("address"), location))
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


def advice_on(reported: Iterable[Diagnostic]) -> str:
    """What helps where Terraform lacks a value or a module before it can plan."""
    text = " ".join(f"{diagnostic.summary} {diagnostic.detail}" for diagnostic in reported)
    if "No value for required variable" in text or "Module source has changed" in text:
        return _FROM_INIT  # the source of a module may have a variable
    if source := re.search(r'source\s+code\s+from\s+"(?:\w+::)?(?:\w+://)?([^"?]+?)(?:\.git)?["?]', text):
        return _COPY.format(source=quote(source[1]))
    return ""


def check_plan(reported: Sequence[Diagnostic], directory: Path) -> None:
    """Raises `PlanFailed` for what a plan that ended well reports: errors, or values of undeclared variables."""
    # Terraform 1.15 goes on with the defaults where it cannot read a file of variables.
    if any(one.severity == "error" for one in reported):
        raise PlanFailed(f"plan {directory}", reported)
    # It only warns of a misspelt variable, which would have no effect.
    found = [one for one in reported if one.summary.startswith("Value for undeclared variable")]
    if found:
        names = [name for one in found for name in re.findall(r'variable named "([^"]+)"', one.detail)]
        detail = f"{directory} declares no variable named {', '.join(names)}."
        raise PlanFailed(f"plan {directory}", [Diagnostic("error", found[0].summary, detail)])
