"""How an update reaches the fleet."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import REALTIME, Planner, content

HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def deployment(plan: Plan) -> dict[str, Any]:
    """The deployment configuration of the endpoint."""
    (endpoint,) = plan.of_type("awscc_sagemaker_endpoint")
    return dict(endpoint.values["deployment_config"])


@pytest.mark.inputs(REALTIME)
def test_it_is_sagemakers_choice_by_default(it: Plan) -> None:
    (endpoint,) = it.of_type("awscc_sagemaker_endpoint")
    assert "deployment_config" not in endpoint.values


@pytest.mark.inputs(REALTIME, deployment={"strategy": "ROLLING", "step": HALF})
def test_it_is_no_new_configuration(it: Plan, planner: Planner) -> None:
    assert content(it) == content(planner(REALTIME))


@pytest.mark.inputs(REALTIME, marketplace=True, deployment={"rollback_alarm_names": ["errors"]})
def test_pain_20_guardrails_are_refused_for_a_package(refusal: str) -> None:
    assert "Leave deployment out for an AWS Marketplace package" in refusal
