"""Finds a Python for a virtual environment, in the places where people install Pythons."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scaleproof.errors import FailedError

PREFERENCE = ((3, 13), (3, 12), (3, 11), (3, 14))
"""Python versions that LocalStack has a list of pins for, best first.

Before 3.13 only an older LocalStack runs, before 3.12 only with a patch (`emulator.patches`). 3.14 is last:
the pinned releases have wheels for it, but nobody has tried LocalStack on it.
"""

# A build without the global lock ("t" in abiflags) needs other wheels.
_PROBE = (
    "import sys; print(sys.implementation.name + sys.abiflags, *sys.version_info[:2], sys.maxsize > 2**32); "
    "print(getattr(sys, '_base_executable', sys.executable))"
)


@dataclass(frozen=True)
class Interpreter:
    """A CPython executable (outside any virtual environment) and its version as (major, minor)."""

    path: Path
    version: tuple[int, int]

    @property
    def name(self) -> str:
        """The version as a text: "3.13"."""
        return ".".join(map(str, self.version))


def find_interpreter(program: str = "LocalStack", versions: Sequence[tuple[int, int]] | None = None) -> Interpreter:
    """The best interpreter: the one that runs this, on PATH, of pyenv or uv, or in the usual directories.

    `versions`: those that `program` runs on, best first; by default `PREFERENCE`. Raises `ScaleproofError` if
    none of them starts. Nothing is downloaded.
    """
    versions = versions or PREFERENCE
    for version in versions:
        for candidate in _candidates(version):
            if (interpreter := _probe(candidate)) and interpreter.version == version:
                return interpreter
    numbers = ", ".join(".".join(map(str, version)) for version in sorted(versions))
    raise FailedError(
        f"{program} needs Python {numbers}. None of these is on PATH, or among those of pyenv and uv.",
        advice="Install one of them, or name a running LocalStack in AWS_ENDPOINT_URL.",
    )


def _candidates(version: tuple[int, int]) -> Iterator[Path]:
    if sys.version_info[:2] == version:
        yield Path(sys.executable)
    number = ".".join(map(str, version))
    name = f"python{number}"
    for directory in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if hit := shutil.which(name, path=directory):
            yield Path(hit)
    # What a version manager has installed, be it active or not.
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    for variable, default, versions in (
        ("PYENV_ROOT", "~/.pyenv", f"versions/{number}.*"),
        ("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python", f"cpython-{number}.*"),
    ):
        with suppress(OSError, RuntimeError):  # one of another user, or no home
            root = Path(os.environ.get(variable) or default).expanduser()
            yield from sorted(root.glob(f"{versions}/bin/{name}"), reverse=True)
    yield from (Path(directory, name) for directory in ("/usr/local/bin", "/usr/bin"))


def _probe(executable: Path) -> Interpreter | None:
    # A version manager may put a shim on PATH that does not run, so each candidate is tried.
    try:
        output = subprocess.run(
            [executable, "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=20,
        ).stdout
        # The last lines: a shim may print others first.
        facts, base = output.splitlines()[-2:]
        implementation, major, minor, wide = facts.split()
        version = int(major), int(minor)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if implementation != "cpython" or wide != "True":
        return None
    return Interpreter(Path(base), version)
