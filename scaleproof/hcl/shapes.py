"""Derives what an expression or a value looks like, to compare it with a type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import hcl2
from hcl2.rules.base import AttributeRule
from hcl2.rules.containers import ObjectRule, TupleRule
from hcl2.rules.expressions import ExprTermRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.rules.literal_rules import IdentifierRule
from lark.exceptions import LarkError

from scaleproof.hcl.source import OPTIONS, decode_key, position, without_comments


@dataclass(frozen=True)
class Shape:
    """What an expression looks like without its values, as deep as it is literal.

    Where it is no object, list, call or bare word, only Terraform can tell what it is.

    `items`: of an object, those with a literal name, each with the line of the name. `parts`: the elements of
    a list, or the arguments of a call. `word`: a bare word, or what is called. A line is 0 where there is
    none.
    """

    line: int = 0
    items: Mapping[str, Shape] | None = None
    parts: tuple[Shape, ...] = ()
    word: str = ""


def of_value(value: Any) -> Shape:
    """The shape of a value that is known, as JSON has it."""
    if isinstance(value, Mapping):
        return Shape(items={str(name): of_value(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return Shape(parts=tuple(map(of_value, value)))
    return Shape()


@lru_cache(maxsize=1024)
def shape(text: str, line: int = 0) -> Shape:
    """The shape of an expression whose text begins on `line`; of one that is not HCL nothing is known."""
    try:
        children = hcl2.parses(f"it = {text}\n").body.children
        (attribute,) = (child for child in children if isinstance(child, AttributeRule))
        return _shape(attribute.expression, line - 1)
    except (LarkError, RecursionError, TypeError, ValueError):
        return Shape()


def _shape(node: Any, before: int, line: int = 0) -> Shape:
    """The shape of a node; `before` it are so many lines of the file, and its name stands on `line`."""
    children = without_comments(node)
    if isinstance(node, ExprTermRule) and len(children) == 1:
        return _shape(children[0], before, line)
    if isinstance(node, ObjectRule):
        items = {}
        for element in node.elements:
            try:
                name = str(decode_key(element.key.serialize(OPTIONS)))
            except ValueError:
                continue  # only Terraform knows it
            items[name] = _shape(element.expression, before, before + position(element.key).line)
        return Shape(line, items)
    if isinstance(node, TupleRule):
        return Shape(line, parts=tuple(_shape(element, before) for element in node.elements))
    if isinstance(node, FunctionCallRule):
        arguments = node.arguments.arguments if node.arguments else ()
        word = str(children[0].serialize())
        return Shape(line, parts=tuple(_shape(argument, before) for argument in arguments), word=word)
    return Shape(line, word=str(node.serialize()) if isinstance(node, IdentifierRule) else "")
