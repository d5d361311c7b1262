"""How an update reaches the fleet."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import ENDPOINT, ROOT, SMALLEST, Planner

HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def deployment(plan: Plan) -> dict[str, Any]:
    """The deployment configuration of the endpoint."""
    (endpoint,) = plan.of_type("awscc_sagemaker_endpoint")
    return dict(endpoint.values["deployment_config"])


@pytest.mark.inputs(ENDPOINT)
def test_it_is_sagemakers_choice_by_default(it: Plan) -> None:
    (endpoint,) = it.of_type("awscc_sagemaker_endpoint")
    assert "deployment_config" not in endpoint.values


@pytest.mark.parametrize(("strategy", "size"), [("CANARY", "canary_size"), ("LINEAR", "linear_step_size")])
@pytest.mark.inputs(
    ENDPOINT,
    lambda strategy: {
        "deployment": {"strategy": strategy, "step": HALF, "wait_interval": 600, "termination_wait": 120}
    },
)
def test_in_steps_on_a_second_fleet(it: Plan, strategy: str, size: str) -> None:
    assert deployment(it) == {
        "blue_green_update_policy": {
            "termination_wait_in_seconds": 120,
            "traffic_routing_configuration": {size: HALF, "type": strategy, "wait_interval_in_seconds": 600},
        }
    }


@pytest.mark.inputs(
    ENDPOINT,
    deployment={
        "strategy": "ROLLING",
        "step": HALF,
        "rollback_step": HALF,
        "rollback_alarm_names": ["errors"],
        "maximum_execution_timeout": 3600,
    },
)
def test_rolling_with_rollback_alarms(it: Plan) -> None:
    assert deployment(it) == {
        "auto_rollback_configuration": {"alarms": [{"alarm_name": "errors"}]},
        "rolling_update_policy": {
            "maximum_batch_size": HALF,
            "maximum_execution_timeout_in_seconds": 3600,
            "rollback_maximum_batch_size": HALF,
            "wait_interval_in_seconds": 300,
        },
    }


@pytest.mark.inputs(ENDPOINT, deployment={"strategy": "ROLLING", "step": HALF})
def test_it_is_no_new_configuration(it: Plan, planner: Planner) -> None:
    contents = {
        plan.resource("module.it.terraform_data.revision").values["triggers_replace"]
        for plan in (it, planner(ENDPOINT))
    }
    assert len(contents) == 1


@pytest.mark.inputs(
    ROOT,
    realtime={**SMALLEST[ROOT]["realtime"], "deployment": {"strategy": "ROLLING", "step": HALF}},
)
def test_each_endpoint_has_its_own(it: Plan) -> None:
    with_config = {
        endpoint.values["endpoint_name"]
        for endpoint in it.of_type("awscc_sagemaker_endpoint")
        if "deployment_config" in endpoint.values
    }
    assert with_config == {"speech-realtime"}


@pytest.mark.inputs(ENDPOINT, marketplace=True, deployment={"rollback_alarm_names": ["errors"]})
def test_pain_20_guardrails_are_refused_for_a_package(refusal: str) -> None:
    assert "Leave deployment out for an AWS Marketplace package" in refusal
