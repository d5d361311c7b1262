"""Compares which metrics had data with what is assumed about their publication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scaleproof.auditing.case import Case
from scaleproof.auditing.lines import EventKind, Line
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.metrics import MetricStat

_CONCURRENCY = "ConcurrentRequestsPerModel"
_PER_INSTANCE = "ApproximateBacklogSizePerInstance"
_QUEUE = ("ApproximateBacklogSize", "HasBacklogWithoutCapacity")
_TYPE = "InstanceType"


def without_type(metric: MetricStat) -> MetricStat | None:
    """The concurrency of all types beside that of one; None for any other metric.

    An endpoint may publish neither before its first request: only where this one has data tells the absence
    of the other that there is no concurrency by type.
    """
    if metric.name != _CONCURRENCY or _TYPE not in dict(metric.dimensions):
        return None
    return replace(metric, dimensions=tuple(dimension for dimension in metric.dimensions if dimension[0] != _TYPE))


def published(case: Case, assumed: AutoscalingAssumptions) -> Iterator[Line]:
    """Lines on metrics whose data an assumption on their publication does not allow."""
    typed = {metric: whole for metric in case.data if (whole := without_type(metric))}
    by_type = any(case.data[metric] for metric in typed)
    has_concurrency = by_type or any(case.data.get(whole) for whole in typed.values())
    if has_concurrency and by_type is not (assumed.concurrency_by_type == "published"):
        yield _line(_CONCURRENCY, f"with {_TYPE}", by_type)
    for metric in case.data:
        known = _at_zero(case, metric) if metric.name == _PER_INSTANCE else None
        if known is not None and known is not (assumed.backlog_per_instance_at_zero == "backlog"):
            yield _line(metric.name, "without instances", known)


def _at_zero(case: Case, metric: MetricStat) -> bool | None:
    """Whether a metric has data while there is no instance.

    None where there always is one, and where the queue publishes nothing else either.
    """
    times = [
        time
        for start, end in _empty(case)
        # Whole periods only, and not those in which the last instance may still have counted.
        for time in range((int(start) // metric.period + 2) * metric.period, int(end) - metric.period, metric.period)
    ]
    if any(time in case.data[metric] for time in times):
        return True
    others = [points for other, points in case.data.items() if other.name in _QUEUE]
    return False if any(time in points for points in others for time in times) else None


def _empty(case: Case) -> Iterator[tuple[float, float]]:
    """When there was no instance: from the end of a change to zero to the start of the next one."""
    since = case.start if case.count == 0 else None
    for change in case.changes:
        if since is not None and change.desired:
            yield since, change.start
            since = None
        if change.desired == 0 and change.status is Status.SUCCESSFUL and change.end is not None:
            since = change.end
    if since is not None:
        yield since, case.end


def _line(metric: str, how: str, has_data: bool) -> Line:
    description = f"{metric} {how} has {'data' if has_data else 'no data'}"
    return Line(EventKind.METRIC, description)
