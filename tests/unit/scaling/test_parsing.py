"""Policies in the API's own form, parsed into types, and their alarms written back."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import STEP, TRACKING, alarm_parameters, parse_alarm, parse_policy
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, MetricMath, TargetTracking, alarms

PREDEFINED = {"PredefinedMetricSpecification": {"PredefinedMetricType": CONCURRENCY.type}}
LOAD = {
    "Namespace": "Probe",
    "MetricName": "load",
    "Dimensions": [{"Name": "Type", "Value": "b"}, {"Name": "Endpoint", "Value": "a"}],
}
DIMENSIONS = (("Endpoint", "a"), ("Type", "b"))
QUERIES = [
    {"Id": "m1", "MetricStat": {"Metric": LOAD, "Stat": "Sum", "Unit": "Count"}, "ReturnData": False},
    {"Id": "e1", "Expression": "m1 / 2", "Label": "half", "ReturnData": True},
]
MATH = MetricMath(
    (
        Query("m1", MetricStat("Probe", "load", DIMENSIONS, "Sum", 60, "Count"), returned=False),
        Query("e1", expression="m1 / 2", label="half"),
    )
)


def custom(**metric):
    return {"CustomizedMetricSpecification": metric}


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (PREDEFINED, CONCURRENCY),
        (
            custom(**LOAD, Statistic="Average", Unit="Count"),
            MetricStat("Probe", "load", DIMENSIONS, "Average", 60, "Count"),
        ),
        (custom(Metrics=QUERIES), MATH),
    ],
)
def test_target_tracking(metric, expected):
    cooldowns = {"ScaleOutCooldown": 60, "ScaleInCooldown": 0}
    found = parse_policy("it", TRACKING, {"TargetValue": 5, "DisableScaleIn": True, **cooldowns, **metric})
    assert found == TargetTracking("it", expected, 5.0, 60, 0, disable_scale_in=True)


def test_step_scaling():
    steps = [
        {"MetricIntervalUpperBound": -2.0, "ScalingAdjustment": -20},
        {"MetricIntervalLowerBound": -2.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -10},
    ]
    alarms = {"low": parse_alarm(alarm_parameters(low()))}
    configuration = {
        "AdjustmentType": "PercentChangeInCapacity",
        "StepAdjustments": steps,
        "Cooldown": 0,
        "MetricAggregationType": "Minimum",
        "MinAdjustmentMagnitude": 2,
    }
    expected = (Step(-20, upper=-2.0), Step(-10, -2.0, 0.0))
    assert parse_policy("it", STEP, configuration, alarms) == StepScaling(
        "it", "PercentChangeInCapacity", expected, alarms, 0, "Minimum", 2
    )


@pytest.mark.parametrize("absent", [{}, {"ScaleOutCooldown": None, "ScaleInCooldown": None}])
def test_what_target_tracking_does_unless_told_otherwise(absent):
    found = parse_policy("it", TRACKING, {"TargetValue": 5.0, **PREDEFINED, **absent})
    assert found == TargetTracking("it", CONCURRENCY, 5.0, 300, 300, disable_scale_in=False)


@pytest.mark.parametrize(
    "absent", [{}, {"Cooldown": None, "MetricAggregationType": None, "MinAdjustmentMagnitude": None}]
)
def test_what_step_scaling_does_unless_told_otherwise(absent):
    configuration = {
        "AdjustmentType": "ExactCapacity",
        "StepAdjustments": [{"ScalingAdjustment": 1}],
        **absent,
    }
    found = parse_policy("it", STEP, configuration)
    assert found == StepScaling("it", "ExactCapacity", (Step(1),), {}, 300, "Average", 0)


STEPPING = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}


@pytest.mark.parametrize(
    ("kind", "configuration", "problem"),
    [
        (TRACKING, {"TargetValue": 1.0}, "Policy it has no CustomizedMetricSpecification"),
        (TRACKING, PREDEFINED, "Policy it has no TargetValue"),
        (
            TRACKING,
            {"TargetValue": 1.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceCPU"}},
            "Policy it has no ECSServiceCPU, or it is no metric of a SageMaker variant",
        ),
        (TRACKING, {"TargetValue": 1.0, **custom(**LOAD)}, "Policy it has no Statistic"),
        (TRACKING, {"TargetValue": 1.0, **custom(Metrics=[{"Id": "m"}])}, "MetricStat or an Expression"),
        (STEP, {**STEPPING, "StepAdjustments": []}, "steps of policy it are refused: at least one"),
        (STEP, {**STEPPING, "AdjustmentType": None}, "Policy it has no AdjustmentType"),
        (STEP, {**STEPPING, "AdjustmentType": "Double"}, "The AdjustmentType of policy it is 'Double'"),
        (STEP, {**STEPPING, "MetricAggregationType": "Sum"}, "MetricAggregationType of policy it is 'Sum'"),
    ],
)
def test_what_is_refused(kind, configuration, problem):
    with pytest.raises(ScaleproofError, match=problem):
        parse_policy("it", kind, configuration)


def low():
    """The alarm for scaling in of a policy on metric math."""
    return alarms(TargetTracking("it", MATH, 0.7), {})[1]


def test_an_alarm_of_metric_math_is_written_as_its_policy_says():
    assert alarm_parameters(low()) == {
        "Metrics": [
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {**LOAD, "Dimensions": LOAD["Dimensions"][::-1]},
                    "Period": 60,
                    "Stat": "Sum",
                    "Unit": "Count",
                },
                "ReturnData": False,
            },
            {"Id": "e1", "Expression": "m1 / 2", "Label": "half", "Period": 60, "ReturnData": True},
        ],
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 0.63,
        "EvaluationPeriods": 15,
    }


@pytest.mark.parametrize("metric", [CONCURRENCY, MetricStat("Probe", "load", DIMENSIONS, "p90", 60, "Count")])
def test_an_alarm_that_is_written_reads_as_it_is(metric):
    made = alarms(TargetTracking("it", metric, 5.0), {"EndpointName": "speech", "VariantName": "Live"})
    for alarm in made:
        parameters = alarm_parameters(alarm)
        if metric is not CONCURRENCY:
            parameters["ExtendedStatistic"] = parameters.pop("Statistic")
        assert parse_alarm(parameters) == alarm.settings
