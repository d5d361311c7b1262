"""The resources of one test process: stand-ins, a LocalStack, planned roots, and applied ones."""

from __future__ import annotations

import itertools
import os
import secrets
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack, find_or_start
from scaleproof.pytest_plugin import shared
from scaleproof.terraform import parts as session
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.dropped_attributes import Dropped
from scaleproof.terraform.hcl import files_in
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import State

if TYPE_CHECKING:
    from scaleproof.providers.session import StandIns

Directory: TypeAlias = str | os.PathLike[str]
"""The directory of a root configuration, relative to pytest's rootdir."""
_Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


class Run:
    """Makes each part when it is first needed, and keeps it until `close`.

    `base`: the base of relative directories. `copies`: local directories by the sources of modules that they
    replace. `offer`: where to get the LocalStack of the whole run (`shared.ask`); without it, this process finds or
    starts its own.
    """

    def __init__(self, base: Path, copies: Mapping[str, Path], offer: Path | None = None) -> None:
        self.base = base
        self._copies = copies
        self._offer = offer
        self._standins: StandIns | None = None
        self._cloud: LocalStack | None = None
        self._roots: dict[Path, tuple[Root, _Stamp]] = {}
        self._applied: list[Applied] = []
        # Random: a LocalStack that keeps running has what earlier runs left.
        self._account = secrets.randbelow(9 * 10**7) + 10**7
        self._counter = itertools.count(1)
        self._planning = self.new_account()

    @property
    def standins(self) -> StandIns | None:
        """The in-process providers, None with the registry's providers."""
        if self._standins is None:
            self._standins = session.standins().__enter__()
        return self._standins

    @property
    def cloud(self) -> LocalStack:
        """The LocalStack of this run; raises `ScaleproofError` if there is none."""
        if self._cloud is None:
            self._cloud = shared.ask(self._offer) if self._offer else find_or_start()
        return self._cloud

    def new_account(self) -> str:
        """An empty AWS account."""
        return f"{self._account}{next(self._counter) % 10000:04d}"

    def plan(self, directory: Directory, variables: Mapping[str, Any], tfvars: Sequence[Path] = ()) -> Plan:
        """The plan of a root; raises `PlanFailed`, and `ScaleproofError` if there is no such root.

        `tfvars`: files of variables, relative to the root; `variables` win over them.
        """
        path = self.directory(directory)
        files = _files(path, tfvars)
        stamp = _stamp(path)
        known, before = self._roots.get(path, (None, None))
        if known is None or stamp != before:
            if known:
                known.close()
            standins = self.standins
            # The registry's providers call AWS even for a plan.
            connection = None if standins else self.cloud.connection(self._planning)
            known = Root(path, standins=standins, connection=connection, sources=self._copies)
            self._roots[path] = known, stamp
        known.files = files  # one `terraform init` serves all files of variables
        planned = known.plan(**variables)
        _warn(path, planned)
        return planned

    def apply(self, directory: Directory, variables: Mapping[str, Any], tfvars: Sequence[Path] = ()) -> Applied:
        """A root applied in an account of its own; raises `PlanFailed` or `ApplyFailed`."""
        path = self.directory(directory)
        root = Root(
            path,
            standins=self.standins,
            variables=variables,
            files=_files(path, tfvars),
            sources=self._copies,
        )
        root.init()  # before it starts a LocalStack
        root.connection = self.cloud.connection(self.new_account())
        applied = Applied(root, root.connection)
        self._applied.append(applied)
        applied.apply()
        return applied

    def directory(self, directory: Directory) -> Path:
        """The path of a root directory; raises `ScaleproofError` if it does not exist."""
        path = self.base / Path(directory)
        # Path.is_dir raises where there can be no such name.
        if not os.path.isdir(path):  # noqa: PTH112
            raise ScaleproofError(
                f"There is no directory {path}.",
                advice=""
                if Path(directory).is_absolute()
                else 'Name the root configuration as in Path(__file__).parent / "infra": relative paths '
                f"begin at pytest's rootdir, {self.base}.",
            )
        return path.resolve()

    def parts(self) -> list[str]:
        """The parts used so far (Terraform, providers, cloud), in words."""
        if not (self._roots or self._standins or self._cloud):
            return []
        try:
            used = session.parts(self._cloud)
        except ScaleproofError:
            return []  # there is no Terraform; the tests have reported it
        return [used.terraform, used.providers, *([used.cloud] if self._cloud else [])]

    def destroy_applied(self) -> None:
        """Destroys applied roots in a LocalStack that outlives this run, the last one first.

        Raises the first `PlanFailed` or `ApplyFailed` once it has tried all, with the others as its notes.
        """
        failures: list[ScaleproofError] = []
        while self._applied:
            applied = self._applied.pop()
            try:
                if applied.exists and self.cloud.external:
                    applied.destroy()
            except ScaleproofError as error:
                failures.append(error)
            finally:
                applied.close()
        if failures:
            for other in failures[1:]:
                failures[0].add_note(str(other))
            raise failures[0]

    def close(self) -> None:
        """Stops what it started, and removes what it wrote."""
        for root, _ in self._roots.values():
            root.close()
        for applied in self._applied:
            applied.close()
        self._roots.clear()
        self._applied.clear()
        if self._standins:
            self._standins.close()
            self._standins = None
        if self._cloud:
            self._cloud.stop()
            self._cloud = None


