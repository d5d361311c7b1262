"""What the alarms of an endpoint compare, minute by minute."""

import pytest

from tests.plan.monitored import (
    QUEUE,
    VARIANT,
    WEIGHTED,
    alarms,
    compared,
    inputs_of,
    one_metric,
    queries,
    series,
    watching,
)
from tests.plan.planner import MONITORING


def at_max(plan, minutes):
    """What the alarm for an endpoint at its maximum compares, minute by minute."""
    return compared(alarms(plan)["stuck-at-max"], minutes)


@watching("realtime")
def test_at_max_and_over_the_target_is_stuck(it):
    three, four = ({"samples": count, "signal": 11.0} for count in (3.0, 4.0))
    assert at_max(it, [three, four, {"signal": 11.0}, {}]) == [0, 11, None, None]
    values = alarms(it)["stuck-at-max"].values
    assert (values["threshold"], values["comparison_operator"]) == (9, "GreaterThanThreshold")
    assert (values["datapoints_to_alarm"], values["evaluation_periods"]) == (12, 15)


@watching("realtime on unequal types")
def test_at_max_reads_an_expression_too(it):
    full = {"samples": 4, "concurrency_1": 6, "concurrency_2": 16}
    one_type = {"samples": 4, "concurrency_1": 12}
    assert at_max(it, [full, one_type]) == [1, 1]


@watching("queue")
def test_a_queue_counts_its_instances_as_well(it):
    assert at_max(it, [{"samples": 5, "signal": 12}, {"samples": 4, "signal": 12}, {}]) == [12, 0, None]


@pytest.mark.parametrize(
    ("frequency", "period", "periods", "datapoints", "samples"),
    [(10, 60, 15, 12, 6), (30, 60, 15, 12, 2), (60, 60, 15, 12, 1), (120, 120, 8, 7, 1), (300, 300, 3, 3, 1)],
)
@pytest.mark.inputs(MONITORING, lambda frequency: {"metric_publish_frequency_in_seconds": frequency})
def test_instances_are_counted_at_any_frequency(it, frequency, period, periods, datapoints, samples):
    """A sample of each instance in each interval, over a minute or the interval where that is longer."""
    alarm = alarms(it)["stuck-at-max"]
    assert {metric.period for metric in queries(alarm).metrics.values()} == {period}
    values = alarm.values
    assert (values["evaluation_periods"], values["datapoints_to_alarm"]) == (periods, datapoints)
    assert at_max(it, [{"samples": 3 * samples, "signal": 11}, {"samples": 4 * samples, "signal": 11}]) == [
        0,
        11,
    ]
    (count,) = [seen for seen in series(alarm) if seen.name == "CPUUtilization"]
    assert (count.statistic, count.dimensions) == ("SampleCount", VARIANT)


@pytest.mark.parametrize("statistic", ["Sum", "SampleCount", "Average"])
@pytest.mark.parametrize("frequency", [10, 300])
@pytest.mark.inputs(
    MONITORING,
    lambda frequency, statistic: {
        "metric_publish_frequency_in_seconds": frequency,
        "signal": one_metric("InvocationsPerInstance", statistic, 60),
    },
)
def test_a_sum_over_five_minutes_is_compared_by_the_minute(it, frequency, statistic):
    """As the policy does, whose target is of a minute."""
    by_the_minute = 24 if frequency == 300 and statistic != "Average" else 120
    assert at_max(it, [{"samples": 24, "signal": 120}]) == [by_the_minute]
    assert alarms(it)["stuck-at-max"].values["threshold"] == 60


REQUESTS = {"metric_name": "InvocationsPerInstance"}
UTILIZATION = {"metric_name": "GPUUtilization", "namespace": "/aws/sagemaker/Endpoints"}


def half(metric, statistic):
    """A signal of metric math."""
    stat = {
        "id": "m1",
        "metric_stat": {"metric": {**metric, "dimensions": VARIANT}, "stat": statistic},
        "return_data": False,
    }
    return {"target": 60, "metrics": [stat, {"id": "half", "expression": "m1 / 2"}]}


@pytest.mark.parametrize(
    ("frequency", "statistic", "counted"), [(60, "Sum", True), (300, "Sum", False), (300, "Average", True)]
)
@pytest.mark.parametrize("metric", [REQUESTS, UTILIZATION], ids=["requests", "utilization"])
@pytest.mark.inputs(
    MONITORING,
    lambda frequency, metric, statistic: {
        "metric_publish_frequency_in_seconds": frequency,
        "signal": half(metric, statistic),
    },
)
def test_math_of_sums_over_five_minutes_is_not_compared(it, frequency, metric, statistic, counted):
    """It is another number than the policy's, and the fallback compares that by the minute."""
    found = alarms(it)
    assert ("stuck-at-max" in found) == counted
    for name, minutes in (("scale-out-stalled", 30), ("signal-missing", 10)):
        period = frequency if metric is UTILIZATION and statistic == "Average" else 60
        assert {read.period for read in queries(found[name]).metrics.values()} == {period}
        assert found[name].values["evaluation_periods"] == minutes * 60 / period


