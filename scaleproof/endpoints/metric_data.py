"""Data points of metrics, read through CloudWatch's API in pages, at the period of each statistic.

[get] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
[kept] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.bounds import SPAN
from scaleproof.errors import FailedError
from scaleproof.scaling.metrics import MetricStat, Window

KEPT = ((1, 3 * 3_600), (60, 15 * 86_400), (300, 63 * 86_400), (3_600, int(SPAN)))
"""For how long data points of at least this period are kept, both in seconds [kept]."""
QUERIES, POINTS = 500, 100_800
"""Metrics and data points of one call at most [get]."""
_THROTTLED = {
    *("Throttling", "ThrottlingException", "TooManyRequestsException"),
    *("RequestLimitExceeded", "LimitExceededFault"),
}
_REFUSED = {"Forbidden": "Allow cloudwatch:GetMetricData.", "InternalError": "Try again."}
"""What to do about the StatusCode of a result that has no data; PartialData goes on in the next page."""
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0)
"""Seconds before each further try of a throttled call, beyond those that boto3 makes itself."""


def kept(period: int) -> int:
    """How far back data points of a period (seconds) can be read, in seconds."""
    return next((age for least, age in reversed(KEPT) if period >= least), 0)


def finest(age: float) -> int:
    """The shortest standard period (10, 60, 300 or 3,600 s) whose data of `age` seconds ago is still kept."""
    return next((max(least, 10) for least, limit in KEPT if age <= limit), KEPT[-1][0])


def read(
    cloudwatch: Any,
    metrics: Iterable[MetricStat],
    start: float,
    end: float,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[MetricStat, dict[int, float]]:
    """The data points of metrics by the start of their period (epoch seconds), oldest first.

    `cloudwatch`: a boto3 client. Periods are whole ones of the clock, all that overlap [start, end). A metric
    without data has no points. Raises FailedError where CloudWatch cannot be read; `sleep` and `tell` are
    those of `patiently`.
    """
    patient = partial(patiently, sleep=sleep, tell=tell)
    wanted = sorted(dict.fromkeys(metrics), key=lambda metric: metric.period)
    found: dict[MetricStat, dict[int, float]] = {metric: {} for metric in wanted}
    for period, group in groupby(wanted, key=lambda metric: metric.period):
        whole = Window(math.floor(start / period) * period, math.ceil(end / period) * period, period)
        for some in _batches(list(group)):
            for window in _pieces(whole, POINTS // len(some)):
                for metric, at, value in _call(cloudwatch, some, window, patient):
                    found[metric][at] = value
    return {metric: dict(sorted(points.items())) for metric, points in found.items()}


def _batches(metrics: Sequence[MetricStat]) -> Iterator[Sequence[MetricStat]]:
    for first in range(0, len(metrics), QUERIES):
        yield metrics[first : first + QUERIES]


def _pieces(whole: Window, periods: int) -> Iterator[Window]:
    step = periods * whole.period
    for start in range(whole.start, whole.end, step):
        yield Window(start, min(start + step, whole.end), whole.period)


def _call(
    cloudwatch: Any,
    metrics: Sequence[MetricStat],
    window: Window,
    patient: Callable[[Callable[[], Any]], Any],
) -> Iterator[tuple[MetricStat, int, float]]:
    """One range of some metrics, page by page."""
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(f"m{number}", metric) for number, metric in enumerate(metrics)],
        "StartTime": window.start,
        "EndTime": window.end,
        "ScanBy": "TimestampAscending",
    }
    while True:
        page = patient(lambda: cloudwatch.get_metric_data(**request))
        for result in page["MetricDataResults"]:
            metric = metrics[int(result["Id"][1:])]
            if (status := result.get("StatusCode")) in _REFUSED:
                raise FailedError(
                    f"CloudWatch does not give {metric.name}: {status}.", advice=_REFUSED[status]
                )
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield metric, int(moment.timestamp()), value
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def patiently(
    call: Callable[[], Any],
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda _: None,
) -> Any:
    """The answer of a call, after some waits if AWS throttles it.

    `sleep` waits in seconds, `tell` gets a line before each wait. Raises FailedError where the API refuses or
    cannot be reached.
    """
    for wait in (*WAITS, None):
        try:
            return call()
        except ClientError as error:
            if wait is None or error.response["Error"]["Code"] not in _THROTTLED:
                raise FailedError(f"The API refuses to be read: {str(error).rstrip('.')}.") from error
            tell(f"AWS asks for fewer calls; the next one in {wait:g} s.")
            sleep(wait)
        except BotoCoreError as error:
            raise FailedError(f"The API cannot be read: {str(error).rstrip('.')}.") from error
    raise AssertionError("unreachable")


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
