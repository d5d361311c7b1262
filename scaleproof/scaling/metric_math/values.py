"""The values of metric math: data types, operators and errors.

Source of every rule: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html,
"Data type abbreviations", "Basic arithmetic functions" and "Comparison and logical operators".
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metrics import Window


class MetricMathError(ScaleproofError):
    """An expression that CloudWatch refuses, or one that cannot be evaluated here; names the culprit."""


Points: TypeAlias = dict[int, float]
"""A series within a window, oldest first: every key one of the window's times, every value finite."""

Value: TypeAlias = Any
"""What an expression yields: a float, Points, a tuple of Points, or a string, as its Kind says. A scalar that
has no value (AVG of nothing, 1/0) is NaN."""


class Kind(Enum):
    """S, TS and TS[] of the guide, and the words that are arguments of some functions."""

    SCALAR = "S"
    SERIES = "TS"
    ARRAY = "TS[]"
    TEXT = "a string"
    FILLER = "REPEAT or LINEAR"
    STATISTIC = "AVG, MIN, MAX or SUM"
    ORDER = "ASC or DESC"


@dataclass(frozen=True)
class Context:
    """What an expression is evaluated on: values by the id of their query, all within the same window.
    `metrics`: the ids of those that are metrics, in the order of the request."""

    window: Window
    metrics: Sequence[str]
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


_ARITHMETIC: Mapping[str, Operation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": _power,
}
OPERATIONS: Mapping[str, Operation] = {
    **_ARITHMETIC,
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<=": _truth(operator.le),
    ">=": _truth(operator.ge),
    "<": _truth(operator.lt),
    ">": _truth(operator.gt),
    "AND": _truth(lambda left, right: left != 0 and right != 0),
    "OR": _truth(lambda left, right: left != 0 or right != 0),
}
"""By operator."""
NUMERIC = (Kind.SCALAR, Kind.SERIES, Kind.ARRAY)


def result_kind(symbol: str, left: Kind, right: Kind) -> Kind | None:
    """The type of `left symbol right`, None if the operator does not take these types.

    Two arrays cannot be combined; comparison and logic take numbers and single series only. An array and a
    number are not in the guide's list of arguments, but in its examples: METRICS()*100 and 100/[m1, m2].
    """
    if left not in NUMERIC or right not in NUMERIC:
        return None
    if Kind.ARRAY in (left, right):
        return Kind.ARRAY if symbol in _ARITHMETIC and left is not right else None
    return Kind.SERIES if Kind.SERIES in (left, right) else Kind.SCALAR


def combine(operation: Operation, left: Value, right: Value, times: Sequence[int]) -> Value:
    """An operation between two numbers, series, or members of an array.

    Between two series a missing value counts as 0; where both are missing there is no data point, and none
    where the result is no finite number. A number does not fill gaps: m1 + 1 has points where m1 has.
    """
    if isinstance(left, tuple):
        return tuple(combine(operation, member, right, times) for member in left)
    if isinstance(right, tuple):
        return tuple(combine(operation, left, member, times) for member in right)
    if isinstance(left, dict) and isinstance(right, dict):
        known = [time for time in times if time in left or time in right]
        return _finite((time, operation(left.get(time, 0.0), right.get(time, 0.0))) for time in known)
    if isinstance(left, dict):
        return _finite((time, operation(value, right)) for time, value in left.items())
    if isinstance(right, dict):
        return _finite((time, operation(left, value)) for time, value in right.items())
    return operation(left, right)


def _finite(points: Iterable[tuple[int, float]]) -> Points:
    return {time: value for time, value in points if math.isfinite(value)}
