"""Publishes the metrics of an endpoint's requests to CloudWatch.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
[metric] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScalingPolicyMetric.html
[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[async] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scaleproof.emulator.cloudwatch import Samples

_MICRO = 1_000_000
_MICROSECONDS = ("ModelLatency", "FirstChunkLatency")
"""Metrics that are in microseconds; all others have no unit [monitor]."""


@dataclass
class Usage:
    """The requests of one variant since they were last told of."""

    _values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def asked(self, instances: int) -> None:
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

    def took(self, seconds: float) -> None:
        """An answer is complete."""
        self._values["ModelLatency"].append(seconds * _MICRO)

    def began(self, seconds: float) -> None:
        """The first answer of a stream has come."""
        self._values["FirstChunkLatency"].append(seconds * _MICRO)

    def streamed(self, broken: bool) -> None:
        """A stream is over; `broken`: by an error."""
        self._values["MidStreamErrors"].append(float(broken))

    def left(self, *, failed: bool, expired: bool) -> None:
        """A request left the queue, in one of three ways; AWS does not say whether they overlap [async]."""
        name = "InvocationFailures" if failed else "InvocationsProcessed"
        self._values["ExpiredRequests" if expired else name].append(1.0)

    def taken(self, dimensions: Mapping[str, str]) -> list[Samples]:
        """The samples of these dimensions, each of which is given once."""
        values, self._values = self._values, defaultdict(list)
        return [
            Samples(name, dimensions, "Microseconds" if name in _MICROSECONDS else "None", some)
            for name, some in values.items()
        ]


def concurrency(loads: Iterable[tuple[str, int]], dimensions: Mapping[str, str], *, by_type: bool) -> list[Samples]:
    """The requests in flight of a variant: a sample for each instance, as in the simulation.

    `loads`: type and requests of each instance. `by_type`: for each type as well, as AWS's example for pools
    has it [pools]; [monitor] does not list that form.
    """
    values_by_type: dict[str, list[float]] = defaultdict(list)
    for instance_type, in_flight in loads:
        values_by_type[""].append(float(in_flight))
        if by_type:
            values_by_type[instance_type].append(float(in_flight))
    typed = {kind: {"InstanceType": kind} if kind else {} for kind in values_by_type}
    return [
        Samples("ConcurrentRequestsPerModel", {**dimensions, **typed[kind]}, "None", values)
        for kind, values in values_by_type.items()
    ]
