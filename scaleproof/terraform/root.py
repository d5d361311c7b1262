"""Runs Terraform for one root configuration, through tftest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaleproof.localstack.connection import Connection
from scaleproof.progress import console, step
from scaleproof.terraform import diagnostics, dropped_attributes, environment, executable
from scaleproof.terraform.diagnostics import ApplyFailed, Diagnostic, InitFailed, PlanFailed, TerraformError, begun
from scaleproof.terraform.dropped_attributes import Dropped
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.runner import CommandFailed, Runner
from scaleproof.terraform.state import State
from scaleproof.terraform.workdir import WorkingDirectory

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

_OPTIONS = "-no-color", "-json"


class Root(AbstractContextManager["Root"]):
    """A root configuration and the Terraform commands for it. As a context manager it calls `close`.

    Nothing is written to the directory itself: Terraform runs in a temporary working directory, which has
    `.terraform` and the state. The first command that needs it runs `init`.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        standins: StandIns | None = None,
        connection: Connection | None = None,
        variables: Mapping[str, Any] | None = None,
        state: Path | None = None,
        files: Sequence[Path] = (),
        sources: Mapping[str, Path] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        """`standins`: the in-process providers, or None for the registry's (or none at all).

        `connection`: the account to work in, or None to plan without a cloud. `variables`: values for the
        root's variables, in JSON's types. `state`: a state file to keep; by default the state is temporary.
        `files`: variable files; `variables` win over them. `sources`: directories that replace the sources of
        the root's module blocks. `arguments`: more arguments for each `terraform plan`; they win over all
        other variables.

        Raises `ScaleproofError` if the directory has no configuration or there is no Terraform.
        """
        self.directory = Path(directory)
        self.standins = standins
        self.connection = connection
        self.variables = dict(variables or {})
        self.files = tuple(file.absolute() for file in files)
        self.arguments = tuple(arguments)
        self.executable = executable.find()
        self._work = WorkingDirectory(self.directory, state=state, sources=sources)
        self.state_file = self._work.state
        """It exists after the first apply."""
        self._dropped: list[Dropped] | None = None  # until `init` has run

    def init(self) -> None:
        """Runs `terraform init`. Raises `InitFailed`."""
        self._update()
        try:
            with step(f"Initializing {self.directory}"), nullcontext() if self.standins else environment.installing():
                self._runner().init()
        except CommandFailed as error:
            raise self._failed(InitFailed, "initialize", error) from error
        self._dropped = dropped_attributes.in_modules(self._work.source, self._work.path)

    def plan(self, /, **variables: Any) -> Plan:
        """The plan for the root's variables, changed by `variables`.

        Raises `PlanFailed` if it has errors, or if the root does not declare a variable.
        """
        self._ready()
        with step(f"Planning {self.directory}"), self._planned(variables) as (_, plan):
            return plan

    def apply(self, /, **variables: Any) -> Plan:
        """Applies the root with its variables, changed by `variables`. Returns the plan that it applied.

        Raises `PlanFailed` before any change, and `ApplyFailed` later. The state then has what was done:
        another `apply` continues, and `destroy` removes it.
        """
        return self._change("apply", variables)

    def destroy(self, /, **variables: Any) -> None:
        """Destroys what is in the state. Raises `PlanFailed`, or `ApplyFailed` if something is left."""
        self._change("destroy", variables, "-destroy")

    def state(self) -> State:
        """The current state, empty before the first apply."""
        self._ready()
        return State(self._show())

    def close(self) -> None:
        """Removes the working directory. Destroys no resource."""
        self._work.close()

    def __exit__(self, *_: object) -> None:
        """Calls `close`."""
        self.close()

    def _ready(self) -> None:
        if self._dropped is None:
            return self.init()
        return self._update()

    def _update(self) -> None:
        self._work.update(self.standins.unreadable if self.standins and self.connection is None else {})

    def _runner(self) -> Runner:
        reattach = None
        if self.standins:
            # Tests share the stand-ins, but each has its own account.
            self.standins.connection = self.connection
            reattach = self.standins.reattach
        variables = environment.variables(self.connection, reattach)
        return Runner(self.executable, self._work.path, variables, locks=self._work.locks)

    def _arguments(self, variables: Mapping[str, Any]) -> list[str]:
        # The last value of a variable wins, so the caller's arguments do.
        files = *self.files, self._work.write_variables({**self.variables, **variables})
        return [*_OPTIONS, *(f"-var-file={path}" for path in files), *self.arguments]

    @contextmanager
    def _planned(self, variables: Mapping[str, Any], *options: str) -> Iterator[tuple[Path, Plan]]:
        """The file of a plan and its `Plan`, until the context ends. Raises `PlanFailed`."""
        file = self._work.path / "scaleproof.tfplan"
        try:
            output = self._runner().execute_command("plan", *self._arguments(variables), *options, f"-out={file}").out
            reported = self._reported(output)
            diagnostics.check_plan(reported, self.directory)
            plan = Plan(self._show(file))
            yield file, replace(plan, warnings=(*reported, *self._warnings(plan, {**self.variables, **variables})))
        except CommandFailed as error:
            raise self._failed(PlanFailed, "plan", error) from error
        finally:
            # It contains every value in plain text.
            file.unlink(missing_ok=True)

    def _warnings(self, plan: Plan, variables: Mapping[str, Any]) -> Iterator[Dropped]:
        """The attributes that Terraform drops, in module blocks and in the values of variables."""
        given = dropped_attributes.in_variables(self._work.source, variables, self.files, self.arguments)
        for dropped in (*(self._dropped or ()), *given):
            yield dropped.without_names() if plan.hides(dropped.variable, dropped.module) else dropped

    def _change(self, action: str, variables: Mapping[str, Any], *options: str) -> Plan:
        """Plans and applies. `action`: "apply" or "destroy"."""
        self._ready()
        runner = self._runner()
        with (
            step(f"{action.capitalize()}ing {self.directory}") as update,
            self._planned(variables, *options) as (file, plan),
        ):
            runner.on_line = lambda line: update(f"{self.directory}: {text}") if (text := begun(line)) else None
            try:
                # A saved plan has no values of ephemeral variables.
                arguments = self._arguments(variables) if self.executable.has_ephemeral else _OPTIONS
                runner.execute_command("apply", "-input=false", *arguments, str(file))
            except BaseException as error:
                saved = self._work.saved_state()
                if isinstance(error, CommandFailed):
                    raise self._failed(ApplyFailed, action, error, saved) from error
                if saved:
                    console.print(str(saved))
                raise
            return plan

    def _show(self, *file: Path) -> dict[str, Any]:
        """The state, or the plan in a file, in Terraform's JSON format."""
        try:
            output = self._runner().execute_command("show", "-json", "-no-color", *map(str, file)).out
        except CommandFailed as error:
            raise self._failed(TerraformError, "show the state of", error) from error
        return dict(json.loads(output))

    def _reported(self, output: str) -> list[Diagnostic]:
        """The diagnostics in a command's machine-readable output."""
        reported = diagnostics.from_output(output, standins=self.standins is not None)
        own = str(self._work.variables)  # the user does not know this file
        return [replace(one, location=None) if (one.location or "").startswith(own) else one for one in reported]

    def _failed(
        self, kind: type[TerraformError], action: str, error: CommandFailed, saved: Diagnostic | None = None
    ) -> TerraformError:
        """The error for a command that failed. `saved`: where the state is."""
        reported = [*([saved] if saved else []), *self._reported(error.output)]
        if not any(one.severity == "error" for one in reported):
            reported += diagnostics.from_text(error.errors or error.output)
        return kind(f"{action} {self.directory}", reported, advice=diagnostics.advice_on(reported))
