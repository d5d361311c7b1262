"""One root configuration, run through tftest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import tftest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.processes.cache import private_file
from scaleproof.progress import console, step
from scaleproof.terraform import (
    diagnostics,
    dropped_attributes,
    environment,
    errored,
    executable,
    network_access,
    sensitive,
)
from scaleproof.terraform.diagnostics import ApplyFailed, Diagnostic, InitFailed, PlanFailed, TerraformError
from scaleproof.terraform.dropped_attributes import Dropped
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.runner import CommandFailed, Runner
from scaleproof.terraform.sources import local, option
from scaleproof.terraform.state import State
from scaleproof.terraform.workdir import WorkingDirectory

_VARIABLES = "scaleproof.tfvars.json"
_CHANGES = 2
"""What `terraform plan -detailed-exitcode` ends with where there is something to do."""


def _copies(found: Iterable[Diagnostic]) -> str:
    """What to do where `init` cannot fetch a module."""
    for one in found:
        if "module" in one.summary.lower():
            sources = re.findall(r'source code\s+from\s+"([^"]+)"', one.detail)
            return f"Name a copy of the module: {option(*sources[:1])}."
    return ""


class Providers(Protocol):
    """The stand-ins, as far as Terraform's side needs them (see `scaleproof.providers.StandIns`)."""

    reattach: str
    connection: Connection | None
    unread: Mapping[str, str]
    """What to leave unknown of the data sources that only a cloud can answer: an argument by type."""