def share(plan, name, windows):
    """What an alarm on a share of requests or streams compares, by five minutes."""
    return compared(alarms(plan)[name], windows, 300)


@watching("realtime")
def test_streams_that_break_off_are_a_share_of_those_that_begin(it):
    """Of streams alone, however many plain requests there are; and none of a handful."""
    many, few = {"broken": 30.0, "streams": 40.0}, {"broken": 4.0, "streams": 4.0}
    last, clean = {"broken": 30.0, "streams": 10.0}, {"streams": 40.0}
    assert share(it, "mid-stream-errors", [many, few, last, clean, {}]) == [0.75, 0, 1, None, None]
    alarm = alarms(it)["mid-stream-errors"]
    assert {(seen.name, seen.statistic) for seen in series(alarm)} == {
        ("MidStreamErrors", "Sum"),
        ("FirstChunkLatency", "SampleCount"),
    }
    values = alarm.values
    assert values["comparison_operator"] == "GreaterThanOrEqualToThreshold"
    assert (values["threshold"], values["evaluation_periods"], values["datapoints_to_alarm"]) == (0.5, 2, 2)


@pytest.mark.parametrize("endpoint", ["realtime", "queue"])
@pytest.mark.inputs(MONITORING, lambda endpoint: {**inputs_of(endpoint), "alarms": {"errors_5xx": {"enabled": True}}})
def test_errors_are_a_share_of_the_requests(it, endpoint):
    """One error of one request is none yet, and a thousand of a million is a thousandth.

    Of a queue too, which does not count its requests (async-inference-monitor).
    """
    one, few, many = ({"errors": count, "average": part} for count, part in ((1, 1), (5, 1), (1000, 0.001)))
    assert share(it, "errors-5xx", [one, few, many, {"errors": 0, "average": 0}, {}]) == [
        0,
        1,
        0.001,
        0,
        None,
    ]
    alarm = alarms(it)["errors-5xx"]
    assert {(seen.name, seen.statistic) for seen in series(alarm)} == {
        ("Invocation5XXErrors", "Average"),
        ("Invocation5XXErrors", "Sum"),
    }
    values = alarm.values
    assert values["comparison_operator"] == "GreaterThanOrEqualToThreshold"
    assert (values["threshold"], values["evaluation_periods"], values["datapoints_to_alarm"]) == (0.05, 2, 2)


@watching(
    "realtime",
    signal={
        "target": 0.75,
        "metrics": [
            {"id": "most", "expression": "MAX(METRICS())"},
            *({**WEIGHTED["metrics"][1], "id": f"m{n}"} for n in range(10)),
        ],
    },
)
def test_ten_metrics_leave_no_room_to_count_instances(it):
    """An alarm reads ten metrics: the fallback needs no count."""
    found = alarms(it)
    assert "stuck-at-max" not in found
    assert len(queries(found["scale-out-stalled"]).metrics) == 10


@pytest.mark.parametrize(("endpoint", "minutes", "target"), [("realtime", 30, 9), ("queue", 60, 5)])
@pytest.mark.inputs(MONITORING, inputs_of)
def test_a_load_over_the_target_for_long_is_told_whatever_the_reason(it, endpoint, minutes, target):
    alarm = alarms(it)["scale-out-stalled"]
    assert alarm.values["threshold"] == target
    assert alarm.values["comparison_operator"] == "GreaterThanThreshold"
    assert alarm.values["evaluation_periods"] == alarm.values["datapoints_to_alarm"] == minutes
    assert list(queries(alarm).metrics) == ["signal"]


@watching("realtime on unequal types")
def test_a_silent_signal_is_told_only_while_requests_arrive(it):
    found = alarms(it)
    rule = found["silent-signal"].values["alarm_rule"]
    assert rule == 'ALARM("speech-signal-missing") AND ALARM("speech-requests-arrive")'
    missing, arrive = found["signal-missing"], found["requests-arrive"]
    assert queries(missing).returned == "utilization"
    some = [{"concurrency_1": 0}, {}, {"concurrency_1": 20}]
    assert compared(missing, some) == [0, None, pytest.approx(20 / 12)]
    assert missing.values["comparison_operator"] == "LessThanThreshold"
    assert missing.values["threshold"] == 0
    assert arrive.values["metric_name"] == "Invocations"
    assert arrive.values["period"] * arrive.values["evaluation_periods"] >= 60 * 10


@watching("queue", alarms={"silent_signal": {"enabled": True}})
def test_waking_up_is_no_silence(it):
    """Without instances a signal per instance has no data, and its queue does have requests."""
    found = alarms(it)
    (suppressor,) = found["silent-signal"].values["actions_suppressor"]
    assert suppressor["alarm"] == QUEUE["wake_up_alarm_arn"]
    assert suppressor["extension_period"] == 600
    arrive = found["requests-arrive"].values
    assert (arrive["metric_name"], arrive["dimensions"]) == (
        "ApproximateBacklogSize",
        {"EndpointName": "speech"},
    )
