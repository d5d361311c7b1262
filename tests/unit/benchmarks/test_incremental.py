"""An alarm that is fed point by point finds what one finds that reads its whole range."""

import random
from dataclasses import replace

import pytest

from benchmarks.incremental import IncrementalEvaluator
from scaleproof.scaling.alarms import NEW, Alarm, Missing, State

from ..scaling.alarm_helpers import settings


@pytest.mark.parametrize("seed", range(40))
def test_a_watch_gives_what_the_alarm_gives(seed):
    source = random.Random(seed)
    period = source.choice((10, 20, 30, 60))
    n = source.randint(1, 12)
    chosen = settings(n, source.randint(1, n), source.choice(list(Missing)), period=period)
    chosen = replace(chosen, comparison=source.choice(("GreaterThanThreshold", "LessThanThreshold")))
    alarm = Alarm(chosen, source.uniform(0, 10), acting=(State.ALARM, State.OK))
    density, lag = source.random(), source.choice((0.0, 3.0, 45.0))

    watch, status, known = IncrementalEvaluator(alarm), NEW, dict[int, float]()
    at, time = 0.0, 0
    for _ in range(400):
        at = alarm.next_evaluation(at)
        while time + period + lag <= at:
            if source.random() < density:
                known[time] = source.choice((0.0, 50.0, 100.0))
                watch.feed(time, known[time])
            time += period
        expected = alarm.evaluate(status, at, known)
        status = expected.status
        assert watch.evaluate(at) == expected
        assert watch.status == status


def test_a_watch_refuses_points_out_of_order():
    watch = IncrementalEvaluator(Alarm(settings()))
    watch.feed(60, 1.0)
    for time in (60, 0):
        with pytest.raises(ValueError, match="comes after that at 60"):
            watch.feed(time, 1.0)
    watch.evaluate(200.0)
    with pytest.raises(ValueError, match="comes after that at 60"):
        watch.feed(60, 1.0)
