"""Functions that make one number of a series, or one series of an array.

Source of every rule unless a docstring names an assumption:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean

from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metric_math.values import Context, Points

Reduction = Callable[[Sequence[float], int, MetricMathAssumptions], float]
"""Of the values that exist, of how many there could be (members of the array), and the assumptions."""


def _average(values: Sequence[float], size: int, _assumptions: MetricMathAssumptions) -> float:
    """Missing values are treated as 0: the sum is divided by the number of members."""
    return math.fsum(values) / size


def _sum(values: Sequence[float], _size: int, _assumptions: MetricMathAssumptions) -> float:
    return math.fsum(values)


def _with_missing(values: Sequence[float], size: int, assumptions: MetricMathAssumptions) -> Sequence[float]:
    if assumptions.missing_extremes == "zero" and len(values) < size:
        return [*values, 0.0]
    return values


def _maximum(values: Sequence[float], size: int, assumptions: MetricMathAssumptions) -> float:
    return max(_with_missing(values, size, assumptions))


def _minimum(values: Sequence[float], size: int, assumptions: MetricMathAssumptions) -> float:
    return min(_with_missing(values, size, assumptions))


REDUCTIONS: dict[str, Reduction] = {
    "AVG": _average,
    "SUM": _sum,
    "MAX": _maximum,
    "MIN": _minimum,
}


def of_series(name: str, context: Context, points: Points) -> float:
    """One number from all data points of a series within the range that was retrieved.

    In an alarm that range holds more periods than are evaluated, so the guide advises against it there.
    """
    assumptions = context.assumptions
    values = list(points.values())
    if not values:
        return 0.0 if assumptions.empty_reduction == "zero" else math.nan
    if name == "AVG" and assumptions.average_of_series == "points":
        return fmean(values)
    # A maximum is that of the data points there are; only members of an array can be "missing" from it.
    size = len(values) if name in ("MAX", "MIN") else len(context.window.times)
    return REDUCTIONS[name](values, size, assumptions)


def of_array(name: str, context: Context, members: tuple[Points, ...]) -> Points:
    """One series: at every time where a member has a data point, the statistic over the members.

    AVG divides by the number of members, and counts the missing as 0. No point where every member is missing.
    """
    reduce, assumptions, size = REDUCTIONS[name], context.assumptions, len(members)
    result: Points = {}
    for time in context.window.times:
        values = [member[time] for member in members if time in member]
        if values:
            result[time] = reduce(values, size, assumptions)
    return result
