"""Which metrics had data: what is assumed of their publication, against what was recorded."""

from __future__ import annotations

from collections.abc import Iterator

from scaleproof.auditing.case import Case
from scaleproof.auditing.lines import Kind, Line
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.metrics import MetricStat

_CONCURRENCY = "ConcurrentRequestsPerModel"
_PER_INSTANCE = "ApproximateBacklogSizePerInstance"


def published(case: Case, assumed: AutoscalingAssumptions) -> Iterator[Line]:
    """Lines on metrics whose data an assumption on their publication does not allow."""
    typed = [
        metric
        for metric in case.data
        if metric.name == _CONCURRENCY and "InstanceType" in dict(metric.dimensions)
    ]
    if typed:
        there = any(case.data[metric] for metric in typed)
        if there is not (assumed.concurrency_by_type == "published"):
            yield _line(_CONCURRENCY, "with InstanceType", there)
    for metric in case.data:
        known = _at_zero(case, metric) if metric.name == _PER_INSTANCE else None
        if known is not None and known is not (assumed.backlog_per_instance_at_zero == "backlog"):
            yield _line(metric.name, "without instances", known)


def _at_zero(case: Case, metric: MetricStat) -> bool | None:
    """Whether a metric has data while there is no instance; None where there always is one."""
    data = case.data[metric]
    found = [
        time in data
        for start, end in _empty(case)
        # Whole periods only, and not those in which the last instance may still have counted.
        for time in range(
            (int(start) // metric.period + 2) * metric.period, int(end) - metric.period, metric.period
        )
    ]
    return any(found) if found else None


def _empty(case: Case) -> Iterator[tuple[float, float]]:
    """When there was no instance: from the end of a change to zero to the start of the next one."""
    since = case.start if case.count == 0 else None
    for one in case.scalings:
        if since is not None and one.desired:
            yield since, one.time
            since = None
        if one.desired == 0 and one.status is Status.SUCCESSFUL and one.end is not None:
            since = one.end
    if since is not None:
        yield since, case.end


def _line(metric: str, how: str, there: bool) -> Line:
    what = f"{metric} {how} has {'data' if there else 'no data'}"
    return Line(Kind.METRIC, what, None, None, False)
