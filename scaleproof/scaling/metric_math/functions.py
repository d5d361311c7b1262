"""Every function of metric math that is evaluated here, with the types it takes, and those that are not.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, the table of
functions and the list of valid IF syntaxes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from scaleproof.scaling.metric_math import arrays, conditional, over_time, reductions
from scaleproof.scaling.metric_math.values import Context, Kind, Points, Value, each

S, TS, MANY = Kind.SCALAR, Kind.SERIES, Kind.ARRAY


@dataclass(frozen=True)
class Overload:
    """One way to call a function.

    `pointwise`: a value of the result depends on nothing but the arguments' values at the same time.
    """

    takes: tuple[Kind, ...]
    gives: Kind
    call: Callable[..., Value]
    pointwise: bool = True


def _logarithm(logarithm: Callable[[float], float], value: float) -> float:
    return logarithm(value) if value > 0 else math.nan


def _of_points(function: Callable[[float], float]) -> tuple[Overload, ...]:
    """A function of every value: of a series, or of each series of an array."""

    def call(_context: Context, value: Value) -> Value:
        return each(function, value)

    return Overload((TS,), TS, call), Overload((MANY,), MANY, call)


def _of_series(function: Callable[[Context, Points], Points]) -> tuple[Overload, ...]:
    """A function along a series, or along each series of an array."""

    def call(context: Context, members: tuple[Points, ...]) -> Value:
        return tuple(function(context, member) for member in members)

    return Overload((TS,), TS, function, pointwise=False), Overload((MANY,), MANY, call, pointwise=False)


def _reduction(name: str) -> tuple[Overload, ...]:
    return (
        Overload((TS,), S, partial(reductions.of_series, name), pointwise=False),
        Overload((MANY,), TS, partial(reductions.of_array, name)),
    )


def _fill_each(context: Context, members: tuple[Points, ...], filler: float | Points | str) -> Value:
    return tuple(over_time.fill(context, member, filler) for member in members)


def _metric_period(context: Context, _points: Points) -> float:
    return float(context.window.period)


_SORT = (MANY, Kind.STATISTIC, Kind.ORDER)
_FILLERS = (S, TS, Kind.FILLER)
_BRANCHES = (S, TS)

FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    **{name: _reduction(name) for name in reductions.REDUCTIONS},
    "ABS": _of_points(abs),
    "CEIL": _of_points(lambda value: float(math.ceil(value))),
    "FLOOR": _of_points(lambda value: float(math.floor(value))),
    "LOG": _of_points(partial(_logarithm, math.log)),
    "LOG10": _of_points(partial(_logarithm, math.log10)),
    "DIFF": _of_series(over_time.diff),
    "DIFF_TIME": _of_series(over_time.diff_time),
    "RATE": _of_series(over_time.rate),
    "RUNNING_SUM": _of_series(over_time.running_sum),
    "FILL": (
        *(Overload((TS, filler), TS, over_time.fill, pointwise=False) for filler in _FILLERS),
        *(Overload((MANY, filler), MANY, _fill_each, pointwise=False) for filler in _FILLERS),
    ),
    "TIME_SERIES": (Overload((S,), TS, over_time.time_series),),
    **{name: (Overload((TS,), TS, partial(over_time.time_part, name)),) for name in over_time.TIME_PARTS},
    "IF": (
        *(Overload((TS, then), TS, conditional.by_point) for then in _BRANCHES),
        *(Overload((TS, a, b), TS, conditional.by_point) for a in _BRANCHES for b in _BRANCHES),
        Overload((S, TS), TS, conditional.as_a_whole),
        Overload((S, TS, TS), TS, conditional.as_a_whole),
    ),
    "FIRST": (Overload((MANY,), TS, arrays.first),),
    "LAST": (Overload((MANY,), TS, arrays.last),),
    "METRIC_COUNT": (Overload((MANY,), S, arrays.metric_count),),
    "REMOVE_EMPTY": (Overload((MANY,), MANY, arrays.remove_empty, pointwise=False),),
    "SLICE": (
        Overload((MANY, S), MANY, arrays.slice_array),
        Overload((MANY, S, S), MANY, arrays.slice_array),
    ),
    "SORT": (
        Overload(_SORT, MANY, arrays.sort_array, pointwise=False),
        Overload((*_SORT, S), MANY, arrays.sort_array, pointwise=False),
    ),
    # The compiler sees to it that the argument is a metric and not the result of an expression.
    "PERIOD": (Overload((TS,), S, _metric_period),),
}
"""By name. METRICS is not here: what it gives depends on the request, so the compiler knows it."""

UNSUPPORTED: Mapping[str, str] = {
    "ANOMALY_DETECTION_BAND": "its model is trained inside CloudWatch",
    "DB_PERF_INSIGHTS": "its values are RDS's own",
    "INSIGHT_RULE_METRIC": "its values are those of a Contributor Insights rule",
    "LAMBDA": "its values are those of a Lambda data source",
    "SEARCH": "which metrics it finds is known to the account only, and alarms refuse it",
    "SERVICE_QUOTA": "its values are the account's quotas",
}
"""Functions that CloudWatch has and this evaluator has not, with the reason."""
