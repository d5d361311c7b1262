"""Finds the Python for LocalStack's own environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaleproof.errors import FailedError

PREFERENCE = ((3, 13), (3, 12), (3, 11), (3, 14))
"""Python versions that have a list of pins, best first.

Before 3.13 only an older LocalStack runs, before 3.12 only with a patch (`emulator.patches`). 3.14 is last:
the pinned releases have wheels for it, but nobody has tried LocalStack on it.
"""

_PROBE = (
    "import sys; print(sys.implementation.name, *sys.version_info[:2], int(sys.maxsize > 2**32)); "
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


def find_interpreter(
    program: str = "LocalStack", versions: Sequence[tuple[int, int]] | None = None
) -> Interpreter:
    """The best interpreter: the one that runs this, or one on PATH or in the usual directories.

    `versions`: those that `program` runs on, best first; by default `PREFERENCE`. Raises `ScaleproofError` if
    none of them starts.
    """
    versions = versions or PREFERENCE
    for version in versions:
        for candidate in _candidates(version):
            if (found := _probe(candidate)) and found.version == version:
                return found
    wanted = ", ".join(".".join(map(str, version)) for version in sorted(versions))
    raise FailedError(
        f"{program} needs Python {wanted}. None of these is on PATH.",
        advice="Install one of them, or name a running LocalStack in AWS_ENDPOINT_URL.",
    )


def _candidates(version: tuple[int, int]) -> Iterator[Path]:
    if sys.version_info[:2] == version:
        yield Path(sys.executable)
    name = f"python{version[0]}.{version[1]}"
    seen = set()
    for directory in [*os.environ.get("PATH", os.defpath).split(os.pathsep), "/usr/local/bin", "/usr/bin"]:
        if directory and directory not in seen and (hit := shutil.which(name, path=directory)):
            seen.add(directory)
            yield Path(hit)


def _probe(executable: Path) -> Interpreter | None:
    # A version manager may put a shim on PATH that does not run, so each candidate is tried.
    try:
        output = subprocess.run(
            [executable, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=20, check=True
        ).stdout
        # The last lines: a shim may print others first.
        facts, base = output.splitlines()[-2:]
        implementation, major, minor, wide = facts.split()
        version = int(major), int(minor)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if implementation != "cpython" or wide != "1":
        return None
    return Interpreter(Path(base), version)
