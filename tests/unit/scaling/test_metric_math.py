"""Metric math against what AWS documents and what was seen (tests/vectors/metric_math.csv and others)."""

import json

import pytest

from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import Series, Window
from scaleproof.scaling.parsing import parse_queries

from .metric_math_helpers import PERIOD, one
from .vectors import Row, rows


@pytest.mark.parametrize("row", rows("metric_math.csv"), ids=Row.name)
def test_the_published_results_hold(row):
    assert one(row["expression"], **json.loads(row["inputs_json"])) == json.loads(row["expected_json"])


@pytest.mark.parametrize("present", ["p5", "g6"])
def test_the_published_signal_is_diluted_where_a_pool_is_empty(present):
    """One pool at its full concurrency, the other without instances: one half, below its target of 0.7."""
    inputs = {"p5": [None], "g6": [None]}
    inputs[present] = [20.0 if present == "p5" else 8.0]
    assert one("(p5/20+g6/8)/2", **inputs) == [0.5]
    assert one("MAX([p5/20, g6/8])", **inputs) == [1.0]


def test_nothing_running_gives_no_data_point_with_either_weighting():
    inputs = {"p5": [None], "g6": [None]}
    assert one("(p5/20+g6/8)/2", **inputs) == [None]
    assert one("MAX([p5/20, g6/8])", **inputs) == [None]


def test_the_backlog_per_task_of_the_scaling_guide():
    """Source: application-auto-scaling-target-tracking-metric-math.html, queue length over running tasks."""
    queries = QuerySet(
        parse_queries(
            [
                {
                    "Id": "m1",
                    "MetricStat": _stat("ApproximateNumberOfMessagesVisible", "Sum"),
                    "ReturnData": False,
                },
                {"Id": "m2", "MetricStat": _stat("RunningTaskCount", "Average"), "ReturnData": False},
                {"Id": "e1", "Expression": "m1 / m2", "ReturnData": True},
            ]
        )
    )
    window = Window(0, 120, PERIOD)
    metrics = {"m1": Series.from_values([600, 900], PERIOD), "m2": Series.from_values([6, 6], PERIOD)}
    assert queries.evaluate(metrics, window).values(window) == [100, 150]


def _stat(name, statistic):
    return {"Metric": {"Namespace": "AWS/SQS", "MetricName": name}, "Stat": statistic}
