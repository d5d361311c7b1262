"""Metric math against what AWS documents and what was seen (tests/vectors/metric_math.csv and others)."""

from __future__ import annotations

import json

import pytest

from scaleproof.scaling.metric_math import QuerySet, evaluate
from scaleproof.scaling.metrics import Series, Window
from scaleproof.scaling.parsing import parse_queries

from .vectors import Row, rows

PERIOD = 60
POOLS = rows("sagemaker_pool_weighted.csv")


def result(expression: str, inputs: dict[str, list[float | None]], length: int) -> list[float | None]:
    window = Window(0, length * PERIOD, PERIOD)
    value = evaluate(expression, {name: Series.of(values, PERIOD) for name, values in inputs.items()}, window)
    assert isinstance(value, Series)
    return value.values(window)


@pytest.mark.parametrize("row", rows("metric_math.csv"), ids=Row.name)
def test_the_published_results_hold(row: Row) -> None:
    expected = json.loads(row["expected_json"])
    assert result(row["expression"], json.loads(row["inputs_json"]), len(expected)) == expected


@pytest.mark.parametrize("row", POOLS, ids=Row.name)
def test_the_published_pool_signals_have_their_exact_value(row: Row) -> None:
    inputs: dict[str, list[float | None]] = {k: [v] for k, v in json.loads(row["inputs_json"]).items()}
    [value] = result(row["expression"], inputs, 1)
    assert value == pytest.approx(float(row["exact_value"]), rel=1e-12)
    if row["printed_value"]:
        assert value == pytest.approx(float(row["printed_value"]), abs=0.0051)


@pytest.mark.parametrize("row", POOLS, ids=Row.name)
def test_the_published_pool_signals_exceed_their_target_where_more_is_needed(row: Row) -> None:
    inputs: dict[str, list[float | None]] = {k: [v] for k, v in json.loads(row["inputs_json"]).items()}
    exceeds = result(f"{row['expression']} > {row['target']}", inputs, 1)
    assert exceeds == [float(row["rule_decision"].startswith(("scale out", "AlarmHigh")))]


@pytest.mark.parametrize("present", ["p5", "g6"])
def test_the_published_signal_is_diluted_where_a_pool_is_empty(present: str) -> None:
    """One pool at its full concurrency, the other without instances: one half, below its target of 0.7."""
    inputs: dict[str, list[float | None]] = {"p5": [None], "g6": [None]}
    inputs[present] = [20.0 if present == "p5" else 8.0]
    assert result("(p5/20+g6/8)/2", inputs, 1) == [0.5]
    assert result("MAX([p5/20, g6/8])", inputs, 1) == [1.0]


def test_nothing_running_gives_no_data_point_with_either_weighting() -> None:
    inputs: dict[str, list[float | None]] = {"p5": [None], "g6": [None]}
    assert result("(p5/20+g6/8)/2", inputs, 1) == [None]
    assert result("MAX([p5/20, g6/8])", inputs, 1) == [None]


# Every example of the guide's tables that is supported, by the type of its result. Source:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
EXAMPLES = {
    "one": [
        "5 * m1",
        "m1 - m2",
        "SUM(100/[m1, m2])",
        "AVG([m1,m2]/m3)",
        "-5*m1",
        "-m1",
        "SUM(-[m1, m2])",
        "SUM([m1,m2])/AVG(m2)",
        "AVG(METRICS())",
        "FILL(m1,10)",
        "FILL(m1, MIN(m1))",
        "FILL(m1, REPEAT)",
        "IF(FIRST(SORT(METRICS(), AVG, DESC))>100, 1, 0)",
        "MAX(m1)/m1",
        "m1-MIN(m1)",
        "SUM(METRICS())/SUM(m1)",
        'SUM(METRICS("1"))/SUM(METRICS("2"))*100',
        'SUM([METRICS("1"), METRICS("2")])',
        "TIME_SERIES(MAX(m1))",
        "TIME_SERIES(5*AVG(m1))",
        "TIME_SERIES(10)",
        "IF(m1<400, m1)",
        "IF(m1<400, 10, 2)",
        "IF(m1>m2, 1, 0)",
        "m1-AVG(m1)",
    ],
    "many": [
        "METRICS()*100",
        "METRICS()/100",
        "FILL(METRICS(), 0)",
        "FILL(METRICS(), m1)",
        "FILL(METRICS(), LINEAR)",
        "REMOVE_EMPTY(METRICS())",
        "RUNNING_SUM([m1,m2])",
        "SORT(METRICS(), AVG, DESC, 10)",
        "SORT(METRICS(), MAX, ASC)",
    ],
}


@pytest.mark.parametrize(
    ("expression", "kind"), [(text, kind) for kind, texts in EXAMPLES.items() for text in texts]
)
def test_the_examples_of_the_guide_are_accepted(expression: str, kind: str) -> None:
    metrics = {name: Series.of([1, 2, 3], PERIOD) for name in ("m1", "m2", "m3")}
    value = evaluate(expression, metrics, Window(0, 3 * PERIOD, PERIOD))
    assert isinstance(value, Series if kind == "one" else tuple)


def test_the_backlog_per_task_of_the_scaling_guide() -> None:
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
    metrics = {"m1": Series.of([600, 900], PERIOD), "m2": Series.of([6, 6], PERIOD)}
    assert queries.evaluate(metrics, window).values(window) == [100, 150]


def _stat(name: str, statistic: str) -> dict[str, object]:
    return {"Metric": {"Namespace": "AWS/SQS", "MetricName": name}, "Stat": statistic}
