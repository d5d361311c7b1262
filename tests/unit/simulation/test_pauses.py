"""An alarm that pauses would not have changed its state if it had been evaluated meanwhile."""

import math
import random
from dataclasses import replace
from itertools import product

import pytest

from scaleproof.scaling.alarms import COMPARISONS, Alarm, Missing, State
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling import Idle
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation.metrics import Metric
from scaleproof.simulation.readings import PointwiseAlarm, Reading

from ..scaling.alarm_helpers import settings

FINE, BREACHING = 0.0, 100.0
SMALL = 0.6
PASSED = [
    *(390, 220, 7, 5, 384, 578, 235, 17, 530, 1, 9, 31, 473, 476, 448, 43, 27, 343, 140, 398),
    *(68, 0, 336, 8, 418, 328, 35, 374, 516, 435, 191, 0, 387, 0, 340, 477, 445, 288, 552, 479),
    *(26, 306, 9, 1, 2, 239, 259, 18, 447, 447, 5, 328, 197, 454, 0, 463, 0, 432, 368, 14),
]
"""Evaluations that a pause passes over, by seed: fewer make it slower."""


def nothing(values):
    """Nothing comes of values whose fractions are small on average, so of none that are all small."""
    known = [value for value in values if value is not None]
    band = known[0] // 1, known[0] // 1 + SMALL
    small = sum(value - band[0] for value in known) / len(known) < SMALL
    return Idle(math.inf, band) if small else Idle(-math.inf)


def spare(m, values):
    """How many more may breach before so many of the newest do."""
    following = range(len(values) + 1)
    return next(more for more in following if (values + "!" * (more + 1))[-len(values) :].count("!") >= m)


@pytest.mark.parametrize(
    ("m", "values"),
    [
        (m, "".join(values))
        for n in (1, 2, 3, 5)
        for values in product(".!", repeat=n)
        for m in range(1, n + 1)
        if values.count("!") < m
    ],
)
def test_an_alarm_pauses_while_it_is_fine_for_certain(m, values):
    alarm, samples = Alarm(settings(len(values), m)), []
    metric = Metric(alarm.settings.source, lambda: (samples, 1))
    reading = Reading(alarm.settings.source, {alarm.settings.source: metric}, 0.0, DEFAULT.math)
    paused = PointwiseAlarm(alarm, reading)
    for number, value in enumerate(values, 1):
        samples[:] = [BREACHING if value == "!" else FINE]
        metric.sample(60 * number)
        reading.close(60 * number)
    paused.evaluate(reading.end + 30.0)
    assert paused.pause(reading.end + 30.0, None) == math.inf
    assert paused.look == reading.end + 60 * (spare(m, values) + 1)


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_what_breaches_is_so_to_the_last_digit(comparison):
    alarm = Alarm(replace(settings(), comparison=comparison))
    reading = Reading(
        alarm.settings.source,
        {alarm.settings.source: Metric(alarm.settings.source, lambda: ((), 1))},
        0.0,
        DEFAULT.math,
    )
    paused = PointwiseAlarm(alarm, reading)
    for value in (-math.inf, math.nextafter(50.0, 0.0), 50.0, math.nextafter(50.0, 99.0), math.inf):
        (low, high), (least, most) = paused._breaching, paused._fine
        assert (low <= value <= high) is COMPARISONS[comparison](value, 50.0) is not (least <= value <= most)


@pytest.mark.parametrize("seed", range(60))
def test_a_pause_passes_over_no_change_of_state(seed):
    """Any alarm on any data: evaluated at all times or only when it asks for it, it is in the same state, and
    nothing comes of the signals that it does not send."""
    source = random.Random(seed)
    period, n = source.choice((10, 60)), source.randint(1, 8)
    chosen = settings(n, source.randint(1, n), source.choice(list(Missing)), period=period)
    chosen = replace(chosen, comparison=source.choice(("GreaterThanThreshold", "LessThanOrEqualToThreshold")))
    # Also evaluations at the moment at which a data point can be read.
    alarm, lag = Alarm(chosen, source.choice((5.0, source.uniform(0, 10)))), source.choice((0.0, 5.0, 45.0))
    assert isinstance(chosen.source, MetricStat)
    samples = []
    metric = Metric(chosen.source, lambda: (samples, 1))
    reading = Reading(chosen.source, {chosen.source: metric}, lag, DEFAULT.math)
    woken = []
    always, resting = PointwiseAlarm(alarm, reading), PointwiseAlarm(alarm, reading)
    resting.wake = woken.append
    density, alike = source.choice((1.0, 0.97, 0.3)), source.choice((0.5, 0.9, 0.98))
    value, at, paused, passed = FINE, alarm.next_evaluation(0.0), False, 0
    for end in range(period, 600 * period, period):
        while at < end:
            found = always.evaluate(at)
            if paused and woken:
                paused = alarm.next_evaluation(min(woken)) > at
            if paused:
                passed += 1
                assert resting.status.state is found.status.state
                assert found.signal is None or nothing(found.signal.points).until == math.inf
            else:
                woken.clear()
                assert resting.evaluate(at) == found
                paused = resting.pause(at, nothing) is not None
            at = alarm.next_evaluation(at)
        value = value if source.random() < alike else FINE + BREACHING - value
        samples[:] = [value + source.random()] if source.random() < density else []
        metric.sample(end)
        reading.close(end)
    assert passed >= PASSED[seed]
    assert isinstance(always.status.state, State)
