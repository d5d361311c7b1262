"""How long the state of an alarm lasts, and for how long nothing comes of its repeats."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from scaleproof.scaling.alarms import Alarm, IncrementalEvaluator, Missing, State
from scaleproof.scaling.autoscaling import NOTHING

from .alarm_helpers import settings
from .autoscaling_helpers import HIGH, TRACK_HIGH, TRACK_LOW, Variant, step, tracking

FINE, BREACHING = 0.0, 100.0


@pytest.mark.parametrize("seed", range(60))
def test_a_state_does_last_as_long_as_it_says(seed: int) -> None:
    """Any alarm, any data: then none, or points that are alike with as many others as may be among them."""
    source = random.Random(seed)
    period = source.choice((10, 60))
    n = source.randint(1, 8)
    chosen = settings(n, source.randint(1, n), source.choice(list(Missing)), period=period)
    chosen = replace(chosen, comparison=source.choice(("GreaterThanThreshold", "LessThanOrEqualToThreshold")))
    watch = IncrementalEvaluator(Alarm(chosen, source.uniform(0, 10)))
    time, at, tried = 0, 0.0, 0
    density = source.choice((0.97, 0.4))

    def value(breaching: bool) -> float:
        return next(one for one in (FINE, BREACHING) if watch.breaches(one) is breaching)

    for _ in range(300):
        at = watch.alarm.next_evaluation(at)
        while time + period <= at:
            if source.random() < density:
                watch.feed(time, value(source.random() < 0.5))
            time += period
        state = watch.evaluate(at).status.state
        breaching = state is State.ALARM
        nothing = source.random() < 0.3
        spare = watch.lasts(None if nothing else breaching)
        if spare < 0 or (watch.newest != time - period and not nothing):
            continue
        tried += 1
        for _ in range(n + 4):
            unlike = spare > 0 and source.random() < 0.4
            spare -= unlike
            at = watch.alarm.next_evaluation(at)
            while time + period <= at:
                if not nothing:
                    watch.feed(time, value(breaching is not unlike))
                unlike, time = False, time + period
            assert watch.evaluate(at).status.state is state
    assert tried or chosen.m < n or density < 0.9


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
    before = variant.autoscaler.idle(alarm, variant.capacity)
    assert min(before.until, before.high) < math.inf
    variant.breach(alarm, values[0])
    assert variant.codes == [code]
    idle = variant.autoscaler.idle(alarm, variant.capacity)
    assert (idle.until, idle.high) == (math.inf, math.inf)
    for value in values:
        assert variant.wait(60.0).breach(alarm, value) == NOTHING
    variant.bound(0, 9)
    assert variant.wait(60.0).breach(alarm, values[1]).desired is not None


def test_repeats_are_for_nothing_while_a_scale_in_cools_down() -> None:
    variant = Variant(tracking(scale_in_cooldown=300), count=4, high=4)
    low = TRACK_LOW
    assert variant.breach(low, 30.0).desired == 3
    assert variant.autoscaler.idle(low, variant.capacity).until == math.inf
    variant.wait(60.0).settle()
    until = variant.now + 300.0
    assert variant.autoscaler.idle(low, variant.capacity).until == until
    assert variant.wait(290.0).breach(low, 1.0).desired is None
    assert variant.wait(11.0).breach(low, 1.0).desired is not None


@pytest.mark.parametrize("running", range(1, 8))
@pytest.mark.parametrize("more", range(1, 6))
def test_repeats_are_for_nothing_while_enough_is_on_its_way(running: int, more: int) -> None:
    """Up to the value for which one instance more would be wanted, and no further."""
    variant = Variant(tracking(), count=running)
    high = TRACK_HIGH
    assert variant.breach(high, 50.0 * (running + more) / running).desired == running + more
    idle = variant.autoscaler.idle(high, variant.capacity)
    assert idle.until == math.inf
    for value in (idle.low, (idle.low + idle.high) / 2, idle.high):
        assert variant.wait(10.0).breach(high, value, value) == NOTHING
    assert variant.wait(10.0).breach(high, idle.high * 1.001).desired == running + more + 1


def test_an_alarm_is_asked_where_another_policy_may_act_on_what_it_says() -> None:
    variant = Variant(tracking("one"), tracking("other"), count=4)
    variant.breach(HIGH.format("one"), 60.0)
    assert variant.autoscaler.idle(HIGH.format("one"), variant.capacity).until == -math.inf


def test_an_alarm_of_a_step_policy_is_always_asked() -> None:
    variant = Variant(step(1), count=4, high=4)
    variant.breach("step", 99.0)
    assert variant.autoscaler.idle("step", variant.capacity).until == -math.inf
