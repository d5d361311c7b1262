"""Reads an expression of metric math: its syntax, and in one pass its types and how it is evaluated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TypeAlias

from lark import Lark, Token, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError
from lark.visitors import Transformer_NonRecursive

from scaleproof.scaling.metric_math.functions import FUNCTIONS, UNSUPPORTED
from scaleproof.scaling.metric_math.values import (
    NUMERIC,
    OPERATIONS,
    Context,
    Kind,
    MetricMathError,
    Points,
    Value,
    combine,
    result_kind,
)

_DEEPEST = 200
"""Levels of nesting. More is no expression a person writes, and would end in Python's own limit."""
_WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("REPEAT", "LINEAR"), Kind.FILLER),
    **dict.fromkeys(("AVG", "MIN", "MAX", "SUM"), Kind.STATISTIC),
    **dict.fromkeys(("ASC", "DESC"), Kind.ORDER),
}
"""Words that may stand as an argument."""
RESERVED = frozenset((*FUNCTIONS, *UNSUPPORTED, *_WORDS, "AND", "OR"))
"""Words of the language, which are no ids."""

# Precedence is the usual one; the guide does not give it. Where the usual one is no help either (a^b^c,
# a<b<c) parentheses are required rather than an order guessed.
_GRAMMAR = r"""
?start: either

?either: both
    | either OR both -> binary
?both: compared
    | both AND compared -> binary
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

OR: "OR" | "||"
AND: "AND" | "&&"
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
_SPELLINGS = {"&&": "AND", "||": "OR"}
_NEVER_CHAINED = ("^", "==", "!=", "<=", ">=", "<", ">")


@dataclass(frozen=True)
class Typed:
    """An expression, or a part of one, of known type and ready to be evaluated.

    `pointwise`: each value depends on nothing but the values of the same period, so periods may be evaluated
    one by one and kept. `levels` of nesting.
    """

    kind: Kind
    run: Callable[[Context], Value]
    pointwise: bool = True
    levels: int = 1


def typed(text: str, metrics: Iterable[str], expressions: Mapping[str, Kind]) -> Typed:
    """An expression over metrics, by id in the order of the request, and over expressions of known type.

    Raises MetricMathError for what CloudWatch would refuse: bad syntax, unknown names, wrong types, and a
    result that is a number; and for functions that are not supported here.
    """
    try:
        whole: Typed = _Typing({**dict.fromkeys(metrics, Kind.SERIES), **expressions}).transform(_tree(text))
    except VisitError as error:
        raise error.orig_exc from None
    if whole.kind is Kind.SCALAR:
        raise MetricMathError(
            f"{text} is a number, but the result of an expression must be a time series or an array of them.",
            advice="TIME_SERIES() makes a series of a number.",
        )
    if whole.kind not in NUMERIC:
        raise MetricMathError(f"{text} is {whole.kind.value}, not a time series.")
    return whole


def references(text: str) -> set[str]:
    """The ids that an expression names. What METRICS() gives is not named and not among them.

    Raises MetricMathError for bad syntax.
    """
    return {str(name.children[0]) for name in _tree(text).find_data("name")}


_Tree: TypeAlias = Tree[Token]


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


@lru_cache(maxsize=256)
def _tree(text: str) -> _Tree:
    """The syntax tree of an expression. Raises MetricMathError that says where the text goes wrong."""
    if text.split(maxsplit=1)[:1] == ["SELECT"]:
        raise MetricMathError(
            f"{_quoted(text)} is a Metrics Insights query, not metric math, and is not supported here.",
            advice="Name the metrics and combine them in an expression.",
        )
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None


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


@v_args(inline=True)
class _Typing(Transformer_NonRecursive[Token, Typed]):
    """From the leaves of a syntax tree to its root: what each part gives, and how."""

    def __init__(self, known: Mapping[str, Kind]) -> None:
        super().__init__()
        self.known = known

    def number(self, token: Token) -> Typed:
        value = float(token)
        if not math.isfinite(value):
            raise MetricMathError(f"The number {token} is too large.")
        return Typed(Kind.SCALAR, lambda _context: value)

    def text(self, token: Token) -> Typed:
        value = str(token)[1:-1]
        return Typed(Kind.TEXT, lambda _context: value)

    def name(self, token: Token) -> Typed:
        """An id, or a word: ids start with a lower-case letter."""
        name = str(token)
        if name in self.known:
            return Typed(self.known[name], lambda context: context.values[name])
        if name in _WORDS:
            return Typed(_WORDS[name], lambda _context: name)
        if name[0].isupper():
            raise MetricMathError(
                f"{name} is no word of metric math.",
                advice="The ids of metrics start with a lower-case letter.",
            )
        advice = f"There are {', '.join(self.known)}." if self.known else "There are no other queries."
        raise MetricMathError(f"No query has the id {name!r}.", advice=advice)

    def array(self, *items: Typed) -> Typed:
        """[a, b]: series, and the series of arrays."""
        for element in items:
            if element.kind not in (Kind.SERIES, Kind.ARRAY):
                raise MetricMathError(
                    f"An array holds time series, not {_described(element.kind)}.",
                    advice="TIME_SERIES() makes a series of a number." if element.kind is Kind.SCALAR else "",
                )

        def run(context: Context) -> Value:
            members: list[Points] = []
            for element in items:
                value = element.run(context)
                members += value if isinstance(value, tuple) else (value,)
            return tuple(members)

        return _joined(Kind.ARRAY, run, items)

    def negative(self, _sign: Token, operand: Typed) -> Typed:
        if operand.kind not in NUMERIC:
            raise MetricMathError(f"There is no negative of {_described(operand.kind)}.")
        return self.binary(Typed(Kind.SCALAR, lambda _context: -1.0), "*", operand)

    def binary(self, left: Typed, symbol: str, right: Typed) -> Typed:
        name = _SPELLINGS.get(symbol, str(symbol))
        kind = result_kind(name, left.kind, right.kind)
        if kind is None:
            raise MetricMathError(f"{name} does not combine {_described(left.kind)} with {_described(right.kind)}.")
        operation = OPERATIONS[name]

        def run(context: Context) -> Value:
            return combine(operation, left.run(context), right.run(context), context.window.times)

        return _joined(kind, run, (left, right))

    def call(self, token: Token, *arguments: Typed) -> Typed:
        name, takes = str(token), tuple(argument.kind for argument in arguments)
        if name not in FUNCTIONS:
            raise _no_function(name)
        function = FUNCTIONS[name]
        if takes not in function.gives:
            valid = " or ".join(f"{name}({_listed(kinds)})" for kinds in function.gives)
            raise MetricMathError(
                f"{name}({_listed(takes)}) is not possible.", advice=f"Possible is {valid}, where {_LEGEND}."
            )

        def run(context: Context) -> Value:
            return function.call(context, *[argument.run(context) for argument in arguments])

        pointwise = not arguments or arguments[0].kind not in function.looks_along
        return _joined(function.gives[takes], run, arguments, pointwise=pointwise)


def _joined(kind: Kind, run: Callable[[Context], Value], parts: tuple[Typed, ...], *, pointwise: bool = True) -> Typed:
    levels = 1 + max((part.levels for part in parts), default=0)
    if levels > _DEEPEST:
        raise MetricMathError(f"The expression is nested more than {_DEEPEST} levels deep.")
    return Typed(kind, run, pointwise and all(part.pointwise for part in parts), levels)


def _no_function(name: str) -> MetricMathError:
    if name in UNSUPPORTED:
        return MetricMathError(f"The function {name} is not supported: {UNSUPPORTED[name]}.")
    if name.upper() in (*FUNCTIONS, *UNSUPPORTED):
        return MetricMathError(f"There is no function {name}.", advice=f"Functions are upper case: {name.upper()}.")
    close = get_close_matches(name.upper(), FUNCTIONS, n=1)
    return MetricMathError(f"There is no function {name}.", advice=f"Did you mean {close[0]}?" if close else "")


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind.value for kind in kinds)


_LEGEND = "S is a number, TS a time series and TS[] an array of time series"
_ARTICLES = {Kind.SCALAR: "a number", Kind.SERIES: "a time series", Kind.ARRAY: "an array of time series"}


def _described(kind: Kind) -> str:
    return _ARTICLES.get(kind, kind.value)
