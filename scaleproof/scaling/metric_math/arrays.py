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


def remove_empty(_context: Context, members: tuple[Points, ...]) -> tuple[Points, ...]:
    """The series that have at least one data point in the range."""
    return tuple(member for member in members if member)


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
