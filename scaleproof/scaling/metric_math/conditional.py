"""IF(condition, value if true, value if false).

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, "Using IF
expressions". Its prose and its printed results disagree in places; the printed results are followed.
"""

from __future__ import annotations

import math

from scaleproof.scaling.metric_math.values import Context, Points


def by_point(
    _context: Context, condition: Points, then: float | Points, otherwise: float | Points | None = None
) -> Points:
    """For every data point of the condition: `then` unless it is 0, `otherwise` if it is.

    A true condition over a missing point of `then` gives 0. There is no data point where the condition has
    none, and none where it is false and `otherwise` has none or is left out.
    """
    result: Points = {}
    for time, truth in condition.items():
        if truth:
            value = then.get(time, 0.0) if isinstance(then, dict) else then
        elif isinstance(otherwise, dict):
            value = otherwise.get(time, math.nan)
        else:
            value = math.nan if otherwise is None else otherwise
        if math.isfinite(value):
            result[time] = value
    return result


def as_a_whole(_context: Context, condition: float, then: Points, otherwise: Points | None = None) -> Points:
    """One of two series; none of them, hence no data points, if the number of the condition has no value."""
    if math.isnan(condition):
        return {}
    return then if condition else (otherwise or {})
