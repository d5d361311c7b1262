"""LocalStack's own virtual environment, and the index of AWS operations that it needs.

LocalStack needs older libraries than this package. Its index of all operations of AWS takes three seconds to
make. LocalStack's image contains the index (`python -m localstack.aws.spec` is a step of its build). An
installation from packages makes it at the first request, in a directory that is removed after the run. So the
index is made once for each environment.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from importlib import resources
from pathlib import Path

from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import find_interpreter
from scaleproof.localstack.pinned import Environment
from scaleproof.processes import scratch
from scaleproof.progress import step

_INDEX = Path("usr/lib/localstack")
"""Where LocalStack looks for the index, below its FILESYSTEM_ROOT."""
_INDEX_TIMEOUT = 120.0


def describe() -> Environment:
    """The environment that `ensure` would use, without building it."""
    interpreter = find_interpreter()
    # What came after 4.13 needs Python 3.13: see the heads of the lists.
    name = "localstack-py311.txt" if interpreter.version < (3, 13) else "localstack-py313.txt"
    text = (resources.files("scaleproof.localstack") / "pins" / name).read_text(encoding="utf-8")
    check = "import localstack.runtime.main"
    return pinned.cached("LocalStack", "localstack-core", interpreter, text, check=check)


def ensure() -> Environment:
    """The environment, built if it is missing (half a minute, about 150 MB to fetch, 0.5 GB on disk).

    Raises what `pinned.ensure` does.
    """
    built = pinned.ensure(describe())
    ensure_index(built)
    return built


def ensure_index(built: Environment) -> None:
    """Makes the index if it is missing. If that fails, as in a read-only cache, LocalStack makes it."""
    if _index(built).exists():
        return
    with contextlib.suppress(OSError, subprocess.SubprocessError), step("Indexing LocalStack's services"):
        _make_index(built)


def link_index(built: Environment, root: Path) -> None:
    """Links the index, if there is one, into the FILESYSTEM_ROOT of a LocalStack."""
    if _index(built).exists():
        (root / _INDEX).parent.mkdir(parents=True)
        (root / _INDEX).symlink_to(_index(built), target_is_directory=True)


def file_variables(root: Path) -> dict[str, str]:
    """The variables that make LocalStack keep its files, the index included, below `root`."""
    # In a container, LocalStack would otherwise assume its own image and write to /var/lib and /usr/lib.
    return {"FILESYSTEM_ROOT": str(root), "OVERRIDE_IN_DOCKER": "0"}


def _index(built: Environment) -> Path:
    return built.directory / "catalog"


def _make_index(built: Environment) -> None:
    work = scratch.make("catalog", base=built.directory)
    try:
        made = work / _INDEX
        made.mkdir(parents=True)
        subprocess.run(
            [built.python, "-P", "-m", "localstack.aws.spec"],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(work), **file_variables(work)},
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_INDEX_TIMEOUT,
            check=True,
        )
        # A rename is atomic. It fails if another process has made the same index first.
        made.rename(_index(built))
    finally:
        scratch.remove(work)
