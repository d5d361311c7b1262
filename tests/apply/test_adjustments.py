"""Bounds, targets and tags change in place: no call more than they need, and no new configuration."""

import pytest

from tests.apply.parts import PARTS, SCALED, WAKE_UP_ALARM
from tests.apply.stage import Step, assert_order
from tests.plan.planner import ROOT, SMALLEST

REALTIME_TARGET = "endpoint/speech-realtime/variant/AllTraffic"
ASYNC_TARGET = "endpoint/speech-async/variant/AllTraffic"
OUTPUT = SMALLEST[ROOT]["async"]["s3_output_path"]
UNEQUAL = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
]
CHANGES = {
    "bounds, a pause, and never empty": {
        "realtime": {"capacity": {"min": 2, "max": 6}, "suspended": {"in": True}},
        "async": {"capacity": {"min": 1, "max": 7}, "s3_output_path": OUTPUT},
    },
    "utilization, tags, and empty at times": {
        "realtime": {"capacity": {"min": 2, "max": 6}, "target_utilization": 0.5},
        "async": {"capacity": {"min": 0, "max": 7}, "s3_output_path": OUTPUT},
        "tags": {"Stage": "test", "Team": "transcripts"},
    },
    "unequal pools, and no tags": {"instance_pools": UNEQUAL, "tags": {}},
}
BOUNDS, UTILIZATION, UNEQUAL_POOLS = CHANGES
CALLS = {
    BOUNDS: [
        f"DeleteAlarms {WAKE_UP_ALARM}",
        "DeleteScalingPolicy speech-async-wake-up",
        f"RegisterScalableTarget {ASYNC_TARGET}",
        f"RegisterScalableTarget {REALTIME_TARGET}",
    ],
    UTILIZATION: [
        f"PutMetricAlarm {WAKE_UP_ALARM}",
        "PutScalingPolicy speech-async-wake-up",
        "PutScalingPolicy speech-realtime-concurrency",
        f"RegisterScalableTarget {ASYNC_TARGET}",
        # The pause ends with it.
        f"RegisterScalableTarget {REALTIME_TARGET}",
    ],
    UNEQUAL_POOLS: [
        "PutScalingPolicy speech-realtime-concurrency",
        "PutScalingPolicy speech-realtime-guard",
    ],
}
"""What each change needs, beside what its tags do."""
TAGS = {
    UTILIZATION: {"Stage": "test", "Team": "transcripts"},
    # default_tags of the root's aws provider.
    UNEQUAL_POOLS: {"Team": "speech"},
}
TAGGING = {"AddTags", "DeleteTags", "TagResource", "UntagResource", "TagRole", "UntagRole", "UpdateResource"}
"""Cloud Control, with the last, knows but one call for a change."""
Changes = dict[str, Step]


@pytest.fixture(scope="module")
def changes(open_stage):
    """Both kinds of endpoint, scaled out and changed, one change after the other."""
    stage = open_stage(PARTS)
    stage.put()
    stage.scale(SCALED)
    return {name: stage.apply(**variables) for name, variables in CHANGES.items()}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_has_to_be_called_is_called(changes, name):
    calls = changes[name].calls
    tagging = {call for call in calls if operation(call) in TAGGING}
    assert sorted(call for call in calls if call not in tagging) == CALLS[name]
    if name in TAGS:
        assert {operation(call) for call in tagging} > {"UpdateResource"}
    else:
        assert not tagging


def operation(call):
    return call.partition(" ")[0]


@pytest.mark.parametrize("name", CHANGES)
def test_configuration_live_count_and_registration_stay(changes, name, endpoint):
    before, after = changes[name].before, changes[name].after
    assert after.variant(endpoint) == before.variant(endpoint)
    assert after.variant(endpoint)["CurrentInstanceCount"] == SCALED
    assert {**before.config(endpoint), "Tags": None} == {**after.config(endpoint), "Tags": None}
    assert len(after["endpoint_configs"]) == 2
    for member in ("ScalableTargetARN", "CreationTime"):
        assert before.target(endpoint)[member] == after.target(endpoint)[member]
    assert changes[name].remaining == []


@pytest.mark.parametrize(("kind", "bounds"), [("realtime", (2, 6)), ("async", (1, 7))])
def test_bounds(changes, kind, bounds):
    target = changes[BOUNDS].after.target(f"speech-{kind}")
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds


