"""Publishes the metrics of requests in CloudWatch, by endpoint and variant.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[metric] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScalingPolicyMetric.html
[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from scaleproof.emulator.cloudwatch import Samples

Place: TypeAlias = tuple[str, str]
"""An endpoint and a variant, by name."""
_MICROSECONDS = ("ModelLatency", "FirstChunkLatency")
"""Metrics that are in microseconds; all others have no unit [monitor]."""


@dataclass
class Usage:
    """The requests of one variant since they were last published."""

    _values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def record_request(self, instances: int) -> None:
        """A request was sent to the model; so many instances run [metric]."""
        self._values["Invocations"].append(1.0)
        self._values["InvocationsPerInstance"].append(1.0 / max(instances, 1))

    def answered(self, status: int) -> None:
        """The model answered with an HTTP status, or accepted a stream."""
        for name, failed in (
            ("Invocation4XXErrors", 400 <= status < 500),
            ("Invocation5XXErrors", status >= 500),
            ("InvocationModelErrors", status >= 400),
        ):
            self._values[name].append(float(failed))  # 0 is sent as well [monitor]

    def took(self, metric: str, seconds: float) -> None:
        """An answer is complete (ModelLatency), or the first one of a stream has come (FirstChunkLatency)."""
        self._values[metric].append(seconds * 1_000_000)

    def streamed(self, broken: bool) -> None:
        """A stream is over; `broken`: by an error."""
        self._values["MidStreamErrors"].append(float(broken))

    def dequeued(self, *, failed: bool, expired: bool) -> None:
        """A request left the queue, in one of three ways; AWS does not say whether they overlap [async]."""
        name = "InvocationFailures" if failed else "InvocationsProcessed"
        self._values["ExpiredRequests" if expired else name].append(1.0)

    def taken(self, place: Place) -> list[Samples]:
        """The samples of a variant, each of which is given once."""
        values, self._values = self._values, defaultdict(list)
        return [
            Samples(name, dimensions(place), "Microseconds" if name in _MICROSECONDS else "None", numbers)
            for name, numbers in values.items()
        ]


def dimensions(place: Place) -> dict[str, str]:
    """The dimensions of a variant's metrics."""
    return {"EndpointName": place[0], "VariantName": place[1]}


def concurrency(loads: Iterable[tuple[str, int]], place: Place, *, by_type: bool) -> list[Samples]:
    """The requests in flight of a variant: a sample for each instance, as in the simulation.

    `loads`: type and requests of each instance. `by_type`: for each type as well, as AWS's example for pools
    has it [pools]; [monitor] does not list that form.
    """
    values: dict[str, list[float]] = defaultdict(list)
    for instance_type, in_flight in loads:
        for instances in ("", instance_type) if by_type else ("",):
            values[instances].append(float(in_flight))
    return [
        Samples(
            "ConcurrentRequestsPerModel",
            dimensions(place) | ({"InstanceType": instance_type} if instance_type else {}),
            "None",
            numbers,
        )
        for instance_type, numbers in values.items()
    ]
