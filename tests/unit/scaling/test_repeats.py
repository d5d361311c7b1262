"""Until when nothing comes of the repeats of an alarm's action."""

import math
import random
from copy import deepcopy

import pytest

from scaleproof.scaling.autoscaling.activities import ANY_VALUE, NOTHING, Idle

from .autoscaling_helpers import HIGH, LOW, TRACK_HIGH, TRACK_LOW, Variant, step, tracking


def idle(variant, alarm, *values):
    return variant.autoscaler.idle(alarm, variant.now, variant.capacity, values)


@pytest.mark.parametrize(
    ("alarm", "count", "code", "values"),
    [
        (TRACK_LOW, 1, "AlreadyAtMinCapacity", (1.0, 0.0, 44.0)),
        (TRACK_HIGH, 4, "AlreadyAtMaxCapacity", (99.0, 60.0, 1e9)),
    ],
)
def test_repeats_are_for_nothing_at_a_bound_once_that_is_recorded(alarm, count, code, values):
    variant = Variant(tracking(), count=count, low=1, high=4)
    assert idle(variant, alarm, values[0]).until == -math.inf
    variant.breach(alarm, values[0])
    assert variant.codes == [code]
    for value in values:
        assert idle(variant, alarm, value).until == math.inf
        assert variant.wait(60.0).breach(alarm, value) == NOTHING
    variant.bound(0, 9)
    assert idle(variant, alarm, values[1]).until == -math.inf
    assert variant.wait(60.0).breach(alarm, values[1]).desired is not None


def test_repeats_are_for_nothing_while_a_scale_in_cools_down():
    variant = Variant(tracking(scale_in_cooldown=300), count=4, high=4)
    low = TRACK_LOW
    assert variant.breach(low, 30.0).desired == 3
    assert idle(variant, low, 1.0) == Idle(math.inf, ANY_VALUE)
    variant.wait(60.0).settle()
    assert idle(variant, low, 1.0) == Idle(variant.now + 300.0, ANY_VALUE)
    assert variant.wait(290.0).breach(low, 1.0).desired is None
    assert variant.wait(11.0).breach(low, 1.0).desired is not None


def test_repeats_are_for_nothing_where_one_instance_fewer_would_be_too_few():
    variant = Variant(tracking(), count=2)
    assert idle(variant, TRACK_LOW, 40.0).until == -math.inf
    variant.breach(TRACK_LOW, 40.0)
    assert variant.codes == ["AutoScalingAnticipatedFlapping"]
    assert idle(variant, TRACK_LOW, 40.0, 30.0) == Idle(math.inf)
    assert idle(variant, TRACK_LOW, 20.0, 20.0).until == -math.inf


@pytest.mark.parametrize("running", range(1, 8))
@pytest.mark.parametrize("more", range(1, 6))
def test_repeats_are_for_nothing_while_enough_is_on_its_way(running, more):
    """Up to the value for which one instance more would be wanted, and no further."""
    variant = Variant(tracking(), count=running)
    high, most = TRACK_HIGH, 50.0 * (running + more) / running
    assert variant.breach(high, most).desired == running + more
    band = pytest.approx(50.0), most
    for value in (50.1, (50 + most) / 2, most, *idle(variant, high, most).band):
        assert idle(variant, high, value, value) == (math.inf, band)
        assert variant.wait(10.0).breach(high, value, value) == NOTHING
    assert idle(variant, high, most * 1.001).until == -math.inf
    assert variant.wait(10.0).breach(high, most * 1.001).desired == running + more + 1


def test_what_was_added_counts_until_its_cooldown_ends():
    variant = Variant(tracking(scale_out_cooldown=100), count=2)
    assert variant.breach(TRACK_HIGH, 100.0).desired == 4
    variant.wait(50.0).settle()
    until = variant.now + 100.0
    # Six are wanted, of which two have just been added.
    assert idle(variant, TRACK_HIGH, 75.0) == (until, (pytest.approx(50.0), 75.0))
    assert variant.wait(99.0).breach(TRACK_HIGH, 75.0) == NOTHING
    assert idle(variant.wait(2.0), TRACK_HIGH, 75.0).until == -math.inf
    assert variant.breach(TRACK_HIGH, 75.0).desired == 6


