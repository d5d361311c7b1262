"""Terraform's type constraints as trees, read from their source text.

Source: developer.hashicorp.com/terraform/language/expressions/type-constraints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lark import Lark, Transformer

from tools.terraform_module import Module

GRAMMAR = r"""
?type: "string" -> string | "number" -> number | "bool" -> bool
     | "list" "(" type ")" -> list | "set" "(" type ")" -> set | "map" "(" type ")" -> map
     | "object" "(" "{" (attribute ","?)* "}" ")" -> object
attribute: NAME "=" (optional | type)
optional: "optional" "(" type ["," value] ")"
?value: ESCAPED_STRING -> text | SIGNED_NUMBER -> figure | "true" -> true | "false" -> false | "null" -> null
      | "[" [value ("," value)*] "]" -> items | "{" "}" -> nothing
NAME: /[a-z_][a-z0-9_]*/
COMMENT: /#[^\n]*/
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%import common.WS
%ignore WS
%ignore COMMENT
"""

ELEMENT = "*"
"""The step of a path that stands for every element of a list, a set or a map."""


@dataclass(frozen=True)
class Type:
    """A type: `kind` is string, number, bool, list, set, map or object.

    `element` is that of a collection, `attributes` those of an object by name; `optional` and `nullable` say
    of an attribute, or an input, whether it may be left out and whether null means anything.
    """

    kind: str
    element: Type | None = None
    attributes: Mapping[str, Type] = field(default_factory=dict)
    optional: bool = False

    def paths(self, prefix=()):
        """Every place in a value of the type, the value itself first, with the type that belongs there."""
        yield prefix, self
        if self.element is not None:
            yield from self.element.paths((*prefix, ELEMENT))
        for name, attribute in self.attributes.items():
            yield from attribute.paths((*prefix, name))


class _Reader(Transformer[Any, Type]):
    """Turns the parse tree into types; defaults are Terraform's business."""

    def __default__(self, data, children, meta):
        """`string` and the like have no children, `list` and the like have an element."""
        return Type(str(data), children[0] if data in ("list", "set", "map") else None)

    def object(self, attributes):
        return Type("object", attributes=dict(attributes))

    def attribute(self, children):
        return str(children[0]), children[1]

    def optional(self, children):
        kind = children[0]
        return Type(kind.kind, kind.element, kind.attributes, optional=True)


@cache
def _parser():
    return Lark(GRAMMAR, start="type", parser="lalr")


def parse(text):
    """The type that `text` writes. Raises lark's errors for what is none, `any` included."""
    return _Reader().transform(_parser().parse(text))


@cache
def inputs(module):
    """The types of a module's inputs by name; one with a default is optional."""
    return {
        name: Type(kind.kind, kind.element, kind.attributes, optional=variable.has_default)
        for name, variable in Module.read(module).variables.items()
        for kind in [parse(variable.type)]
    }
