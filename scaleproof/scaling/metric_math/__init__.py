"""CloudWatch metric math: sets of queries, of metrics and expressions over them, with missing values as CloudWatch's.

Rules and types are those of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html; what it leaves open is
an assumption.

[query] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
[policy] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html
[captures] https://github.com/radkawar/stackd, testdata/aws: cloudwatch/alarm_query_admission.json and
applicationautoscaling/metric_math.json, responses of real AWS resources
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from scaleproof.scaling.assumptions import DEFAULT, MetricMathAssumptions
from scaleproof.scaling.metric_math.expressions import Typed, references, typed
from scaleproof.scaling.metric_math.values import Context, Kind, MetricMathError, Points, Value
from scaleproof.scaling.metrics import MetricStat, Window

__all__ = ["LONGEST", "STANDARD_PERIOD", "MetricMathError", "Points", "Query", "QuerySet"]

STANDARD_PERIOD = 60
"""Seconds; the period of queries that name none, which is every query of a scaling policy [captures]."""

_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
MOST = 10
"""Metrics, and expressions, of an alarm [query] or of a target tracking policy [policy]."""
LONGEST = 2048
"""Characters of an expression there."""
LARGEST_VALUE = 2.0**360
"""Of a data point, above 0 and below.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html"""


@dataclass(frozen=True)
class Query:
    """One query: either a metric, or an expression over other queries. `returned` is ReturnData."""

    id: str
    metric: MetricStat | None = None
    expression: str | None = None
    returned: bool = True
    period: int | None = None
    label: str | None = None


class QuerySet:
    """Queries of which exactly one is returned, checked and ready to be evaluated.

    Attributes: `metrics` by id in the order of the request, `returned` the id of the query whose result
    counts, `period` in seconds, `pointwise` whether each value of the result depends on nothing but the
    values of the same period.
    """

    def __init__(self, queries: Sequence[Query]) -> None:
        """Raises MetricMathError for what AWS refuses, and for functions that are not supported here."""
        _check_form(queries)
        self.metrics = {query.id: query.metric for query in queries if query.metric is not None}
        self.returned = _returned(queries)
        self.period = _period(queries)
        self._expressions = _typed(queries, tuple(self.metrics))
        result = self._expressions.get(self.returned)
        if result is not None and result.kind is not Kind.SERIES:
            raise MetricMathError(
                f"The query {self.returned} returns an array of time series, but one time series is needed.",
                advice="Combine them with MAX() or SUM(), or pick one with FIRST().",
            )
        self.pointwise = all(expression.pointwise for expression in self._expressions.values())

    def points(
        self, metrics: Mapping[str, Points], window: Window, assumptions: MetricMathAssumptions = DEFAULT.math
    ) -> Points:
        """The returned series within a window, from the data points of the metrics in it, by id.

        A metric without an entry has no data points, as one that was never published. The window is the whole
        range that is retrieved: functions such as AVG of one series, SORT and FILL see all of it. A result beyond
        LARGEST_VALUE is no data point.
        """
        values: dict[str, Value] = {name: metrics.get(name, {}) for name in self.metrics}
        context = Context(window, tuple(self.metrics), values, assumptions)
        for name, expression in self._expressions.items():
            values[name] = expression.run(context)
        result: Points = values[self.returned]
        return {time: value for time, value in result.items() if abs(value) <= LARGEST_VALUE}


def _check_form(queries: Sequence[Query]) -> None:
    seen: set[str] = set()
    for query in queries:
        if not _ID.fullmatch(query.id):
            raise MetricMathError(
                f"{query.id!r} is not a valid id.",
                advice="An id is a lower-case letter, then up to 254 letters, digits and underscores.",
            )
        if query.id in seen:
            raise MetricMathError(f"There are two queries with the id {query.id}.")
        seen.add(query.id)
        length = len(query.expression or "")
        if query.expression is not None and not 0 < length <= LONGEST:
            raise MetricMathError(f"Expression {query.id} has {length} characters; 1 to {LONGEST} are allowed.")
    expressions = sum(query.expression is not None for query in queries)
    for number, noun in ((len(queries) - expressions, "metrics"), (expressions, "expressions")):
        if number > MOST:
            raise MetricMathError(f"There are {number} {noun}; at most {MOST} are allowed.")


def _returned(queries: Sequence[Query]) -> str:
    returned = [query.id for query in queries if query.returned]
    if len(returned) != 1:
        raise MetricMathError(
            f"Exactly one query must return data, not {len(returned)} ({', '.join(returned) or 'none'}).",
            advice="Set ReturnData to false in all others.",
        )
    return returned[0]


def _period(queries: Sequence[Query]) -> int:
    """The one period of all metrics, and of the expressions that name one."""
    periods = {query.metric.period for query in queries if query.metric is not None}
    periods |= {query.period for query in queries if query.period is not None}
    if len(periods) > 1:
        listed = ", ".join(f"{period} s" for period in sorted(periods))
        raise MetricMathError(f"All metrics of an alarm must have the same period, not {listed}.")
    return periods.pop() if periods else STANDARD_PERIOD


def _typed(queries: Sequence[Query], metrics: tuple[str, ...]) -> dict[str, Typed]:
    """The expressions by id, each after those it refers to."""
    texts = {query.id: query.expression for query in queries if query.expression is not None}
    needs = {}
    for name, text in texts.items():
        with _naming(name):
            needs[name] = references(text) & texts.keys()
    done: dict[str, Typed] = {}
    for name in _in_order(needs):
        with _naming(name):
            done[name] = typed(texts[name], metrics, {other: known.kind for other, known in done.items()})
    return done


def _in_order(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = ", ".join(dict.fromkeys(error.args[1]))
        raise MetricMathError(f"Expressions cannot need each other, nor themselves: {circle}.") from None


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Says which expression an error is in."""
    try:
        yield
    except MetricMathError as error:
        raise MetricMathError(f"Expression {name}: {error.message}", advice=error.advice) from None
