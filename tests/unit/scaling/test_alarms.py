"""Running alarms: transitions, signals and their repeats, agreement of the two ways to evaluate."""

import itertools

import pytest

from scaleproof.scaling.alarms import (
    NEW,
    Alarm,
    AlarmStatus,
    Missing,
    Signal,
    State,
    admissible,
    decide,
)
from scaleproof.scaling.assumptions import AlarmAssumptions
from scaleproof.scaling.metrics import Window

from .alarm_helpers import settings


def run(alarm, points, start, end):
    """Every evaluation of a new alarm; a point is readable once its period is over."""
    status, at, done = NEW, start, []
    while (at := alarm.next_evaluation(at)) <= end:
        known = {time: value for time, value in points.items() if time + alarm.clock.period <= at}
        evaluation = alarm.evaluate(status, at, known)
        status = evaluation.status
        done.append((at, evaluation))
    return done


def test_a_new_alarm_has_insufficient_data_and_sends_nothing():
    evaluation = Alarm(settings(), acting=tuple(State)).evaluate(NEW, 600.0, {})
    assert evaluation == (AlarmStatus(State.INSUFFICIENT_DATA, None, None), False, None)


def test_an_alarm_that_is_found_in_its_state_goes_on_signalling():
    evaluation = Alarm(settings(1)).evaluate(AlarmStatus(State.ALARM, since=10.0), 70.0, {0: 100.0})
    assert evaluation.signal is not None
    assert evaluation.signal.repeated


def test_data_from_before_the_creation_counts():
    evaluation = Alarm(settings()).evaluate(NEW, 195.0, {0: 100.0, 60: 100.0, 120: 100.0})
    assert evaluation.status == AlarmStatus(State.ALARM, 195.0, 195.0)


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ("GreaterThanThreshold", "OK OK ALARM"),
        ("GreaterThanOrEqualToThreshold", "OK ALARM ALARM"),
        ("LessThanThreshold", "ALARM OK OK"),
        ("LessThanOrEqualToThreshold", "ALARM ALARM OK"),
    ],
)
def test_comparisons_at_the_threshold(comparison, expected):
    alarm = settings(1, comparison=comparison)
    states = [decide(alarm, Window(0, 60, 60), {0: value}) for value in (49.9, 50.0, 50.1)]
    assert " ".join(map(str, states)) == expected


def test_signals_of_a_one_minute_alarm_are_repeated_every_minute():
    alarm = Alarm(settings(1), phase=30.0)
    signals = [
        evaluation.signal
        for _, evaluation in run(alarm, {60: 100.0, 120: 100.0, 180: 0.0}, 0.0, 400.0)
        if evaluation.signal
    ]
    assert [(signal.at, signal.repeated, signal.points) for signal in signals] == [
        (150.0, False, (100.0,)),
        (210.0, True, (100.0,)),
    ]


@pytest.mark.parametrize(("every", "expected"), [(10.0, [40, 50, 60, 70, 80, 90, 100]), (60.0, [40, 100])])
def test_how_often_a_ten_second_alarm_repeats_is_an_assumption(every, expected):
    alarm = Alarm(settings(1, period=10), assumptions=AlarmAssumptions(repeat_high_resolution=every))
    points = dict.fromkeys(range(20, 200, 10), 100.0)
    done = run(alarm, points, 0.0, 100.0)
    assert [at for at, evaluation in done if evaluation.signal] == expected


def test_evaluations_a_little_early_still_repeat():
    alarm, points = Alarm(settings(1)), {0: 100.0}
    first = alarm.evaluate(NEW, 70.020, points)
    assert alarm.evaluate(first.status, 129.990, points).signal is not None
    assert alarm.evaluate(first.status, 80.0, points).signal is None


def test_a_state_that_ends_and_returns_signals_at_once():
    alarm = Alarm(settings(1, period=10), assumptions=AlarmAssumptions(repeat_high_resolution=60))
    points = {0: 100.0, 10: 0.0, 20: 100.0}
    done = run(alarm, points, 0.0, 40.0)
    assert [(at, e.signal.repeated) for at, e in done if e.signal] == [(20, False), (40, False)]
    assert [e.changed for _, e in done] == [False, True, True, True]
    assert [e.status.signalled for _, e in done] == [None, 20, None, 40]


def test_only_states_with_actions_send_signals():
    points = {0: 0.0}
    assert Alarm(settings(1)).evaluate(NEW, 70.0, points).signal is None
    signal = Alarm(settings(1), acting=(State.OK,)).evaluate(NEW, 70.0, points).signal
    assert signal == (70.0, State.OK, (0.0,), False)


def test_a_repeat_leaves_when_the_state_began():
    alarm = Alarm(settings(1))
    status = alarm.evaluate(NEW, 70.0, {0: 100.0}).status
    repeated = alarm.evaluate(status, 130.0, {60: 100.0})
    assert repeated.signal
    assert repeated.signal.repeated
    assert (repeated.status.since, repeated.status.signalled) == (70.0, 130.0)


@pytest.mark.parametrize(("age", "accepted"), [(0.0, True), (10.0, True), (10.1, False)])
def test_scaling_acts_on_evaluations_of_the_last_ten_seconds(age, accepted):
    assert admissible(Signal(70.0, State.ALARM, (100.0,), repeated=False), 70.0 + age) is accepted


def test_an_alarm_that_missing_data_breaches_is_not_acted_on():
    signal = Alarm(settings(1, missing="breaching")).evaluate(NEW, 70.0, {}).signal
    assert signal is not None
    assert not admissible(signal, 70.2)


@pytest.mark.parametrize("before", State)
def test_ignored_missing_data_keeps_every_state(before):
    status = AlarmStatus(before, 10.0, 10.0)
    evaluation = Alarm(settings(missing="ignore"), acting=()).evaluate(status, 600.0, {})
    assert evaluation == (status, False, None)


PICTURES = [dict(zip(range(0, 420, 60), p, strict=True)) for p in itertools.product((None, 0.0, 100.0), repeat=7)]


@pytest.mark.parametrize("missing", Missing)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (5, 5), (5, 3)])
def test_every_pattern_of_seven_points_keeps_the_rules(n, m, missing):
    """Laws that hold for all 2187 patterns of what is missing, fine and breaching."""
    alarm = settings(n, m, missing)
    window = Window(0, 420, 60)
    for picture in PICTURES:
        points = {time: value for time, value in picture.items() if value is not None}
        state = decide(alarm, window, points)
        newest = [points[time] for time in sorted(points)][-n:]
        if len(newest) == n:
            # With N points the treatment of missing data does not matter.
            assert state is (State.ALARM if newest.count(100.0) >= m else State.OK)
        elif newest.count(100.0) >= m:
            assert state is State.ALARM
        elif state is State.ALARM:
            assert missing is Missing.BREACHING or (missing is Missing.MISSING and 0.0 not in newest)
        else:
            assert state is not State.INSUFFICIENT_DATA or (missing is Missing.MISSING and 0.0 not in newest)
            assert state is not None or (missing is Missing.IGNORE and 0.0 not in newest)
        extra = {**points, 480: 100.0, -60: 0.0}
        assert decide(alarm, window, extra) is state
