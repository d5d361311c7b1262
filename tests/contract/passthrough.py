"""What a module has a hand in of its inputs, and what it only passes on to a module that is looked at too."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from scaleproof.hcl import Block, Expression, Module
from tests.contract.generation import places
from tests.contract.types import ELEMENT

_LOCAL = re.compile(r"\blocal\.(\w+)")


def own_places(directory: Path) -> list[tuple[str, ...]]:
    """The places of the inputs that the module has a hand in, as paths.

    The others are in inputs that go, as they are, to an input of the same name and type further in, and no
    other expression that reads the input names them: what is taken and refused there is the same for every
    caller.
    """
    module = Module.read(directory)
    passed = {name for call in module.calls.values() for name in _passed_on(module, call.block)}
    named: defaultdict[str, set[str]] = defaultdict(set)
    for expression in _own_expressions(module):
        for name in _read(module, expression):
            named[name] |= set(re.findall(r"\w+", expression.text))
    return [path for path in places(directory) if path[0] not in passed or _attribute(path) in named[path[0]]]


def _attribute(path: tuple[str, ...]) -> str:
    return next(step for step in reversed(path) if step != ELEMENT)


def _own_expressions(module: Module) -> Iterator[Expression]:
    """The expressions of a module but those that pass an input on."""
    for block in module.blocks:
        passed = _passed_on(module, block) if block.type == "module" else set()
        for inner in block.walk():
            for name, expression in inner.attributes.items():
                if inner is not block or name not in passed:
                    yield expression


def _passed_on(module: Module, call: Block) -> set[str]:
    """The arguments of a call that are inputs of the calling module as they are."""
    further = Module.read(module.directory / call.constant("source")).variables
    return {
        name
        for name, own in module.variables.items()
        if call.text(name) == f"var.{name}"
        and (own.type, own.nullable) == (further[name].type, further[name].nullable)
    }


def _read(module: Module, expression: Expression) -> set[str]:
    """The inputs that an expression reads, itself or through local values."""
    through = (module.locals[name] for name in _LOCAL.findall(expression.text))
    return set(expression.variables).union(*(_read(module, local) for local in through))
