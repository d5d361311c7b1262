"""What a scalable target does with several policies, and in their cooldowns."""

import pytest

from scaleproof.scaling.alarms import State
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.target_tracking import TargetTracking

from .autoscaling_helpers import HIGH, LOW, TRACK_HIGH, TRACK_LOW, Variant, inward, metric, step, tracking

# Policies together.


def test_target_tracking_scales_in_only_when_all_such_policies_agree():
    variant = Variant(tracking(), tracking("other"), tracking("out", disable_scale_in=True), count=10)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 10
    variant.autoscaler.changed(LOW.format("other"), State.INSUFFICIENT_DATA)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 10
    variant.breach(LOW.format("other"), 30.0)
    assert variant.desired == 6
    assert [record.policy for record in variant.records] == ["other"]
    assert LOW.format("out") not in variant.autoscaler.alarms


def test_a_step_policy_scales_in_without_target_tracking():
    variant = Variant(tracking(), inward(), count=10)
    variant.autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach("in", 40.0)
    assert variant.desired == 9


def test_a_policy_that_wants_more_keeps_others_from_scaling_in():
    variant = Variant(tracking(), step(1, cooldown=300), count=4, high=4)
    variant.breach("step", 60.0)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 4
    variant.autoscaler.changed("step", State.OK)
    variant.breach(TRACK_LOW, 20.0)
    assert variant.desired == 2


def test_of_policies_that_are_ready_the_largest_wins_at_once():
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.updating = True
    variant.breach(HIGH.format("other"), 100.0)
    variant.updating = False
    decision = variant.breach(TRACK_HIGH, 60.0)
    assert decision.desired == 20
    assert decision.activity
    assert (decision.activity.policy, decision.activity.alarm) == ("other", HIGH.format("other"))


def test_nothing_is_recorded_where_another_policy_wants_more():
    variant = Variant(step(1, cooldown=300), inward(), count=4, high=4)
    variant.breach("step", 60.0)
    assert variant.codes == ["AlreadyAtMaxCapacity"]
    variant.breach("in", 40.0)
    assert (variant.desired, len(variant.records)) == (4, 1)


def test_nothing_is_recorded_while_another_policy_scales_in_as_far():
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.autoscaler.changed(TRACK_LOW, State.ALARM)
    variant.breach(LOW.format("other"), 44.0)
    assert variant.desired == 9
    variant.breach(TRACK_LOW, 44.0)
    assert (variant.desired, len(variant.records)) == (9, 1)


def test_values_of_an_alarm_that_is_over_do_not_count():
    variant = Variant(tracking(), tracking("other"), count=10)
    variant.updating = True
    variant.breach(HIGH.format("other"), 100.0)
    variant.updating = False
    variant.autoscaler.changed(HIGH.format("other"), State.OK)
    variant.autoscaler.changed(HIGH.format("other"), State.ALARM)
    assert variant.breach(TRACK_HIGH, 60.0).desired == 12


# Cooldowns.


def test_a_scale_in_waits_for_the_cooldown_of_the_last():
    variant = Variant(tracking(scale_in_cooldown=300), count=10)
    variant.breach(TRACK_LOW, 40.0)
    assert variant.desired == 8
    variant.wait(60).breach(TRACK_LOW, 10.0)
    assert variant.desired == 8
    variant.settle().wait(299).breach(TRACK_LOW, 10.0)
    assert variant.desired == 8
    variant.wait(1).breach(TRACK_LOW, 40.0)
    assert variant.desired == 7


def test_a_scale_out_acts_within_a_scale_in_cooldown_and_ends_it():
    variant = Variant(tracking(scale_in_cooldown=300), count=10)
    variant.breach(TRACK_LOW, 40.0)
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 12
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 40.0)
    assert variant.desired == 10


def test_scaling_out_does_not_keep_from_scaling_in():
    variant = Variant(tracking(scale_out_cooldown=300), count=4)
    variant.breach(TRACK_HIGH, 100.0)
    variant.settle().wait(10)
    variant.autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 25.0)
    assert variant.desired == 4


def test_target_tracking_says_nothing_while_what_it_wants_is_on_its_way():
    variant = Variant(tracking(scale_out_cooldown=60), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    variant.wait(60).breach(TRACK_HIGH, 75.0)
    assert len(variant.records) == 1
    variant.breach(TRACK_HIGH, 100.0)  # more than is on its way
    assert variant.desired == 8


def test_a_new_need_in_the_cooldown_counts_what_was_added():
    variant = Variant(tracking(scale_out_cooldown=60), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 6
    variant.settle().wait(10).breach(TRACK_HIGH, 55.0)  # 7 less the 2 that were added
    assert variant.desired == 6
    variant.breach(TRACK_HIGH, 80.0)  # 10 less 2
    assert variant.desired == 8


@pytest.mark.parametrize(
    ("policy", "alarm", "value", "cooldown", "counts"),
    [
        (step(2, cooldown=120), "step", 60.0, 120, (4, 6, 8)),
        (TargetTracking("track", metric("track"), 50.0), TRACK_LOW, 40.0, 300, (10, 8, 7)),
    ],
    ids=["as given", "300 seconds where none is given"],
)
def test_a_cooldown_is_over_at_its_end(policy, alarm, value, cooldown, counts):
    variant = Variant(policy, count=counts[0])
    variant.breach(alarm, value)
    variant.settle().wait(cooldown - 0.1).breach(alarm, value)
    assert variant.desired == counts[1]
    variant.wait(0.1).breach(alarm, value)
    assert variant.desired == counts[2]


def test_what_was_scaled_in_since_is_no_longer_counted():
    variant = Variant(tracking(scale_out_cooldown=3_600), count=4)
    variant.breach(TRACK_HIGH, 125.0)
    assert variant.desired == 10
    variant.settle().autoscaler.changed(TRACK_HIGH, State.OK)
    variant.breach(TRACK_LOW, 30.0)
    assert variant.desired == 6
    variant.settle().autoscaler.changed(TRACK_LOW, State.OK)
    variant.breach(TRACK_HIGH, 75.0)
    assert variant.desired == 9


def test_instances_that_are_lost_are_no_credit():
    variant = Variant(tracking(scale_out_cooldown=3_600), count=4)
    variant.breach(TRACK_HIGH, 75.0)
    variant.settle().running = 3
    variant.breach(TRACK_HIGH, 150.0)
    assert variant.desired == 9


def test_policies_have_cooldowns_of_their_own_unless_assumed_otherwise():
    desired = []
    for scope in ("policy", "target"):
        variant = Variant(
            step(1, cooldown=300),
            tracking(),
            count=0,
            assumptions=AutoscalingAssumptions(cooldown_scope=scope),
        )
        variant.breach("step", 60.0)
        variant.settle().wait(60)
        variant.autoscaler.changed("step", State.OK)
        variant.breach(TRACK_HIGH, 250.0)
        desired.append(variant.desired)
    assert desired == [5, 4]
