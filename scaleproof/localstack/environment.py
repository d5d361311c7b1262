"""LocalStack's own virtual environment: it needs older libraries than this package."""

from __future__ import annotations

from importlib import resources

from scaleproof.localstack import catalog, pinned
from scaleproof.localstack.interpreter import find_interpreter
from scaleproof.localstack.pinned import Environment


def describe() -> Environment:
    """The environment that `ensure` would use, without building it."""
    interpreter = find_interpreter()
    # LocalStack from 4.14 on needs Python 3.13: see the heads of the pin lists.
    name = "localstack-py311.txt" if interpreter.version < (3, 13) else "localstack-py313.txt"
    text = (resources.files("scaleproof.localstack") / "pins" / name).read_text(encoding="utf-8")
    check = "import localstack.runtime.main"
    return pinned.cached("LocalStack", "localstack-core", interpreter, text, check=check)


def ensure(*, whole: bool = False) -> Environment:
    """The environment, built if it is not there yet (half a minute, about 150 MB to fetch, 0.5 GB on disk).

    `whole` and what is raised are as of `pinned.ensure`.
    """
    built = pinned.ensure(describe(), whole=whole)
    catalog.ensure(built)
    return built
