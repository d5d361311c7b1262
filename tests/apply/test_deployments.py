"""How updates reach a fleet, changed later: what awscc cannot take from an endpoint stops at plan."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.diagnostics import PlanFailed
from tests.apply.conftest import OpenStage
from tests.apply.parts import ASYNC_ADDRESS, PARTS, REALTIME_ADDRESS, SMALLEST_PARTS
from tests.apply.stage import Stage

HALF = {"type": "CAPACITY_PERCENT", "value": 50}
THIRD = {"type": "CAPACITY_PERCENT", "value": 33}
CANARY = {
    "strategy": "CANARY",
    "step": HALF,
    "rollback_alarm_names": ["errors"],
    "maximum_execution_timeout": 3600,
    "termination_wait": 60,
}
ROLLING = {"strategy": "ROLLING", "step": HALF, "rollback_step": HALF, "maximum_execution_timeout": 3600}
OTHER = "a strategy other than ROLLING"
FIRST = {"realtime": CANARY, "async": ROLLING}


def without(deployment: dict[str, Any], *parts: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in deployment.items() if name not in parts} | changes


def deploying(**deployments: dict[str, Any] | None) -> dict[str, Any]:
    """The inputs of endpoints that are updated in these ways."""
    return {
        kind: {**SMALLEST_PARTS[kind], "deployment": deployment} for kind, deployment in deployments.items()
    }


@pytest.fixture(scope="module")
def stage(open_stage: OpenStage) -> Stage:
    """Both endpoints, made without a choice and given one later."""
    stage = open_stage(PARTS)
    stage.put()
    stage.put(**deploying(**FIRST))
    return stage


@pytest.mark.parametrize(
    ("kind", "changed", "kept"),
    [
        (
            "realtime",
            None,
            ["CANARY", "rollback_alarm_names", "maximum_execution_timeout", "termination_wait"],
        ),
        ("realtime", without(CANARY, "rollback_alarm_names"), ["rollback_alarm_names"]),
        ("realtime", without(CANARY, "termination_wait"), ["termination_wait"]),
        ("realtime", without(CANARY, "maximum_execution_timeout"), ["maximum_execution_timeout"]),
        ("realtime", {**CANARY, "strategy": "LINEAR"}, ["CANARY"]),
        ("realtime", without(CANARY, "step", strategy="ALL_AT_ONCE"), ["CANARY"]),
        (
            "realtime",
            without(CANARY, "termination_wait", strategy="ROLLING"),
            [OTHER, "CANARY", "termination_wait"],
        ),
        ("async", None, ["ROLLING", "rollback_step", "maximum_execution_timeout"]),
        ("async", without(ROLLING, "rollback_step"), ["rollback_step"]),
        ("async", without(ROLLING, "rollback_step", strategy="CANARY"), ["ROLLING", "rollback_step"]),
    ],
)
def test_what_cannot_be_taken_back_is_named(
    stage: Stage, kind: str, changed: dict[str, Any] | None, kept: list[str]
) -> None:
    with pytest.raises(PlanFailed) as failed:
        stage.plan(**deploying(**FIRST | {kind: changed}))
    (problem,) = failed.value.diagnostics
    parts, _, rest = problem.detail.partition(" back into deployment, or replace the endpoint ")
    found = parts.removeprefix("Put ").split(" and ")
    assert sorted(part.removeprefix('strategy = "').strip('"') for part in found) == sorted(kept)
    assert rest.startswith(f"speech-{kind} ")


def test_nor_does_all_at_once_give_way_to_rolling(open_stage: OpenStage) -> None:
    stage = open_stage(PARTS, **{**deploying(realtime={"strategy": "ALL_AT_ONCE"}), "async": None})
    stage.put()
    with pytest.raises(PlanFailed, match=f"Put {OTHER} back into deployment"):
        stage.plan(**deploying(realtime=ROLLING))
    assert stage.plan(**deploying(realtime=None)).empty


def test_sizes_times_and_alarms_can_be_changed(stage: Stage) -> None:
    changed = {"step": THIRD, "maximum_execution_timeout": 7200}
    canary = {**CANARY, **changed, "rollback_alarm_names": ["latency"], "termination_wait": 0}
    rolling = {**ROLLING, **changed, "rollback_step": THIRD}
    plan = stage.plan(**deploying(realtime=canary, **{"async": rolling}))
    assert sorted(change.address for change in plan.changes) == [
        f"{address}.module.endpoint.awscc_sagemaker_endpoint.this"
        for address in (ASYNC_ADDRESS, REALTIME_ADDRESS)
    ]


def test_an_endpoint_that_is_replaced_takes_any(open_stage: OpenStage) -> None:
    stage = open_stage(PARTS, **{**deploying(realtime=CANARY), "async": None})
    stage.put()
    linear = without(CANARY, "rollback_alarm_names", strategy="LINEAR")
    stage.replace(
        f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this", **deploying(realtime=linear)
    )
    assert stage.remaining() == []
    found = stage.inventory()["endpoints"]["speech-realtime"]["LastDeploymentConfig"]
    assert found["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "LINEAR"
    assert not found.get("AutoRollbackConfiguration")
