"""The values of metric math: data types, operators and errors.

Source of every rule: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html,
"Data type abbreviations", "Basic arithmetic functions" and "Comparison and logical operators".
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, cast

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metrics import Window


class MetricMathError(ScaleproofError):
    """An expression that CloudWatch refuses, or one that cannot be evaluated here; names the culprit."""


Points: TypeAlias = dict[int, float]
"""A series within a window, oldest first: every key one of the window's times, every value finite."""

Value: TypeAlias = float | Points | tuple[Points, ...] | str
"""What an expression yields. A scalar that has no value (AVG of nothing, 1/0) is NaN."""


class Kind(Enum):
    """S, TS and TS[] of the guide, and the words that are arguments of some functions.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, data type
    abbreviations.
    """

    SCALAR = "S"
    SERIES = "TS"
    ARRAY = "TS[]"
    TEXT = "a string"
    FILLER = "REPEAT or LINEAR"
    STATISTIC = "AVG, MIN, MAX or SUM"
    ORDER = "ASC or DESC"


WORDS: Mapping[str, Kind] = {
    "REPEAT": Kind.FILLER,
    "LINEAR": Kind.FILLER,
    "AVG": Kind.STATISTIC,
    "MIN": Kind.STATISTIC,
    "MAX": Kind.STATISTIC,
    "SUM": Kind.STATISTIC,
    "ASC": Kind.ORDER,
    "DESC": Kind.ORDER,
}
"""Words that may stand as an argument."""


@dataclass(frozen=True)
class Context:
    """What an expression is evaluated on: values by the id of their query, all within the same window."""

    window: Window
    values: Mapping[str, Value]
    assumptions: MetricMathAssumptions


Operation = Callable[[float, float], float]
UNDEFINED = math.nan


def _divide(left: float, right: float) -> float:
    """Dividing by zero drops the data point."""
    return left / right if right else UNDEFINED


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        return UNDEFINED


def _truth(test: Callable[[float, float], bool]) -> Operation:
    """1 or 0; undefined if an operand is, which Python would call False."""

    def compare(left: float, right: float) -> float:
        if math.isnan(left) or math.isnan(right):
            return UNDEFINED
        return 1.0 if test(left, right) else 0.0

    return compare


ARITHMETIC: Mapping[str, Operation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": _power,
}
LOGICAL: Mapping[str, Operation] = {
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<=": _truth(operator.le),
    ">=": _truth(operator.ge),
    "<": _truth(operator.lt),
    ">": _truth(operator.gt),
    "AND": _truth(lambda left, right: left != 0 and right != 0),
    "OR": _truth(lambda left, right: left != 0 or right != 0),
}

_ONE = {
    (Kind.SCALAR, Kind.SCALAR): Kind.SCALAR,
    (Kind.SCALAR, Kind.SERIES): Kind.SERIES,
    (Kind.SERIES, Kind.SCALAR): Kind.SERIES,
    (Kind.SERIES, Kind.SERIES): Kind.SERIES,
}
_MANY = {
    (Kind.ARRAY, Kind.SERIES): Kind.ARRAY,
    (Kind.SERIES, Kind.ARRAY): Kind.ARRAY,
    # Not in the guide's list of arguments, but in its examples: METRICS()*100 and 100/[m1, m2].
    (Kind.ARRAY, Kind.SCALAR): Kind.ARRAY,
    (Kind.SCALAR, Kind.ARRAY): Kind.ARRAY,
}


def result_kind(symbol: str, left: Kind, right: Kind) -> Kind | None:
    """The type of `left symbol right`, None if the operator does not take these types.

    Two arrays cannot be combined; comparison and logic take numbers and single series only.
    """
    return (_ONE | _MANY if symbol in ARITHMETIC else _ONE).get((left, right))


def binary(symbol: str, left: Kind, right: Kind) -> Callable[[Context, Value, Value], Value]:
    """The function that applies an operator to values of these types.

    Between two series a missing value counts as 0; where both are missing there is no data point, and none
    where the result is no finite number. A number does not fill gaps: m1 + 1 has points where m1 has.
    """
    operation = ARITHMETIC.get(symbol) or LOGICAL[symbol]
    if left is Kind.ARRAY:
        member = binary(symbol, Kind.SERIES, right)
        return lambda context, array, value: tuple(
            cast(Points, member(context, points, value)) for points in cast(tuple[Points, ...], array)
        )
    if right is Kind.ARRAY:
        member = binary(symbol, left, Kind.SERIES)
        return lambda context, value, array: tuple(
            cast(Points, member(context, value, points)) for points in cast(tuple[Points, ...], array)
        )
    if left is Kind.SERIES and right is Kind.SERIES:
        return lambda context, first, second: _joined(
            operation, cast(Points, first), cast(Points, second), context.window.times
        )
    if left is Kind.SERIES:
        return lambda _context, points, number: _mapped(
            lambda value: operation(value, cast(float, number)), cast(Points, points)
        )
    if right is Kind.SERIES:
        return lambda _context, number, points: _mapped(
            lambda value: operation(cast(float, number), value), cast(Points, points)
        )
    return lambda _context, first, second: operation(cast(float, first), cast(float, second))


def apply(function: Callable[[float], float], value: Value) -> Value:
    """A function of one number applied to a number, to every point of a series, to every series of an array.

    Points where it is not finite are dropped.
    """
    if isinstance(value, tuple):
        return tuple(_mapped(function, member) for member in value)
    if isinstance(value, dict):
        return _mapped(function, value)
    return function(cast(float, value))


def _mapped(function: Callable[[float], float], points: Points) -> Points:
    results = ((time, function(value)) for time, value in points.items())
    return {time: value for time, value in results if math.isfinite(value)}


def _joined(operation: Operation, left: Points, right: Points, times: range) -> Points:
    result: Points = {}
    for time in times:
        first, second = left.get(time), right.get(time)
        if first is None and second is None:
            continue
        value = operation(first or 0.0, second or 0.0)
        if math.isfinite(value):
            result[time] = value
    return result
