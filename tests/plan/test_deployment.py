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


@pytest.mark.parametrize("given", [None, {}, {"strategy": "ALL_AT_ONCE", "wait_interval": 60}], ids=str)
@pytest.mark.inputs(REALTIME, lambda given: {"deployment": given})
def test_what_sagemaker_does_by_itself_is_no_configuration(it: Plan, given: object) -> None:
    (endpoint,) = it.of_type("awscc_sagemaker_endpoint")
    assert "deployment_config" not in endpoint.values


@pytest.mark.parametrize(
    "given",
    [{"rollback_alarm_names": ["errors"]}, {"maximum_execution_timeout": 700}, {"termination_wait": 0}],
    ids=str,
)
@pytest.mark.inputs(REALTIME, lambda given: {"deployment": given})
def test_what_stands_beside_all_at_once_is_one(it: Plan, given: object) -> None:
    routing = deployment(it)["blue_green_update_policy"]["traffic_routing_configuration"]
    assert (routing["type"], routing["wait_interval_in_seconds"]) == ("ALL_AT_ONCE", 0)


@pytest.mark.inputs(REALTIME, deployment={"strategy": "ROLLING", "step": HALF})
def test_it_is_no_new_configuration(it: Plan, planner: Planner) -> None:
    assert content(it) == content(planner(REALTIME))


@pytest.mark.inputs(REALTIME, marketplace=True, deployment={"rollback_alarm_names": ["errors"]})
def test_pain_20_guardrails_are_refused_for_a_package(refusal: str) -> None:
    assert "Leave deployment out for an AWS Marketplace package" in refusal
