"""A changed image or environment rolls out by itself, without a moment of fewer instances or no scaling."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.stage import Step, assert_order
from tests.plan.planner import IMAGE, ROOT

NEW_IMAGE = IMAGE.replace(":1.4", ":1.5")
OTHER_REPOSITORY = IMAGE.replace("/speech:1.4", "/speech-next:2.0")
ENVIRONMENT = {"MAX_ACTIVE_REQUESTS": "120"}
SCALED = 3
"""Instances that run at the time of a change; both endpoints start with one."""


@dataclass(frozen=True)
class Story:
    """Three changes after a first apply, then a destroy."""

    changes: dict[str, Step]
    left: Inventory


@pytest.fixture(scope="module")
def story(open_stage: OpenStage) -> Story:
    """Both kinds of endpoint, scaled out and changed."""
    stage = open_stage(ROOT)
    stage.apply()
    stage.scale(SCALED)
    changes = {
        "image": stage.apply(model={"image": NEW_IMAGE}),
        "environment": stage.apply(model={"image": NEW_IMAGE, "environment": ENVIRONMENT}),
        "repository": stage.apply(model={"image": OTHER_REPOSITORY, "environment": ENVIRONMENT}),
    }
    return Story(changes, stage.destroy())


@pytest.fixture(params=["image", "environment", "repository"])
def change(request: pytest.FixtureRequest, story: Story) -> Step:
    """One of the changes."""
    return story.changes[request.param]


@pytest.fixture(params=["speech-realtime", "speech-async"])
def endpoint(request: pytest.FixtureRequest) -> str:
    """The name of one of the endpoints."""
    return str(request.param)


def test_a_new_image_is_served(story: Story) -> None:
    model = story.changes["image"].after.the("models")
    assert model["PrimaryContainer"]["Image"] == NEW_IMAGE


def test_a_new_environment_is_served(story: Story) -> None:
    model = story.changes["environment"].after.the("models")
    assert model["PrimaryContainer"]["Environment"] == ENVIRONMENT
    assert model["PrimaryContainer"]["Image"] == NEW_IMAGE


def test_the_endpoint_moves_to_a_configuration_of_the_new_model(change: Step, endpoint: str) -> None:
    assert change.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
    (variant,) = change.after.config(endpoint)["ProductionVariants"]
    assert variant["ModelName"] == change.after.the("models")["ModelName"]
    assert variant["ModelName"] != change.before.the("models")["ModelName"]


def test_what_is_old_goes_only_after_the_endpoint_has_moved(change: Step, endpoint: str) -> None:
    assert_order(
        change.calls,
        f"CreateModel {change.after.the('models')['ModelName']}",
        f"CreateResource EndpointConfig {change.after.config(endpoint)['EndpointConfigName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteResource EndpointConfig {change.before.config(endpoint)['EndpointConfigName']}",
        f"DeleteModel {change.before.the('models')['ModelName']}",
    )


@pytest.mark.parametrize("name", ["image", "environment"])
def test_nothing_else_is_touched(story: Story, name: str) -> None:
    change = story.changes[name]
    # A model, and for each endpoint a configuration made, an endpoint moved, a configuration deleted.
    assert len(change.calls) == 2 + 2 * 3
    assert change.after["roles"] == change.before["roles"]


def test_scaling_is_not_touched(change: Step) -> None:
    for kind in ("scalable_targets", "scaling_policies", "alarms"):
        assert change.after[kind] == change.before[kind]


def test_the_role_reaches_the_old_image_until_the_endpoint_has_moved(story: Story, endpoint: str) -> None:
    change = story.changes["repository"]
    (old,), (new,) = (inventory.the("roles")["InlinePolicies"] for inventory in (change.before, change.after))
    assert_order(
        change.calls,
        f"PutRolePolicy {new}",
        f"CreateModel {change.after.the('models')['ModelName']}",
        f"UpdateResource Endpoint {endpoint}",
        f"DeleteModel {change.before.the('models')['ModelName']}",
        f"DeleteRolePolicy {old}",
    )


def test_the_role_reaches_the_new_image_only_in_the_end(story: Story) -> None:
    (policy,) = story.changes["repository"].after.the("roles")["InlinePolicies"].values()
    (pull,) = [one for one in policy["Statement"] if one["Sid"] == "PullImage"]
    assert pull["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech-next"


def test_the_live_count_is_kept(change: Step, endpoint: str) -> None:
    for inventory in (change.before, change.after):
        variant = inventory.variant(endpoint)
        assert (variant["DesiredInstanceCount"], variant["CurrentInstanceCount"]) == (SCALED, SCALED)
    (configured,) = change.after.config(endpoint)["ProductionVariants"]
    assert configured["InitialInstanceCount"] == 1


def test_a_second_plan_is_empty(change: Step) -> None:
    assert change.remaining == []


def test_nothing_is_left_after_a_destroy(story: Story) -> None:
    assert story.left.names == {}
