"""What SageMaker publishes for an endpoint: metrics, dimensions and valid statistics.

Sources, pages of the Amazon SageMaker Developer Guide unless said otherwise:
- monitoring-cloudwatch: metrics of endpoints and of their invocations
- async-inference-monitor: "an exhaustive list of metrics for asynchronous endpoints"
- async-inference-autoscale: HasBacklogWithoutCapacity
- realtime-endpoints-heterogeneous: the dimension InstanceType, for instance pools
- developers.deepgram.com/docs/observability-sagemaker: what streams have and do not have
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ENDPOINT = frozenset({"EndpointName"})
VARIANT = ENDPOINT | {"VariantName"}
TYPE = VARIANT | {"InstanceType"}

_RANGE = {"Average", "Maximum", "Minimum"}
_ALL = {*_RANGE, "SampleCount", "Sum"}
_SUM = {"Sum"}
_ERRORS = {"Average", "Sum"}

_INVOCATIONS = {
    "ConcurrentRequestsPerModel": {"Maximum", "Minimum"},
    "Invocation4XXErrors": _ERRORS,
    "Invocation5XXErrors": _ERRORS,
    "Invocations": _SUM,
    "InvocationsPerInstance": _SUM,
}
_QUEUE = {
    "ApproximateAgeOfOldestRequest": _RANGE,
    "ApproximateBacklogSize": _RANGE,
    "ApproximateBacklogSizePerInstance": _RANGE,
    "HasBacklogWithoutCapacity": _RANGE,
}
STATISTICS = {
    "realtime": {
        **_INVOCATIONS,
        "FirstChunkLatency": {*_ALL, "percentile"},  # streams only
        "MidStreamErrors": _ERRORS,  # streams only
        "ModelLatency": {*_ALL, "percentile"},  # plain requests only
    },
    "async": {
        **_QUEUE,
        "ExpiredRequests": _SUM,
        "Invocation4XXErrors": _ERRORS,
        "Invocation5XXErrors": _ERRORS,
        "InvocationFailures": _SUM,
        "InvocationsProcessed": _SUM,  # by Cloud Custodian's documentation of metrics
        "InvocationsProcesssed": _SUM,  # by async-inference-monitor
        "ModelLatency": _ALL,
        "NotificationFailures": _SUM,
        "RequestDownloadFailures": _SUM,
        "ResponseUploadFailures": _SUM,
        "TimeInBacklog": _ALL,
        "TotalProcessingTime": _ALL,
    },
}
# The guide names no statistics for these, but that the samples of a minute count the instances:
# async-inference-troubleshooting.
INSTANCES = {"CPUUtilization": _ALL, "GPUUtilization": _ALL}

PER_SECOND = {
    "FirstChunkLatency": 1_000_000,
    "ModelLatency": 1_000_000,
    "TimeInBacklog": 1_000_000,
    "TotalProcessingTime": 1_000,
}
"""Units of the metrics of time that are not in seconds."""


@dataclass(frozen=True)
class Seen:
    """One series that an alarm or a widget reads. `statistic`: as alarms name it, or a percentile as p99."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


def problem(seen, traffic, pooled):
    """Why CloudWatch has no such series for an endpoint with this `traffic`, or None where it has.

    `traffic`: "realtime" or "async". `pooled`: with several instance types, for which alone there are series
    by type.
    """
    published = {"AWS/SageMaker": STATISTICS[traffic], "/aws/sagemaker/Endpoints": INSTANCES}
    statistics = published.get(seen.namespace, {}).get(seen.name)
    if statistics is None:
        return f"{seen.namespace} {seen.name} is not published for {traffic}"
    statistic = "percentile" if re.fullmatch(r"p\d{1,2}(\.\d+)?", seen.statistic) else seen.statistic
    if statistic not in statistics:
        return f"{seen.statistic} is not a statistic of {seen.name}"
    valid = [ENDPOINT] if seen.name in _QUEUE else [VARIANT, TYPE] if pooled else [VARIANT]
    if frozenset(seen.dimensions) not in valid:
        return f"{seen.name} is not published by {', '.join(sorted(seen.dimensions))}"
    return None
