"""Parses metric math: from the text of an expression to its syntax tree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from scaleproof.scaling.metric_math.values import MetricMathError


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


# Precedence is the usual one; the guide does not give it. Where the usual one is no help either (a^b^c,
# a<b<c) parentheses are required rather than an order guessed.
_GRAMMAR = r"""
?start: either

?either: both
    | either ("OR" | "||") both -> either
?both: compared
    | both ("AND" | "&&") compared -> both
?compared: sum
    | sum COMPARISON sum -> binary
?sum: product
    | sum (PLUS | MINUS) product -> binary
?product: signed
    | product (TIMES | OVER) signed -> binary
?signed: power
    | MINUS signed -> negative
?power: value
    | value CARET exponent -> binary
?exponent: value
    | MINUS exponent -> negative
?value: NUMBER -> number
    | STRING -> text
    | NAME -> name
    | NAME "(" [_arguments] ")" -> call
    | "[" [_arguments] "]" -> array
    | "(" either ")"
_arguments: either ("," either)*

COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
CARET: "^"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
STRING: /"[^"]*"|'[^']*'/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
%ignore /\s+/
"""


@v_args(inline=True)
class _Tree(Transformer[Token, Node]):
    """Builds the nodes while the text is parsed."""

    def number(self, token: Token) -> Node:
        value = float(token)
        if not math.isfinite(value):
            raise MetricMathError(f"The number {token} is too large.")
        return Number(value)

    def text(self, token: Token) -> Node:
        return Text(str(token)[1:-1])

    def name(self, token: Token) -> Node:
        # Ids start with a lower-case letter, so an upper-case name can only be a word such as REPEAT.
        return Word(str(token)) if token[0].isupper() else Reference(str(token))

    def call(self, name: Token, *arguments: Node | None) -> Node:
        return Call(str(name), _present(arguments))

    def array(self, *items: Node | None) -> Node:
        return Array(_present(items))

    def negative(self, _sign: Token, operand: Node) -> Node:
        return Negative(operand)

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        return Binary(str(operator), left, right)

    def both(self, left: Node, right: Node) -> Node:
        return Binary("AND", left, right)

    def either(self, left: Node, right: Node) -> Node:
        return Binary("OR", left, right)


def _present(nodes: tuple[Node | None, ...]) -> tuple[Node, ...]:
    """lark gives one None for a list that is empty."""
    return tuple(node for node in nodes if node is not None)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Tree(), maybe_placeholders=True)


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The syntax tree of an expression. Raises MetricMathError that says where the text goes wrong.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, syntax.
    """
    if text.split(maxsplit=1)[:1] == ["SELECT"]:
        raise MetricMathError(
            f"{_quoted(text)} is a Metrics Insights query, not metric math, and is not supported here.",
            advice="Name the metrics and combine them in an expression.",
        )
    try:
        return _parser().parse(text)  # type: ignore[return-value]  # the transformer's, not lark's, tree
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None


_NEVER_CHAINED = ("^", "==", "!=", "<=", ">=", "<", ">")


def _syntax_error(text: str, error: UnexpectedInput) -> MetricMathError:
    unexpected = ""
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        unexpected = str(error.token)
    elif isinstance(error, UnexpectedCharacters):
        unexpected = str(error.char)
    if not text.strip():
        return MetricMathError("The expression is empty.")
    if isinstance(error, UnexpectedEOF) or not unexpected:
        return MetricMathError(f"{_quoted(text)} ends too early.", advice="A value or a closing bracket is missing.")
    advice = ""
    if unexpected == "=":
        advice = "Equality is written ==."
    elif unexpected in _NEVER_CHAINED:
        advice = "The order in which a chain of these is evaluated is not defined: write parentheses."
    elif unexpected in ("and", "or"):
        advice = f"Operators are upper case: {unexpected.upper()}."
    place = (error.pos_in_stream or 0) + 1
    return MetricMathError(
        f"{_quoted(text)} is not an expression: unexpected {unexpected!r} at character {place}.", advice=advice
    )


def _quoted(text: str, longest: int = 80) -> str:
    """The text as a message shows it: all of it only if it is short."""
    return repr(text if len(text) <= longest else f"{text[: longest - 3]}...")
