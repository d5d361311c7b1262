"""Sets of queries as alarms and scaling policies take them: order, the one result, limits."""

import pytest

from scaleproof.scaling.metric_math import TERRAFORM_ALARM, MetricMathError, QuerySet
from scaleproof.scaling.metrics import MetricStat, Series, Window
from scaleproof.scaling.parsing import parse_queries

WINDOW = Window(0, 180, 60)


def metric(name, *, returned=False, period=None):
    stat = {
        "Metric": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ConcurrentRequestsPerModel",
            "Dimensions": [{"Name": "VariantName", "Value": name}, {"Name": "EndpointName", "Value": "asr"}],
        },
        "Stat": "Maximum",
    }
    if period:
        stat["Period"] = period
    return {"Id": name, "MetricStat": stat, "ReturnData": returned}


def expression(name, text, *, returned=False):
    return {"Id": name, "Expression": text, "ReturnData": returned}


def query_set(*queries, **options):
    return QuerySet(parse_queries(queries), **options)


def test_expressions_are_evaluated_after_those_they_need():
    queries = query_set(
        expression("e3", "MAX(e2) + e1", returned=True),
        expression("e1", "m1 * 2"),
        expression("e2", "[e1, m2]"),
        metric("m1"),
        metric("m2"),
    )
    series = {"m1": Series.from_values([1, 2, None], 60), "m2": Series.from_values([9, None, None], 60)}
    assert queries.evaluate(series, WINDOW).values(WINDOW) == [11, 8, None]
    assert queries.returned == "e3"


def test_metrics_does_not_include_expressions_but_does_include_what_is_not_returned():
    queries = query_set(
        metric("m1"),
        expression("e1", "m1*100"),
        metric("m2"),
        expression("e2", "SUM(METRICS())", returned=True),
    )
    series = {"m1": Series.from_values([1], 60), "m2": Series.from_values([2], 60)}
    assert queries.evaluate(series, WINDOW).values(WINDOW) == [3, None, None]


def test_a_metric_without_data_is_one_that_was_never_published():
    queries = query_set(metric("m1"), metric("m2"), expression("e1", "m1 + m2", returned=True))
    assert queries.evaluate({"m1": Series.from_values([1, None, 3], 60)}, WINDOW).values(WINDOW) == [1, None, 3]
    assert queries.evaluate({}, WINDOW).points == {}
    with pytest.raises(MetricMathError, match=r"There is no metric 'm3' in the queries \(m1, m2\)"):
        queries.evaluate({"m3": Series(60)}, WINDOW)


def test_one_metric_alone_is_its_own_result():
    queries = query_set(metric("m1", returned=True))
    assert queries.evaluate({"m1": Series.from_values([1, None, 3], 60)}, WINDOW).values(WINDOW) == [1, None, 3]
    assert queries.metrics["m1"] == MetricStat(
        namespace="AWS/SageMaker",
        name="ConcurrentRequestsPerModel",
        dimensions=(("EndpointName", "asr"), ("VariantName", "m1")),
        statistic="Maximum",
        period=60,
    )


def test_the_period_is_that_of_the_metrics_or_a_minute():
    assert query_set(metric("m1", returned=True, period=10)).period == 10
    assert query_set(metric("m1", returned=True)).period == 60
    constant = {**expression("e1", "TIME_SERIES(0)", returned=True), "Period": 10}
    assert query_set(constant).period == 10
    with pytest.raises(MetricMathError, match="must have the same period, not 10 s, 60 s"):
        query_set(metric("m1", period=10), metric("m2", period=60), expression("e1", "m1+m2", returned=True))


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([metric("m1"), expression("e1", "m1")], r"Exactly one query must return data, not 0 \(none\)"),
        ([metric("m1", returned=True), expression("e1", "m1", returned=True)], r"not 2 \(m1, e1\)"),
        # ReturnData is true unless it says otherwise.
        (
            [{"Id": "e1", "Expression": "TIME_SERIES(1)"}, {"Id": "e2", "Expression": "e1"}],
            r"not 2 \(e1, e2\)",
        ),
        ([], "not 0"),
        ([metric("m1"), expression("e1", "METRICS()", returned=True)], "e1 returns an array of time series"),
        ([metric("m1"), expression("e1", "AVG(m1)"), expression("e2", "m1", returned=True)], "e1: AVG"),
        (
            [expression("e1", "m9", returned=True)],
            "Expression e1: No query has the id 'm9'. There are no other",
        ),
        ([expression("e1", "e1 + 1", returned=True)], "cannot need each other, nor themselves: e1"),
        (
            [expression("e1", "e2"), expression("e2", "e3"), expression("e3", "e1", returned=True)],
            "cannot need each other",
        ),
        ([metric("M1", returned=True)], "'M1' is not a valid id"),
        ([metric("m-1", returned=True)], "'m-1' is not a valid id"),
        ([metric("m" * 256, returned=True)], "is not a valid id"),
        ([metric("m1"), metric("m1", returned=True)], "two queries with the id m1"),
        ([{"Id": "m1"}], "'m1' must have either a MetricStat or an Expression"),
        ([{**metric("m1"), "Expression": "m1"}], "'m1' must have either a MetricStat or an Expression"),
        (
            [*(metric(f"m{i}") for i in range(11)), expression("e1", "m1", returned=True)],
            "There are 11 metrics; at most 10",
        ),
        (
            [metric("m1"), *(expression(f"e{i}", "m1", returned=i == 0) for i in range(11))],
            "There are 11 expressions; at most 10",
        ),
        ([expression("e1", "", returned=True)], "Expression e1 has 0 characters; 1 to 2048 are allowed"),
        (
            [metric("m1"), expression("e1", "m1" + " " * 2047, returned=True)],
            "Expression e1 has 2049 characters",
        ),
    ],
)
def test_sets_that_aws_refuses(queries, message):
    with pytest.raises(MetricMathError, match=message):
        query_set(*queries)


def test_the_longest_ids_and_expressions_that_are_allowed():
    name = "m" * 255
    queries = [metric(name), expression("e1", name + " " * (2048 - 255), returned=True)]
    assert query_set(*queries).returned == "e1"
    with pytest.raises(MetricMathError, match="has 2048 characters; 1 to 1024"):
        query_set(*queries, longest=TERRAFORM_ALARM)
    assert query_set(*(metric(f"m{i}") for i in range(10)), expression("e1", "m1", returned=True))


@pytest.mark.parametrize(
    ("text", "pointwise"),
    [
        ("MAX([m1/8, m2/4])", True),
        ("(m1/8 + m2/4)/2 > 0.7", True),
        ("IF(m1 > 3, m1, 0)", True),
        ("SUM(METRICS('m'))/2", True),
        ("FILL(m1, REPEAT)", False),
        ("FILL(m1, 0)", False),
        ("m1 - AVG(m1)", False),
        ("RUNNING_SUM(m1)", False),
        ("FIRST(SORT(METRICS(), MAX, DESC))", False),
        ("SUM(SORT(METRICS(), MAX, DESC, 1))", False),
        ("FIRST(REMOVE_EMPTY(METRICS()))", False),
    ],
)
def test_whether_periods_may_be_evaluated_one_by_one(text, pointwise):
    queries = query_set(metric("m1"), metric("m2"), expression("e1", text, returned=True))
    assert queries.pointwise is pointwise
