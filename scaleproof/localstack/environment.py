"""Installs LocalStack's own virtual environment, and the index of AWS operations that it needs.

LocalStack needs older libraries than this package. Its index of all operations of AWS takes three seconds to
make. LocalStack's image contains the index (`python -m localstack.aws.spec` is a step of its build). An
installation from packages makes it at the first request, in a directory that is removed after the run. So the
index is made once, when the environment is built.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import find_interpreter
from scaleproof.localstack.pinned import Environment

_INDEX = "usr/lib/localstack"
"""Where LocalStack looks for the index, below its FILESYSTEM_ROOT."""
_MADE = "catalog"
"""Where the index is, below the environment."""
_CHECK = f"""
import os, shutil, sys
root = os.path.join(sys.prefix, "root")
os.makedirs(os.path.join(root, "{_INDEX}"))
path = os.environ.get("PATH", os.defpath)
os.environ.clear()
os.environ.update(PATH=path, HOME=root, FILESYSTEM_ROOT=root, OVERRIDE_IN_DOCKER="0")
import localstack.aws.spec, localstack.runtime.main
localstack.aws.spec.main()
os.rename(os.path.join(root, "{_INDEX}"), os.path.join(sys.prefix, "{_MADE}"))
shutil.rmtree(root)
"""


def describe() -> Environment:
    """The environment that `ensure` would use, without building it."""
    interpreter = find_interpreter()
    # What came after 4.13 needs Python 3.13: see the heads of the lists.
    name = "localstack-py311.txt" if interpreter.version < (3, 13) else "localstack-py313.txt"
    text = (resources.files("scaleproof.localstack") / "pins" / name).read_text(encoding="utf-8")
    return pinned.cached("LocalStack", "localstack-core", interpreter, text, check=_CHECK)


def ensure() -> Environment:
    """The environment, built if it is missing (half a minute, about 150 MB to fetch, 0.5 GB on disk).

    Raises what `pinned.ensure` does.
    """
    return pinned.ensure(describe())


def link_index(built: Environment, root: Path) -> None:
    """Links the index, if there is one, into the FILESYSTEM_ROOT of a LocalStack."""
    if (index := built.directory / _MADE).exists():
        (root / _INDEX).parent.mkdir(parents=True)
        (root / _INDEX).symlink_to(index)
