"""Policies of the user's own stand beside those of the module."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, REALTIME

CPU = {"namespace": "/aws/sagemaker/Endpoints", "metric_name": "CPUUtilization", "unit": "Percent"}
ERRORS: dict[str, Any] = {
    "steps": [{"lower_bound": 0, "upper_bound": 10, "adjustment": 1}, {"lower_bound": 10, "adjustment": 3}],
    "alarm": {"metric_name": "Invocation5XXErrors", "statistic": "Sum", "threshold": 5},
}
AGE = {
    "steps": [{"lower_bound": 0, "adjustment": 1}],
    "alarm": {"metric_name": "ApproximateAgeOfOldestRequest", "threshold": 600},
}
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
SIZE: dict[str, Any] = {"custom_metric": {"metric_name": "ApproximateBacklogSize"}, "target_value": 50}


@pytest.mark.inputs(
    REALTIME, policies={"cpu": {"target_tracking": {"custom_metric": CPU, "target_value": 50}}}
)
def test_target_tracking(it: Plan) -> None:
    (policy,) = [one for one in it.of_type("aws_appautoscaling_policy") if one.values["name"] == "speech-cpu"]
    (configuration,) = policy.values["target_tracking_scaling_policy_configuration"]
    (metric,) = configuration["customized_metric_specification"]
    assert (metric["metric_name"], metric["unit"], configuration["target_value"]) == (
        "CPUUtilization",
        "Percent",
        50,
    )
    assert metric["dimensions"] == [
        {"name": "EndpointName", "value": "speech"},
        {"name": "VariantName", "value": "AllTraffic"},
    ]


@pytest.mark.inputs(REALTIME, policies={"errors": {"step": ERRORS}})
def test_step_with_its_alarm(it: Plan) -> None:
    (policy,) = [
        one for one in it.of_type("aws_appautoscaling_policy") if one.values["policy_type"] == "StepScaling"
    ]
    (configuration,) = policy.values["step_scaling_policy_configuration"]
    steps = sorted(
        configuration["step_adjustment"], key=lambda step: float(step["metric_interval_lower_bound"])
    )
    assert [step["scaling_adjustment"] for step in steps] == [1, 3]
    assert [step["metric_interval_upper_bound"] or None for step in steps] == ["10", None]
    (alarm,) = it.of_type("aws_cloudwatch_metric_alarm")
    assert alarm.values["alarm_name"] == "speech-errors"
    assert (alarm.values["metric_name"], alarm.values["statistic"]) == ("Invocation5XXErrors", "Sum")
    assert alarm.values["dimensions"] == {"EndpointName": "speech", "VariantName": "AllTraffic"}
    assert alarm.unknown["alarm_actions"] is True


@pytest.mark.inputs(ASYNC, policies={"age": {"step": AGE}, "size": {"target_tracking": SIZE}})
def test_metrics_of_the_queue_belong_to_the_endpoint(it: Plan) -> None:
    assert {
        alarm.values["alarm_name"]: alarm.values["dimensions"]
        for alarm in it.of_type("aws_cloudwatch_metric_alarm")
    }["speech-age"] == {"EndpointName": "speech"}
    (configuration,) = [
        one.values["target_tracking_scaling_policy_configuration"][0]
        for one in it.of_type("aws_appautoscaling_policy")
        if one.values["name"] == "speech-size"
    ]
    (metric,) = configuration["customized_metric_specification"]
    assert metric["dimensions"] == [{"name": "EndpointName", "value": "speech"}]


@pytest.mark.inputs(REALTIME, policies={"errors": {"step": ERRORS}})
def test_the_modules_policy_stays(it: Plan) -> None:
    names = {policy.values["name"] for policy in it.of_type("aws_appautoscaling_policy")}
    assert names == {"speech-concurrency", "speech-errors"}


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (
            {"a": {"target_tracking": SIZE}, "b": {"target_tracking": {**SIZE, "target_value": 70}}},
            "Track each metric in one entry of policies only",
        ),
        (
            {"a": {"target_tracking": {"predefined_metric_type": HIGH_RESOLUTION, "target_value": 5}}},
            "the metric the module tracks already",
        ),
    ],
    ids=["among one's own", "with the module's"],
)
@pytest.mark.inputs(REALTIME, lambda policies: {"policies": policies})
def test_pain_16_policies_compete(refusal: str, policies: dict[str, Any], message: str) -> None:
    assert message in refusal