class Root:
    """A root configuration directory and what Terraform does with it; a context manager that calls `close`.

    The directory itself is never written to: Terraform runs in a working directory that stands for it and
    keeps `.terraform` and the state. `init` is run by the first command that needs it.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        standins: Providers | None = None,
        connection: Connection | None = None,
        variables: Mapping[str, Any] | None = None,
        workdir: Path | None = None,
        state: Path | None = None,
        files: Sequence[Path] = (),
        sources: Mapping[str, Path] | None = None,
        arguments: Sequence[str] = (),
        allow_network: bool = False,
    ) -> None:
        """`standins`: the in-process providers, None for the registry's (or for none at all).

        `connection`: the account to act in, None to plan without any cloud. `variables`: values for the
        root's variables, as JSON knows them. `workdir`: where to work and keep the state across objects; a
        temporary directory by default. `state`: a state file elsewhere. `files`: files of variables, over
        which `variables` win. `sources`: directories to use for the sources of the root's module blocks.
        `arguments`: further words for each `terraform plan`, which win over all other variables.
        `allow_network`: lets Terraform fetch modules and providers, read other states and run provisioners,
        with the user's own settings for all but AWS; else each command refuses what would (`network_access`).

        Raises `ScaleproofError` when the directory holds no configuration or there is no Terraform.
        """
        self.directory = Path(directory)
        self.standins = standins
        self.connection = connection
        self.variables = dict(variables or {})
        self.files = tuple(file.absolute() for file in files)
        self.arguments = tuple(arguments)
        self.sources = dict(sources or {})
        self.allow_network = allow_network
        self.executable = executable.find()
        self._work = WorkingDirectory(self.directory, base=workdir, state=state, sources=self.sources)
        self._outside = state is not None  # and outlives the working directory
        self._given = self.variables
        self._dropped: list[Dropped] | None = None
        self._initialized = False

    @property
    def state_file(self) -> Path:
        """Where the state is, or will be after the first apply."""
        return self._work.state

    def check(self, *, applying: bool = False) -> None:
        """Raises `ScaleproofError` if a plan, or an apply, would reach beyond this machine unasked.

        Every command begins with it; by itself it starts nothing.
        """
        self._work.update(self.standins.unread if self.standins and self.connection is None else None)
        if not self.allow_network:
            work, attached = self._work, self.standins.reattach if self.standins else None
            network_access.refuse(
                work.source,
                work.override,
                copies=local(work.source, self.sources),
                state=work.state,
                attached=attached,
                applying=applying,
            )

    def init(self) -> None:
        """Runs `terraform init`; raises `InitFailed`, and as `check` does."""
        self.check()
        try:
            with step(f"Initializing {self.directory}"):
                self._runner().init(input=False, color=False)
        except CommandFailed as error:
            found = diagnostics.from_text(error.errors or error.output)
            raise InitFailed(
                f"initialize {self.directory}", self._shown(found), advice=_copies(found)
            ) from error
        self._initialized = True
        self._dropped = None

    def plan(self, **variables: Any) -> Plan:
        """The plan for the root's variables, changed by `variables`; raises `PlanFailed` if it has errors.

        A value for a variable that the root does not declare is an error as well.
        """
        self._ready()
        with step(f"Planning {self.directory}"), self._saved_plan(variables) as (file, found):
            shown = self._read("show", "-json", "-no-color", str(file))
        return Plan(json.loads(shown), (*found, *self.dropped()))

    def dropped(self) -> list[Dropped]:
        """Attributes of objects that Terraform has dropped, as their types lack them.

        In the module blocks, and in what the last command was given for the variables.
        """
        if self._dropped is None:
            self._dropped = dropped_attributes.in_modules(self._work.source, self._work.path)
        given = dropped_attributes.in_variables(self._work.source, self._given, self.files, self.arguments)
        return [*self._dropped, *given]

    def settled(self, **variables: Any) -> bool:
        """Whether `plan` would be empty, at less cost than reading it; raises `PlanFailed` as it does."""
        self._ready()
        with step(f"Planning {self.directory}"):
            try:
                arguments = (*self._arguments(variables), "-detailed-exitcode")
                output, empty = self._runner().execute_command("plan", *arguments).out, True
            except CommandFailed as error:
                if error.code != _CHANGES:
                    raise self._failed(PlanFailed, "plan", error) from error
                output, empty = error.output, False
        self._refuse_undeclared(self._diagnostics(output))
        return empty

    def apply(self, **variables: Any) -> None:
        """Applies the root with its variables, changed by `variables`.

        Raises `PlanFailed` before anything is changed, `ApplyFailed` later: what was done is in the state,
        `destroy` removes it, and another `apply` goes on from there.
        """
        self._ready(applying=True)
        with step(f"Applying {self.directory}") as update, self._saved_plan(variables) as (file, _):
            self._apply_saved("apply", file, update)

    def destroy(self, **variables: Any) -> None:
        """Destroys what the state holds; raises `PlanFailed`, or `ApplyFailed` when something is left."""
        self._ready(applying=True)
        with (
            step(f"Destroying {self.directory}") as update,
            self._saved_plan(variables, "-destroy") as (file, _),
        ):
            self._apply_saved("destroy", file, update)

    def state(self) -> State:
        """The state as it is now, empty before the first apply."""
        self._ready()
        return State(json.loads(self._read("show", "-json", "-no-color")))

    def outputs(self) -> dict[str, Any]:
        """The values of the root's outputs in the state."""
        self._ready()
        return {name: output["value"] for name, output in json.loads(self._read("output", "-json")).items()}

    def close(self) -> None:
        """Removes the working directory if it is a temporary one. Destroys nothing."""
        self._work.close()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Calls `close`."""
        self.close()

    def _ready(self, *, applying: bool = False) -> None:
        if self._outside:
            errored.take_up(self.state_file)
        self.check(applying=applying)
        if not self._initialized:
            self.init()

    def _runner(self) -> Runner:
        reattach = None
        if self.standins:
            # Tests share the stand-ins, each with an account of its own.
            self.standins.connection = self.connection
            reattach = self.standins.reattach
        given = environment.variables(self.connection, reattach, allow_network=self.allow_network)
        return Runner(self.executable, self._work.path, given, locks=self._work.locks)

    def _arguments(self, variables: Mapping[str, Any]) -> list[str]:
        # As a file, since `-var` would want some values as HCL and some as they are. Terraform reads the
        # last occurrence of a variable, so the caller's own arguments win.
        file = self._work.path / _VARIABLES
        self._given = {**self.variables, **variables}
        try:
            values = json.dumps(self._given, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ScaleproofError(
                f"A variable has a value that Terraform does not know: {error}.",
                advice="Give texts, finite numbers, booleans, None, lists and dictionaries.",
            ) from error
        private_file(file).write_text(values, encoding="utf-8")
        options = tftest.parse_args(input=False, color=False, json_format=True)
        given = [f"-var-file={one}" for one in (*self.files, file)]
        return [*options, *given, *self.arguments]

    @contextmanager
    def _saved_plan(
        self, variables: Mapping[str, Any], *options: str
    ) -> Iterator[tuple[Path, list[Diagnostic]]]:
        file = self._work.path / "scaleproof.tfplan"
        try:
            arguments = [*self._arguments(variables), *options, f"-out={file}"]
            output = self._runner().execute_command("plan", *arguments).out
            found = self._diagnostics(output)
            self._refuse_undeclared(found)
            yield file, found
        except CommandFailed as error:
            raise self._failed(PlanFailed, "plan", error) from error
        finally:
            # It holds every value in plain text.
            file.unlink(missing_ok=True)

    def _apply_saved(self, command: str, file: Path, update: Callable[[str], None]) -> None:
        runner = self._runner()
        dumped: dict[str, Any] | None = None

        def follow(line: str) -> None:
            nonlocal dumped
            event = diagnostics.parse_event(line)
            if event and event.get("type") == "apply_start":
                hook = event["hook"]
                update(f"{self.directory}: {hook['action']} {hook['resource']['addr']}")
            elif event and "state" in event:  # Terraform's last resort
                dumped = event["state"]

        runner.on_line = follow
        try:
            runner.execute_command("apply", "-input=false", "-no-color", "-json", str(file))
        except BaseException as error:
            kept = errored.keep(self.state_file, dumped) if self._outside else None
            if isinstance(error, CommandFailed):
                raise self._failed(ApplyFailed, command, error, kept) from error
            if kept:
                console.print(str(kept), markup=False, soft_wrap=True)
            raise

    def _read(self, command: str, *arguments: str) -> str:
        try:
            return str(self._runner().execute_command(command, *arguments).out)
        except CommandFailed as error:
            raise self._failed(TerraformError, f"{command} the state of", error) from error

    def _failed(
        self, kind: type[TerraformError], action: str, error: CommandFailed, kept: Diagnostic | None = None
    ) -> TerraformError:
        found = self._diagnostics(error.output)
        if kept:
            found = [kept, *(one for one in found if one.summary not in errored.TOLD_OTHERWISE)]
        if not any(one.severity == "error" for one in found):
            found += self._shown(diagnostics.from_text(error.errors or error.output))
        return kind(f"{action} {self.directory}", found)

    def _diagnostics(self, output: str) -> list[Diagnostic]:
        # A place in the file that the variables were passed in says nothing to who passed them.
        passed = str(self._work.path / _VARIABLES)
        found = [
            replace(one, location=None) if one.location and one.location.startswith(passed) else one
            for one in diagnostics.from_events(diagnostics.events(output))
        ]
        return self._shown(map(_of_stand_in, found) if self.standins else found)

    def _shown(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Diagnostics without what sensitive variables were set to: a provider quotes what it refuses."""
        listed = list(found)
        if listed:
            secrets = sensitive.variables_of(self.directory, self._given, self.files, self.arguments)
            listed = secrets.masked(listed)
        return listed

    def _refuse_undeclared(self, found: Sequence[Diagnostic]) -> None:
        # Terraform only warns, which would let a misspelt variable pass for a set one.
        wrong = [one for one in found if one.summary.startswith("Value for undeclared variable")]
        if wrong:
            names = [name for one in wrong for name in re.findall(r'variable named "([^"]+)"', one.detail)]
            detail = f"{self.directory} declares no variable named {', '.join(names) or 'so'}."
            raise PlanFailed(f"plan {self.directory}", [Diagnostic("error", wrong[0].summary, detail)])


def _of_stand_in(found: Diagnostic) -> Diagnostic:
    """Terraform says that hashicorp/aws has no such type, where it is the stand-in that lacks it."""
    if not re.search(
        r"The provider hashicorp/aws(cc)? does not support (resource type|data source)", found.detail
    ):
        return found
    return replace(
        found,
        detail=f"{found.detail} scaleproof plans with a stand-in, which has the types of the module and of "
        "what stands around it. Set SCALEPROOF_PROVIDERS=registry to plan with the real provider.",
    )
