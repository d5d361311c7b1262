"""Functions that pick and order the series of an array.

Source of every rule: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math

from scaleproof.scaling.metric_math.reductions import of_series
from scaleproof.scaling.metric_math.values import Context, MetricMathError, Points


def first(_context: Context, members: tuple[Points, ...]) -> Points:
    """The first series; one without data points if the array is empty.

    The latter was seen on AWS: FIRST(REMOVE_EMPTY(METRICS())) on a metric that was never published is missing
    data to an alarm, not an error (radkawar/stackd captures, testdata/aws/cloudwatch/alarm_evaluation.json).
    """
    return members[0] if members else {}


def last(_context: Context, members: tuple[Points, ...]) -> Points:
    """The last series; one without data points if the array is empty."""
    return members[-1] if members else {}


def remove_empty(_context: Context, members: tuple[Points, ...]) -> tuple[Points, ...]:
    """The series that have at least one data point in the range."""
    return tuple(member for member in members if member)


def metric_count(_context: Context, members: tuple[Points, ...]) -> float:
    """How many series the array has, those without data points included."""
    return float(len(members))


def slice_array(
    _context: Context, members: tuple[Points, ...], start: float, end: float = math.inf
) -> tuple[Points, ...]:
    """The series from `start` (counted from 0) up to but without `end`.

    Raises MetricMathError for bounds that are no indexes.
    """
    if math.isnan(start) or math.isnan(end):
        return ()
    for bound in (start, end):
        if bound < 0 or (math.isfinite(bound) and bound != int(bound)):
            raise MetricMathError(f"SLICE takes whole numbers from 0 on, not {bound:g}.")
    return members[int(start) : None if end == math.inf else int(end)]


def sort_array(
    context: Context, members: tuple[Points, ...], statistic: str, order: str, limit: float = math.inf
) -> tuple[Points, ...]:
    """The series in the order of a statistic of each, at most `limit` of them.

    Equal ones keep their order. Raises MetricMathError for a limit that is no positive whole number.
    """
    if not (limit == math.inf or (limit >= 1 and limit == int(limit))):
        raise MetricMathError(f"SORT takes a whole number from 1 on as its limit, not {limit:g}.")
    full = [member for member in members if member]
    empty = [member for member in members if not member]
    full.sort(key=lambda member: of_series(statistic, context, member), reverse=order == "DESC")
    ordered = full + empty if context.assumptions.empty_sorts == "last" else empty + full
    return tuple(ordered if limit == math.inf else ordered[: int(limit)])
