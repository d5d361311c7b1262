"""Reading data points: whole periods, pages, limits of a call, throttling."""

from datetime import UTC, datetime

import pytest

from scaleproof.endpoints import metric_data
from scaleproof.errors import FailedError
from scaleproof.scaling.metrics import MetricStat

TEN = MetricStat("AWS/SageMaker", "Load", (("EndpointName", "a"),), "Maximum", 10)
MINUTE = MetricStat("AWS/SageMaker", "Load", (("EndpointName", "a"),), "Sum", 60, "Count")


class FakeCloudWatch:
    """Answers with `points` by (statistic, time), a few to a page."""

    def __init__(self, points):
        self.points = points
        self.calls = []
        self.status = "Complete"

    def get_paginator(self, operation):
        assert operation == "get_metric_data"
        return self

    def paginate(self, **request):
        self.calls.append(request)
        for first in range(0, 10, 2):
            results = []
            for query in request["MetricDataQueries"]:
                stat = query["MetricStat"]["Stat"]
                times = [
                    time
                    for kind, time in self.points
                    if kind == stat and request["StartTime"] <= time < request["EndTime"]
                ][first : first + 2]
                results.append(
                    {
                        "Id": query["Id"],
                        "StatusCode": self.status,
                        "Timestamps": [datetime.fromtimestamp(time, UTC) for time in times],
                        "Values": [self.points[stat, time] for time in times],
                    }
                )
            yield {"MetricDataResults": results}


def test_all_pages_of_the_whole_periods_are_read():
    maxima = {("Maximum", time): float(time) for time in range(90, 160, 10)}
    fake = FakeCloudWatch(maxima | {("Sum", 60): 5.0})
    found = metric_data.read(fake, [TEN, MINUTE], 105.0, 141.0)
    # 105 lies in the period from 100 on and in the minute from 60 on, 141 in the period from 140 on.
    assert found == {
        TEN: {100: 100.0, 110: 110.0, 120: 120.0, 130: 130.0, 140: 140.0},
        MINUTE: {60: 5.0},
    }
    (query,) = fake.calls[-1]["MetricDataQueries"]
    assert query["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "Load",
            "Dimensions": [{"Name": "EndpointName", "Value": "a"}],
        },
        "Period": 60,
        "Stat": "Sum",
        "Unit": "Count",
    }


def test_no_call_asks_for_more_than_cloudwatch_gives():
    many = [MetricStat("N", f"m{number}", (), "Sum", 10) for number in range(600)]
    fake = FakeCloudWatch({})
    metric_data.read(fake, many, 0, 3 * 3_600)
    for call in fake.calls:
        queries = len(call["MetricDataQueries"])
        assert queries <= 500
        assert queries * (call["EndTime"] - call["StartTime"]) / 10 <= 100_800
    asked = sum(len(call["MetricDataQueries"]) * (call["EndTime"] - call["StartTime"]) for call in fake.calls)
    assert asked == 600 * 3 * 3_600


def test_a_metric_that_is_not_given_is_an_error_and_not_without_data():
    fake = FakeCloudWatch({})
    fake.status = "InternalError"
    with pytest.raises(FailedError, match=r"does not return Load: InternalError\. Try again"):
        metric_data.read(fake, [MINUTE], 0, 60)
    fake.status = "Forbidden"
    with pytest.raises(FailedError, match=r"does not return Load: Forbidden\. Allow cloudwatch:GetMetricData"):
        metric_data.read(fake, [MINUTE], 0, 60)


def test_how_long_data_is_kept():
    assert [metric_data.retention(period) for period in (10, 60, 120, 300, 3_600)] == [
        10_800, 1_296_000, 1_296_000, 5_443_200, 39_312_000,
    ]  # fmt: skip
    assert [metric_data.finest(age) for age in (0, 10_800, 10_801, 1_296_001, 50_000_000)] == [10, 10, 60, 300, 3_600]
