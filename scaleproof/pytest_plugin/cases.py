"""Collects, runs and reports cases in YAML as tests of pytest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin import SESSION, casefile, current_run, inventories
from scaleproof.pytest_plugin.run import Run
from scaleproof.terraform.diagnostics import PlanFailed, TerraformError
from scaleproof.terraform.plan import Plan


class Different(AssertionError):  # noqa: N818 - reads as what happened
    """A plan that differs from a file, or a simulation from its expectations; its text says how."""


class File(pytest.File):
    """A YAML file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each case."""
        try:
            file = casefile.CaseFile(self.path)
            for case in file.cases():
                yield Item.from_parent(self, name=case.name, file=file, case=case)
        except ScaleproofError as error:
            raise self.CollectError(str(error)) from error


class Item(pytest.Item):
    """One case."""

    def __init__(self, *, file: casefile.CaseFile, case: casefile.Case, **options: Any) -> None:
        """`file` has the case."""
        super().__init__(**options)
        self._file, self._case = file, case

    def runtest(self) -> None:
        """Plans, compares and simulates."""
        file, case = self._file, self._case
        if self.config.getoption("scaleproof_rebuild"):  # the case before this one has changed the file
            file = casefile.CaseFile(self.path)
        run = current_run(self.config)
        if case.refused is not None:
            _refused(run, case)
            return
        plan = run.plan(case.root, case.variables, case.tfvars)
        if case.sections:
            _compare(self.config, file, case.name, case.sections, plan, self.nodeid)
        endpoints = from_plan(plan) if case.simulations else []
        differences = [
            text for simulation in case.simulations for text in simulation.differences(endpoints, self.path.parent)
        ]
        if differences:
            raise Different("\n".join(differences))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message instead of a traceback, for errors of the user."""
        if isinstance(excinfo.value, TerraformError):
            lines = [f"  {diagnostic.severity}: {diagnostic}" for diagnostic in excinfo.value.diagnostics]
            return "\n".join([excinfo.value.headline, *lines, excinfo.value.advice]).rstrip()
        if isinstance(excinfo.value, ScaleproofError | Different):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location of the case."""
        return self.path, None, f"{self.path.name}: {self.name}"


def _compare(
    config: pytest.Config,
    file: casefile.CaseFile,
    case: str,
    sections: dict[str, Any],
    plan: Plan,
    nodeid: str,
) -> None:
    comparison = inventories.compare(sections, plan)
    if config.getoption("scaleproof_rebuild"):
        file.rewrite(case, comparison.rebuilt)
        config.stash[SESSION].rebuilt.setdefault(file.path, []).extend(comparison.gone)
    elif comparison.differences:
        raise Different(
            "\n".join(
                [
                    f"The plan differs from {file.path.name}:",
                    *(f"  {difference}" for difference in comparison.differences),
                    "If the plan is right, this rebuilds the case:",
                    f"  {rebuild_command(config, nodeid)}",
                ]
            )
        )


def rebuild_command(config: pytest.Config, nodeid: str) -> str:
    """The command line that rebuilds a case, where pytest was started."""
    alone = " -n 0" if hasattr(config, "workerinput") else ""
    path, colons, names = nodeid.partition("::")
    path = os.path.relpath(config.rootpath / path, config.invocation_params.dir)
    return f"pytest {quote(path + colons + names)} --scaleproof-rebuild{alone}"


def _refused(run: Run, case: casefile.Case) -> None:
    assert case.refused is not None
    try:
        run.plan(case.root, case.variables, case.tfvars)
    except PlanFailed as failed:
        errors = [
            " ".join(str(diagnostic).split()) for diagnostic in failed.diagnostics if diagnostic.severity == "error"
        ]
    else:
        raise Different("The plan succeeds, but should be refused with: " + " / ".join(case.refused))
    missing = [text for text in case.refused if not any(" ".join(text.split()) in error for error in errors)]
    if missing:
        raise Different(
            "\n".join(
                [
                    "The plan is refused, but no error says:",
                    *(f"  {text}" for text in missing),
                    "The errors are:",
                    *(f"  {error}" for error in errors),
                ]
            )
        )
