"""Policies of the user's own stand beside those of the module."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.planner import REALTIME

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
SIZE: dict[str, Any] = {"custom_metric": {"metric_name": "ApproximateBacklogSize"}, "target_value": 50}


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
