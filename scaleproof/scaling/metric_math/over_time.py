"""Functions that look along time: sums, filled gaps and constants.

Source of every rule unless a docstring names an assumption:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
from bisect import bisect_left

from scaleproof.scaling.metric_math.values import Context, Points


def running_sum(context: Context, points: Points) -> Points:
    """The sum of all values up to each data point; in gaps as `running_sum_in_gaps` is assumed."""
    total, result = 0.0, Points()
    carried = context.assumptions.running_sum_in_gaps == "carried"
    for time in context.window.times:
        total += points.get(time, 0.0)
        if time in points or (carried and result):
            result[time] = total
    return result


def fill(context: Context, points: Points, filler: float | Points | str) -> Points:
    """The series with its gaps filled, over the whole range.

    A number fills every gap (a series without any data point as `fill_of_empty` is assumed), a series gives
    its own values, REPEAT the value before the gap, LINEAR the straight line from the value before to
    the one after. What comes before the first data point stays open with REPEAT, both ends with LINEAR.
    """
    if isinstance(filler, str):
        return (_repeat if filler == "REPEAT" else _linear)(points, context.window.times)
    if isinstance(filler, dict):
        values = {time: points.get(time, filler.get(time)) for time in context.window.times}
        return {time: value for time, value in values.items() if value is not None}
    if math.isnan(filler) or (not points and context.assumptions.fill_of_empty == "nothing"):
        return points
    return {time: points.get(time, filler) for time in context.window.times}


def _repeat(points: Points, times: range) -> Points:
    result: Points = {}
    value: float | None = None
    for time in times:
        value = points.get(time, value)
        if value is not None:
            result[time] = value
    return result


def _linear(points: Points, times: range) -> Points:
    known = list(points)
    result: Points = {}
    for time in times:
        if time in points:
            result[time] = points[time]
            continue
        after = bisect_left(known, time)
        if 0 < after < len(known):
            left, right = known[after - 1], known[after]
            slope = (points[right] - points[left]) / (right - left)
            result[time] = points[left] + slope * (time - left)
    return result


def time_series(context: Context, value: float) -> Points:
    """A series with this value in every period of the range."""
    return {} if math.isnan(value) else dict.fromkeys(context.window.times, value)
