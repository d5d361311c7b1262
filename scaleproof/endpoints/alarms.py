"""The alarms on an endpoint, for people to read: those that target tracking makes, and all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from scaleproof.endpoints.documents import AFTER_APPLY, Document
from scaleproof.scaling import target_tracking
from scaleproof.scaling.endpoint import Endpoint, EndpointAlarm
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.target_tracking import CUSTOM_PERIOD, MetricMath, TargetTracking


def alarms(
    found: Endpoint, documents: Iterable[Document], states: Mapping[str, str]
) -> Iterator[EndpointAlarm]:
    """Of an endpoint with its policies; `documents` are the others', `states` theirs as in `Documents`."""
    policies = found.target.policies if found.target else ()
    for policy in (one for one in policies if isinstance(one, TargetTracking)):
        for made in target_tracking.alarms(policy, found.dimensions):
            name = f"{policy.name}: {made.name}"
            metrics, period = _watched(made.source)
            periods = made.evaluation_periods
            yield EndpointAlarm(
                name, metrics, made.comparison, made.threshold, periods, periods, period, states.get(name, "")
            )
    for document in sorted(documents, key=lambda one: str(one.part("AlarmName"))):
        yield _alarm(document, states)


def _watched(source: MetricStat | MetricMath) -> tuple[tuple[str, ...], int]:
    """The metrics that an alarm of target tracking watches, and its period (seconds)."""
    if isinstance(source, MetricStat):
        return (source.name,), source.period
    found = {query.metric.name for query in source.queries if query.metric is not None}
    return tuple(sorted(found)), CUSTOM_PERIOD


def _alarm(document: Document, states: Mapping[str, str]) -> EndpointAlarm:
    name = str(document.part("AlarmName"))
    if (rule := document.part("AlarmRule")) is not None:
        return EndpointAlarm(name, (str(rule),), state=states.get(name, ""))
    queries = document.part("Metrics")
    parts = [query for query in queries if isinstance(query, Mapping)] if isinstance(queries, list) else []
    stats = [stat for query in parts if isinstance(stat := query.get("MetricStat"), Mapping)]
    found = [metric for stat in stats if isinstance(metric := stat.get("Metric"), Mapping)]
    metrics = sorted({str(metric.get("MetricName", AFTER_APPLY)) for metric in found})
    periods = document.part("EvaluationPeriods") or 0
    threshold = document.part("Threshold")
    return EndpointAlarm(
        name,
        tuple(metrics) or (str(document.part("MetricName") or queries),),
        str(document.part("ComparisonOperator")),
        0.0 if threshold is None else threshold,
        document.part("DatapointsToAlarm") or periods,
        periods,
        document.part("Period") or max((stat.get("Period", 0) for stat in stats), default=0),
        states.get(name, ""),
    )
