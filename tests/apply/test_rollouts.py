"""A changed image or environment rolls out by itself, without a moment of fewer instances or no scaling."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.endpoints import from_api
from scaleproof.localstack.control import ApiCall, recorded
from scaleproof.scaling.endpoint import Endpoint, with_limits
from tests.apply.account import Inventory
from tests.apply.parts import PARTS, SCALED, SMALLEST_PARTS
from tests.apply.stage import Failure, Step, assert_order, sentence
from tests.behaviour.traffic import simulated, steady
from tests.plan.planner import IMAGE, PAIR

G6, G6E = (pool["instance_type"] for pool in PAIR)
NEW_IMAGE = IMAGE.replace(":1.4", ":1.5")
OTHER_REPOSITORY = IMAGE.replace("/speech:1.4", "/speech-next:2.0")
SCARCE = {"SCALEPROOF_FAIL": f"capacity={G6}:2"}
"""Of the preferred type there are no more than two instances."""
ENVIRONMENT = {**SCARCE, "MAX_ACTIVE_REQUESTS": "120"}
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
ROLLING = {"strategy": "ROLLING", "step": HALF, "rollback_step": HALF, "wait_interval": 0}
CHANGES = {
    "image and environment": {"image": NEW_IMAGE, "environment": ENVIRONMENT},
    "repository": {"image": OTHER_REPOSITORY, "environment": ENVIRONMENT},
}
"""The second changes the image alone; the environment alone does the same in test_rollbacks."""


@dataclass(frozen=True)
class Story:
    """A model that never starts, one that does, two changes of it, then a destroy."""

    never_started: Failure
    scaled: Inventory
    changes: dict[str, Step]
    read: list[Endpoint]
    destroyed: list[ApiCall]
    left: Inventory


@pytest.fixture(scope="module")
def story(open_stage):
    """Both kinds of endpoint, the real-time one with rolling updates."""
    stage = open_stage(PARTS, realtime={**SMALLEST_PARTS["realtime"], "deployment": ROLLING})
    never_started = stage.fail(model={"image": IMAGE, "environment": {"SCALEPROOF_FAIL": "startup"}})
    stage.put(model={"image": IMAGE, "environment": SCARCE})
    stage.scale(SCALED)
    scaled = stage.inventory()
    changes = {name: stage.apply(model=model) for name, model in CHANGES.items()}
    read = from_api(stage.connection.client)
    with recorded(stage.connection) as destroyed:
        left = stage.destroy(refresh=False)
    return Story(never_started, scaled, changes, read, destroyed, left)


@pytest.fixture(params=CHANGES)
def change(request, story):
    """One of the changes."""
    return story.changes[request.param]


def test_pain_19_an_endpoint_that_never_starts_is_stuck(story, endpoint):
    """It ends as Failed with a reason, and the next apply makes it anew."""
    problems = story.never_started.error.diagnostics
    assert all("did not pass the ping health check" in problem.detail for problem in problems)
    assert story.never_started.after["endpoints"][endpoint]["EndpointStatus"] == "Failed"
    assert story.scaled["endpoints"][endpoint]["EndpointStatus"] == "InService"


def test_pain_08_insufficient_capacity(story, endpoint):
    running = {
        pool["InstanceType"]: pool["CurrentInstanceCount"] for pool in story.scaled.variant(endpoint)["InstancePools"]
    }
    assert running == {G6: 2, G6E: 1}


@pytest.mark.parametrize("name", CHANGES)
def test_pain_05_a_new_model_is_not_picked_up(story, name, endpoint):
    change = story.changes[name]
    served = change.after.the("models")["PrimaryContainer"]
    assert {"image": served["Image"], "environment": served["Environment"]} == CHANGES[name]
    assert change.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
    (variant,) = change.after.config(endpoint)["ProductionVariants"]
    assert variant["ModelName"] == change.after.the("models")["ModelName"]
    assert variant["ModelName"] != change.before.the("models")["ModelName"]


def test_pain_04_the_old_configuration_is_deleted_first(change, endpoint):
    """What is old goes only after the endpoint has moved."""
    assert_order(
        change.calls,
        f"CreateModel {change.after.the('models')['ModelName']}",
        f"CreateResource EndpointConfig {change.after.config(endpoint)['EndpointConfigName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteResource EndpointConfig {change.before.config(endpoint)['EndpointConfigName']}",
        f"DeleteModel {change.before.the('models')['ModelName']}",
    )


def test_nothing_else_is_touched(story):
    change = story.changes["image and environment"]
    # A model, and for each endpoint a configuration made, an endpoint moved, a configuration deleted.
    assert len(change.calls) == 2 + 2 * 3
    assert change.after["roles"] == change.before["roles"]
    for each in story.changes.values():
        for kind in ("scalable_targets", "scaling_policies", "alarms"):
            assert each.after[kind] == each.before[kind]


def test_the_role_reaches_the_old_image_until_the_endpoint_has_moved(story, endpoint):
    change = story.changes["repository"]
    old, new = change.before.model_policy(), change.after.model_policy()
    assert_order(
        change.calls,
        f"PutRolePolicy {new}",
        f"CreateModel {change.after.the('models')['ModelName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteModel {change.before.the('models')['ModelName']}",
        f"DeleteRolePolicy {old}",
    )
    (pull,) = [one for one in change.after.statements() if one["Sid"] == "PullImage"]
    assert pull["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech-next"


def test_pain_01_an_update_resets_the_count(change, endpoint):
    for inventory in (change.before, change.after):
        variant = inventory.variant(endpoint)
        assert (variant["DesiredInstanceCount"], variant["CurrentInstanceCount"]) == (SCALED, SCALED)
    (configured,) = change.after.config(endpoint)["ProductionVariants"]
    assert configured["InitialInstanceCount"] == 1


def test_what_was_updated_goes_on_with_its_count(story):
    """Three instances carry 21 streams before the updates and after: no stream finds less than there was."""
    (found,) = (one for one in story.read if one.name == "speech-realtime")
    assert found.initial == SCALED
    result = simulated(with_limits(found, {G6: 12, G6E: 12}), steady(21, 120.0, hours=1))
    assert set(result.timeline.desired) == {SCALED}
    assert result.totals.overload_seconds == 0


def test_pain_20_the_deployment_configuration_drifts(change):
    """A second plan is empty."""
    assert change.remaining == []
    assert "RollingUpdatePolicy" in change.after["endpoints"]["speech-realtime"]["LastDeploymentConfig"]


def test_pain_07_a_delete_needs_the_right_to_deregister(story, endpoint):
    """Terraform deregisters itself, before: SageMaker does not have to do it in the caller's name."""
    deletions = ("Delete", "Deregister")
    assert_order(
        [sentence(call) for call in story.destroyed if call.operation.startswith(deletions)],
        f"DeleteScalingPolicy {endpoint}-{'concurrency' if endpoint == 'speech-realtime' else 'backlog'}",
        f"DeregisterScalableTarget endpoint/{endpoint}/variant/AllTraffic",
        f"DeleteResource Endpoint {endpoint}",
    )
    assert story.left.names == {}
