"""The functions of metric math with the types that they take, and the functions that are refused.

Source of every rule unless a docstring names an assumption, of the table of functions and of the valid IF
syntaxes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from scaleproof.scaling.metric_math.values import Context, Kind, MetricMathError, Points, Value

S, TS, MANY = Kind.SCALAR, Kind.SERIES, Kind.ARRAY


@dataclass(frozen=True)
class Function:
    """One function: the type of what it gives by the types that it takes, and what it does with a Context and
    the arguments.

    `looks_along`: the types of the first argument for which a value of the result depends on more than the
    arguments' values at the same time.
    """

    gives: Mapping[tuple[Kind, ...], Kind]
    call: Callable[..., Value]
    looks_along: tuple[Kind, ...] = ()


def _metrics(context: Context, part: str = "") -> tuple[Points, ...]:
    """The metrics of the request, no expressions; with a string, those with it in their id."""
    return tuple(context.values[name] for name in context.metrics if part in name)


def _reduced(name: str, context: Context, value: Points | tuple[Points, ...]) -> Value:
    """One number of a series, or one series of an array.

    A series: all data points in the range that was retrieved. In an alarm that range holds more periods than
    are evaluated, so the guide advises against it there. An array: at every time where a member has a data
    point, the statistic over the members; a missing one is to MAX and MIN what `missing_extremes` says.
    """
    assumptions, times = context.assumptions, context.window.times
    if isinstance(value, dict):
        if not value:
            return 0.0 if assumptions.empty_reduction == "zero" else math.nan
        size = len(value) if assumptions.average_of_series == "points" else len(times)
        return _statistic(name, list(value.values()), size)
    counts_as_zero = name in ("MAX", "MIN") and assumptions.missing_extremes == "zero"
    result: Points = {}
    for time in times:
        values = [member[time] for member in value if time in member]
        if values:
            missing = [0.0] if counts_as_zero and len(values) < len(value) else []
            result[time] = _statistic(name, values + missing, len(value))
    return result


def _statistic(name: str, values: Sequence[float], size: int) -> float:
    """The statistic of values that exist; AVG divides by `size`, so that missing ones count as 0."""
    if name in ("MAX", "MIN"):
        return max(values) if name == "MAX" else min(values)
    return math.fsum(values) / (size if name == "AVG" else 1)


def _for_every_series(call: Callable[..., Points]) -> Callable[..., Value]:
    """A function of a series that also takes an array, and then gives the array of its results."""

    def of_series_or_array(context: Context, value: Points | tuple[Points, ...], *more: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(call(context, member, *more) for member in value)
        return call(context, value, *more)

    return of_series_or_array


def _running_sum(context: Context, points: Points) -> Points:
    """The sum of all values up to each data point; in gaps as `running_sum_in_gaps` is assumed."""
    total, result = 0.0, Points()
    carried = context.assumptions.running_sum_in_gaps == "carried"
    for time in context.window.times:
        total += points.get(time, 0.0)
        if time in points or (carried and result):
            result[time] = total
    return result


def _fill(context: Context, points: Points, filler: float | Points | str) -> Points:
    """The series with its gaps filled, over the whole range.

    A number fills every gap (a series without any data point as `fill_of_empty` is assumed), a series gives
    its own values, REPEAT the value before the gap, LINEAR the straight line from the value before to
    the one after. What comes before the first data point stays open with REPEAT, both ends with LINEAR.
    """
    times = context.window.times
    if isinstance(filler, str):
        return (_repeat if filler == "REPEAT" else _linear)(points, times)
    if isinstance(filler, dict):
        return {
            time: (points if time in points else filler)[time] for time in times if time in points or time in filler
        }
    if math.isnan(filler) or (not points and context.assumptions.fill_of_empty == "nothing"):
        return points
    return {time: points.get(time, filler) for time in times}


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


def _time_series(context: Context, value: float) -> Points:
    """A series with this value in every period of the range."""
    return {} if math.isnan(value) else dict.fromkeys(context.window.times, value)


def _if(
    _context: Context, condition: float | Points, then: float | Points, otherwise: float | Points | None = None
) -> Points:
    """A number picks one of two series; one without value picks none. A series picks for each of its data
    points: `then` unless it is 0, `otherwise` if it is.

    A true condition over a missing point of `then` gives 0. There is no data point where the condition has
    none, and none where it is false and `otherwise` has none or is left out. The guide's prose and its
    printed results disagree in places; the printed results are followed.
    """
    if not isinstance(condition, dict):
        picked = then if condition else otherwise
        return picked if isinstance(picked, dict) and not math.isnan(condition) else {}
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


def _first(_context: Context, members: tuple[Points, ...]) -> Points:
    """The first series; one without data points if the array is empty.

    The latter was seen on AWS: FIRST(REMOVE_EMPTY(METRICS())) on a metric that was never published is missing
    data to an alarm, not an error (radkawar/stackd captures, testdata/aws/cloudwatch/alarm_evaluation.json).
    """
    return members[0] if members else {}


def _remove_empty(_context: Context, members: tuple[Points, ...]) -> tuple[Points, ...]:
    """The series that have at least one data point in the range."""
    return tuple(member for member in members if member)


def _sort(
    context: Context, members: tuple[Points, ...], statistic: str, order: str, limit: float = math.inf
) -> tuple[Points, ...]:
    """The series in the order of a statistic of each, at most `limit` of them.

    Equal ones keep their order. Raises MetricMathError for a limit that is no positive whole number.
    """
    if not (limit == math.inf or (limit >= 1 and limit == int(limit))):
        raise MetricMathError(f"SORT takes a whole number from 1 on as its limit, not {limit:g}.")
    full = [member for member in members if member]
    empty = [member for member in members if not member]
    full.sort(key=partial(_reduced, statistic, context), reverse=order == "DESC")
    ordered = full + empty if context.assumptions.empty_sorts == "last" else empty + full
    return tuple(ordered if limit == math.inf else ordered[: int(limit)])


_FILLERS = (S, TS, Kind.FILLER)
_BRANCHES = (S, TS)
_SORT = (MANY, Kind.STATISTIC, Kind.ORDER)

FUNCTIONS: Mapping[str, Function] = {
    "METRICS": Function({(): MANY, (Kind.TEXT,): MANY}, _metrics),
    **{
        name: Function({(TS,): S, (MANY,): TS}, partial(_reduced, name), looks_along=(TS,))
        for name in ("AVG", "SUM", "MAX", "MIN")
    },
    "RUNNING_SUM": Function({(TS,): TS, (MANY,): MANY}, _for_every_series(_running_sum), looks_along=(TS, MANY)),
    "FILL": Function(
        {(first, filler): first for first in (TS, MANY) for filler in _FILLERS},
        _for_every_series(_fill),
        looks_along=(TS, MANY),
    ),
    "TIME_SERIES": Function({(S,): TS}, _time_series),
    "IF": Function(
        {
            **{(TS, then): TS for then in _BRANCHES},
            **{(TS, then, otherwise): TS for then in _BRANCHES for otherwise in _BRANCHES},
            (S, TS): TS,
            (S, TS, TS): TS,
        },
        _if,
    ),
    "FIRST": Function({(MANY,): TS}, _first),
    "REMOVE_EMPTY": Function({(MANY,): MANY}, _remove_empty, looks_along=(MANY,)),
    "SORT": Function({_SORT: MANY, (*_SORT, S): MANY}, _sort, looks_along=(MANY,)),
}
"""By name."""

_NO_USE = "no expression that AWS publishes for scaling uses it"

UNSUPPORTED: Mapping[str, str] = {
    "ANOMALY_DETECTION_BAND": "its model is trained inside CloudWatch",
    "DB_PERF_INSIGHTS": "its values are RDS's own",
    "INSIGHT_RULE_METRIC": "its values are those of a Contributor Insights rule",
    "LAMBDA": "its values are those of a Lambda data source",
    "SEARCH": "which metrics it finds is known to the account only, and alarms refuse it",
    "SERVICE_QUOTA": "its values are the account's quotas",
    **dict.fromkeys(("ABS", "CEIL", "FLOOR", "LOG", "LOG10", "STDDEV", "DATAPOINT_COUNT"), _NO_USE),
    **dict.fromkeys(("DIFF", "DIFF_TIME", "RATE", "PERIOD", "LAST", "METRIC_COUNT", "SLICE"), _NO_USE),
    **dict.fromkeys(("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"), _NO_USE),
}
"""Functions that CloudWatch has and this evaluator has not, with the reason."""