def _warn(root: Path, planned: Plan) -> None:
    """Adds dropped attributes to pytest's summary of warnings."""
    for warning in planned.warnings:
        if isinstance(warning, Dropped):
            warnings.warn(f"{root}: {warning}", stacklevel=2)


def _stamp(root: Path) -> _Stamp:
    """Names, times and sizes of the configuration's files: after a change it may need other modules and
    providers."""
    statuses = [(path.name, path.stat()) for path in files_in(root)]
    return tuple(sorted((name, status.st_mtime_ns, status.st_size) for name, status in statuses))


def _files(root: Path, tfvars: Sequence[Path]) -> tuple[Path, ...]:
    files = [root / file for file in tfvars]
    for file in files:
        if not os.path.isfile(file):  # noqa: PTH113 - as above
            raise ScaleproofError(
                f"There is no file {file}.",
                advice="Name files of variables relative to the root configuration.",
            )
    return tuple(file.resolve() for file in files)


class Applied(AbstractContextManager["Applied"]):
    """A root that was applied in an AWS account of its own; a context manager that destroys it.

    `connection` makes boto3 clients for the account: `applied.connection.client("sagemaker")`. Variables keep
    the values of the last apply.
    """

    def __init__(self, root: Root, connection: Connection) -> None:
        self._connection = connection
        self.exists = False
        """True from the start of the first apply to the end of a destroy."""
        self._root = root
        self._state: State | None = None

    @property
    def state(self) -> State:
        """The state as the last apply or destroy left it."""
        if self._state is None:
            self._state = self._root.state()
        return self._state

    @property
    def connection(self) -> Connection:
        """The account, in the region of the state."""
        return replace(self._connection, region=self.state.region or self._connection.region)

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the root's outputs."""
        return self.state.outputs

    def plan(self, /, **changes: Any) -> Plan:
        """The plan of another apply, with `changes` to the variables; empty right after an apply."""
        return self._root.plan(**changes)

    def apply(self, /, **changes: Any) -> State:
        """Applies with `changes` to the variables, which persist unless Terraform refuses to plan them.

        Raises `PlanFailed` or `ApplyFailed`.
        """
        before, self._root.variables = self._root.variables, self._root.variables | changes
        self._state, self.exists = None, True
        try:
            planned = self._root.apply()
            _warn(self._root.directory, planned)
        except PlanFailed:
            self._root.variables = before
            raise
        return self.state

    def destroy(self) -> None:
        """Destroys everything; raises `ApplyFailed` if something is left."""
        self._state = None
        self._root.destroy()
        self.exists = False

    def close(self) -> None:
        """Removes the working directory. Destroys nothing."""
        self._root.close()

    def __exit__(self, *_: object) -> None:
        if self.exists:
            self.destroy()
