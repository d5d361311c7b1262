"""What a scalable target does: policies together, cooldowns, bounds, suspension, activities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import Signal, State
from scaleproof.scaling.autoscaling import ALTERNATIVES, Assumptions, Status
from scaleproof.scaling.endpoint import Policy, ScalableTarget, ScheduledAction, Suspended

from .autoscaling_helpers import HIGH, LOW, NOW, Variant, step, tracking

TRACK_HIGH, TRACK_LOW = HIGH.format("track"), LOW.format("track")


def inward(adjustment: int = -1, name: str = "in", **configuration: Any) -> Policy:
    return step(adjustment, name, comparison="LessThanThreshold", **configuration)


def daily(name: str, low: int | None, high: int | None = None, **members: Any) -> ScheduledAction:
    return ScheduledAction(name, "rate(1 minute)", min=low, max=high, **members)


# Policies together.


def test_target_tracking_scales_in_only_when_all_such_policies_agree() -> None:
    variant = Variant(tracking(), tracking("other"), tracking("out", DisableScaleIn=True), count=10)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 10
    variant.autoscaler.changed(LOW.format("other"), State.INSUFFICIENT_DATA)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 10
    variant.breach(LOW.format("other"), 30.0)
    assert variant.desired == 6
    assert [record.policy for record in variant.records] == ["other"]
    assert LOW.format("out") not in variant.autoscaler.alarms


def test_a_step_policy_scales_in_without_target_tracking() -> None:
    variant = Variant(tracking(), inward(), count=10)
    variant.autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach("in", 40.0)
    assert variant.desired == 9


def test_a_policy_that_wants_more_keeps_others_from_scaling_in() -> None:
    variant = Variant(tracking(), step(1, cooldown=300), count=4, high=4)
    variant.breach("step", 60.0)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 4
    variant.autoscaler.changed("step", State.OK)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 2


def test_of_policies_that_are_ready_the_largest_wins_at_once() -> None:
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.updating = True
    variant.breach(HIGH.format("other"), 100.0)
    variant.updating = False
    decision = variant.breach(TRACK_HIGH, 60.0)
    assert decision.desired == 20
    assert decision.activity
    assert (decision.activity.policy, decision.activity.alarm) == ("other", HIGH.format("other"))


def test_nothing_is_recorded_where_another_policy_wants_more() -> None:
    variant = Variant(step(1, cooldown=300), inward(), count=4, high=4)
    variant.breach("step", 60.0)
    assert variant.codes == ["AlreadyAtMaxCapacity"]
    variant.breach("in", 40.0)
    assert (variant.desired, len(variant.records)) == (4, 1)


def test_nothing_is_recorded_while_another_policy_scales_in_as_far() -> None:
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.autoscaler.changed(TRACK_LOW, State.ALARM)
    variant.breach(LOW.format("other"), 44.0)
    assert variant.desired == 9
    variant.breach(TRACK_LOW, 44.0)
    assert (variant.desired, len(variant.records)) == (9, 1)


def test_values_of_an_alarm_that_is_over_do_not_count() -> None:
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.updating = True
    variant.breach(HIGH.format("other"), 100.0)
    variant.updating = False
    variant.autoscaler.changed(HIGH.format("other"), State.OK)
    variant.autoscaler.changed(HIGH.format("other"), State.ALARM)
    assert variant.breach(TRACK_HIGH, 60.0).desired == 12


# Cooldowns.


def test_a_scale_in_waits_for_the_cooldown_of_the_last() -> None:
    variant = Variant(tracking(ScaleInCooldown=300), count=10)
    variant.breach(TRACK_LOW, 40.0)
    assert variant.desired == 8
    variant.wait(60).breach(TRACK_LOW, 10.0)
    assert variant.desired == 8
    variant.settle().wait(299).breach(TRACK_LOW, 10.0)
    assert variant.desired == 8
    variant.wait(1).breach(TRACK_LOW, 40.0)
    assert variant.desired == 7


def test_a_scale_out_acts_within_a_scale_in_cooldown_and_ends_it() -> None:
    variant = Variant(tracking(ScaleInCooldown=300), count=10)
    variant.breach(TRACK_LOW, 40.0)
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 12
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 40.0)
    assert variant.desired == 10


def test_scaling_out_does_not_keep_from_scaling_in() -> None:
    variant = Variant(tracking(ScaleOutCooldown=300), count=4)
    variant.breach(TRACK_HIGH, 100.0)
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 25.0)
    assert variant.desired == 4


def test_target_tracking_says_nothing_while_what_it_wants_is_on_its_way() -> None:
    variant = Variant(tracking(ScaleOutCooldown=60), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    variant.wait(60).breach(TRACK_HIGH, 75.0)
    assert len(variant.records) == 1
    variant.breach(TRACK_HIGH, 100.0)  # more than is on its way
    assert variant.desired == 8


def test_a_new_need_in_the_cooldown_counts_what_was_added() -> None:
    variant = Variant(tracking(ScaleOutCooldown=60), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 6
    variant.settle().wait(10).breach(TRACK_HIGH, 55.0)  # 7 less the 2 that were added
    assert variant.desired == 6
    variant.breach(TRACK_HIGH, 80.0)  # 10 less 2
    assert variant.desired == 8


def test_a_cooldown_is_over_at_its_end() -> None:
    variant = Variant(step(2, cooldown=300), count=4)
    variant.breach("step", 60.0)
    variant.settle().wait(299.9).breach("step", 60.0)
    assert variant.desired == 6
    variant.wait(0.1).breach("step", 60.0)
    assert variant.desired == 8


def test_what_was_scaled_in_since_is_no_longer_counted() -> None:
    variant = Variant(tracking(ScaleOutCooldown=3_600), count=4)
    variant.breach(TRACK_HIGH, 125.0)
    assert variant.desired == 10
    variant.settle().autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 30.0)
    assert variant.desired == 6
    variant.settle().autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 9


def test_instances_that_are_lost_are_no_credit() -> None:
    variant = Variant(tracking(ScaleOutCooldown=3_600), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    variant.settle().running = 3
    variant.breach(TRACK_HIGH, 150.0)
    assert variant.desired == 9


def test_policies_have_cooldowns_of_their_own_unless_assumed_otherwise() -> None:
    desired = []
    for scope in ("policy", "target"):
        variant = Variant(
            step(1, cooldown=300), tracking(), count=0, assumptions=Assumptions(cooldown_scope=scope)
        )
        variant.breach("step", 60.0)
        variant.settle().wait(60)
        variant.autoscaler.changed("step", State.OK)
        variant.breach(TRACK_HIGH, 250.0)
        desired.append(variant.desired)
    assert desired == [5, 4]


@pytest.mark.parametrize("given", [{}, {"ScaleInCooldown": None}])
def test_cooldowns_of_300_seconds_where_none_is_given(given: dict[str, None]) -> None:
    policy = tracking()
    configuration = {k: v for k, v in policy.configuration.items() if "Cooldown" not in k}
    variant = Variant(Policy("track", policy.type, configuration | given, {}), count=10)
    variant.breach(TRACK_LOW, 40.0)
    variant.settle().wait(299).breach(TRACK_LOW, 40.0)
    assert variant.desired == 8
    variant.wait(1).breach(TRACK_LOW, 40.0)
    assert variant.desired == 7


# What does not come off.


def test_a_change_that_fails_starts_no_cooldown() -> None:
    variant = Variant(step(2, cooldown=300), count=4)
    variant.breach("step", 60.0)
    variant.wait(60).settle(Status.FAILED, "no capacity")
    failed = variant.records[-1]
    assert (failed.status, failed.end) == (Status.FAILED, variant.now)
    assert failed.message == "Failed to set desired instance count to 6. Reason: no capacity"
    assert variant.breach("step", 60.0).desired == 6


def test_a_larger_scale_out_that_fails_leaves_the_credit_of_the_first() -> None:
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 3},
    ]
    variant = Variant(step(0, cooldown=300, StepAdjustments=steps), count=10)
    variant.breach("step", 55.0)
    variant.settle().breach("step", 65.0)
    variant.settle(Status.FAILED).breach("step", 65.0)
    assert variant.desired == 13


def test_an_updating_endpoint_refuses_and_is_asked_again() -> None:
    variant = Variant(step(2, cooldown=300), count=4)
    variant.updating = True
    assert variant.breach("step", 60.0).desired is None
    (refused,) = variant.records
    assert refused.status is Status.FAILED
    assert refused.message.endswith("Reason: Cannot update in-progress endpoint")
    assert (refused.before, refused.desired) == (4, 6)
    variant.updating = False
    assert variant.wait(10).breach("step", 60.0).desired == 6


def test_bounds_that_an_updating_endpoint_refuses_are_tried_again() -> None:
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


def test_an_activity_that_takes_too_long() -> None:
    variant = Variant(step(1), count=1, assumptions=Assumptions(unfulfilled_after=600.0))
    variant.breach("step", 60.0)
    assert variant.autoscaler.next_event() == NOW + 600
    variant.wait(600).due()
    assert [str(record.status) for record in variant.records] == ["InProgress", "Unfulfilled"]
    number = variant.records[0].id
    assert variant.autoscaler.ended(number, variant.now, Status.SUCCESSFUL) is None


# Signals.


@pytest.mark.parametrize(("values", "age"), [((), 0.1), ((None, None), 0.1), ((100.0,), 10.5)])
def test_signals_that_are_refused(values: tuple[float | None, ...], age: float) -> None:
    variant = Variant(tracking(), count=1)
    variant.breach(TRACK_HIGH, *values, age=age)
    assert not variant.records


def test_target_tracking_acts_on_alarms_only() -> None:
    variant = Variant(tracking(), count=4)
    signal = Signal(NOW, State.OK, (100.0,), repeated=False)
    assert variant.autoscaler.signalled(TRACK_HIGH, signal, NOW, variant.capacity).activity is None


@pytest.mark.parametrize(("alarm", "value"), [(TRACK_HIGH, 20.0), (TRACK_LOW, 80.0)])
def test_target_tracking_never_acts_against_its_alarm(alarm: str, value: float) -> None:
    variant = Variant(tracking(), count=4)
    variant.autoscaler.changed(TRACK_LOW, State.ALARM)
    variant.breach(alarm, value)
    assert not variant.records


def test_a_step_policy_acts_on_whatever_state_it_is_told() -> None:
    variant = Variant(step(1), count=4)
    signal = Signal(NOW, State.OK, (60.0,), repeated=False)
    assert variant.autoscaler.signalled("step", signal, NOW, variant.capacity).desired == 5


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("Average", 1), ("Minimum", 0), ("Maximum", 2), (None, 1)]
)
def test_how_a_step_policy_aggregates(aggregation: str | None, expected: int) -> None:
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 0},
        {"MetricIntervalLowerBound": 10.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 2},
    ]
    members = {"MetricAggregationType": aggregation} if aggregation else {}
    variant = Variant(step(0, StepAdjustments=steps, **members), count=4)
    variant.breach("step", 51.0, None, 65.0, 75.0)
    assert variant.desired == 4 + expected


def test_target_tracking_takes_the_mean_or_the_newest_value() -> None:
    values = (60.0, 80.0, 100.0)
    for tracked, expected in (("mean", 7), ("newest", 8)):
        variant = Variant(tracking(), count=4, assumptions=Assumptions(tracked_value=tracked))
        variant.breach(TRACK_HIGH, *values)
        assert variant.desired == expected


def test_scale_in_one_at_a_time_if_assumed() -> None:
    variant = Variant(tracking(), count=10, assumptions=Assumptions(largest_scale_in=1))
    variant.breach(TRACK_LOW, 5.0)
    assert variant.desired == 9


def test_scale_in_ends_at_the_minimum() -> None:
    variant = Variant(tracking(), count=10, low=3)
    variant.breach(TRACK_LOW, 5.0)
    assert variant.desired == 3


def test_a_reason_is_recorded_again_after_something_was_done() -> None:
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


def test_no_scale_in_that_would_bring_the_metric_over_the_target() -> None:
    variant = Variant(tracking(), count=4)
    variant.breach(TRACK_LOW, 40.0)
    assert (variant.desired, variant.codes) == (4, ["AutoScalingAnticipatedFlapping"])


def test_a_metric_of_zero_scales_in_to_the_minimum() -> None:
    variant = Variant(tracking(), count=4, low=0)
    variant.breach(TRACK_LOW, 0.0)
    assert variant.desired == 0
    variant.settle().breach(TRACK_LOW, 0.0)
    assert variant.codes == ["AlreadyAtMinCapacity"]


# Suspension.


def test_suspended_scaling_does_and_records_nothing() -> None:
    variant = Variant(tracking(), count=4, suspended=Suspended(scale_out=True))
    variant.breach(TRACK_HIGH, 100.0)
    assert not variant.records
    variant.autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 25.0)
    assert variant.desired == 2
    target = ScalableTarget(0, 1_000, (tracking(),), (), Suspended(scale_in=True))
    variant.settle().autoscaler.configure(target, variant.now)
    variant.breach(TRACK_LOW, 5.0)
    assert variant.desired == 2
    variant.autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach(TRACK_HIGH, 100.0)
    assert variant.desired == 4


# Bounds and schedules.


def test_new_bounds_take_the_count_with_them() -> None:
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


def test_what_a_scheduled_action_records() -> None:
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


def test_a_schedule_that_crosses_the_bounds_fails_and_is_used_up() -> None:
    variant = Variant(count=2, low=1, high=3, schedules=[daily("floor", 4)])
    (decision,) = variant.wait(60).due()
    assert decision.activity
    assert decision.activity.status is Status.FAILED
    assert (variant.autoscaler.min, variant.autoscaler.max, variant.desired) == (1, 3, 2)
    assert variant.autoscaler.next_event() == NOW + 120


def test_actions_at_the_same_time_give_one_change_of_the_count() -> None:
    variant = Variant(count=2, low=1, high=3, schedules=[daily("most", None, 9), daily("floor", 4)])
    first, second, count = variant.wait(60).due()
    assert first.desired is second.desired is None
    assert count.desired == 4


def test_actions_that_were_overslept_run_in_order() -> None:
    later = daily("later", 2, start=datetime.fromtimestamp(NOW + 90, UTC))
    variant = Variant(count=1, low=1, high=9, schedules=[later, daily("floor", 4)])
    names = [decision.activity.cause.split()[3] for decision in variant.wait(125).due() if decision.activity][
        :-1
    ]
    assert names == ["floor", "later", "floor"]


def test_start_and_end_of_an_action() -> None:
    begin = datetime.fromtimestamp(NOW + 600, UTC)
    action = daily("floor", 4, start=begin, end=begin + timedelta(minutes=1))
    autoscaler = Variant(count=4, schedules=[action]).autoscaler
    times = []
    while (time := autoscaler.next_event()) is not None:
        times.append(time - NOW)
        autoscaler.due(time, Variant(count=4).capacity)
    assert times == [600, 660]


def test_a_late_action_is_lost_if_its_time_was_in_a_suspension() -> None:
    late = Assumptions(schedule_delay=40.0)
    variant = Variant(
        count=1, schedules=[daily("floor", 4)], suspended=Suspended(scheduled=True), assumptions=late
    )
    variant.wait(60).due()
    variant.autoscaler.configure(ScalableTarget(0, 10, (), (daily("floor", 4),)), variant.now + 1)
    variant.wait(40).due()
    assert variant.desired == 1
    variant.wait(20).due()
    assert variant.desired == 1
    assert variant.autoscaler.next_event() == NOW + 160
    variant.wait(40).due()
    assert variant.desired == 4


def test_a_late_action_survives_a_change_of_another_part() -> None:
    action = daily("floor", 4)
    variant = Variant(count=1, schedules=[action], assumptions=Assumptions(schedule_delay=40.0))
    variant.wait(60).due()
    variant.autoscaler.configure(ScalableTarget(0, 10, (tracking(),), (action,)), variant.now + 10)
    assert variant.autoscaler.next_event() == NOW + 100
    variant.wait(40).due()
    assert variant.desired == 4


# Configuration.


def test_a_schedule_goes_on_when_another_part_changes() -> None:
    action = daily("floor", 4)
    variant = Variant(tracking(), count=2, schedules=[action])
    variant.autoscaler.configure(ScalableTarget(0, 10, (), (action,)), NOW + 30)
    assert variant.autoscaler.next_event() == NOW + 60
    assert not variant.autoscaler.alarms


def test_a_refused_configuration_changes_nothing() -> None:
    variant = Variant(tracking(), count=2)
    bad = ScalableTarget(0, 10, (), (ScheduledAction("x", "cron(1)"),))
    with pytest.raises(ScaleproofError):
        variant.autoscaler.configure(bad, NOW)
    assert variant.autoscaler.alarms


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (step(1, StepAdjustments=[]), "steps of policy step are refused: at least one"),
        (
            Policy("p", "TargetTrackingScaling", {"TargetValue": 1.0}, {}),
            "has no CustomizedMetricSpecification",
        ),
    ],
)
def test_policies_that_are_refused(policy: Policy, problem: str) -> None:
    with pytest.raises(ScaleproofError, match=problem):
        Variant(policy, count=1)


def test_one_alarm_for_two_policies_is_refused() -> None:
    first, second = step(1, "first"), step(2, "second")
    shared = Policy("second", second.type, second.configuration, first.alarms)
    with pytest.raises(ScaleproofError, match="alarm first invokes the policies first and second"):
        Variant(first, shared, count=1)


def test_a_policy_that_names_its_alarms_keeps_their_names() -> None:
    made = Variant(tracking(), count=1).autoscaler.alarms
    named = {f"TargetTracking-endpoint/x-{place}": settings for place, settings in enumerate(made.values())}
    policy = tracking()
    variant = Variant(Policy(policy.name, policy.type, policy.configuration, named), count=4)
    assert variant.autoscaler.alarms == named
    variant.breach("TargetTracking-endpoint/x-1", 5.0)
    assert variant.desired == 1


def test_scale_in_that_is_disabled_has_no_alarm_even_if_one_is_named() -> None:
    made = dict(Variant(tracking(), count=1).autoscaler.alarms)
    policy = tracking(DisableScaleIn=True)
    found = Variant(Policy(policy.name, policy.type, policy.configuration, made), count=4).autoscaler.alarms
    assert list(found) == [TRACK_HIGH]


def test_the_low_alarm_of_the_high_resolution_metric_is_an_assumption() -> None:
    kind = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    policy = Policy(
        "track", "TargetTrackingScaling", {"TargetValue": 5.0, "PredefinedMetricSpecification": kind}, {}
    )
    found = []
    for assumptions in (
        Assumptions(),
        Assumptions(high_resolution_low_period=60, high_resolution_low_periods=15),
    ):
        alarms = Variant(policy, count=1, assumptions=assumptions).autoscaler.alarms
        assert (alarms[TRACK_HIGH].period, alarms[TRACK_HIGH].evaluation_periods) == (10, 3)
        found.append((alarms[TRACK_LOW].period, alarms[TRACK_LOW].evaluation_periods))
    assert found == [(10, 90), (60, 15)]


def test_every_alternative_is_another_answer() -> None:
    for name, values in ALTERNATIVES.items():
        assert getattr(Assumptions(), name) not in values
        for value in values:
            Variant(tracking(), step(1), count=1, assumptions=Assumptions(**{name: value}))
