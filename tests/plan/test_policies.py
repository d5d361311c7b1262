"""Policies of the user's own stand beside those of the module."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, REALTIME

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
SIZE: dict[str, Any] = {"custom_metric": {"metric_name": "ApproximateBacklogSize"}, "target_value": 50}


@pytest.mark.inputs(
    ASYNC,
    policies={
        "age": {
            "step": {
                "steps": [{"lower_bound": 0, "adjustment": 1}],
                "alarm": {"metric_name": "ApproximateAgeOfOldestRequest", "threshold": 600},
            }
        }
    },
)
def test_a_metric_of_the_queue_is_one_of_the_endpoint(it: Plan) -> None:
    alarms = {one.values["alarm_name"]: one.values for one in it.of_type("aws_cloudwatch_metric_alarm")}
    assert alarms["speech-age"]["dimensions"] == {"EndpointName": "speech"}


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
