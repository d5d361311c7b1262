"""The metrics that SageMaker publishes of an endpoint: their samples, and statistics of these by period.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[metric] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScalingPolicyMetric.html
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.metrics import MetricStat, Window, queue_metrics
from scaleproof.simulation.workload import INTERVAL, NOWHERE, Workload
from scaleproof.times import MINUTE

NAMESPACE = "AWS/SageMaker"
PASSING = ("InvocationsPerInstance", "ApproximateAgeOfOldestRequest")
"""Metrics that change while nothing happens."""

Samples: TypeAlias = tuple[Sequence[float], int]
"""Values, and how often each of them was sampled."""
Probe: TypeAlias = Callable[[], Samples]
"""Gives the samples of a metric at the end of an interval; there may be none."""
NONE: Samples = (), 1


class Statistic(NamedTuple):
    """Computes a statistic of several intervals from a `part` for each."""

    part: Callable[[Sequence[float], int], Any]
    whole: Callable[[Sequence[Any]], float]


STATISTICS: Mapping[str, Statistic] = {
    "Maximum": Statistic(lambda values, _times: max(values), max),
    "Minimum": Statistic(lambda values, _times: min(values), min),
    "Sum": Statistic(lambda values, times: sum(values) * times, sum),
    "SampleCount": Statistic(lambda values, times: len(values) * times, sum),
    "Average": Statistic(
        lambda values, times: (sum(values) * times, len(values) * times),
        lambda parts: sum(total for total, _ in parts) / sum(number for _, number in parts),
    ),
}
"""The simulated statistics; each needs at least one sample."""


class Metric:
    """The statistic of one metric, by period. Periods consist of pieces of `piece` seconds, of which the parts
    of the statistic are kept for `length` seconds."""

    def __init__(self, stat: MetricStat, probe: Probe) -> None:
        self.stat = stat
        self.piece = min(stat.period, MINUTE)
        self.length = stat.period
        self._probe = probe
        self._part, self._whole = STATISTICS[stat.statistic]
        self._averages = stat.statistic == "Average"
        self._pieces: dict[int, list[Any]] = {}

    def sample(self, end: int, number: int = 1) -> None:
        """Takes the samples of equal intervals in one piece, the last of which ends at `end` (epoch seconds)."""
        (values, times), pieces = self._probe(), self._pieces
        if values:
            start = (end - INTERVAL) // self.piece * self.piece
            if start not in pieces:
                pieces[start] = []
                while (oldest := next(iter(pieces))) < end - self.length:
                    del pieces[oldest]
            pieces[start] += [self._part(values, times)] * number

    def value(self, start: int) -> float | None:
        """The statistic of the period that starts at `start`, None without samples."""
        times = range(start, start + self.stat.period, self.piece)
        parts = [part for time in times for part in self._pieces.get(time, ())]
        return self._whole(parts) if parts else None

    def within(self, window: Window, at: float, delay: float) -> dict[int, float]:
        """The data points in a window that can be read at `at` (epoch seconds), `delay` after their periods."""
        ends = at - delay - self.stat.period
        values = {time: self.value(time) for time in window.times if time <= ends}
        return {time: value for time, value in values.items() if value is not None}

    def newest(self, end: int) -> float | None:
        """The statistic of the period that ends at `end`, which is now; one of an interval needs no sampling."""
        if self.stat.period > INTERVAL:
            return self.value(end - self.stat.period)
        values, times = self._probe()
        if not values:
            return None
        if self._averages:
            return (sum(values) * times) / (len(values) * times)
        part: float = self._part(values, times)
        return part


Dimensions: TypeAlias = tuple[tuple[str, str], ...]


def probes(
    endpoint: Endpoint, workload: Workload, assumptions: AutoscalingAssumptions
) -> dict[tuple[str, Dimensions], Probe]:
    """Every metric of the endpoint by name and sorted dimensions.

    A real-time variant emits concurrency with and without instance types [pools], unless the form with types
    is assumed to be missing; the queue belongs to the endpoint [async].
    """
    if endpoint.kind is Kind.ASYNC:
        dimensions: Dimensions = (("EndpointName", endpoint.name),)
        queue = {(name, dimensions): _of_queue(name, workload, assumptions) for name in queue_metrics(1, 1)}
        return {
            **queue,
            ("ApproximateAgeOfOldestRequest", dimensions): lambda: ((workload.oldest(workload.now),), 1),
        }
    whole = tuple(sorted(endpoint.dimensions.items()))
    available = {
        ("ConcurrentRequestsPerModel", whole): _concurrency(workload),
        ("InvocationsPerInstance", whole): _invocations(workload),
    }
    for pool in endpoint.pools:
        typed = tuple(sorted({**endpoint.dimensions, "InstanceType": pool.instance_type}.items()))
        published = assumptions.concurrency_by_type == "published"
        probe = _concurrency(workload, pool.instance_type) if published else lambda: NONE
        available["ConcurrentRequestsPerModel", typed] = probe
    return available


def find(metric: MetricStat, available: Mapping[tuple[str, Dimensions], Probe]) -> Probe:
    """The probe of a metric. Raises ScaleproofError for a metric that is not available, and for a statistic
    that is not in STATISTICS."""
    probe = available.get((metric.name, metric.dimensions)) if metric.namespace == NAMESPACE else None
    if probe is None:
        raise ScaleproofError(
            f"A policy follows {metric.namespace} {metric.name} of {_written(metric.dimensions)},"
            " which is not simulated.",
            advice="Simulated are "
            + "; ".join(f"{name} of {_written(dimensions)}" for name, dimensions in available)
            + ".",
        )
    if metric.statistic not in STATISTICS:
        raise ScaleproofError(
            f"The statistic {metric.statistic} of {metric.name} is not simulated.",
            advice=f"Simulated are {', '.join(STATISTICS)}.",
        )
    return probe


def _written(dimensions: Dimensions) -> str:
    return ", ".join(f"{name}={value}" for name, value in dimensions) or "no dimensions"


def _invocations(workload: Workload) -> Probe:
    """One sample of 1/instances per request, and 0 without any [metric, define]."""

    def probe() -> Samples:
        instances, new = len(workload.instances), workload.arrived - workload.sampled
        if not instances:
            return NONE
        return ((1 / instances,), new) if new else ((0.0,), 1)

    return probe


def _concurrency(workload: Workload, instance_type: str | None = None) -> Probe:
    """A sample for each instance: the requests that it works on and that wait at it [define]. A draining
    instance still runs, so it counts as well."""

    def probe() -> Samples:
        loads = workload.loads
        if instance_type is not None:
            loads = loads[workload.places.get(instance_type, NOWHERE)]
        if workload.draining:
            loads = loads + [
                workload.drained_loads[number]
                for number, instance in workload.draining.items()
                if instance_type in (None, instance.instance_type)
            ]
        return loads, 1

    return probe


def _of_queue(name: str, workload: Workload, assumptions: AutoscalingAssumptions) -> Probe:
    def probe() -> Samples:
        value = queue_metrics(workload.demand, len(workload.instances), assumptions).get(name)
        return NONE if value is None else ((value,), 1)

    return probe
