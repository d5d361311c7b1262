"""Alarms from the parameters of PutMetricAlarm, and what is refused."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmError, AlarmSettings, Missing
from scaleproof.scaling.metric_math import TERRAFORM_ALARM, MetricMathError
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import parse_alarm

from .alarm_helpers import settings

WAKE_UP = {
    "AlarmName": "asr-wake-up",
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "asr"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 2,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 1,
    "TreatMissingData": "missing",
}
"""The alarm of https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html."""


def test_an_alarm_on_a_metric():
    assert parse_alarm(WAKE_UP) == AlarmSettings(
        source=MetricStat("AWS/SageMaker", "HasBacklogWithoutCapacity", (("EndpointName", "asr"),), "Average", 60),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1.0,
        evaluation_periods=2,
        datapoints_to_alarm=2,
    )


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"Unit": "Count"}, "unit", "Count"),
        ({"Namespace": "Acme"}, "namespace", "Acme"),
        ({"Statistic": "Sum"}, "statistic", "Sum"),
        ({"Period": 120}, "period", 120),
    ],
)
def test_each_part_of_the_metric_is_read(change, name, value):
    assert getattr(parse_alarm({**WAKE_UP, **change}).source, name) == value


def test_what_is_left_out_has_its_default():
    short = {key: value for key, value in WAKE_UP.items() if key not in ("DatapointsToAlarm", "TreatMissingData")}
    alarm = parse_alarm(short)
    assert alarm.m == 2
    assert alarm.missing is Missing.MISSING
    assert not alarm.ignore_low_samples


def test_a_percentile_that_ignores_few_samples():
    parameters = {
        **WAKE_UP,
        "Statistic": None,
        "ExtendedStatistic": "p90",
        "EvaluateLowSampleCountPercentile": "ignore",
    }
    alarm = parse_alarm(parameters)
    assert alarm.ignore_low_samples
    assert isinstance(alarm.source, MetricStat)
    assert alarm.source.statistic == "p90"


def test_alarms_on_dynamodb_ignore_missing_data_whatever_they_say():
    """Source: API_PutMetricAlarm.html, TreatMissingData."""
    parameters = {**WAKE_UP, "Namespace": "AWS/DynamoDB", "TreatMissingData": "breaching"}
    assert parse_alarm(parameters).missing is Missing.IGNORE
    constant = {"Id": "e1", "Expression": "TIME_SERIES(1)", "ReturnData": True}
    mixed = {key: value for key, value in WAKE_UP.items() if key not in ("Namespace", "MetricName", "Statistic")}
    assert parse_alarm({**mixed, "Metrics": [constant]}).missing is Missing.MISSING


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Period": 15}, "The Period is 10, 20, 30 or a multiple of 60 s, not 15 s."),
        ({"Period": 90}, "not 90 s"),
        ({"Period": 1}, "not 1 s"),
        ({"EvaluationPeriods": 0}, "EvaluationPeriods is 0 at a Period of 60 s."),
        ({"EvaluationPeriods": 1_441}, "all periods together are at most 86400 s long"),
        ({"Period": 3_600, "EvaluationPeriods": 169}, "at most 604800 s long"),
        ({"DatapointsToAlarm": 3}, r"DatapointsToAlarm is 1 to EvaluationPeriods \(2\), not 3."),
        ({"DatapointsToAlarm": 0}, "not 0"),
        (
            {"ComparisonOperator": "GreaterThanUpperThreshold"},
            "ComparisonOperator GreaterThanUpperThreshold is not",
        ),
        (
            {"TreatMissingData": "drop"},
            "TreatMissingData is 'drop'. It is one of missing, ignore, breaching, notBr",
        ),
        ({"Threshold": None}, "The alarm has no Threshold."),
        ({"Period": None}, "The alarm has no Period."),
        ({"MetricName": None}, "The alarm has no MetricName."),
        ({"Statistic": None}, "either a Statistic or an ExtendedStatistic"),
        ({"ExtendedStatistic": "p90"}, "either a Statistic or an ExtendedStatistic"),
        (
            {"Metrics": [{"Id": "e1", "Expression": "TIME_SERIES(1)"}]},
            "either a MetricName or Metrics, not both",
        ),
        ({"ThresholdMetricId": "ad1"}, "ThresholdMetricId: alarms with anomaly detection are not supported."),
        ({"EvaluationCriteria": {"PromQLCriteria": {}}}, "EvaluationCriteria: alarms with PromQL are not"),
        (
            {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}},
            "WarmUpConfiguration: alarms with a warm-up",
        ),
        (
            {"EvaluationWindow": {"WallClockWindow": {}}},
            "EvaluationWindow: only sliding windows are supported",
        ),
    ],
)
def test_alarms_that_are_refused(change, message):
    with pytest.raises(AlarmError, match=message) as caught:
        parse_alarm({**WAKE_UP, **change})
    assert isinstance(caught.value, ScaleproofError)


def test_a_sliding_window_may_be_named():
    assert parse_alarm({**WAKE_UP, "EvaluationWindow": {"SlidingWindow": {}}}) == parse_alarm(WAKE_UP)


def test_the_longest_ranges_are_allowed():
    assert settings(1_440, period=60).evaluation_periods == 1_440
    assert settings(168, period=3_600).evaluation_periods == 168


def test_expressions_are_held_to_the_limits_asked_for():
    text = "TIME_SERIES(1)" + " " * 1_100
    parameters = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 1,
        "Metrics": [{"Id": "e1", "Expression": text}],
    }
    assert parse_alarm(parameters).period == 60
    with pytest.raises(MetricMathError, match="1 to 1024"):
        parse_alarm(parameters, TERRAFORM_ALARM)
