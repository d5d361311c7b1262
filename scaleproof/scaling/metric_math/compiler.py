"""Compiles a syntax tree of metric math and checks its types, before there is any data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias, cast

from scaleproof.scaling.metric_math import values
from scaleproof.scaling.metric_math.functions import FUNCTIONS, UNSUPPORTED, Overload
from scaleproof.scaling.metric_math.parser import (
    Array,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Reference,
    Text,
    Word,
    parse,
)
from scaleproof.scaling.metric_math.values import WORDS, Context, Kind, MetricMathError, Points, Value

Run: TypeAlias = Callable[[Context], Value]

_DEEPEST = 200
"""Levels of nesting. More is no expression a person writes, and would end in Python's own limit."""


@dataclass(frozen=True)
class Compiled:
    """An expression, or a part of one, that is ready to be evaluated.

    `pointwise`: each value depends on nothing but the values of the same period, so periods may be evaluated
    one by one and kept.
    """

    kind: Kind
    run: Run
    pointwise: bool = True


def compile_expression(text: str, metrics: Iterable[str], expressions: Mapping[str, Kind]) -> Compiled:
    """An expression over metrics, by id in the order of the request, and over expressions of known type.

    Raises MetricMathError for what CloudWatch would refuse: bad syntax, unknown names, wrong types, and a
    result that is a number; and for functions that are not supported here.
    """
    compiled = _Compiler(tuple(metrics), expressions).node(parse(text), _DEEPEST)
    if compiled.kind is Kind.SCALAR:
        raise MetricMathError(
            f"{text} is a number, but the result of an expression must be a time series or an array of them.",
            advice="TIME_SERIES() makes a series of a number.",
        )
    if compiled.kind not in (Kind.SERIES, Kind.ARRAY):
        raise MetricMathError(f"{text} is {compiled.kind.value}, not a time series.")
    return compiled


