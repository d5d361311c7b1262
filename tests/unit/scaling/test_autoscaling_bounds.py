"""Bounds, schedules and the configuration of a scalable target."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import AutoscalingAssumptions, others
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.endpoint import ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.target_tracking import CONCURRENCY

from .autoscaling_helpers import NOW, TRACK_HIGH, TRACK_LOW, Variant, step, tracking
from .vectors import Row, rows


def daily(name, low, high=None, **members):
    return ScheduledAction(name, "rate(1 minute)", min=low, max=high, **members)


# Bounds and schedules.


@pytest.mark.parametrize("row", rows("scheduled_actions.csv"), ids=Row.name)
def test_scheduled_actions(row):
    """One of a suspension is not replayed after it."""
    current, low, high = (int(row[name]) for name in ("current", "old_min", "old_max"))
    new_low, new_high = (int(row[name]) if row[name] else None for name in ("new_min", "new_max"))
    at = datetime.fromtimestamp(NOW + 60, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    action = ScheduledAction("floor", at, min=new_low, max=new_high)
    lost = "ScheduledScalingSuspended" in row["note"]
    variant = Variant(count=current, low=low, high=high, schedules=[action], suspended=Suspended(scheduled=lost))
    variant.wait(59).due()
    assert not variant.records
    variant.wait(1).due()
    assert variant.desired == int(row["expected_capacity"])
    assert variant.autoscaler.min == (low if lost or new_low is None else new_low)
    assert variant.autoscaler.max == (high if lost or new_high is None else new_high)
    assert len(variant.records) == (0 if lost else 1 + (variant.desired != current))
    assert variant.autoscaler.next_event() is None


def test_a_scheduled_action_does_not_wait_for_a_cooldown():
    """https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html"""
    variant = Variant(step(2, cooldown=3_600), count=7, schedules=[ScheduledAction("floor", "rate(5 minutes)", min=12)])
    variant.breach("step", 60.0)
    variant.settle().wait(300).due()
    assert variant.desired == 12


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


def test_new_bounds_take_the_count_with_them():
    variant = Variant(count=2, low=1, high=10)
    (raised,) = variant.bound(4, None)
    assert (variant.desired, raised.activity and raised.activity.cause) == (
        4,
        "minimum capacity was set to 4",
    )
    (lowered,) = variant.settle().bound(1, 3)
    assert lowered.activity
    assert (variant.desired, lowered.activity.cause) == (3, "maximum capacity was set to 3")
    assert variant.settle().bound(None, 9) == []


def test_what_a_scheduled_action_records():
    variant = Variant(count=2, low=1, high=10, schedules=[daily("floor", 4)])
    bounds, count = variant.wait(60).due()
    assert bounds.activity
    assert (bounds.activity.description, bounds.activity.cause, bounds.activity.message) == (
        "Setting min capacity to 4 and max capacity to 10",
        "scheduled action name floor was triggered",
        "Successfully set min capacity to 4 and max capacity to 10",
    )
    assert count.activity
    assert count.activity.cause == "minimum capacity was set to 4"
    assert variant.autoscaler.next_event() == NOW + 120


def test_a_schedule_that_crosses_the_bounds_fails_and_is_used_up():
    variant = Variant(count=2, low=1, high=3, schedules=[daily("floor", 4)])
    (decision,) = variant.wait(60).due()
    assert decision.activity
    assert decision.activity.status is Status.FAILED
    assert (variant.autoscaler.min, variant.autoscaler.max, variant.desired) == (1, 3, 2)
    assert variant.autoscaler.next_event() == NOW + 120


def test_a_schedule_that_fails_keeps_no_other_from_running():
    variant = Variant(count=2, low=1, high=3, schedules=[daily("floor", 4), daily("both", 2, 2)])
    failed, done = variant.wait(60).due()
    assert failed.activity
    assert done.activity
    assert (failed.activity.status, done.activity.status) == (Status.FAILED, Status.SUCCESSFUL)
    assert (variant.autoscaler.min, variant.autoscaler.max) == (2, 2)


def test_actions_at_the_same_time_give_one_change_of_the_count():
    variant = Variant(count=2, low=1, high=3, schedules=[daily("most", None, 9), daily("floor", 4)])
    first, second, count = variant.wait(60).due()
    assert first.desired is second.desired is None
    assert count.desired == 4


def test_actions_that_were_overslept_run_in_order():
    later = daily("later", 2, start=datetime.fromtimestamp(NOW + 90, UTC))
    variant = Variant(count=1, low=1, high=9, schedules=[later, daily("floor", 4)])
    names = [decision.activity.cause.split()[3] for decision in variant.wait(125).due() if decision.activity][:-1]
    assert names == ["floor", "later", "floor"]


def test_start_and_end_of_an_action():
    begin = datetime.fromtimestamp(NOW + 600, UTC)
    action = daily("floor", 4, start=begin, end=begin + timedelta(minutes=1))
    autoscaler = Variant(count=4, schedules=[action]).autoscaler
    times = []
    while (time := autoscaler.next_event()) is not None:
        times.append(time - NOW)
        autoscaler.due(time, Variant(count=4).capacity)
    assert times == [600, 660]


def test_a_late_action_is_lost_if_its_time_was_in_a_suspension():
    late = AutoscalingAssumptions(schedule_delay=40.0)
    variant = Variant(count=1, schedules=[daily("floor", 4)], suspended=Suspended(scheduled=True), assumptions=late)
    variant.wait(60).due()
    variant.autoscaler.configure(ScalableTarget(0, 10, (), (daily("floor", 4),)), variant.now + 1)
    variant.wait(40).due()
    assert variant.desired == 1
    variant.wait(20).due()
    assert variant.desired == 1
    assert variant.autoscaler.next_event() == NOW + 160
    variant.wait(40).due()
    assert variant.desired == 4


def test_a_late_action_survives_a_change_of_another_part():
    action = daily("floor", 4)
    variant = Variant(count=1, schedules=[action], assumptions=AutoscalingAssumptions(schedule_delay=40.0))
    variant.wait(60).due()
    variant.autoscaler.configure(ScalableTarget(0, 10, (tracking(),), (action,)), variant.now + 10)
    assert variant.autoscaler.next_event() == NOW + 100
    variant.wait(40).due()
    assert variant.desired == 4


# Configuration.


def test_a_schedule_goes_on_when_another_part_changes():
    action = daily("floor", 4)
    variant = Variant(tracking(), count=2, schedules=[action])
    variant.autoscaler.configure(ScalableTarget(0, 10, (), (action,)), NOW + 30)
    assert variant.autoscaler.next_event() == NOW + 60
    assert not variant.autoscaler.alarms


def test_a_refused_configuration_changes_nothing():
    variant = Variant(tracking(), count=2)
    bad = ScalableTarget(0, 10, (), (ScheduledAction("x", "cron(1)"),))
    with pytest.raises(ScaleproofError):
        variant.autoscaler.configure(bad, NOW)
    assert variant.autoscaler.alarms


def test_one_alarm_for_two_policies_is_refused():
    first, second = step(1, "first"), step(2, "second")
    shared = replace(second, alarms=first.alarms)
    with pytest.raises(ScaleproofError, match="alarm first invokes the policies first and second"):
        Variant(first, shared, count=1)


def test_a_policy_that_names_its_alarms_keeps_their_names():
    made = Variant(tracking(), count=1).autoscaler.alarms
    named = {f"TargetTracking-endpoint/x-{place}": settings for place, settings in enumerate(made.values())}
    variant = Variant(tracking(alarms=named), count=4)
    assert variant.autoscaler.alarms == named
    variant.breach("TargetTracking-endpoint/x-1", 5.0)
    assert variant.desired == 1


def test_scale_in_that_is_disabled_has_no_alarm_even_if_one_is_named():
    made = dict(Variant(tracking(), count=1).autoscaler.alarms)
    found = Variant(tracking(disable_scale_in=True, alarms=made), count=4).autoscaler.alarms
    assert list(found) == [TRACK_HIGH]


def test_the_low_alarm_of_the_high_resolution_metric_is_an_assumption():
    policy = tracking(target=5.0, metric=CONCURRENCY)
    found = []
    for assumptions in (
        AutoscalingAssumptions(),
        AutoscalingAssumptions(high_resolution_low_period=60, high_resolution_low_periods=15),
    ):
        alarms = Variant(policy, count=1, assumptions=assumptions).autoscaler.alarms
        assert (alarms[TRACK_HIGH].period, alarms[TRACK_HIGH].evaluation_periods) == (10, 3)
        found.append((alarms[TRACK_LOW].period, alarms[TRACK_LOW].evaluation_periods))
    assert found == [(10, 90), (60, 15)]


def test_every_alternative_is_another_answer():
    for name, values in others(AutoscalingAssumptions).items():
        assert getattr(AutoscalingAssumptions(), name) not in values
        for value in values:
            Variant(tracking(), step(1), count=1, assumptions=AutoscalingAssumptions(**{name: value}))
