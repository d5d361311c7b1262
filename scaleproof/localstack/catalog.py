"""LocalStack's index of the operations of all of AWS, made once for an environment and not at every start.

LocalStack's image holds it (`python -m localstack.aws.spec` is a step of its build); an installation from
packages makes it at the first request, which takes three seconds, and keeps it in a directory that goes with
the run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from scaleproof.localstack.pinned import Environment
from scaleproof.processes import scratch
from scaleproof.progress import step

_LIBRARIES = Path("usr/lib/localstack")
"""Where LocalStack looks for it, below its FILESYSTEM_ROOT."""
_TIMEOUT = 120.0


def ensure(built: Environment) -> None:
    """Makes the index of an environment that is built, unless it has one.

    Where that fails, as in a cache that cannot be written to, LocalStack does without.
    """
    if _kept(built).exists():
        return
    with contextlib.suppress(OSError, subprocess.SubprocessError), step("Indexing LocalStack's services"):
        _make(built)


def link(built: Environment, root: Path) -> None:
    """Puts the environment's index, if it has one, where a LocalStack with this FILESYSTEM_ROOT looks."""
    if _kept(built).exists():
        (root / _LIBRARIES).parent.mkdir(parents=True)
        (root / _LIBRARIES).symlink_to(_kept(built), target_is_directory=True)


def variables(root: Path) -> dict[str, str]:
    """What makes LocalStack keep its files, its index among them, below `root`."""
    # In any container it would take the machine for its own image, and write into /var/lib and /usr/lib.
    return {"FILESYSTEM_ROOT": str(root), "OVERRIDE_IN_DOCKER": "0"}


def _kept(built: Environment) -> Path:
    return built.directory / "catalog"


def _make(built: Environment) -> None:
    work = scratch.make("catalog", base=built.directory)
    try:
        made = work / _LIBRARIES
        made.mkdir(parents=True)
        subprocess.run(
            [built.python, "-P", "-m", "localstack.aws.spec"],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(work), **variables(work)},
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
        # Whole or not at all. Another process may have been first, with the same.
        made.rename(_kept(built))
    finally:
        scratch.remove(work)
