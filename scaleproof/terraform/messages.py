"""What Terraform says of a root, in the words of its user: own paths, the cause, and what to change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scaleproof.errors import ExitCode
from scaleproof.terraform import diagnostics
from scaleproof.terraform.diagnostics import Diagnostic, InitFailed, PlanFailed, TerraformError
from scaleproof.terraform.runner import CommandFailed
from scaleproof.terraform.sources import copy_advice
from scaleproof.terraform.workdir import WorkingDirectory

_ELSEWHERE = re.compile(
    r"Error acquiring the state lock|no space left on device|(the|on|from)\s+endpoint\s+URL: \"http"
)
"""Words of errors for which neither the call nor the configuration is the cause."""
_UNREACHED = re.compile(r"dial\s+tcp|connection\s+refused|no\s+such\s+host|i/o\s+timeout")
"""The same of programs in Go."""
_VALUES_OF_INIT = (
    "Give the variable a default, or a value in the root's terraform.tfvars, in a file *.auto.tfvars or in "
    "TF_VAR_...: init gets no other value."
)


@dataclass(frozen=True)
class Messages:
    """Those of a root.

    `directory`: the root, as its user names it. `work`: where Terraform runs. `with_standins`: for its providers.
    """

    directory: Path
    work: WorkingDirectory
    with_standins: bool

    def read(self, output: str) -> list[Diagnostic]:
        """The diagnostics in a command's machine-readable output."""
        # The user does not know the file with the variables.
        file = str(self.work.variables)
        reported = [
            replace(diagnostic, location=None) if (diagnostic.location or "").startswith(file) else diagnostic
            for diagnostic in diagnostics.from_output(output)
        ]
        return list(map(_explain_missing_type, reported)) if self.with_standins else reported

    def of_failed_init(self, error: CommandFailed) -> InitFailed:
        """The error for an `init` that failed."""
        parsed = diagnostics.from_text(error.errors or error.output)
        text = _text(parsed)
        calls = [diagnostic for diagnostic in parsed if re.search(r'module\s+"', diagnostic.detail)]
        own = [diagnostic.detail for diagnostic in calls if re.match(r"[^/]+\.tf:", diagnostic.location or "")]
        sources = ["".join(re.findall(r'source\s+code\s+from\s+"([^"]+)"', detail)) for detail in own]
        modules = copy_advice(sources, self.work.sources, below=len(own) < len(calls)) if calls else ""
        fetches = re.search("download|registry|packages", text)
        advice = modules if re.search(r"source\s+code\s+from", text) else ""
        if "No value for required variable" in text:  # one with `const`, which Terraform 1.15 needs here
            advice = _VALUES_OF_INIT
        failed = InitFailed(f"initialize {self.directory}", parsed, advice=advice)
        if not (fetches or _ELSEWHERE.search(text)):
            failed.exit_code = ExitCode.WRONG  # type: ignore[misc]
        return failed

    def of_failed(
        self,
        kind: type[TerraformError],
        action: str,
        error: CommandFailed,
        saved: Diagnostic | None = None,
    ) -> TerraformError:
        """The error for another command that failed.

        `action`: see `TerraformError`, without the directory. `saved`: where
        the state is.
        """
        reported = self.read(error.output)
        if saved:
            reported.insert(0, saved)
        if not any(diagnostic.severity == "error" for diagnostic in reported):
            reported += diagnostics.from_text(error.errors or error.output)
        # A source with a variable, whose value was another one in `init`.
        moved = any(diagnostic.summary == "Module source has changed" for diagnostic in reported)
        failed = kind(f"{action} {self.directory}", reported, advice=_VALUES_OF_INIT if moved else "")
        if any(cause.search(_text(reported)) for cause in (_ELSEWHERE, _UNREACHED)):
            failed.exit_code = ExitCode.FAILED  # type: ignore[misc]
        return failed

    def check_declared(self, reported: Sequence[Diagnostic]) -> None:
        """Raises `PlanFailed` for values of undeclared variables."""
        # Terraform only warns, so a misspelt variable would have no effect.
        undeclared = [
            diagnostic for diagnostic in reported if diagnostic.summary.startswith("Value for undeclared variable")
        ]
        if undeclared:
            names = [
                name for diagnostic in undeclared for name in re.findall(r'variable named "([^"]+)"', diagnostic.detail)
            ]
            detail = f"{self.directory} declares no variable named {', '.join(names)}."
            raise PlanFailed(f"plan {self.directory}", [Diagnostic("error", undeclared[0].summary, detail)])


def _text(reported: Sequence[Diagnostic]) -> str:
    return " ".join(f"{diagnostic.summary} {diagnostic.detail}" for diagnostic in reported)


def _explain_missing_type(diagnostic: Diagnostic) -> Diagnostic:
    """Adds that the stand-in lacks a type, where Terraform says that hashicorp/aws does."""
    if not re.search(
        r"The provider hashicorp/aws(cc)? does not support (resource type|data source)", diagnostic.detail
    ):
        return diagnostic
    return replace(
        diagnostic,
        detail=f"{diagnostic.detail} This is a stand-in for the provider, which has the types of the module and "
        "those often used with it. Set SCALEPROOF_PROVIDERS=registry to plan with the real provider.",
    )
