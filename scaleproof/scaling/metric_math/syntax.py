"""The syntax tree of a metric math expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True)
class Text:
    """A literal string."""

    value: str


@dataclass(frozen=True)
class Word:
    """An upper-case word that is an argument, such as REPEAT or DESC."""

    name: str


@dataclass(frozen=True)
class Reference:
    """The id of another query."""

    name: str


@dataclass(frozen=True)
class Array:
    """[a, b, ...]."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Negative:
    """-a."""

    operand: Node


@dataclass(frozen=True)
class Binary:
    """a <operator> b; the operator in its first spelling (AND for both AND and &&)."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    """NAME(a, b, ...)."""

    name: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Text | Word | Reference | Array | Negative | Binary | Call


def references(node: Node) -> frozenset[str]:
    """The ids that an expression names. What METRICS() gives is not named and not among them."""
    match node:
        case Reference(name):
            return frozenset((name,))
        case Negative(operand):
            return references(operand)
        case Binary(_, left, right):
            return references(left) | references(right)
        case Array(parts) | Call(_, parts):
            return frozenset[str]().union(*map(references, parts))
        case Number() | Text() | Word():
            return frozenset()
