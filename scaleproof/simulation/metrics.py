"""The metrics that SageMaker emits, as samples: what CloudWatch makes statistics of.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[metric] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScalingPolicyMetric.html
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from scaleproof.errors import ScaleproofError
from scaleproof.scaling import backlog
from scaleproof.scaling.autoscaling import Assumptions
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.metric import MetricStat
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.workload import Workload

NAMESPACE = "AWS/SageMaker"


class Samples(NamedTuple):
    """A statistic set: samples that were emitted together, as CloudWatch aggregates them."""

    number: int
    total: float
    least: float
    most: float

    def merged(self, other: Samples) -> Samples:
        """Both together."""
        return Samples(
            self.number + other.number,
            self.total + other.total,
            min(self.least, other.least),
            max(self.most, other.most),
        )


Probe: TypeAlias = Callable[[], Samples | None]
"""What a metric is given at the end of an interval; None if nothing is emitted."""

STATISTICS: Mapping[str, Callable[[Samples], float]] = {
    "Average": lambda samples: samples.total / samples.number,
    "Sum": lambda samples: samples.total,
    "Maximum": lambda samples: samples.most,
    "Minimum": lambda samples: samples.least,
    "SampleCount": lambda samples: samples.number,
}
"""Statistics that come of a statistic set."""

Dimensions: TypeAlias = tuple[tuple[str, str], ...]


def probes(
    endpoint: Endpoint, workload: Workload, assumptions: Assumptions
) -> dict[tuple[str, Dimensions], Probe]:
    """Every metric of the endpoint by name and sorted dimensions.

    A real-time variant emits its metrics with and without its instance types [pools]; the queue belongs to
    the endpoint [async].
    """
    if isinstance(workload, Queue):
        dimensions = (("EndpointName", endpoint.name),)
        return {(name, dimensions): probe for name, probe in _queue(workload, assumptions).items()}
    found: dict[tuple[str, Dimensions], Probe] = {}
    whole = tuple(sorted(endpoint.dimensions.items()))
    for name, probe in _whole(workload).items():
        found[name, whole] = probe
    for pool in endpoint.pools:
        typed = tuple(sorted({**endpoint.dimensions, "InstanceType": pool.instance_type}.items()))
        found["ConcurrentRequestsPerModel", typed] = _concurrency(workload, pool.instance_type)
    return found


def find(metric: MetricStat, available: Mapping[tuple[str, Dimensions], Probe]) -> Probe:
    """The probe of a metric. Raises ScaleproofError for one that is not among those available, or for a
    statistic that does not come of a statistic set."""
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
    def per_instance() -> Samples | None:
        instances, new = len(workload.instances), workload.arrived_lately
        if not instances:
            return None
        return Samples(new, new / instances, 1 / instances, 1 / instances) if new else _one(0.0)

    return {
        "ConcurrentRequestsPerModel": _concurrency(workload, None),
        "InvocationsPerInstance": per_instance,
    }


def _concurrency(workload: Workload, instance_type: str | None) -> Probe:
    """A sample of each instance: what it works on and what waits at it [define]. One that is being drained
    still runs, so it counts as well."""

    def probe() -> Samples | None:
        loads = workload.loads
        if instance_type is not None:
            first, end = workload.span(instance_type)
            loads = loads[first:end]
        if workload.draining:
            loads = loads + [
                workload.drained_loads[number]
                for number, instance in workload.draining.items()
                if instance_type in (None, instance.instance_type)
            ]
        return Samples(len(loads), sum(loads), min(loads), max(loads)) if loads else None

    return probe


def _queue(workload: Queue, assumptions: Assumptions) -> dict[str, Probe]:
    def of(name: str) -> Probe:
        def probe() -> Samples | None:
            value = backlog.metrics(workload.demand, len(workload.instances), assumptions).get(name)
            return None if value is None else _one(value)

        return probe

    names = backlog.metrics(1, 1)
    return {name: of(name) for name in names} | {
        "ApproximateAgeOfOldestRequest": lambda: _one(workload.oldest())
    }


def _one(value: float) -> Samples:
    return Samples(1, value, value, value)
