"""Reads CloudWatch and Application Auto Scaling of a live endpoint; nothing but reads is called."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaleproof.endpoints import metric_data
from scaleproof.endpoints.live import Clients, scope
from scaleproof.recording.retention import Segment, segments
from scaleproof.recording.series import Point, Series
from scaleproof.scaling.autoscaling import told_count
from scaleproof.scaling.metrics import MetricStat

PERIODS = 1_440
"""Of each metric in one call: some 20 metrics of a day by the minute stay below 100,800 data points."""

DONE = "Successful"
"""The status of an activity that reached its count."""

Progress = Callable[[float], None]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Activity:
    """A scaling activity that set the count to `desired`, with times in epoch seconds."""

    start: float
    end: float | None
    status: str
    desired: int


class Reader:
    """The reads of one account and region. Each raises FailedError where the API cannot be read."""

    def __init__(
        self, clients: Clients, *, tell: Tell, progress: Progress, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`tell` gets a line where a call has to wait, `progress` the share that is read."""
        self._clients = clients
        self._tell = tell
        self._progress = progress
        self._sleep = sleep

    def metrics(
        self, wanted: Iterable[MetricStat], start: int, end: int, now: float
    ) -> dict[MetricStat, Series]:
        """The data points of metrics in the finest periods that CloudWatch still has.

        The period of a metric is the shortest that it is read in. A metric without data has an empty series.
        """
        by_period: defaultdict[int, list[MetricStat]] = defaultdict(list)
        for metric in wanted:
            by_period[metric.period].append(metric)
        calls = [
            (metrics, window)
            for shortest, metrics in by_period.items()
            for segment in segments(start, end, now, shortest)
            for window in _windows(segment)
        ]
        found: dict[MetricStat, list[Point]] = {metric: [] for one in by_period.values() for metric in one}
        for number, (metrics, window) in enumerate(calls):
            self._progress(number / len(calls))
            asked = {replace(metric, period=window.period): metric for metric in metrics}
            points = metric_data.read(
                self._clients("cloudwatch"), asked, window.start, window.end, self._sleep, self._tell
            )
            for metric, values in points.items():
                found[asked[metric]] += (Point(at, window.period, value) for at, value in values.items())
        self._progress(1.0)
        return {metric: sorted(points) for metric, points in found.items()}

    def activities(self, endpoint: str, variant: str, start: float, end: float) -> list[Activity]:
        """The scaling activities of a variant that began between two times, oldest first.

        Application Auto Scaling keeps them for six weeks. Source: API_DescribeScalingActivities.
        """
        client = self._clients("application-autoscaling")
        own = scope(endpoint, variant)
        found: list[Activity] = []
        token: dict[str, str] = {}
        while True:
            answer = self._patiently(lambda: client.describe_scaling_activities(**own, **token))  # noqa: B023
            found += [one for row in answer["ScalingActivities"] if (one := _activity(row))]
            oldest = min((row["StartTime"].timestamp() for row in answer["ScalingActivities"]), default=end)
            if not answer.get("NextToken") or oldest < start:  # the newest come first
                return sorted(
                    (one for one in found if start <= one.start < end), key=lambda activity: activity.start
                )
            token = {"NextToken": answer["NextToken"]}

    def frequency(self, name: str) -> int:
        """Seconds between two samples of the metrics of the instances, MetricPublishFrequencyInSeconds."""
        config = self._config(name)
        return int(config.get("MetricsConfig", {}).get("MetricPublishFrequencyInSeconds", 60))

    def initial(self, name: str, variant: str) -> int:
        """The instances that a variant had before anything scaled it, InitialInstanceCount."""
        (own,) = (one for one in self._config(name)["ProductionVariants"] if one["VariantName"] == variant)
        return int(own["InitialInstanceCount"])

    def _config(self, name: str) -> Mapping[str, Any]:
        client = self._clients("sagemaker")
        described = self._patiently(lambda: client.describe_endpoint(EndpointName=name))
        config: Mapping[str, Any] = self._patiently(
            lambda: client.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        )
        return config

    def _patiently(self, call: Callable[[], Any]) -> Any:
        return metric_data.patiently(call, self._sleep, self._tell)


def _windows(segment: Segment) -> Iterable[Segment]:
    length = PERIODS * segment.period
    for start in range(segment.start, segment.end, length):
        yield Segment(start, min(start + length, segment.end), segment.period)


def _activity(row: Mapping[str, Any]) -> Activity | None:
    """An activity that sets the count, None for any other: "Setting desired instance count to 4."."""
    desired = told_count(row["Description"])
    if desired is None:
        return None
    end = row.get("EndTime")
    return Activity(row["StartTime"].timestamp(), end and end.timestamp(), row["StatusCode"], desired)