@pytest.mark.parametrize("seed", range(80))
def test_nothing_does_come_of_repeats_that_are_said_to_be_for_nothing(seed):
    """Nor of those of other values in the band; and what another policy does is the same without them."""
    chance = random.Random(seed)
    policy, guard = (
        tracking(
            name,
            scale_out_cooldown=chance.choice((0, 60, 600)),
            scale_in_cooldown=chance.choice((0, 300)),
            disable_scale_in=name == "guard",
        )
        for name in ("track", "guard")
    )
    others = [guard] * (seed % 2)
    variant = Variant(policy, *others, count=chance.randint(1, 6), low=chance.randint(0, 2), high=7)
    told = 0
    for _ in range(200):
        variant.wait(chance.choice((10.0, 60.0)))
        if chance.random() < 0.3:
            variant.settle()
        variant.updating = variant.desired != variant.running
        alarm = chance.choice((TRACK_LOW, *(HIGH.format(one.name) for one in (policy, *others))))
        drawn = (0.0, 44.0) if alarm == TRACK_LOW else (51.0, 150.0)
        values = [chance.uniform(*drawn) for _ in range(3)]
        found = idle(variant, alarm, *values)
        if found.until > variant.now:
            told += 1
            copy, asked = deepcopy(variant), deepcopy(variant)
            asked.now = copy.now = min(found.until - 1.0, copy.now + chance.choice((1.0, 500.0)))
            low, high = max(found.band[0], drawn[0]), min(found.band[1], drawn[1])
            if low <= high:
                values = [chance.choice((low, high, chance.uniform(low, high))) for _ in range(3)]
            assert asked.breach(alarm, *values) == NOTHING
            for one in others:
                assert asked.breach(HIGH.format(one.name), 99.0) == copy.breach(HIGH.format(one.name), 99.0)
                if alarm == HIGH.format(one.name):
                    assert asked.breach(TRACK_LOW, 1.0) == copy.breach(TRACK_LOW, 1.0)
        variant.breach(alarm, *values)
    assert told or others


def test_an_alarm_beside_another_policy_is_asked_until_all_that_it_may_have_are_there_and_count_for_nothing():
    """Until then its values may allow another policy to scale in."""
    guard = HIGH.format("guard")
    variant = Variant(
        tracking(), tracking("guard", scale_out_cooldown=600, disable_scale_in=True), count=3, low=1, high=6
    )
    assert variant.breach(guard, 100.0).desired == 6
    variant.settle().breach(guard, 150.0)
    assert variant.codes == ["AlreadyAtMaxCapacity"]
    assert idle(variant, guard, 150.0).until == -math.inf
    later = deepcopy(variant)
    variant.breach(guard, 60.0)
    assert variant.breach(TRACK_LOW, 1.0).desired == 5
    later.wait(601.0)
    assert idle(later, guard, 60.0) == (math.inf, (pytest.approx(50.0), math.inf))
    for value in (60.0, 150.0):
        again = deepcopy(later)
        again.breach(guard, value)
        assert again.breach(TRACK_LOW, 1.0) == NOTHING

    bounded = Variant(tracking(), tracking("guard", disable_scale_in=True), count=3, low=1, high=6)
    bounded.bound(6, 6)
    bounded.bound(1, 6)
    bounded.breach(guard, 150.0)
    assert bounded.codes == ["AlreadyAtMaxCapacity"]
    assert idle(bounded, guard, 150.0).until == -math.inf
    bounded.breach(guard, 60.0)
    assert bounded.breach(TRACK_LOW, 1.0).desired == 4


def test_an_alarm_is_asked_where_another_policy_may_act_on_what_it_says():
    """What a scale-in wants counts in no scale-out."""
    one, other = tracking("one", scale_in_cooldown=300), tracking("other")
    variant = Variant(one, other, count=4)
    variant.breach(HIGH.format("one"), 60.0)
    assert idle(variant, HIGH.format("one"), 60.0).until == -math.inf
    for beside, until in (
        (other, -math.inf),
        (step(1), -math.inf),
        (tracking(disable_scale_in=True), math.inf),
    ):
        variant = Variant(one, beside, count=4)
        if beside is other:
            variant.breach(LOW.format("other"), 20.0)
        assert variant.breach(LOW.format("one"), 20.0).desired == 2
        assert idle(variant, LOW.format("one"), 20.0).until == until


def test_an_alarm_of_a_step_policy_is_always_asked():
    variant = Variant(step(1), count=4, high=4)
    variant.breach("step", 99.0)
    assert idle(variant, "step", 99.0).until == -math.inf
