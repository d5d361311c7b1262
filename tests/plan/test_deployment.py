"""How an update reaches the fleet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.planner import ENDPOINT, ROOT, SMALLEST, Planner

HALF = {"type": "CAPACITY_PERCENT", "value": 50}


def planned(planner: Planner, **deployment: Any) -> dict[str, Any]:
    """The deployment configuration of the endpoint."""
    (endpoint,) = planner(ENDPOINT, deployment=deployment).of_type("awscc_sagemaker_endpoint")
    return dict(endpoint.values["deployment_config"])


def test_it_is_sagemakers_choice_by_default(planner: Planner) -> None:
    (endpoint,) = planner(ENDPOINT).of_type("awscc_sagemaker_endpoint")
    assert "deployment_config" not in endpoint.values


@pytest.mark.parametrize(("strategy", "size"), [("CANARY", "canary_size"), ("LINEAR", "linear_step_size")])
def test_in_steps_on_a_second_fleet(planner: Planner, strategy: str, size: str) -> None:
    found = planned(planner, strategy=strategy, step=HALF, wait_interval=600, termination_wait=120)
    assert found == {
        "blue_green_update_policy": {
            "termination_wait_in_seconds": 120,
            "traffic_routing_configuration": {size: HALF, "type": strategy, "wait_interval_in_seconds": 600},
        }
    }


def test_rolling_with_rollback_alarms(planner: Planner) -> None:
    found = planned(
        planner,
        strategy="ROLLING",
        step=HALF,
        rollback_step=HALF,
        rollback_alarm_names=["errors"],
        maximum_execution_timeout=3600,
    )
    assert found == {
        "auto_rollback_configuration": {"alarms": [{"alarm_name": "errors"}]},
        "rolling_update_policy": {
            "maximum_batch_size": HALF,
            "maximum_execution_timeout_in_seconds": 3600,
            "rollback_maximum_batch_size": HALF,
            "wait_interval_in_seconds": 300,
        },
    }


def test_it_is_no_new_configuration(planner: Planner) -> None:
    contents = {
        planner(ENDPOINT, deployment=choice)
        .resource("module.it.terraform_data.revision")
        .values["triggers_replace"]
        for choice in (None, {"strategy": "ROLLING", "step": HALF})
    }
    assert len(contents) == 1


def test_each_endpoint_has_its_own(planner: Planner) -> None:
    realtime = {**SMALLEST[ROOT]["realtime"], "deployment": {"strategy": "ROLLING", "step": HALF}}
    with_config = {
        endpoint.values["endpoint_name"]
        for endpoint in planner(ROOT, realtime=realtime).of_type("awscc_sagemaker_endpoint")
        if "deployment_config" in endpoint.values
    }
    assert with_config == {"speech-realtime"}
