"""Target tracking against published observations (tests/vectors, each row with its source)."""

import json

import pytest

from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import Alarm, State, decide
from scaleproof.scaling.metric_math import Query, QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import TRACKING, alarm_parameters, parse_policy
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking

from .autoscaling_helpers import Variant
from .vectors import Row, rows

DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}
CONCURRENCY = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
BACKLOG = {
    "MetricName": "ApproximateBacklogSizePerInstance",
    "Namespace": "AWS/SageMaker",
    "Dimensions": [{"Name": "EndpointName", "Value": "speech"}],
    "Statistic": "Average",
}
MATH = [
    {
        "Id": "m1",
        "MetricStat": {"Metric": {"MetricName": "x", "Namespace": "n"}, "Stat": "Sum"},
        "ReturnData": False,
    },
    {"Id": "e1", "Expression": "m1 / 2", "ReturnData": True},
]


def tracking(target, **members):
    """The alarms of a policy in the API's form, as those of real policies are published."""
    policy = parse_policy("it", TRACKING, {"TargetValue": target, **members})
    assert isinstance(policy, TargetTracking)
    return {alarm.name: alarm_parameters(alarm) for alarm in target_tracking.alarms(policy, DIMENSIONS)}


@pytest.mark.parametrize(
    ("current", "metric", "wanted"),
    [
        (10, 50.1, 11),
        (10, 52, 11),
        (10, 45.1, 10),
        (10, 45, 9),
        (3, 34, 3),
        (1, 500, 10),
        (4, 0, 0),
        (0, 51, 1),
        (0, 50, 0),
    ],
)
def test_capacity_is_rounded_up_in_either_direction(current, metric, wanted):
    """Never too little is added and never too much removed; the target is 50."""
    assert target_tracking.proposed_capacity(current, metric, 50) == wanted


def test_a_metric_on_target_changes_nothing():
    # 3 x 0.7 / 0.7 is a hair above 3 in binary floating point.
    for count in range(1, 200):
        assert target_tracking.proposed_capacity(count, 0.7, 0.7) == count


# What ECS's one-minute types get, a customized metric gets too.
ONE_MINUTE = [
    row for row in rows("target_tracking_alarms.csv") if row["evidence"] == "OBSERVED" and row["period_s"] == "60"
]


@pytest.mark.parametrize("row", ONE_MINUTE, ids=Row.name)
def test_alarms_of_one_minute_metrics_are_those_of_real_policies(row):
    custom = {"Metrics": MATH} if "math" in row["metric"] else BACKLOG
    alarm = tracking(float(row["target"]), CustomizedMetricSpecification=custom)[f"Alarm{row['alarm']}"]
    assert alarm["ComparisonOperator"] == row["comparison"]
    assert alarm["Threshold"] == float(row["threshold"])
    assert alarm["EvaluationPeriods"] == int(row["evaluation_periods"])
    assert not {"DatapointsToAlarm", "TreatMissingData"} & alarm.keys()
    if "math" in row["metric"]:
        assert alarm["Metrics"][0]["MetricStat"]["Period"] == int(row["period_s"])
        assert alarm["Metrics"][1]["Period"] == int(row["period_s"])
        assert not {"Period", "Statistic", "MetricName"} & alarm.keys()
    else:
        assert alarm["Period"] == int(row["period_s"])
        assert alarm["Statistic"] == row["statistic"]


def test_concurrency_is_watched_every_ten_seconds():
    alarms = tracking(9.0, PredefinedMetricSpecification={"PredefinedMetricType": CONCURRENCY})
    assert alarms["AlarmHigh"] == {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ConcurrentRequestsPerModel",
        "Dimensions": [
            {"Name": "EndpointName", "Value": "speech"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        "Statistic": "Maximum",
        "Period": 10,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 9.0,
        "EvaluationPeriods": 3,
    }
    low = alarms["AlarmLow"]
    assert (low["ComparisonOperator"], low["Threshold"]) == ("LessThanThreshold", 8.1)
    assert low["Period"] * low["EvaluationPeriods"] == 15 * 60


def test_invocations_are_summed_by_the_minute():
    high = tracking(70, PredefinedMetricSpecification={"PredefinedMetricType": INVOCATIONS})["AlarmHigh"]
    assert (high["MetricName"], high["Statistic"], high["Period"]) == ("InvocationsPerInstance", "Sum", 60)


def test_the_low_threshold_is_a_plain_number():
    assert tracking(0.7, CustomizedMetricSpecification=BACKLOG)["AlarmLow"]["Threshold"] == 0.63


def test_a_policy_that_may_not_scale_in_has_no_low_alarm():
    assert list(tracking(5, CustomizedMetricSpecification=BACKLOG, DisableScaleIn=True)) == ["AlarmHigh"]


@pytest.mark.parametrize("row", rows("sagemaker_pool_weighted.csv"), ids=Row.name)
def test_published_weightings_of_pools(row):
    """What the rule does of four instances; the source calls 0.725 against 0.7 "hold", and the rule breaches."""
    inputs = json.loads(row["inputs_json"])
    metrics = [Query(name, MetricStat("N", name, (), "Average", 60), returned=False) for name in inputs]
    math = MetricMath((*metrics, Query("signal", expression=row["expression"])))
    given = {name: {0: number} for name, number in inputs.items()}
    value = QuerySet(math.queries).points(given, Window(0, 60, 60))[0]
    assert value == pytest.approx(float(row["exact_value"]))
    if row["printed_value"]:
        assert abs(value - float(row["printed_value"])) < 0.0051
    variant = Variant(TargetTracking("track", math, float(row["target"]), 0, 0), count=4)
    for name, settings in variant.autoscaler.alarms.items():
        window = Alarm(settings).window(settings.evaluation_periods * 60.0)
        points = dict.fromkeys(window.times, value)
        if decide(settings, window, points) is State.ALARM:
            variant.breach(name, *points.values())
    decision = "scale out" if variant.desired > 4 else "scale in" if variant.desired < 4 else "hold"
    assert decision == row["rule_decision"].replace("AlarmHigh breached (0.725 > 0.7)", "scale out")
