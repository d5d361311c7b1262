"""Every function of metric math that is evaluated here, with the types it takes, and those that are not.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, the table of
functions and the list of valid IF syntaxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from scaleproof.scaling.metric_math import arrays, conditional, over_time, reductions
from scaleproof.scaling.metric_math.values import Context, Kind, Points, Value

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


def _running_sums(context: Context, members: tuple[Points, ...]) -> Value:
    return tuple(over_time.running_sum(context, member) for member in members)


def _reduction(name: str) -> tuple[Overload, ...]:
    return (
        Overload((TS,), S, partial(reductions.of_series, name), pointwise=False),
        Overload((MANY,), TS, partial(reductions.of_array, name)),
    )


def _fill_each(context: Context, members: tuple[Points, ...], filler: float | Points | str) -> Value:
    return tuple(over_time.fill(context, member, filler) for member in members)


_SORT = (MANY, Kind.STATISTIC, Kind.ORDER)
_FILLERS = (S, TS, Kind.FILLER)
_BRANCHES = (S, TS)

FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    **{name: _reduction(name) for name in reductions.REDUCTIONS},
    "RUNNING_SUM": (
        Overload((TS,), TS, over_time.running_sum, pointwise=False),
        Overload((MANY,), MANY, _running_sums, pointwise=False),
    ),
    "FILL": (
        *(Overload((TS, filler), TS, over_time.fill, pointwise=False) for filler in _FILLERS),
        *(Overload((MANY, filler), MANY, _fill_each, pointwise=False) for filler in _FILLERS),
    ),
    "TIME_SERIES": (Overload((S,), TS, over_time.time_series),),
    "IF": (
        *(Overload((TS, then), TS, conditional.by_point) for then in _BRANCHES),
        *(Overload((TS, a, b), TS, conditional.by_point) for a in _BRANCHES for b in _BRANCHES),
        Overload((S, TS), TS, conditional.as_a_whole),
        Overload((S, TS, TS), TS, conditional.as_a_whole),
    ),
    "FIRST": (Overload((MANY,), TS, arrays.first),),
    "REMOVE_EMPTY": (Overload((MANY,), MANY, arrays.remove_empty, pointwise=False),),
    "SORT": (
        Overload(_SORT, MANY, arrays.sort_array, pointwise=False),
        Overload((*_SORT, S), MANY, arrays.sort_array, pointwise=False),
    ),
}
"""By name. METRICS is not here: what it gives depends on the request, so the compiler knows it."""

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
