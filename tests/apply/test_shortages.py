"""A change of instance types that finds no capacity: the next apply scales again, whether it goes on or back.

A failure that AWS reports leaves no scalable target, since Terraform goes no further; a silent one leaves it.
The way back takes no instance, as there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.terraform.plan import Plan
from tests.apply.account import Inventory
from tests.apply.parts import PARTS, POLICIES, SCALED
from tests.apply.stage import Failure, Step, assert_order
from tests.plan.planner import IMAGE, PAIR

pytestmark = pytest.mark.nightly

NOTHING = {"fault": "capacity"}
KINDS = {"told": [NOTHING], "silent": [NOTHING, {"fault": "silent"}]}
"""What makes a change fail so."""
G5 = [{"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]


@dataclass(frozen=True)
class Story:
    """What becomes of a change of types, and of one that comes after it."""

    kind: str
    first_plan: Plan
    first: Inventory
    planned: Plan
    failed: Failure
    back: Step
    """The former types again, while no instance of any type can be had."""
    again: list[Failure]
    """The change after that, as often as somebody tries it."""
    through: Step
    """The change, now that there are instances."""
    failed_with_model: Failure
    """A change of the types and the model."""
    on: Step
    """Other types and the model of before, when there are instances."""


@pytest.fixture(scope="module", params=KINDS)
def story(request, open_stage):
    """Both kinds of endpoint, scaled out."""
    stage = open_stage(PARTS)
    first_plan = stage.plan()
    stage.put()
    stage.scale(SCALED)
    first = stage.inventory()
    planned = stage.plan(instance_pools=G5)
    with stage.suffering(*KINDS[request.param]):
        failed = stage.fail(instance_pools=G5)
        back = stage.apply(instance_pools=PAIR)
        again = [stage.fail(instance_pools=G5) for _ in range(2)]
    through = stage.apply(showing=True)
    with stage.suffering(*KINDS[request.param]):
        with_model = stage.fail(instance_pools=PAIR, model={"image": f"{IMAGE}.1"})
    on = stage.apply(instance_pools=[PAIR[0]], model={"image": IMAGE})
    return Story(request.param, first_plan, first, planned, failed, back, again, through, with_model, on)


def is_registered(inventory, endpoint):
    """Whether an endpoint has its scalable target, which always has all of its policies."""
    places = {one["ResourceId"] for one in inventory["scalable_targets"].values()}
    found = f"endpoint/{endpoint}/variant/AllTraffic" in places
    assert [one["PolicyName"] for one in inventory.policies(endpoint)] == (POLICIES[endpoint] if found else [])
    return found


def test_a_failure_leaves_the_old_fleet_and_a_target_if_nobody_told_of_it(story, endpoint):
    for failure in (story.failed, *story.again, story.failed_with_model):
        before = story.first if failure is not story.failed_with_model else story.through.after
        assert failure.after["endpoints"][endpoint]["EndpointStatus"] == "InService"
        assert failure.after.config(endpoint) == before.config(endpoint)
        assert failure.after.variant(endpoint) == before.variant(endpoint)
        assert failure.after.variant(endpoint)["CurrentInstanceCount"] == SCALED
        assert is_registered(failure.after, endpoint) is (story.kind == "silent")


def test_the_plan_says_what_a_failure_would_leave_and_both_ways_on(story, endpoint):
    """A plan that changes no types does not."""
    (words,) = [one.detail for one in story.planned.warnings if f" endpoint {endpoint} as failed" in one.detail]
    assert words.startswith("Run terraform apply again if AWS reports this change ")
    assert ", or restore the former instance_pools and apply, " in words
    assert "the old fleet serves without scaling" in words
    assert story.through.second is not None
    assert story.first_plan.warnings == story.through.second.warnings == ()


def test_the_former_types_scale_again_without_an_instance(story, endpoint):
    """The endpoint is not touched, its count is kept, and what the failure has left is gone."""
    target = f"endpoint/{endpoint}/variant/AllTraffic"
    assert f"UpdateResource Endpoint {endpoint}" not in story.back.calls
    for policy in POLICIES[endpoint]:
        assert_order(story.back.calls, f"RegisterScalableTarget {target}", f"PutScalingPolicy {policy}")
    assert story.back.after["endpoints"] == story.failed.after["endpoints"]
    assert story.back.after["endpoint_configs"] == story.first["endpoint_configs"]
    assert story.back.after["models"] == story.first["models"]
    assert story.back.after.scaling() == story.first.scaling()
    assert story.back.remaining == []


def test_the_change_goes_through_once_there_are_instances(story, endpoint):
    """One update, and not under a scalable target that a silent rollback has left."""
    target = f"endpoint/{endpoint}/variant/AllTraffic"
    removed = [f"DeregisterScalableTarget {target}"] if story.kind == "silent" else []
    update = f"UpdateResource Endpoint {endpoint}"
    assert_order(story.through.calls, *removed, update, f"RegisterScalableTarget {target}")
    (variant,) = story.through.after.config(endpoint)["ProductionVariants"]
    assert variant["InstanceType"] == "ml.g5.2xlarge"
    assert story.through.after.variant(endpoint)["CurrentInstanceCount"] == SCALED
    assert is_registered(story.through.after, endpoint)
    assert story.through.after.counts == story.first.counts
    assert story.through.remaining == []


def test_a_third_list_of_types_goes_through_as_well(story, endpoint):
    (variant,) = story.on.after.config(endpoint)["ProductionVariants"]
    assert variant["InstanceType"] == PAIR[0]["instance_type"]
    assert story.on.after.variant(endpoint)["CurrentInstanceCount"] == SCALED
    assert is_registered(story.on.after, endpoint)
    assert story.on.after.counts == story.first.counts
    assert story.on.remaining == []
