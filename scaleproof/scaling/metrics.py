"""Names a metric of CloudWatch and the periods that are looked at; computes those of a queue.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import DEFAULT, AutoscalingAssumptions


@dataclass(frozen=True)
class MetricStat:
    """A statistic of one metric; equal ones are the same time series.

    `dimensions` are sorted pairs of name and value, `statistic` is Average, Sum, p90, ... as CloudWatch
    spells it, `period` is in seconds.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    unit: str | None = None


@dataclass(frozen=True)
class Window:
    """The periods that start in [start, end): start and end in seconds, a whole number of periods apart."""

    start: int
    end: int
    period: int

    def __post_init__(self) -> None:
        """Raises ScaleproofError unless the range is a whole number of periods."""
        if self.period < 1 or self.end < self.start or (self.end - self.start) % self.period:
            raise ScaleproofError(
                f"The range [{self.start}, {self.end}) is not a whole number of periods of {self.period} s."
            )

    @property
    def times(self) -> range:
        """Where the periods start, oldest first. A period's data point carries the time of its start."""
        return range(self.start, self.end, self.period)


def queue_metrics(
    backlog: int, instances: int, assumptions: AutoscalingAssumptions = DEFAULT.autoscaling
) -> dict[str, float]:
    """The data points of an asynchronous endpoint's queue by metric name; one without a value is left out.

    `backlog`: requests that are queued or being processed, `instances` those in service [monitor].
    """
    per_instance: float | None = None
    if instances:
        per_instance = backlog / instances
    elif assumptions.backlog_per_instance_at_zero == "backlog":
        per_instance = float(backlog)
    metrics = {
        "ApproximateBacklogSize": float(backlog),
        "HasBacklogWithoutCapacity": float(backlog > 0 and not instances),
    }
    if per_instance is not None:
        metrics["ApproximateBacklogSizePerInstance"] = per_instance
    return metrics