class _Compiler:
    def __init__(self, metrics: tuple[str, ...], expressions: Mapping[str, Kind]) -> None:
        self.metrics = metrics
        self.expressions = expressions

    def node(self, node: Node, levels: int) -> Compiled:
        if levels == 0:
            raise MetricMathError(f"The expression is nested more than {_DEEPEST} levels deep.")
        match node:
            case Number(value):
                return Compiled(Kind.SCALAR, lambda _context: value)
            case Text(value):
                return Compiled(Kind.TEXT, lambda _context: value)
            case Word(name):
                return self._word(name)
            case Reference(name):
                return self._reference(name)
            case Array(items):
                return self._array([self.node(item, levels - 1) for item in items])
            case Negative(operand):
                return self._negative(self.node(operand, levels - 1))
            case Binary(symbol, left, right):
                return self._binary(symbol, self.node(left, levels - 1), self.node(right, levels - 1))
            case Call("METRICS", arguments):
                return self._metrics(arguments)
            case Call(name, arguments):
                _check_exists(name)
                return self._call(name, [self.node(argument, levels - 1) for argument in arguments])

    def _word(self, name: str) -> Compiled:
        if name not in WORDS:
            raise MetricMathError(
                f"{name} is no word of metric math.",
                advice="The ids of metrics start with a lower-case letter.",
            )
        return Compiled(WORDS[name], lambda _context: name)

    def _reference(self, name: str) -> Compiled:
        if name in self.metrics:
            kind = Kind.SERIES
        elif name in self.expressions:
            kind = self.expressions[name]
        else:
            known = [*self.metrics, *self.expressions]
            advice = f"There are {', '.join(known)}." if known else "There are no other queries."
            raise MetricMathError(f"No query has the id {name!r}.", advice=advice)
        return Compiled(kind, lambda context: context.values[name])

    def _metrics(self, arguments: tuple[Node, ...]) -> Compiled:
        """METRICS(): the metrics of the request, no expressions; with a string, those with it in their id."""
        wanted = ""
        if arguments:
            if len(arguments) > 1 or not isinstance(arguments[0], Text):
                raise MetricMathError('METRICS takes nothing or one string, as in METRICS("errors").')
            wanted = arguments[0].value
        ids = tuple(name for name in self.metrics if wanted in name)

        def run(context: Context) -> Value:
            return tuple(cast(Points, context.values[name]) for name in ids)

        return Compiled(Kind.ARRAY, run)

    def _array(self, items: list[Compiled]) -> Compiled:
        """[a, b]: series, and the series of arrays."""
        for item in items:
            if item.kind not in (Kind.SERIES, Kind.ARRAY):
                raise MetricMathError(
                    f"An array holds time series, not {_described(item.kind)}.",
                    advice="TIME_SERIES() makes a series of a number." if item.kind is Kind.SCALAR else "",
                )
        runs = [item.run for item in items]

        def run(context: Context) -> Value:
            members: list[Points] = []
            for item in runs:
                value = item(context)
                members.extend(value if isinstance(value, tuple) else (cast(Points, value),))
            return tuple(members)

        return _combined(Kind.ARRAY, run, items)

    def _negative(self, operand: Compiled) -> Compiled:
        if operand.kind not in (Kind.SCALAR, Kind.SERIES, Kind.ARRAY):
            raise MetricMathError(f"There is no negative of {_described(operand.kind)}.")
        inner = operand.run
        return _combined(operand.kind, lambda context: values.apply(lambda value: -value, inner(context)), [operand])

    def _binary(self, symbol: str, left: Compiled, right: Compiled) -> Compiled:
        kind = values.result_kind(symbol, left.kind, right.kind)
        if kind is None:
            raise MetricMathError(f"{symbol} does not combine {_described(left.kind)} with {_described(right.kind)}.")
        apply = values.binary(symbol, left.kind, right.kind)
        first, second = left.run, right.run
        return _combined(kind, lambda context: apply(context, first(context), second(context)), [left, right])

    def _call(self, name: str, arguments: list[Compiled]) -> Compiled:
        overload = _overload(name, tuple(argument.kind for argument in arguments))
        call = overload.call
        runs = tuple(argument.run for argument in arguments)
        return _combined(
            overload.gives,
            lambda context: call(context, *[run(context) for run in runs]),
            arguments,
            pointwise=overload.pointwise,
        )


def _combined(kind: Kind, run: Run, parts: Iterable[Compiled], *, pointwise: bool = True) -> Compiled:
    return Compiled(kind, run, pointwise and all(part.pointwise for part in parts))


def _check_exists(name: str) -> None:
    if name in FUNCTIONS:
        return
    if name in UNSUPPORTED:
        raise MetricMathError(f"The function {name} is not supported: {UNSUPPORTED[name]}.")
    if name.upper() in (*FUNCTIONS, *UNSUPPORTED, "METRICS"):
        raise MetricMathError(f"There is no function {name}.", advice=f"Functions are upper case: {name.upper()}.")
    close = get_close_matches(name.upper(), [*FUNCTIONS, "METRICS"], n=1)
    raise MetricMathError(f"There is no function {name}.", advice=f"Did you mean {close[0]}?" if close else "")


def _overload(name: str, kinds: tuple[Kind, ...]) -> Overload:
    for overload in FUNCTIONS[name]:
        if overload.takes == kinds:
            return overload
    valid = " or ".join(f"{name}({_listed(overload.takes)})" for overload in FUNCTIONS[name])
    raise MetricMathError(f"{name}({_listed(kinds)}) is not possible.", advice=f"Possible is {valid}, where {_LEGEND}.")


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind.value for kind in kinds)


_LEGEND = "S is a number, TS a time series and TS[] an array of time series"
_ARTICLES = {Kind.SCALAR: "a number", Kind.SERIES: "a time series", Kind.ARRAY: "an array of time series"}


def _described(kind: Kind) -> str:
    return _ARTICLES.get(kind, kind.value)
