"""Until when nothing comes of the repeats of an alarm's action."""

from __future__ import annotations

import math
import random
from copy import deepcopy

import pytest

from scaleproof.scaling.autoscaling import NOTHING, Idle

from .autoscaling_helpers import HIGH, TRACK_HIGH, TRACK_LOW, Variant, step, tracking


def idle(variant: Variant, alarm: str, *values: float) -> Idle:
    return variant.autoscaler.idle(alarm, variant.now, variant.capacity, values)


@pytest.mark.parametrize(
    ("alarm", "count", "code", "values"),
    [
        (TRACK_LOW, 1, "AlreadyAtMinCapacity", (1.0, 0.0, 44.0)),
        (TRACK_HIGH, 4, "AlreadyAtMaxCapacity", (99.0, 60.0, 1e9)),
    ],
)
def test_repeats_are_for_nothing_at_a_bound_once_that_is_recorded(
    alarm: str, count: int, code: str, values: tuple[float, ...]
) -> None:
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


def test_repeats_are_for_nothing_while_a_scale_in_cools_down() -> None:
    variant = Variant(tracking(scale_in_cooldown=300), count=4, high=4)
    low = TRACK_LOW
    assert variant.breach(low, 30.0).desired == 3
    assert idle(variant, low, 1.0) == Idle(math.inf, anyway=True)
    variant.wait(60.0).settle()
    assert idle(variant, low, 1.0) == Idle(variant.now + 300.0, anyway=True)
    assert variant.wait(290.0).breach(low, 1.0).desired is None
    assert variant.wait(11.0).breach(low, 1.0).desired is not None


def test_repeats_are_for_nothing_where_one_instance_fewer_would_be_too_few() -> None:
    variant = Variant(tracking(), count=2)
    assert idle(variant, TRACK_LOW, 40.0).until == -math.inf
    variant.breach(TRACK_LOW, 40.0)
    assert variant.codes == ["AutoScalingAnticipatedFlapping"]
    assert idle(variant, TRACK_LOW, 40.0, 30.0) == Idle(math.inf)
    assert idle(variant, TRACK_LOW, 20.0, 20.0).until == -math.inf


@pytest.mark.parametrize("running", range(1, 8))
@pytest.mark.parametrize("more", range(1, 6))
def test_repeats_are_for_nothing_while_enough_is_on_its_way(running: int, more: int) -> None:
    """Up to the value for which one instance more would be wanted, and no further."""
    variant = Variant(tracking(), count=running)
    high, most = TRACK_HIGH, 50.0 * (running + more) / running
    assert variant.breach(high, most).desired == running + more
    for value in (50.1, (50 + most) / 2, most):
        assert idle(variant, high, value, value) == Idle(math.inf)
        assert variant.wait(10.0).breach(high, value, value) == NOTHING
    assert idle(variant, high, most * 1.001).until == -math.inf
    assert variant.wait(10.0).breach(high, most * 1.001).desired == running + more + 1


def test_what_was_added_counts_until_its_cooldown_ends() -> None:
    variant = Variant(tracking(scale_out_cooldown=100), count=2)
    assert variant.breach(TRACK_HIGH, 100.0).desired == 4
    variant.wait(50.0).settle()
    until = variant.now + 100.0
    # Six are wanted, of which two have just been added.
    assert idle(variant, TRACK_HIGH, 75.0) == Idle(until)
    assert variant.wait(99.0).breach(TRACK_HIGH, 75.0) == NOTHING
    assert idle(variant.wait(2.0), TRACK_HIGH, 75.0).until == -math.inf
    assert variant.breach(TRACK_HIGH, 75.0).desired == 6


@pytest.mark.parametrize("seed", range(80))
def test_nothing_does_come_of_repeats_that_are_said_to_be_for_nothing(seed: int) -> None:
    chance = random.Random(seed)
    policy = tracking(
        scale_out_cooldown=chance.choice((0, 60, 600)), scale_in_cooldown=chance.choice((0, 300))
    )
    variant = Variant(policy, count=chance.randint(1, 6), low=chance.randint(0, 2), high=7)
    told = 0
    for _ in range(200):
        variant.wait(chance.choice((10.0, 60.0)))
        if chance.random() < 0.3:
            variant.settle()
        variant.updating = variant.desired != variant.running
        alarm = chance.choice((TRACK_LOW, TRACK_HIGH))
        drawn = (51.0, 150.0) if alarm == TRACK_HIGH else (0.0, 44.0)
        values = [chance.uniform(*drawn) for _ in range(3)]
        found = idle(variant, alarm, *values)
        if found.until > variant.now:
            told += 1
            copy = deepcopy(variant)
            copy.now = min(found.until - 1.0, copy.now + chance.choice((1.0, 500.0)))
            if found.anyway:
                values = [chance.uniform(*drawn) for _ in range(3)]
            assert copy.breach(alarm, *values) == NOTHING
        variant.breach(alarm, *values)
    assert told


def test_an_alarm_is_asked_where_another_policy_may_act_on_what_it_says() -> None:
    variant = Variant(tracking("one"), tracking("other"), count=4)
    variant.breach(HIGH.format("one"), 60.0)
    assert idle(variant, HIGH.format("one"), 60.0).until == -math.inf


def test_an_alarm_of_a_step_policy_is_always_asked() -> None:
    variant = Variant(step(1), count=4, high=4)
    variant.breach("step", 99.0)
    assert idle(variant, "step", 99.0).until == -math.inf
