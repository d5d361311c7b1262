"""When alarms are evaluated, what they look at, and how long they take to see a step."""

import pytest

from scaleproof.scaling.alarms import (
    NEW,
    Alarm,
    AlarmSettings,
    Clock,
    State,
    arrives,
)
from scaleproof.scaling.assumptions import AlarmAssumptions
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import Window
from scaleproof.scaling.parsing import parse_queries

from .alarm_helpers import settings


@pytest.mark.parametrize(
    ("period", "n", "interval"),
    [(10, 3, 10), (20, 30, 10), (30, 1, 10), (60, 15, 60), (300, 1, 60), (60, 1440, 60), (3_600, 25, 3_600)],
)
def test_the_interval_between_evaluations(period, n, interval):
    assert Clock.from_settings(settings(n, period=period)).interval == interval


@pytest.mark.parametrize(
    ("period", "n", "periods"), [(60, 3, 5), (60, 15, 17), (300, 1, 3), (10, 3, 9), (20, 30, 33), (30, 1, 3)]
)
def test_the_periods_that_are_retrieved(period, n, periods):
    assert len(Alarm(settings(n, period=period)).window(100_000.0).times) == periods


def test_the_range_of_a_five_minute_alarm_slides_by_the_minute():
    """Source: alarm-evaluation.html; minutes 1-5 at the end of minute 5, 2-6 at the end of minute 6."""
    alarm = Alarm(settings(1, period=300), assumptions=AlarmAssumptions(extra_periods=0))
    assert alarm.window(5 * 60 + 15) == Window(0, 300, 300)
    assert alarm.window(6 * 60 + 15) == Window(60, 360, 300)


def test_an_alarm_over_more_than_a_day_sees_data_up_to_the_hour():
    alarm = Alarm(settings(30, period=3_600), phase=125.0)
    at = alarm.next_evaluation(400_000.0)
    assert at == 112 * 3_600 + 125
    assert alarm.window(at).end == 112 * 3_600


def test_expressions_see_data_up_to_the_evaluation():
    queries = QuerySet(parse_queries([{"Id": "e1", "Expression": "TIME_SERIES(0)", "Period": 10}]))
    expression = Alarm(AlarmSettings(queries, "GreaterThanThreshold", 5, 1))
    assert expression.window(78.195).end == 70
    assert Alarm(settings(1, period=10)).window(78.195).end == 60
    assert Alarm(settings(1, period=10), assumptions=AlarmAssumptions(metric_cutoff=0)).window(78.195).end == 70


@pytest.mark.parametrize("phase", [0.0, 4.36, 9.999, 59.08])
@pytest.mark.parametrize("start", [0.0, 1_789_348_465.123])
def test_evaluations_keep_their_phase_and_never_repeat_a_moment(phase, start):
    alarm = Alarm(settings(period=10 if phase < 10 else 60), phase)
    every = alarm.clock.interval
    at = alarm.next_evaluation(start)
    assert start < at <= start + every + 1e-6
    for _ in range(2_000):
        following = alarm.next_evaluation(at)
        assert following - at == pytest.approx(every, abs=1e-5)
        assert (following - phase) / every == pytest.approx(round((following - phase) / every), abs=1e-6)
        at = following


def reaction(period, n, phase, lag=0.0):
    """Seconds from a step at the start of a minute to the alarm; data is readable `lag` after its period."""
    alarm = Alarm(settings(n, period=period), phase)
    step, known, at = 6_000, dict[int, float](), 0.0
    while True:
        at = alarm.next_evaluation(at)
        while (start := len(known) * period) + period + lag <= at:
            known[start] = 100.0 if start >= step else 0.0
        if alarm.evaluate(NEW, at, known).status.state is State.ALARM:
            return at - step


@pytest.mark.parametrize(("period", "n", "fast", "slow"), [(60, 3, 190, 250), (10, 3, 40, 50), (20, 3, 70, 90)])
def test_how_long_a_step_takes_to_be_seen(period, n, fast, slow):
    """The periods, the cut-off and the phase: 180 s + 10..70 s at 60 s, 30 s + 10..20 s at 10 s."""
    every = Clock.from_settings(settings(n, period=period)).interval
    seen = [reaction(period, n, every * phase / 20) for phase in range(20)]
    assert fast <= min(seen)
    assert max(seen) <= slow
    assert max(seen) - min(seen) >= every * 0.9


def test_late_data_delays_the_alarm_by_as_much():
    assert reaction(10, 3, 5.0, lag=30.0) - reaction(10, 3, 5.0) == 20.0


def test_a_signal_arrives_shortly_after_its_evaluation():
    alarm = Alarm(settings(1, period=10), assumptions=AlarmAssumptions(action_delay=0.25))
    signal = alarm.evaluate(NEW, 34.0, {10: 100.0}).signal
    assert signal is not None
    assert arrives(signal, alarm.assumptions) == 34.25
