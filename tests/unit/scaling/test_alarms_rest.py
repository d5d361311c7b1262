"""How long the state of an alarm lasts, and for how long nothing comes of its repeats."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from scaleproof.scaling.alarms import Alarm, IncrementalEvaluator, Missing, State
from scaleproof.scaling.autoscaling import NOTHING

from .alarm_helpers import settings
from .autoscaling_helpers import HIGH, LOW, Variant, step, tracking

FINE, BREACHING = 0.0, 100.0


def watched(n: int, m: int, values: list[float], missing: str = "missing") -> IncrementalEvaluator:
    watch = IncrementalEvaluator(Alarm(settings(n, m, missing)))
    for number, value in enumerate(values):
        watch.feed(60 * number, value)
    watch.evaluate(60.0 * len(values) + 10.0)
    return watch


@pytest.mark.parametrize(
    ("n", "m", "values", "ok_lasts", "alarm_lasts"),
    [
        (3, 3, [FINE, FINE, FINE], 2, -1),
        (3, 3, [FINE, BREACHING, FINE], 1, -1),
        (3, 2, [FINE, BREACHING, FINE], 0, -1),
        (3, 3, [BREACHING, BREACHING, BREACHING], -1, 0),
        (3, 2, [BREACHING, FINE, BREACHING], -1, 0),
        # Not as many points as the alarm looks at: they have to be fine, all of them.
        (5, 5, [FINE, FINE], 0, -1),
        (5, 3, [FINE, FINE], -1, -1),
        (3, 3, [], -1, -1),
    ],
)
def test_for_how_many_unlike_points_a_state_lasts(
    n: int, m: int, values: list[float], ok_lasts: int, alarm_lasts: int
) -> None:
    watch = watched(n, m, values)
    assert (watch.lasts(False), watch.lasts(True)) == (ok_lasts, alarm_lasts)


def test_nothing_lasts_without_data_where_it_was_there() -> None:
    assert watched(3, 3, []).lasts(None) == 0
    assert watched(3, 3, [FINE]).lasts(None) == -1
    assert watched(3, 3, [], "breaching").lasts(None) == 0


def test_no_state_lasts_over_a_gap() -> None:
    watch = IncrementalEvaluator(Alarm(settings(3)))
    for time in (0, 60, 180):
        watch.feed(time, FINE)
    watch.evaluate(250.0)
    assert watch.status.state is State.OK
    assert watch.lasts(False) == -1


@pytest.mark.parametrize("seed", range(60))
def test_a_state_does_last_as_long_as_it_says(seed: int) -> None:
    """Any alarm, any data: then points that are alike, with as many that are not as may be among them."""
    source = random.Random(seed)
    period = source.choice((10, 60))
    n = source.randint(1, 8)
    chosen = settings(n, source.randint(1, n), source.choice(list(Missing)), period=period)
    chosen = replace(chosen, comparison=source.choice(("GreaterThanThreshold", "LessThanOrEqualToThreshold")))
    watch = IncrementalEvaluator(Alarm(chosen, source.uniform(0, 10)))
    time, at, tried = 0, 0.0, 0

    def value(breaching: bool) -> float:
        return next(one for one in (FINE, BREACHING) if watch.breaches(one) is breaching)

    for _ in range(300):
        at = watch.alarm.next_evaluation(at)
        while time + period <= at:
            if source.random() < 0.97:
                watch.feed(time, value(source.random() < 0.5))
            time += period
        state = watch.evaluate(at).status.state
        breaching = state is State.ALARM
        spare = watch.lasts(breaching)
        if spare < 0 or watch.newest != time - period:
            continue
        tried += 1
        for _ in range(n + 4):
            unlike = spare > 0 and source.random() < 0.4
            spare -= unlike
            at = watch.alarm.next_evaluation(at)
            while time + period <= at:
                watch.feed(time, value(breaching is not unlike))
                unlike, time = False, time + period
            assert watch.evaluate(at).status.state is state
    assert tried or chosen.m < n


def test_repeats_are_for_nothing_at_the_minimum_once_that_is_recorded() -> None:
    variant = Variant(tracking(), count=1, low=1, high=4)
    low = LOW.format("track")
    assert variant.autoscaler.idle(low, variant.capacity).until == -math.inf
    variant.breach(low, 1.0)
    assert variant.codes == ["AlreadyAtMinCapacity"]
    assert variant.autoscaler.idle(low, variant.capacity).until == math.inf
    for value in (0.0, 44.0):
        assert variant.wait(60.0).breach(low, value).activity is None
    variant.bound(0, None)
    assert variant.autoscaler.idle(low, variant.capacity).until < variant.now


def test_repeats_are_for_nothing_while_a_scale_in_cools_down() -> None:
    variant = Variant(tracking(scale_in_cooldown=300), count=4, high=4)
    low = LOW.format("track")
    assert variant.breach(low, 30.0).desired == 3
    assert variant.autoscaler.idle(low, variant.capacity).until == math.inf
    variant.wait(60.0).settle()
    until = variant.now + 300.0
    assert variant.autoscaler.idle(low, variant.capacity).until == until
    assert variant.wait(290.0).breach(low, 1.0).desired is None
    assert variant.wait(11.0).breach(low, 1.0).desired is not None


def test_repeats_are_for_nothing_at_the_maximum_once_that_is_recorded() -> None:
    variant = Variant(tracking(), count=4, high=4)
    high = HIGH.format("track")
    variant.breach(high, 99.0)
    assert variant.codes == ["AlreadyAtMaxCapacity"]
    idle = variant.autoscaler.idle(high, variant.capacity)
    assert (idle.until, idle.high) == (math.inf, math.inf)
    for value in (idle.low, 60.0, 1e9):
        assert variant.wait(60.0).breach(high, value) == NOTHING


@pytest.mark.parametrize("running", range(1, 8))
@pytest.mark.parametrize("more", range(1, 6))
def test_repeats_are_for_nothing_while_enough_is_on_its_way(running: int, more: int) -> None:
    """Up to the value for which one instance more would be wanted, and no further."""
    variant = Variant(tracking(), count=running)
    high = HIGH.format("track")
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
