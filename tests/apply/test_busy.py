"""An apply or a destroy while an endpoint scales or is maintained: refused, and what it leaves goes on.

docs/traps.md, "An apply while the endpoint scales". Sources: EndpointStatus of DescribeEndpoint, and
"Cannot update in-progress endpoint" of UpdateEndpoint and DeleteEndpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.terraform.diagnostics import ApplyFailed
from tests.apply.account import Inventory
from tests.apply.parts import PARTS, POLICIES, SCALED, SMALLEST_PARTS
from tests.apply.stage import Failure, Step
from tests.plan.planner import IMAGE, PAIR

pytestmark = pytest.mark.nightly

LASTING, MAINTENANCE = {"fault": "lasting"}, {"fault": "maintenance"}
G5 = [{"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]
PAUSED = {
    kind: {**SMALLEST_PARTS[kind], "suspended": {"in": True, "out": True, "scheduled": True}}
    for kind in ("realtime", "async")
}
RUNNING = {kind: SMALLEST_PARTS[kind] for kind in PAUSED}
IN_PROGRESS = "Cannot update in-progress endpoint"


@dataclass(frozen=True)
class Story:
    """What is refused while endpoints are busy, and what is done when they are not."""

    image: Failure
    types: Failure
    again: Step
    paused: Step
    maintained: Failure
    changed: Step
    resumed: Step
    undestroyed: ApplyFailed
    left: Inventory
    destroyed: Inventory


@pytest.fixture(scope="module")
def story(open_stage):
    """Both kinds of endpoint, first changed as they scale, then as docs/traps.md says, then destroyed."""
    stage = open_stage(PARTS)
    stage.put()
    with stage.suffering(LASTING):
        stage.scale(SCALED, waiting=False)
        image = stage.fail(model={"image": f"{IMAGE}.1"})
        types = stage.fail(instance_pools=G5)
    for endpoint in POLICIES:
        stage.await_endpoint(endpoint)
    again = stage.apply()

    with stage.suffering(LASTING):
        stage.scale(SCALED + 1, waiting=False)
        stage.put(**PAUSED)
    for endpoint in POLICIES:
        stage.await_endpoint(endpoint)
    paused = stage.apply()
    with stage.suffering(MAINTENANCE):
        maintained = stage.fail(instance_pools=PAIR)
    changed = stage.apply()
    resumed = stage.apply(**RUNNING)

    with stage.suffering(LASTING):
        stage.scale(SCALED, waiting=False)
        with pytest.raises(ApplyFailed) as undestroyed:
            stage.destroy()
        left = stage.inventory()
    for endpoint in POLICIES:
        stage.await_endpoint(endpoint)
    destroyed = stage.destroy()
    return Story(image, types, again, paused, maintained, changed, resumed, undestroyed.value, left, destroyed)


def count(inventory, endpoint):
    """The instances that an endpoint runs."""
    return int(inventory.variant(endpoint)["CurrentInstanceCount"])


def registered(inventory, endpoint):
    """The policies of an endpoint, if it has its target."""
    places = {one["ResourceId"] for one in inventory["scalable_targets"].values()}
    there = f"endpoint/{endpoint}/variant/AllTraffic" in places
    return [one["PolicyName"] for one in inventory.policies(endpoint)] if there else []


def test_a_busy_endpoint_refuses_updates_and_its_deletion(story, endpoint):
    for error in (story.image.error, story.types.error, story.maintained.error, story.undestroyed):
        (problem,) = (one for one in error.diagnostics if f"endpoint/{endpoint}" in one.detail)
        assert IN_PROGRESS in problem.detail


def test_an_update_that_is_refused_leaves_the_old_fleet_and_its_scaling(story, endpoint):
    after = story.image.after
    assert after["endpoints"][endpoint]["EndpointStatus"] == "Updating"
    assert after.pools(endpoint) == [(1, "ml.g6.2xlarge"), (2, "ml.g6e.2xlarge")]
    assert registered(after, endpoint) == POLICIES[endpoint]


def test_maintenance_has_a_status_of_its_own(story, endpoint):
    assert story.maintained.after["endpoints"][endpoint]["EndpointStatus"] == "SystemUpdating"


@pytest.mark.parametrize("what", ["types", "maintained"])
def test_a_change_of_types_that_is_refused_leaves_nothing_that_scales(story, endpoint, what):
    """And so does a destroy."""
    assert registered(getattr(story, what).after, endpoint) == []
    assert registered(story.left, endpoint) == []
    assert endpoint in story.left["endpoints"]


def test_the_next_apply_makes_the_change_and_scales(story, endpoint):
    for step, instances in ((story.again, SCALED), (story.changed, SCALED + 1)):
        assert count(step.after, endpoint) == instances
        assert registered(step.after, endpoint) == POLICIES[endpoint]
        assert step.remaining == []
    assert story.destroyed.names == {}


def test_suspended_scaling_outlasts_the_change(story, endpoint):
    """The scalable target is changed while the endpoint is still Updating."""
    assert story.paused.calls == []
    for inventory in (story.paused.after, story.changed.after):
        assert set(inventory.target(endpoint)["SuspendedState"].values()) == {True}
    assert set(story.resumed.after.target(endpoint)["SuspendedState"].values()) == {False}
    assert not any("Endpoint" in call for call in story.resumed.calls)
