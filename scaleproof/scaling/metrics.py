"""Names a metric of CloudWatch and holds its time series; computes those of a queue.

[monitor] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Series:
    """A time series: one value at most per period, keyed by where the period starts (epoch seconds).

    A period that is no key has no data point, which is something else than a value of 0.
    """

    period: int
    points: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ScaleproofError for values that CloudWatch does not store, and points off the grid."""
        if not all(map(math.isfinite, self.points.values())):
            raise ScaleproofError("A time series has values that are not finite numbers.")
        if self.points:
            origin = next(iter(self.points))
            if any((time - origin) % self.period for time in self.points):
                raise ScaleproofError(f"Data points are not whole periods of {self.period} s apart.")

    @classmethod
    def from_values(cls, values: Iterable[float | None], period: int, start: int = 0) -> Series:
        """The series of consecutive periods from `start` on; None is a period without data point."""
        numbered = enumerate(values)
        return cls(period, {start + i * period: value for i, value in numbered if value is not None})

    def values(self, window: Window) -> list[float | None]:
        """One entry per period of the window, oldest first, None where there is no data point."""
        return [self.points.get(time) for time in window.times]

    def within(self, window: Window) -> dict[int, float]:
        """The data points inside the window, oldest first.

        Raises ScaleproofError if the series has another period, or periods that start elsewhere: its points
        would not be seen, which looks like missing data.
        """
        if self.period != window.period:
            raise ScaleproofError(f"A series of {self.period} s periods was read in {window.period} s periods.")
        points = self.points
        if points and (next(iter(points)) - window.start) % window.period:
            raise ScaleproofError("The periods of a series start at other times than those of the window.")
        return {time: points[time] for time in window.times if time in points}


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
