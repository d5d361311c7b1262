"""What a scalable target makes of signals, and of changes that do not come off."""

import pytest

from scaleproof.scaling.alarms import Signal, State
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.step_scaling import Step

from .autoscaling_helpers import NOW, TRACK_HIGH, TRACK_LOW, Variant, inward, step, tracking

# What does not come off.


def test_a_change_that_fails_starts_no_cooldown():
    variant = Variant(step(2, cooldown=300), count=4)
    variant.breach("step", 60.0)
    variant.wait(60).settle(Status.FAILED, "no capacity")
    failed = variant.records[-1]
    assert (failed.status, failed.end) == (Status.FAILED, variant.now)
    assert failed.message == "Failed to set desired instance count to 6. Reason: no capacity"
    assert variant.breach("step", 60.0).desired == 6


def test_a_scale_in_that_fails_starts_no_cooldown():
    variant = Variant(tracking(scale_in_cooldown=300, scale_out_cooldown=600), count=10)
    variant.breach(TRACK_LOW, 40.0)
    variant.settle(Status.FAILED).breach(TRACK_LOW, 40.0)
    assert variant.desired == 8


def test_a_scale_out_that_fails_counts_for_nothing():
    variant = Variant(tracking(scale_out_cooldown=300, scale_in_cooldown=600), count=4)
    variant.breach(TRACK_HIGH, 100.0)
    variant.settle(Status.FAILED)
    variant.running = variant.desired = 6  # somebody else adds two
    assert variant.breach(TRACK_HIGH, 75.0).desired == 9


def test_a_larger_scale_out_that_fails_leaves_the_credit_of_the_first():
    variant = Variant(step(0, cooldown=300, steps=(Step(2, 0.0, 10.0), Step(3, 10.0))), count=10)
    variant.breach("step", 55.0)
    variant.settle().breach("step", 65.0)
    variant.settle(Status.FAILED).breach("step", 65.0)
    assert variant.desired == 13


def test_an_updating_endpoint_refuses_and_is_asked_again():
    variant = Variant(step(2, cooldown=300), count=4)
    variant.updating = True
    assert variant.breach("step", 60.0).desired is None
    (refused,) = variant.records
    assert refused.status is Status.FAILED
    assert refused.message.endswith("Reason: Cannot update in-progress endpoint")
    assert (refused.before, refused.desired) == (4, 6)
    variant.updating = False
    assert variant.wait(10).breach("step", 60.0).desired == 6


def test_bounds_that_an_updating_endpoint_refuses_are_tried_again():
    variant = Variant(count=2, low=1, high=10)
    variant.updating = True
    variant.bound(4, None)
    assert (variant.desired, variant.autoscaler.min) == (2, 4)
    assert variant.autoscaler.next_event() == NOW + 60
    variant.wait(60).due()
    variant.updating = False
    variant.wait(60).due()
    assert variant.desired == 4
    assert variant.autoscaler.next_event() is None
    assert [str(record.status) for record in variant.records] == ["Failed", "Failed", "InProgress"]


def test_an_activity_that_takes_too_long():
    variant = Variant(step(1), count=1, assumptions=AutoscalingAssumptions(unfulfilled_after=600.0))
    variant.breach("step", 60.0)
    assert variant.autoscaler.next_event() == NOW + 600
    variant.wait(600).due()
    assert [str(record.status) for record in variant.records] == ["InProgress", "Unfulfilled"]
    number = variant.records[0].id
    assert variant.autoscaler.ended(number, variant.now, Status.SUCCESSFUL) is None


# Signals.


@pytest.mark.parametrize(("values", "age"), [((), 0.1), ((None, None), 0.1), ((100.0,), 10.5)])
def test_signals_that_are_refused(values, age):
    variant = Variant(tracking(), count=1)
    variant.breach(TRACK_HIGH, *values, age=age)
    assert not variant.records


def test_target_tracking_acts_on_alarms_only_and_a_step_policy_on_whatever_it_is_told():
    variant = Variant(tracking(), step(1), count=4)
    signal = Signal(NOW, State.OK, (100.0,), repeated=False)
    assert variant.autoscaler.signalled(TRACK_HIGH, signal, NOW, variant.capacity).activity is None
    assert variant.autoscaler.signalled("step", signal, NOW, variant.capacity).desired == 5


@pytest.mark.parametrize(("alarm", "value"), [(TRACK_HIGH, 20.0), (TRACK_LOW, 80.0)])
def test_target_tracking_never_acts_against_its_alarm(alarm, value):
    variant = Variant(tracking(), count=4)
    variant.autoscaler.changed(TRACK_LOW, State.ALARM)
    variant.breach(alarm, value)
    assert not variant.records


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"aggregation": "Average"}, 1),
        ({"aggregation": "Minimum"}, 0),
        ({"aggregation": "Maximum"}, 2),
        ({}, 1),
    ],
)
def test_how_a_step_policy_aggregates(chosen, expected):
    steps = (Step(0, 0.0, 10.0), Step(1, 10.0, 20.0), Step(2, 20.0))
    variant = Variant(step(0, steps=steps, **chosen), count=4)
    variant.breach("step", 51.0, None, 65.0, 75.0)
    assert variant.desired == 4 + expected


def test_target_tracking_takes_the_mean_or_the_newest_value():
    values = (60.0, 80.0, 100.0)
    for tracked, expected in (("mean", 7), ("newest", 8)):
        variant = Variant(tracking(), count=4, assumptions=AutoscalingAssumptions(tracked_value=tracked))
        variant.breach(TRACK_HIGH, *values)
        assert variant.desired == expected


@pytest.mark.parametrize(
    ("options", "value", "desired", "codes"),
    [
        ({"assumptions": AutoscalingAssumptions(largest_scale_in=1)}, 5.0, 9, []),
        ({"low": 3}, 5.0, 3, []),
        ({}, 0.0, 0, []),
        ({}, 45.0, 9, []),
        ({"count": 4}, 40.0, 4, ["AutoScalingAnticipatedFlapping"]),
        ({"count": 3, "low": 3}, 0.0, 3, ["AlreadyAtMinCapacity"]),
    ],
    ids=[
        "one at a time if assumed",
        "the minimum",
        "nothing",
        "rounded up",
        "never over the target",
        "there",
    ],
)
def test_how_far_it_scales_in(options, value, desired, codes):
    variant = Variant(tracking(), **{"count": 10, **options})
    variant.breach(TRACK_LOW, value)
    assert (variant.desired, variant.codes) == (desired, codes)


def test_a_reason_is_recorded_again_after_something_was_done():
    variant = Variant(step(1), inward(), count=4, high=4)
    for _ in range(2):
        variant.breach("step", 60.0)
        variant.breach("step", 60.0)
        variant.autoscaler.changed("step", State.OK)
        variant.breach("in", 40.0)
        variant.settle().autoscaler.changed("in", State.OK)
        variant.breach("step", 60.0)
        variant.settle()
    assert variant.codes == ["AlreadyAtMaxCapacity"] * 2
