"""Reads the metrics of one variant as series, with AWS's names, dimensions and units.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html: backlogs belong to the
endpoint, everything else to the variant. Its table has the name InvocationsProcesssed, with three s
[samples] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html: each
instance sends one sample of its concurrency every ten seconds
[datum] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scaleproof.endpoints import metric_data
from scaleproof.endpoints.live import Clients
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.metrics import MetricStat
from scaleproof.times import MINUTE


@dataclass(frozen=True)
class Series:
    """A statistic of each `period` (seconds), by the start of the period (epoch seconds), oldest first."""

    period: int
    values: Mapping[int, float]

    @property
    def total(self) -> float:
        """The sum of all values."""
        return sum(self.values.values())


@dataclass(frozen=True)
class Gap:
    """A time without data."""

    start: datetime
    end: datetime


def gaps(series: Series, start: int, end: int) -> list[Gap]:
    """Where a series that should have a value in each period between two times has none for over a minute."""
    present = [time for time in series.values if start <= time < end]
    edges = zip([start, *(time + series.period for time in present)], [*present, end], strict=True)
    return [Gap(date(last), date(following)) for last, following in edges if following - last > MINUTE]


def date(time: float) -> datetime:
    """A time in epoch seconds as a date in UTC, in whole seconds."""
    return datetime.fromtimestamp(round(time), UTC)


def moment(time: float) -> str:
    """A time (epoch seconds) in ISO 8601."""
    return date(time).isoformat()


SAGEMAKER, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
CONCURRENCY, BACKLOG = "ConcurrentRequestsPerModel", "ApproximateBacklogSize"
INVOCATIONS, LATENCY, FIRST_CHUNK = "Invocations", "ModelLatency", "FirstChunkLatency"
PROCESSED, MISSPELT = "InvocationsProcessed", "InvocationsProcesssed"
"""One metric in two spellings."""
FAILURES, EXPIRED = "InvocationFailures", "ExpiredRequests"
CPU = "CPUUtilization"
SAMPLE = 10
"""Seconds from one sample of the concurrency of an instance to its next [samples]."""
MARGIN = 120
"""Seconds that data may age while it is read."""


class Metrics:
    """The data of one variant between two times. A metric without data has an empty series."""

    def __init__(self, clients: Clients, endpoint: Endpoint, start: int, end: int, now: float, frequency: int) -> None:
        """Reads all of it, in the finest period of a minute or more in which CloudWatch still has it.

        Times in epoch seconds. `frequency`: MetricPublishFrequencyInSeconds of the endpoint.
        """
        self.period = max(metric_data.finest(now - start + MARGIN), MINUTE)
        self.frequency = frequency
        self._endpoint = endpoint
        self._values = metric_data.read(clients("cloudwatch"), self._queries(), start, end)

    def __call__(self, name: str, statistic: str) -> Series:
        """The data of a metric."""
        metric = self._metric(name, statistic)
        return Series(metric.period, self._values[metric])

    @property
    def names(self) -> list[str]:
        """All that were read, with namespaces."""
        return list(dict.fromkeys(f"{metric.namespace} {metric.name}" for metric in self._values))

    def _queries(self) -> Iterator[MetricStat]:
        yield self._metric(CPU, "SampleCount")
        yield self._metric(LATENCY, "Average")
        if self._endpoint.kind is Kind.ASYNC:
            yield self._metric(BACKLOG, "Average")
            yield from (self._metric(name, "Sum") for name in (PROCESSED, MISSPELT, FAILURES, EXPIRED))
            return
        yield from (self._metric(CONCURRENCY, statistic) for statistic in ("Sum", "SampleCount", "Average"))
        yield self._metric(INVOCATIONS, "Sum")
        yield from (self._metric(name, "SampleCount") for name in (LATENCY, FIRST_CHUNK))

    def _metric(self, name: str, statistic: str) -> MetricStat:
        dimensions: Mapping[str, str] = self._endpoint.dimensions
        period, namespace = self.period, SAGEMAKER
        if name == BACKLOG:
            dimensions = {"EndpointName": self._endpoint.name}
        elif name == CPU:
            namespace, period = INSTANCES, math.lcm(period, self.frequency)
        return MetricStat(namespace, name, tuple(sorted(dimensions.items())), statistic, period)
