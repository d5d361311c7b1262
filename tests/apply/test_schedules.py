"""Schedules and Terraform share the bounds without pulling them back and forth (docs/decisions/0011)."""

from functools import partial
from itertools import pairwise

import pytest

from tests.apply.parts import PARTS, POLICIES
from tests.apply.stage import Step, assert_order
from tests.plan.planner import ROOT, SMALLEST

pytestmark = pytest.mark.nightly

CAPACITY = {"speech-realtime": (1, 4), "speech-async": (0, 5)}
MOVED = {"speech-realtime": (3, 6), "speech-async": (2, 5)}
"""The bounds that the morning brings."""
MORNING = {"schedule": "cron(30 7 ? * MON-FRI *)", "timezone": "Europe/Berlin"}
SCHEDULES = {
    "speech-realtime": {
        "morning": {**MORNING, "min": 3, "max": 6},
        "night": {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 4},
    },
    "speech-async": {"morning": {**MORNING, "min": 2, "max": 5}},
}


def inputs(**changes):
    """The inputs of both endpoints, each with the same changes to its own."""
    return {
        kind: {**SMALLEST[ROOT][kind], "schedules": SCHEDULES[f"speech-{kind}"], **changes}
        for kind in ("realtime", "async")
    }


def wider():
    """Another maximum for both endpoints."""
    changed = inputs()
    for kind in changed:
        changed[kind]["capacity"] = {**changed[kind]["capacity"], "max": 7}
    return changed


def later(**changes):
    """The morning begins at another time, and there is a noon."""
    changed = inputs(**changes)
    for kind, given in changed.items():
        morning = SCHEDULES[f"speech-{kind}"]["morning"]
        noon = {**morning, "schedule": "at(2026-12-24T12:00:00)"}
        given["schedules"] = {"morning": {**morning, "schedule": "cron(30 8 ? * MON-FRI *)"}, "noon": noon}
    return changed


CHANGES = {
    "schedules added": inputs(),
    "suspended, other schedules": later(suspended={"scheduled": True, "in": True}),
    "capacity": wider(),
    "schedules removed": inputs(schedules={}),
}
IN_PLACE = "suspended, other schedules"
"""What leaves the target registered, and with it the bounds that a schedule has brought."""
REGISTERED = [name for name in CHANGES if name != IN_PLACE]


Changes = dict[str, Step]


@pytest.fixture(scope="module")
def changes(open_stage):
    """Both kinds of endpoint, without schedules, with them, and without again.

    After each change comes a morning, on which the second plan is made.
    """
    stage = open_stage(PARTS)
    stage.put()
    morning = partial(be_morning, stage)
    return {name: stage.apply(then=morning, **variables) for name, variables in CHANGES.items()}


def be_morning(stage):
    """Does what Application Auto Scaling does when the action called morning is due: it sets the bounds.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-the-aws-cli.html
    """
    client = stage.connection.client("application-autoscaling")
    for action in client.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]:
        if action["ScheduledActionName"].endswith("-morning"):
            client.register_scalable_target(
                **{key: action[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
                **action["ScalableTargetAction"],
            )
            stage.await_endpoint(action["ResourceId"].split("/")[1])


def bounds(inventory, endpoint):
    """The bounds of an endpoint's target."""
    target = inventory.target(endpoint)
    return target["MinCapacity"], target["MaxCapacity"]


@pytest.mark.parametrize(("name", "following"), list(pairwise(CHANGES)))
def test_pain_18_schedules_fight_min_and_max(changes, name, following, endpoint):
    assert changes[name].remaining == []
    assert bounds(changes[following].before, endpoint) == MOVED[endpoint]


def test_what_is_changed_in_place_leaves_the_bounds_where_the_schedule_has_put_them(changes, endpoint):
    change = changes[IN_PLACE]
    assert bounds(change.after, endpoint) == MOVED[endpoint]
    assert change.after.target(endpoint)["ScalableTargetARN"] == change.before.target(endpoint)["ScalableTargetARN"]


def test_scaling_and_schedules_can_be_suspended(changes, endpoint):
    assert changes[IN_PLACE].after.target(endpoint)["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    # They go on with the next change, which does not suspend them.
    resumed = changes["capacity"].after.target(endpoint)["SuspendedState"]
    assert set(resumed.values()) == {False}


def test_what_is_changed_in_place_takes_a_call_for_each_target_and_each_action(changes):
    realtime, queued = (f"endpoint/{endpoint}/variant/AllTraffic" for endpoint in POLICIES)
    assert sorted(changes[IN_PLACE].calls) == [
        f"DeleteScheduledAction {realtime}",  # the night
        *[f"PutScheduledAction {queued}"] * 2,
        *[f"PutScheduledAction {realtime}"] * 2,
        f"RegisterScalableTarget {queued}",
        f"RegisterScalableTarget {realtime}",
    ]


@pytest.mark.parametrize("name", REGISTERED)
def test_a_new_registration_starts_with_capacity(changes, name, endpoint):
    low, high = CAPACITY[endpoint]
    change = changes[name]
    assert bounds(change.after, endpoint) == (low, 7 if name == "capacity" else high)
    assert change.after.target(endpoint)["ScalableTargetARN"] != change.before.target(endpoint)["ScalableTargetARN"]


@pytest.mark.parametrize("name", REGISTERED)
def test_the_hand_over_deregisters_before_it_registers(changes, name, endpoint):
    target = f"endpoint/{endpoint}/variant/AllTraffic"
    for policy in POLICIES[endpoint]:
        assert_order(
            changes[name].calls,
            f"DeleteScalingPolicy {policy}",
            f"DeregisterScalableTarget {target}",
            f"RegisterScalableTarget {target}",
            f"PutScalingPolicy {policy}",
        )


@pytest.mark.parametrize("name", CHANGES)
def test_the_endpoint_is_not_touched(changes, name, endpoint):
    change = changes[name]
    assert not [call for call in change.calls if call.startswith("UpdateResource")]
    assert change.after.config(endpoint) == change.before.config(endpoint)


@pytest.mark.parametrize("name", CHANGES)
def test_the_scheduled_actions_are_as_written(changes, name):
    found = {
        action: (one["Schedule"], one["Timezone"], one["ScalableTargetAction"])
        for action, one in changes[name].after["scheduled_actions"].items()
    }
    expected = {}
    for kind in ("realtime", "async"):
        for schedule, given in CHANGES[name][kind]["schedules"].items():
            moved = {"MinCapacity": given["min"], "MaxCapacity": given["max"]}
            expected[f"speech-{kind}-{schedule}"] = (given["schedule"], given.get("timezone", "UTC"), moved)
    assert found == expected
    # And so are the policies, with nothing left to do.
    for endpoint, policies in POLICIES.items():
        assert [policy["PolicyName"] for policy in changes[name].after.policies(endpoint)] == policies
    assert changes[name].remaining == []


def test_without_schedules_nothing_stands_but_what_was_before_them(changes):
    first, last = changes["schedules added"].before, changes["schedules removed"].after
    assert last.counts == first.counts
