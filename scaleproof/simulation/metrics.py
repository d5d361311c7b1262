"""Computes the samples of the metrics that SageMaker publishes.

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
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.metrics import MetricStat, queue_metrics
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.workload import INTERVAL, NOWHERE, Workload

NAMESPACE = "AWS/SageMaker"
PASSING = ("InvocationsPerInstance", "ApproximateAgeOfOldestRequest")
"""Metrics that change while nothing happens."""

Samples: TypeAlias = tuple[Sequence[float], int]
"""Values, and how often each of them was sampled."""
Probe: TypeAlias = Callable[[], Samples]
"""Gives the samples of a metric at the end of an interval; there may be none."""


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
NONE: Samples = (), 1


class Meter:
    """The statistic of one metric. `value`: of the period that ended last."""

    def __init__(self, metric: MetricStat, probe: Probe) -> None:
        """Nothing was sampled."""
        self.metric = metric
        self.value: float | None = None
        self._probe = probe
        self._part, self._whole = STATISTICS[metric.statistic]
        self._parts: list[Any] = []
        self.read = self._now if metric.period == INTERVAL else lambda: self.value
        """Gives the value of the period that has just ended."""

    def sample(self, number: int = 1) -> None:
        """Takes the samples at the ends of `number` equal intervals."""
        values, times = self._probe()
        if values:
            self._parts += [self._part(values, times)] * number

    def close(self) -> None:
        """A period has ended."""
        self.value = self._whole(self._parts) if self._parts else None
        self._parts.clear()

    def _now(self) -> float | None:
        """The statistic of the samples that there are now."""
        values, times = self._probe()
        return self._whole([self._part(values, times)]) if values else None


Dimensions: TypeAlias = tuple[tuple[str, str], ...]


def probes(
    endpoint: Endpoint, workload: Workload, assumptions: AutoscalingAssumptions
) -> dict[tuple[str, Dimensions], Probe]:
    """Every metric of the endpoint by name and sorted dimensions.

    A real-time variant emits concurrency with and without instance types [pools], unless the form with types
    is assumed to be missing; the queue belongs to the endpoint [async].
    """
    if isinstance(workload, Queue):
        dimensions = (("EndpointName", endpoint.name),)
        return {(name, dimensions): probe for name, probe in _queue(workload, assumptions).items()}
    available: dict[tuple[str, Dimensions], Probe] = {}
    whole = tuple(sorted(endpoint.dimensions.items()))
    for name, probe in _whole(workload).items():
        available[name, whole] = probe
    for pool in endpoint.pools:
        typed = tuple(sorted({**endpoint.dimensions, "InstanceType": pool.instance_type}.items()))
        available["ConcurrentRequestsPerModel", typed] = (
            _concurrency(workload, pool.instance_type)
            if assumptions.concurrency_by_type == "published"
            else lambda: NONE
        )
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


def _whole(workload: Workload) -> dict[str, Probe]:
    # One sample of 1/instances per request, and 0 without any [metric, define].
    def per_instance() -> Samples:
        instances, new = len(workload.instances), workload.arrived - workload.sampled
        if not instances:
            return NONE
        return ((1 / instances,), new) if new else ((0.0,), 1)

    return {
        "ConcurrentRequestsPerModel": _concurrency(workload, None),
        "InvocationsPerInstance": per_instance,
    }


def _concurrency(workload: Workload, instance_type: str | None) -> Probe:
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


def _queue(workload: Queue, assumptions: AutoscalingAssumptions) -> dict[str, Probe]:
    def metric_probe(name: str) -> Probe:
        def probe() -> Samples:
            value = queue_metrics(workload.demand, len(workload.instances), assumptions).get(name)
            return NONE if value is None else ((value,), 1)

        return probe

    names = queue_metrics(1, 1)
    return {name: metric_probe(name) for name in names} | {
        "ApproximateAgeOfOldestRequest": lambda: ((workload.oldest(workload.now),), 1)
    }