def test_a_pause_of_scale_in_and_its_end(changes):
    paused = changes[BOUNDS].after.target("speech-realtime")["SuspendedState"]
    assert paused == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    resumed = changes[UTILIZATION].after.target("speech-realtime")["SuspendedState"]
    assert set(resumed.values()) == {False}


def test_another_utilization_moves_the_target_and_the_alarms(changes):
    change = changes[UTILIZATION]
    (old,), (new,) = change.before.policies("speech-realtime"), change.after.policies("speech-realtime")
    assert old["PolicyARN"] == new["PolicyARN"]
    # Half of 12, after three quarters of it.
    assert old["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 9
    assert new["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 6
    assert [alarm["Threshold"] for alarm in change.after.alarms(new)] == [6, pytest.approx(5.4)]


def test_pools_that_become_unequal_move_the_policy_to_the_weighted_metric(changes):
    change = changes[UNEQUAL_POOLS]
    (old,) = change.before.policies("speech-realtime")
    new, guard = change.after.policies("speech-realtime")
    assert old["PolicyARN"] == new["PolicyARN"]
    assert "PredefinedMetricSpecification" in old["TargetTrackingScalingPolicyConfiguration"]
    tracking = new["TargetTrackingScalingPolicyConfiguration"]
    assert "PredefinedMetricSpecification" not in tracking
    *series, utilization = tracking["CustomizedMetricSpecification"]["Metrics"]
    assert utilization["Expression"] == "MAX([concurrency_1/12, concurrency_2/16])"
    assert [query["ReturnData"] for query in (*series, utilization)] == [False, False, True]
    assert tracking["TargetValue"] == 0.5
    high, low = change.after.alarms(new)
    assert {query["Id"] for query in high["Metrics"]} == {"concurrency_1", "concurrency_2", "utilization"}
    assert (high["Threshold"], low["Threshold"]) == (0.5, pytest.approx(0.45))
    # Half of the larger 16, on the metric that the first policy has left.
    (alarm,) = change.after.alarms(guard)
    assert alarm["Threshold"] == 8
    assert "PredefinedMetricSpecification" in guard["TargetTrackingScalingPolicyConfiguration"]


def test_an_endpoint_that_is_never_empty_needs_no_waking(changes):
    """The alarm goes before the policy that it acts on."""
    after = changes[BOUNDS].after
    assert [policy["PolicyName"] for policy in after.policies("speech-async")] == ["speech-async-backlog"]
    assert WAKE_UP_ALARM not in after["alarms"]
    assert_order(
        changes[BOUNDS].calls,
        f"DeleteAlarms {WAKE_UP_ALARM}",
        "DeleteScalingPolicy speech-async-wake-up",
    )


def test_pain_10_an_asynchronous_endpoint_is_stuck_at_zero(changes):
    """One that may be empty again is woken."""
    after = changes[UTILIZATION].after
    assert after.target("speech-async")["MinCapacity"] == 0
    _, wake_up = after.policies("speech-async")
    (alarm,) = after.alarms(wake_up)
    assert alarm["AlarmName"] == WAKE_UP_ALARM
    assert (alarm["MetricName"], alarm["Threshold"]) == ("HasBacklogWithoutCapacity", 1)
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": "speech-async"}]
    assert wake_up["PolicyType"] == "StepScaling"
    (step,) = wake_up["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert (step["MetricIntervalLowerBound"], step["ScalingAdjustment"]) == (0, 1)


@pytest.mark.parametrize("name", TAGS)
def test_tags_reach_everything(changes, name):
    after = changes[name].after
    tagged = {
        resource: found["Tags"]
        for kind in ("models", "endpoint_configs", "endpoints", "scalable_targets", "alarms", "roles")
        for resource, found in after[kind].items()
        if not resource.startswith("TargetTracking-")
    }
    assert len(tagged) == 1 + 2 + 2 + 2 + 1 + 1
    for resource, tags in tagged.items():
        assert tags == TAGS[name], resource


def test_nothing_stands_but_what_was_and_the_guard_with_its_alarm(changes):
    first, last = changes[BOUNDS].before.counts, changes[UNEQUAL_POOLS].after.counts
    more = {kind: first[kind] + 1 for kind in ("scaling_policies", "alarms")}
    assert last == {**first, **more}
