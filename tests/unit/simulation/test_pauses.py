"""An alarm that pauses would not have changed its state if it had been evaluated meanwhile."""

import math
import random
from dataclasses import replace

import pytest

from scaleproof.scaling.alarms import Alarm, Missing, State
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling import Idle
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation.metrics import Metric
from scaleproof.simulation.readings import PointwiseAlarm, Reading

from ..scaling.alarm_helpers import settings

FINE, BREACHING = 0.0, 100.0
SMALL = 0.6


def nothing(values):
    """Nothing comes of values whose fractions are small on average, so of none that are all small."""
    known = [value for value in values if value is not None]
    band = known[0] // 1, known[0] // 1 + SMALL
    small = sum(value - band[0] for value in known) / len(known) < SMALL
    return Idle(math.inf, band) if small else Idle(-math.inf)


@pytest.mark.parametrize(
    ("m", "values", "spare"),
    [
        (1, "...", 0),
        (2, "...", 1),
        (3, "...", 2),
        (3, "..!", 1),
        (3, "!..", 2),
        (2, "!..", 1),
        (2, ".!.", 0),
        (3, ".....", 2),
        (3, "!!...", 2),
        (4, "!.!..", 3),
    ],
)
def test_an_alarm_pauses_while_it_is_fine_for_certain(m, values, spare):
    """So many more may breach."""
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
    assert paused.look == reading.end + 60 * (spare + 1)


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
    assert passed or density < 1.0
    assert isinstance(always.status.state, State)
