"""Reads data points of metrics through CloudWatch's API, page by page, at the period of each statistic.

[get] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
[kept] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from scaleproof.errors import FailedError
from scaleproof.scaling.metrics import MetricStat, Window

RETENTION = ((1, 3 * 3_600), (60, 15 * 86_400), (300, 63 * 86_400), (3_600, 455 * 86_400))
"""For how long data points of at least this period are kept, both in seconds [kept]."""
QUERIES, POINTS = 500, 100_800
"""Metrics and data points of one call at most [get]."""
_REFUSED = {"Forbidden": "Allow cloudwatch:GetMetricData.", "InternalError": "Try again."}
"""What to do about the StatusCode of a result that has no data; PartialData goes on in the next page."""


def retention(period: int) -> int:
    """How far back data points of a period (seconds) can be read, in seconds."""
    return next((age for least, age in reversed(RETENTION) if period >= least), 0)


def finest(age: float) -> int:
    """The shortest standard period (10, 60, 300 or 3,600 s) whose data of `age` seconds ago is still kept."""
    return next((max(least, 10) for least, limit in RETENTION if age <= limit), RETENTION[-1][0])


def read(
    cloudwatch: Any, metrics: Iterable[MetricStat], start: float, end: float
) -> dict[MetricStat, dict[int, float]]:
    """The data points of metrics by the start of their period (epoch seconds), oldest first.

    `cloudwatch`: a boto3 client. Periods are whole ones of the clock, all that overlap [start, end). A metric
    without data has no points. Raises FailedError for a metric that CloudWatch does not give.
    """
    distinct = list(dict.fromkeys(metrics))
    points_by_metric: dict[MetricStat, dict[int, float]] = {metric: {} for metric in distinct}
    for some, request in questions(distinct, start, end):
        for page in cloudwatch.get_paginator("get_metric_data").paginate(**request):
            for metric, at, value in points(some, page):
                points_by_metric[metric][at] = value
    return {metric: dict(sorted(values.items())) for metric, values in points_by_metric.items()}


def questions(
    metrics: Iterable[MetricStat], start: float, end: float
) -> Iterator[tuple[dict[str, MetricStat], dict[str, Any]]]:
    """Requests of GetMetricData for metrics in [start, end), as `read`, each with its metrics by Id."""
    by_period = sorted(metrics, key=lambda metric: metric.period)
    for period, group in groupby(by_period, key=lambda metric: metric.period):
        whole = Window(math.floor(start / period) * period, math.ceil(end / period) * period, period)
        for some in _batches(list(group)):
            by_id = {f"m{number}": metric for number, metric in enumerate(some)}
            queries = [_query(name, metric) for name, metric in by_id.items()]
            for window in _pieces(whole, POINTS // len(some)):
                yield (
                    by_id,
                    {
                        "MetricDataQueries": queries,
                        "StartTime": window.start,
                        "EndTime": window.end,
                        "ScanBy": "TimestampAscending",
                    },
                )


def points(metrics: Mapping[str, MetricStat], answer: Mapping[str, Any]) -> Iterator[tuple[MetricStat, int, float]]:
    """The data points in an answer of GetMetricData. `metrics`: by the Id of their query.

    Raises FailedError for a metric that CloudWatch does not give, and ValueError for times without a value.
    """
    for result in answer["MetricDataResults"]:
        metric = metrics[result["Id"]]
        if (status := result.get("StatusCode")) in _REFUSED:
            raise FailedError(f"CloudWatch does not return {metric.name}: {status}.", advice=_REFUSED[status])
        times, values = result["Timestamps"], result["Values"]
        if len(times) != len(values):
            raise ValueError(f"{metric.name} has {len(times)} times and {len(values)} values")
        for moment, value in zip(times, values, strict=True):
            yield metric, int(moment.timestamp()), value


def _batches(metrics: Sequence[MetricStat]) -> Iterator[Sequence[MetricStat]]:
    for first in range(0, len(metrics), QUERIES):
        yield metrics[first : first + QUERIES]


def _pieces(whole: Window, periods: int) -> Iterator[Window]:
    step = periods * whole.period
    for start in range(whole.start, whole.end, step):
        yield Window(start, min(start + step, whole.end), whole.period)


def _query(name: str, metric: MetricStat) -> dict[str, Any]:
    stat: dict[str, Any] = {
        "Metric": {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in metric.dimensions],
        },
        "Period": metric.period,
        "Stat": metric.statistic,
    }
    return {"Id": name, "MetricStat": stat | ({"Unit": metric.unit} if metric.unit else {})}
