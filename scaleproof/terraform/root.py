"""Runs Terraform for one root configuration, through tftest."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.processes.cache import private_directory, private_file
from scaleproof.progress import console, step
from scaleproof.terraform import diagnostics, dropped_attributes, environment, executable
from scaleproof.terraform.diagnostics import ApplyFailed, Diagnostic, PlanFailed, TerraformError
from scaleproof.terraform.dropped_attributes import Dropped
from scaleproof.terraform.messages import Messages
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.runner import CommandFailed, Runner
from scaleproof.terraform.state import State
from scaleproof.terraform.workdir import WorkingDirectory

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

_PLAN = "scaleproof.tfplan"
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
        self._messages = Messages(self.directory, self._work, standins is not None)
        self._keeps_state = state is not None
        self._last_variables = self.variables
        self._dropped: list[Dropped] | None = None
        self._initialized = False

    @property
    def state_file(self) -> Path:
        """The state file, which exists after the first apply."""
        return self._work.state

    def init(self) -> None:
        """Runs `terraform init`. Raises `InitFailed`."""
        self._update()
        try:
            with step(f"Initializing {self.directory}"):
                self._init()
        except CommandFailed as error:
            raise self._messages.of_failed_init(error) from error
        self._initialized = True
        self._dropped = None

    def plan(self, /, **variables: Any) -> Plan:
        """The plan for the root's variables, changed by `variables`.

        Raises `PlanFailed` if it has errors, or if the root does not declare a variable.
        """
        self._ready()
        with step(f"Planning {self.directory}"), self._saved_plan(variables) as (_, plan):
            return self._with_dropped(plan)

    def _dropped_attributes(self) -> list[Dropped]:
        """The attributes that Terraform drops, in module blocks and in the last command's variables."""
        if self._dropped is None:
            self._dropped = dropped_attributes.in_modules(self._work.source, self._work.path)
        return self._dropped + dropped_attributes.in_variables(
            self._work.source, self._last_variables, self.files, self.arguments
        )

    def apply(self, /, **variables: Any) -> Plan:
        """Applies the root with its variables, changed by `variables`. Returns the plan that it applied.

        Raises `PlanFailed` before any change, and `ApplyFailed` later. The state then has what was done:
        another `apply` continues, and `destroy` removes it.
        """
        return self._with_dropped(self._change("apply", variables))

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
        if self._initialized:
            self._update()
        else:
            self.init()

    def _update(self) -> None:
        self._work.update(self.standins.unreadable if self.standins and self.connection is None else {})

    def _init(self) -> None:
        runner = self._runner()
        if self.standins:
            runner.init()
            return
        # "The provider installer's behavior in environments with multiple terraform init calls is undefined"
        # (developer.hashicorp.com/terraform/cli/config/config-file), so there is one at a time.
        with FileLock(private_directory(environment.plugin_cache()) / ".lock"):
            runner.init()

    def _runner(self) -> Runner:
        reattach = None
        if self.standins:
            # Tests share the stand-ins, but each has its own account.
            self.standins.connection = self.connection
            reattach = self.standins.reattach
        variables = environment.variables(self.connection, reattach)
        return Runner(self.executable, self._work.path, variables, locks=self._work.locks)

    def _arguments(self, variables: Mapping[str, Any]) -> list[str]:
        # In a file, because `-var` takes some values as HCL and some as texts. The last value of a variable
        # wins, so the caller's arguments do.
        file = self._work.variables
        self._last_variables = {**self.variables, **variables}
        try:
            values = json.dumps(self._last_variables, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ScaleproofError(
                f"A variable has a value that Terraform does not support: {error}.",
                advice="Use texts, finite numbers, booleans, None, lists and dictionaries.",
            ) from error
        private_file(file).write_text(values, encoding="utf-8")
        return [*_OPTIONS, *(f"-var-file={path}" for path in (*self.files, file)), *self.arguments]

    @contextmanager
    def _planned(self, variables: Mapping[str, Any], *options: str) -> Iterator[tuple[Path, str]]:
        """The file of a plan, and what Terraform said. Raises `CommandFailed`."""
        file = self._work.path / _PLAN
        try:
            arguments = [*self._arguments(variables), *options, f"-out={file}"]
            yield file, self._runner().execute_command("plan", *arguments).out
        finally:
            # It contains every value in plain text.
            file.unlink(missing_ok=True)

    @contextmanager
    def _saved_plan(self, variables: Mapping[str, Any], *options: str) -> Iterator[tuple[Path, Plan]]:
        """The file of a plan and its `Plan`, until the context ends. Raises `PlanFailed`."""
        try:
            with self._planned(variables, *options) as (file, output):
                warnings = self._messages.read(output)
                self._messages.check_declared(warnings)
                plan = Plan(self._show(file))
                # Terraform 1.15 goes on with the defaults where it cannot read a file of variables.
                if any(diagnostic.severity == "error" for diagnostic in warnings):
                    raise PlanFailed(f"plan {self.directory}", warnings)
                yield file, replace(plan, warnings=tuple(warnings))
        except CommandFailed as error:
            raise self._messages.of_failed(PlanFailed, "plan", error) from error

    def _change(self, action: str, variables: Mapping[str, Any], *options: str) -> Plan:
        """Plans and applies. `action`: "apply" or "destroy"."""
        self._ready()
        runner = self._runner()
        with (
            step(f"{action.capitalize()}ing {self.directory}") as update,
            self._saved_plan(variables, *options) as (file, plan),
        ):

            def follow(line: str) -> None:
                event = diagnostics.parse_event(line)
                if event.get("type") == "apply_start":
                    hook = event["hook"]
                    update(f"{self.directory}: {hook['action']} {hook['resource']['addr']}")

            runner.on_line = follow
            try:
                # A saved plan has no values of ephemeral variables.
                arguments = self._arguments(variables) if self.executable.has_ephemeral else _OPTIONS
                runner.execute_command("apply", "-input=false", *arguments, str(file))
            except BaseException as error:
                saved = self._saved_state() if self._keeps_state else None
                if isinstance(error, CommandFailed):
                    raise self._messages.of_failed(ApplyFailed, action, error, saved) from error
                if saved:
                    console.print(str(saved))
                raise
            return plan

    def _saved_state(self) -> Diagnostic | None:
        """Moves what Terraform could not write to the state file out of the working directory, and says where it is."""
        written = self._work.path / "errored.tfstate"
        if not written.exists():
            return None
        saved = self.state_file.with_suffix(".errored.tfstate")
        try:
            saved.touch(0o600, exist_ok=False)  # one of an earlier apply stays
            shutil.copyfile(written, saved)
        except OSError:
            saved = Path(tempfile.mkdtemp(prefix="scaleproof-")) / written.name
            shutil.move(written, saved)
        detail = f"It is saved in {saved}. Move that file there to continue from it."
        return Diagnostic("error", f"The state could not be written to {self.state_file}", detail)

    def _show(self, *file: Path) -> dict[str, Any]:
        """The state, or the plan in a file, in Terraform's JSON format."""
        try:
            output = self._runner().execute_command("show", "-json", "-no-color", *map(str, file)).out
        except CommandFailed as error:
            raise self._messages.of_failed(TerraformError, "show the state of", error) from error
        shown: dict[str, Any] = json.loads(output)
        return shown

    def _with_dropped(self, plan: Plan) -> Plan:
        dropped = (
            attribute.without_names() if plan.hides(attribute.variable, attribute.module) else attribute
            for attribute in self._dropped_attributes()
        )
        return replace(plan, warnings=(*plan.warnings, *dropped))
