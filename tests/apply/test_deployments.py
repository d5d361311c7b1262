"""How updates reach a fleet, changed later: what awscc cannot take from an endpoint stops at plan.

All endpoints stand in one root, each with a case of its own: a plan refuses every one of them, by name.
"""

from typing import Any

import pytest

from scaleproof.terraform.diagnostics import PlanFailed
from tests.plan.planner import IMAGE, REALTIME, SMALLEST

pytestmark = pytest.mark.nightly

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
AT_ONCE = {"strategy": "ALL_AT_ONCE"}
NO_WAIT = {**AT_ONCE, "termination_wait": 0}
"""SageMaker's own wait: nobody has to put it back."""
OTHER, ALARMS = "a strategy other than ROLLING", "rollback alarms"

Deployment = dict[str, Any] | None


def without(deployment, *parts, **changes):
    return {name: value for name, value in deployment.items() if name not in parts} | changes


REFUSED = {
    "canary-to-none": (
        CANARY,
        None,
        ["CANARY", ALARMS, "maximum_execution_timeout", "termination_wait"],
    ),
    "alarms": (CANARY, without(CANARY, "rollback_alarm_names"), [ALARMS]),
    "wait": (CANARY, without(CANARY, "termination_wait"), ["termination_wait"]),
    "timeout": (CANARY, without(CANARY, "maximum_execution_timeout"), ["maximum_execution_timeout"]),
    "canary-to-linear": (CANARY, {**CANARY, "strategy": "LINEAR"}, ["CANARY"]),
    "canary-to-at-once": (CANARY, without(CANARY, "step", strategy="ALL_AT_ONCE"), ["CANARY"]),
    "canary-to-rolling": (
        CANARY,
        without(CANARY, "termination_wait", strategy="ROLLING"),
        [OTHER, "CANARY", "termination_wait"],
    ),
    "rolling-to-none": (ROLLING, None, ["ROLLING", "rollback_step", "maximum_execution_timeout"]),
    "rollback-step": (ROLLING, without(ROLLING, "rollback_step"), ["rollback_step"]),
    "rolling-to-canary": (
        ROLLING,
        without(ROLLING, "rollback_step", strategy="CANARY"),
        ["ROLLING", "rollback_step"],
    ),
    "no-wait-to-rolling": (NO_WAIT, ROLLING, [OTHER]),
}
"""By the endpoint's name: its deployment, the one that is refused, and what has to be put back."""
REPLACED, UNCHOSEN = "replaced", "unchosen"
LINEAR = without(CANARY, "rollback_alarm_names", strategy="LINEAR")
FIRST = {name: first for name, (first, _, _) in REFUSED.items()} | {
    REPLACED: CANARY,
    UNCHOSEN: AT_ONCE,
}
LATE = ("canary-to-none", "rolling-to-none")
"""Made without a choice and given one later."""


def address(name):
    return f'module.it["{name}"].module.endpoint.awscc_sagemaker_endpoint.this'


def deploying(deployments):
    """The variables with which the endpoints are updated in these ways."""
    return {
        "cases": {
            name: {**SMALLEST[REALTIME], "name": name, "deployment": deployment}
            for name, deployment in deployments.items()
        }
    }


@pytest.fixture(scope="module")
def stage(open_stage):
    """The endpoints, one of which another has replaced."""
    stage = open_stage(REALTIME, **deploying(FIRST | dict.fromkeys(LATE)))
    stage.connection.client("sagemaker").create_model(
        ModelName=SMALLEST[REALTIME]["model_name"], PrimaryContainer={"Image": IMAGE}
    )
    for name in ("errors", "latency"):
        stage.connection.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
        )
    stage.put()
    stage.put(replacing=address(REPLACED), **deploying(FIRST | {REPLACED: LINEAR}))
    return stage


@pytest.fixture(scope="module")
def standing(stage):
    return stage.inventory()


@pytest.fixture(scope="module")
def problems(stage):
    """What a plan that changes each of the deployments is refused for."""
    changed = {name: second for name, (_, second, _) in REFUSED.items()}
    with pytest.raises(PlanFailed) as failed:
        stage.plan(**deploying(changed | {REPLACED: LINEAR, UNCHOSEN: AT_ONCE}))
    return failed.value.diagnostics


@pytest.fixture(scope="module")
def allowed(stage):
    """A plan that changes what can be changed, and leaves a choice out that is SageMaker's own."""
    changed = {"step": THIRD, "maximum_execution_timeout": 7200}
    canary = {**CANARY, **changed, "rollback_alarm_names": ["latency"], "termination_wait": 0}
    rolling = {**ROLLING, **changed, "rollback_step": THIRD}
    others = {"alarms": canary, "rollback-step": rolling, REPLACED: LINEAR, UNCHOSEN: ROLLING}
    return stage.plan(**deploying(FIRST | others | {"no-wait-to-rolling": None}))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_back_is_named(problems, name):
    (problem,) = [one for one in problems if f" replace the endpoint {name} " in one.detail]
    parts, _, _ = problem.detail.partition(" back into deployment, or replace the endpoint ")
    found = parts.removeprefix("Put ").split(" and ")
    _, _, kept = REFUSED[name]
    assert sorted(part.removeprefix('strategy = "').strip('"') for part in found) == sorted(kept)


def test_nothing_else_is_refused(problems):
    assert len(problems) == len(REFUSED)


def test_sizes_times_and_alarms_can_be_changed_and_all_at_once_can_be_left_out(allowed):
    changed = [change.address for change in allowed.changes]
    assert changed == [address("alarms"), address("rollback-step"), address(UNCHOSEN)]
    assert all(change.actions == ("update",) for change in allowed.changes)


def test_an_endpoint_that_is_replaced_takes_any(allowed, standing):
    assert address(REPLACED) not in [change.address for change in allowed.changes]
    found = standing["endpoints"][REPLACED]["LastDeploymentConfig"]
    assert found["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "LINEAR"
    assert not found.get("AutoRollbackConfiguration")
