"""An update that SageMaker rolls back never looks like a success, and both ways out of it are open."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.terraform.plan import Plan
from tests.apply.account import Inventory
from tests.apply.parts import ASYNC_ADDRESS, PARTS, REALTIME_ADDRESS, SCALED, SMALLEST_PARTS
from tests.apply.stage import Failure, Step, planned_actions
from tests.plan.planner import IMAGE, PAIR

pytestmark = pytest.mark.nightly

ENDPOINTS = {"speech-realtime": REALTIME_ADDRESS, "speech-async": ASYNC_ADDRESS}
G5 = "ml.g5.2xlarge"


def failing(faults, **environment):
    """A model that carries faults with it (`scaleproof.emulator.engine.faults`)."""
    return {"image": IMAGE, "environment": {"SCALEPROOF_FAIL": faults, **environment}}


FIRST = {"model": failing(f"capacity={G5}:0,silent"), "instance_pools": PAIR}
"""A model that runs on all but one instance type, whose lack is not told of."""
ROLLBACKS = {
    "of the model, twice": (
        {"reported": {"model": failing("startup")}, "silent": {"model": failing("startup,silent")}},
        FIRST,
    ),
    "of the types": (
        {"silent": {"instance_pools": [{"instance_type": G5, "max_concurrency": 12}]}},
        {"model": {"image": f"{IMAGE}.1"}, "instance_pools": PAIR},
    ),
}
"""The changes, each of which is rolled back, and the way out: to take them back, or to go on to another."""
TWICE = next(iter(ROLLBACKS))


@dataclass(frozen=True)
class Rollback:
    """Changes that are rolled back, what the next plan wants, and a way out."""

    first: Inventory
    failures: dict[str, Failure]
    planned_actions: list[str]
    out: Step


@dataclass(frozen=True)
class Story:
    """A change that leaves the endpoints alone, and one rollback after the other."""

    started: Inventory
    beside: Plan
    rollbacks: dict[str, Rollback]


@pytest.fixture(scope="module")
def story(open_stage):
    """Both kinds of endpoint, scaled out."""
    stage = open_stage(PARTS, **FIRST)
    stage.put()
    stage.scale(SCALED)
    started = before = stage.inventory()
    beside = stage.plan(realtime={"capacity": {"min": 2, "max": 6}})
    rollbacks = {}
    for name, (changes, way_out) in ROLLBACKS.items():
        failures = {kind: stage.fail(**change) for kind, change in changes.items()}
        plan = stage.plan()
        rollbacks[name] = Rollback(before, failures, planned_actions(plan), stage.apply(**way_out))
        before = rollbacks[name].out.after
    return Story(started, beside, rollbacks)


@pytest.fixture(params=ROLLBACKS)
def rollback(request, story):
    """Each of the rollbacks."""
    return story.rollbacks[request.param]


def test_pain_02_a_silent_rollback_is_reported_as_success(rollback, endpoint):
    """The apply fails, and says what is in force and what to do."""
    failure = rollback.failures["silent"]
    errors = [one for one in failure.error.diagnostics if one.severity == "error"]
    assert len(errors) == len(ENDPOINTS)
    (problem,) = (one for one in errors if f"endpoint {endpoint} " in one.detail)
    assert problem.summary == "Resource postcondition failed"
    old, new = in_force(rollback.first, endpoint), newest(failure.after, endpoint)
    assert f" serves {old}, not {new}. " in problem.detail
    assert f"aws sagemaker describe-endpoint --endpoint-name {endpoint}" in problem.detail
    assert "apply again" in problem.detail


def test_a_reason_that_cloud_control_gives_is_passed_on(story):
    failure = story.rollbacks[TWICE].failures["reported"]
    assert len(failure.error.diagnostics) == len(ENDPOINTS)
    for problem in failure.error.diagnostics:
        assert problem.summary == "UpdateResource of AWS::SageMaker::Endpoint: FAILED"
        assert "did not pass the ping health check" in problem.detail


def test_the_endpoint_serves_and_scales_as_it_did(rollback, endpoint):
    """What it serves is not deleted."""
    first = rollback.first
    (configured,) = first.config(endpoint)["ProductionVariants"]
    for failure in rollback.failures.values():
        after = failure.after
        assert after["endpoints"][endpoint]["EndpointStatus"] == "InService"
        assert after.variant(endpoint) == first.variant(endpoint)
        assert after.variant(endpoint)["CurrentInstanceCount"] == SCALED
        assert after.config(endpoint) == first.config(endpoint)
        assert configured["ModelName"] in after["models"]
        assert after.scaling() == first.scaling()


def test_the_next_plan_wants_the_update_again(rollback, endpoint):
    assert f"update {ENDPOINTS[endpoint]}.module.endpoint.awscc_sagemaker_endpoint.this" in rollback.planned_actions


def test_the_way_out_leads_to_what_is_written(rollback, endpoint):
    after = rollback.out.after
    assert in_force(after, endpoint) == newest(after, endpoint)
    assert after.variant(endpoint)["CurrentInstanceCount"] == SCALED
    assert after.counts == rollback.first.counts
    assert rollback.out.remaining == []


def test_pain_03_a_configuration_exists_already(story, endpoint):
    """A change taken back restores what stood under a new name.

    The old name is still taken: its configuration stands until the endpoint has left it.
    """
    rollback = story.rollbacks[TWICE]
    assert in_force(rollback.first, endpoint) in rollback.failures["silent"].after["endpoint_configs"]
    assert rollback.out.after.portable() == rollback.first.portable()
    assert in_force(rollback.out.after, endpoint) != in_force(rollback.first, endpoint)


def test_an_unchanged_endpoint_is_looked_at_by_the_plan_and_makes_nothing_unknown(story):
    plan = story.beside
    (change,) = plan.changes
    assert planned_actions(plan) == [f"update {REALTIME_ADDRESS}.module.endpoint.aws_appautoscaling_target.this[0]"]
    assert not any(change.unknown.values())
    for endpoint, address in ENDPOINTS.items():
        live = plan.resource(f"{address}.module.endpoint.data.awscc_sagemaker_endpoint.live")
        assert live.actions == ("no-op",)
        assert live.values["endpoint_config_name"] == in_force(story.started, endpoint)


@dataclass(frozen=True)
class Mix:
    """Rolling updates that fail, and whose rollbacks fail too, then the former model again."""

    first: Inventory
    failures: dict[str, Failure]
    out: Step


@pytest.fixture(scope="module")
def mix(open_stage):
    """A real-time endpoint with rolling updates, scaled out."""
    half = {"type": "CAPACITY_PERCENT", "value": 50}
    rolling = {"deployment": {"strategy": "ROLLING", "step": half, "wait_interval": 0}}
    stage = open_stage(PARTS, **{"async": None}, realtime={**SMALLEST_PARTS["realtime"], **rolling})
    stage.put()
    stage.scale(SCALED)
    first = stage.inventory()
    failures = {
        "reported": stage.fail(model=failing("startup,stuck")),
        "silent": stage.fail(model=failing("startup,stuck,silent")),
    }
    return Mix(first, failures, stage.apply(model={"image": IMAGE}))


def test_a_failed_rollback_is_said_to_leave_a_mix(mix):
    """UpdateRollbackFailed (DescribeEndpoint, EndpointStatus)."""
    for failure in mix.failures.values():
        after = failure.after["endpoints"]["speech-realtime"]
        assert after["EndpointStatus"] == "UpdateRollbackFailed"
    (problem,) = mix.failures["silent"].error.diagnostics
    assert "If EndpointStatus is UpdateRollbackFailed" in problem.detail
    assert "a mix of both until an update succeeds" in problem.detail
    (problem,) = mix.failures["reported"].error.diagnostics
    assert "did not pass the ping health check" in problem.detail


def test_a_mix_loses_neither_half_and_the_next_update_ends_it(mix):
    """docs/traps.md, "A rollback that fails as well"."""
    for failure in mix.failures.values():
        for kind in ("models", "endpoint_configs"):
            assert mix.first[kind].keys() < failure.after[kind].keys()
        assert failure.after.scaling() == mix.first.scaling()
    after = mix.out.after
    assert after["endpoints"]["speech-realtime"]["EndpointStatus"] == "InService"
    assert after.variant("speech-realtime")["CurrentInstanceCount"] == SCALED
    assert after.portable() == mix.first.portable()
    assert mix.out.remaining == []


def in_force(inventory, endpoint):
    """The name of the configuration that an endpoint serves."""
    return str(inventory["endpoints"][endpoint]["EndpointConfigName"])


def newest(inventory, endpoint):
    """The name of the endpoint's configuration that was made last."""
    configs = {
        name: config for name, config in inventory["endpoint_configs"].items() if name.startswith(f"{endpoint}-")
    }
    return max(configs, key=lambda name: configs[name]["CreationTime"])
