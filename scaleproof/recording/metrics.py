"""The metrics that are read, with AWS's names, dimensions and units.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html: backlogs belong to the
endpoint, everything else to the variant. Its table has the name InvocationsProcesssed, with three s
[count] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-troubleshooting.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scaleproof.recording.series import Curve, Point, Series
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation.demand import STEP

SAGEMAKER, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
CONCURRENCY, BACKLOG, PER_INSTANCE = (
    "ConcurrentRequestsPerModel",
    "ApproximateBacklogSize",
    "ApproximateBacklogSizePerInstance",
)
INVOCATIONS, LATENCY, FIRST_CHUNK = "Invocations", "ModelLatency", "FirstChunkLatency"
ENDED = ("InvocationsProcessed", "InvocationsProcesssed", "InvocationFailures", "ExpiredRequests")
"""What leaves the queue. The first two are one metric in two spellings."""
CPU = "CPUUtilization"
MICRO = 1e-6
"""Seconds; latencies are in microseconds [monitor]."""
MINUTE = 60
FEWEST = 2
"""Points of a minute, from which on a series is in high resolution."""
MOST_MISSING = 0.9
"""The share of the minutes that it has at least."""


class Metrics:
    """The metrics of one variant."""

    def __init__(self, endpoint: Endpoint, frequency: int) -> None:
        """`frequency`: MetricPublishFrequencyInSeconds, from one sample of an instance to the next."""
        self._endpoint = endpoint
        self.frequency = frequency

    def wanted(self) -> Iterator[MetricStat]:
        """All that are read of an endpoint of its kind."""
        yield self.of(CPU, "SampleCount")
        yield self.of(LATENCY, "Average")
        if self._endpoint.kind is Kind.ASYNC:
            yield from (self.of(name, "Average") for name in (BACKLOG, PER_INSTANCE))
            yield from (self.of(name, "Sum") for name in ENDED)
            return
        for statistic in ("Sum", "SampleCount", "Average"):
            yield self.of(CONCURRENCY, statistic)
            yield self.by_the_minute(CONCURRENCY, statistic)
        yield self.of(INVOCATIONS, "Sum")
        yield from (self.of(name, "SampleCount") for name in (LATENCY, FIRST_CHUNK))

    def of(self, name: str, statistic: str) -> MetricStat:
        """A statistic of a metric; its period is the metric's own."""
        dimensions = self._endpoint.dimensions
        period, namespace = MINUTE, SAGEMAKER
        if name in (BACKLOG, PER_INSTANCE):
            dimensions = {"EndpointName": self._endpoint.name}
        elif name == CONCURRENCY:
            period = int(STEP)
        elif name == CPU:
            namespace, period = INSTANCES, math.lcm(MINUTE, self.frequency)
        return MetricStat(namespace, name, tuple(sorted(dimensions.items())), statistic, period)

    def by_the_minute(self, name: str, statistic: str) -> MetricStat:
        """As `of`, in periods of a minute."""
        return replace(self.of(name, statistic), period=MINUTE)


def finest(fine: Series, coarse: Series) -> Series:
    """The series below a minute, if it is one; else that by the minute.

    CloudWatch keeps periods below a minute of what is stored in high resolution only. Of anything else they
    have no points, or one a minute.
    """
    below = [point for point in fine if point.period < MINUTE]
    each = {point.start // MINUTE for point in below}
    minutes, known = (sum(max(point.period, MINUTE) for point in _first(one)) for one in (fine, coarse))
    return fine if len(below) >= FEWEST * len(each) and minutes >= MOST_MISSING * known else coarse


def _first(series: Series) -> Iterator[Point]:
    """The first point of each minute."""
    last = None
    for point in series:
        if point.start // MINUTE != last:
            yield point
        last = point.start // MINUTE


def seconds(latency: Series) -> Curve | None:
    """A latency in seconds over time; None without data."""
    points = [(point.start + point.period / 2, point.value * MICRO) for point in latency]
    return Curve(points) if points else None


def names(metrics: Iterable[MetricStat]) -> list[str]:
    """Metrics in words, each once: AWS/SageMaker Invocations."""
    return list(dict.fromkeys(f"{metric.namespace} {metric.name}" for metric in metrics))
