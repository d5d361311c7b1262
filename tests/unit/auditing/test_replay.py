"""A replay stays with its record: which changes are the same, and what each side alone has."""

import time
from dataclasses import replace

import pytest

from scaleproof.auditing.audit import audited
from scaleproof.auditing.case import Case, Watched, pieces, readable
from scaleproof.auditing.lines import CLOSE, NEAR, EventKind
from scaleproof.auditing.replay import _Recorded, replayed
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import State, Transition
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.autoscaling.activities import REFUSED
from scaleproof.scaling.endpoint import ScalableTarget, ScheduledAction
from scaleproof.scaling.metrics import Window
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.assumptions import DEFAULT

from .made import FAST, PHASE, START, A, B, above, change, early, idle, repeated, steady, step, world


def test_what_only_the_replay_does_is_taken_back_and_told_once():
    case = idle().case()
    (first, *_) = case.changes
    found = audited(replace(case, activities=(), end=first.start + 300))
    (line,) = (one for one in found.differences if one.kind is EventKind.SCALING)
    assert (line.recorded, line.times) == (None, 6), "it tries again each minute"


def test_one_false_activity_makes_no_other_event_differ():
    """Not even one that came after it and before it was given up."""
    case = world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 900), high=5).case()
    (first,) = case.changes
    false = first._replace(start=first.start - 15, desired=2)
    found = audited(replace(case, activities=(false, *case.activities)))
    (wrong,) = found.differences
    assert (wrong.recorded, wrong.description) == (first.start - 15, "to 2 instances, by s")
    assert not wrong.explained


@pytest.mark.parametrize("refused", [False, True])
def test_what_only_the_record_has_is_taken_over_unless_it_was_refused(refused):
    """It is given up after three minutes, and the next change adds to the count that there is then."""
    case = replace(early(), phases={"s": PHASE}).case()
    assert case.changes[0].start > START + 200
    alone, added = change(START + 5, 10, START + 25), 6
    if refused:
        alone, added = alone._replace(status=Status.FAILED, end=alone.start, message=REFUSED), 0
    later = [one._replace(desired=one.desired + added) for one in case.changes]
    (wrong,) = audited(replace(case, activities=(alone, *later))).differences
    assert (wrong.recorded, wrong.replayed) == (START + 5, None)


def test_a_change_that_only_the_record_has_counts_while_it_is_under_way():
    case = world(data={}, phases={}).case()
    under_way = change(START + 100, 10, None, Status.IN_PROGRESS)
    (line,) = audited(replace(case, activities=(under_way,), moved=((START + 400, 8, None),))).lines
    assert line.recorded == START + 100


def test_the_recorded_change_that_is_nearest_is_the_replayed_one():
    case = world(data={}, phases={}).case()
    changes = tuple(change(START + at, 6, START + at + 1) for at in (100, 198, 210))
    lines = audited(replace(case, activities=changes, moved=((START + 200, 6, None),))).lines
    assert [line.recorded for line in lines if line.replayed] == [START + 198]


def test_what_only_the_replay_does_is_told_anew_after_the_count_has_changed():
    case = world(data={}, phases={}).case()
    moved = tuple((START + at, low, None) for at, low in ((100, 6), (160, 1), (500, 6)))
    lines = audited(replace(case, activities=(change(START + 210, 5, START + 220, alarm="s"),), moved=moved)).lines
    assert [(line.description, line.times) for line in lines] == [
        ("4 to 6 instances, by bounds", 1),
        ("to 5 instances, by s", 1),
        ("5 to 6 instances, by bounds", 1),
    ]


def test_an_alarm_without_a_recorded_time_is_evaluated_a_moment_before_it_scales():
    case = repeated().case()
    lines = audited(replace(case, transitions=())).lines
    late = [line.replayed - line.recorded for line in lines if line.recorded and line.replayed]
    assert late == [pytest.approx(0, abs=0.01)] * len(case.changes)


def test_an_alarm_is_evaluated_when_the_record_has_it():
    """Some milliseconds off its interval, early or late."""
    times = range(int(START) - 600, int(START) + 900, 60)
    data = {A: {time: 60.0 if (time - START) // 180 % 2 else 10.0 for time in times}}
    case = world(step("s", 1, above(A)), data=data, high=4).case()
    off = tuple(replace(one, time=one.time + (0.4, -0.3)[number % 2]) for number, one in enumerate(case.transitions))
    lines = [line for line in audited(replace(case, transitions=off)).lines if line.kind is EventKind.ALARM]
    assert [line.recorded for line in lines] == [line.replayed for line in lines] == [one.time for one in off]
    assert len(lines) > 3


@pytest.mark.parametrize(
    ("after", "known", "following"),
    [
        (0, (), 60),
        (0, (85,), 85),
        (0, (89,), 89),
        (0, (90,), 60),  # half an interval off it may be either's
        (0, (31,), 31),
        (0, (30,), 60),
        (0, (10,), 60),
        (40, (35,), 60),
        (31, (31, 500), 120),  # a little early: it is not repeated
        (30, (30,), 60),
        (29, (29,), 60),
    ],
)
def test_of_the_evaluation_times_the_record_has_those_within_half_an_interval_count(after, known, following):
    alarm = _Recorded(above(A), 0.0, known=tuple(START + one for one in known))
    assert alarm.next_evaluation(START + after) == START + following


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("apart", "count", "same", "agrees"),
    [
        (CLOSE, 6, True, True),
        (CLOSE + 0.1, 6, True, False),
        (NEAR, 6, True, False),
        (NEAR + 1, 6, False, False),
        # One to another count is that of the replay only where both are at one time.
        (CLOSE, 7, True, False),
        (CLOSE + 0.1, 7, False, False),
    ],
)
def test_how_far_a_change_of_the_count_may_be_from_the_replayed_one(sign, apart, count, same, agrees):
    apart *= sign
    case = replace(world(data={}, phases={}).case(), activities=(change(START + 300, count, START + 320),))
    lines = audited(replace(case, moved=((START + 300 + apart, 6, None),))).lines
    (line,) = (line for line in lines if line.recorded)
    assert (line.replayed, line.agrees) == (START + 300 + apart if same else None, agrees)


@pytest.mark.parametrize(("end", "agrees"), [(119 + CLOSE, True), (120 + CLOSE, False)])
def test_what_an_alarm_without_a_recorded_time_does_last_is_not_compared(end, agrees):
    """It goes off after a minute in the replay, and may be evaluated a minute later in the record."""
    case = world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 900)).case()
    case = replace(case, transitions=(), activities=(), end=START + end)
    assert audited(case).agrees is agrees


def test_a_long_record_takes_no_more_time_than_its_length():
    """An alarm with a state a minute, and schedules that the record has at each minute."""
    minutes, even = 8_000, int(START // 60) % 2
    off = tuple(START + 60 * minute + 0.2 for minute in range(200_000))
    alarm = _Recorded(above(A), 0.0, known=off)
    actions = [ScheduledAction(f"{n}", f"cron({n}/2 * * * ? *)", "UTC", 1 + n, 1 + n, None, None) for n in (0, 1)]
    counts = [1 + (even + minute) % 2 for minute in range(minutes)]
    changes = tuple(change(START + 60 * number, counts[number]) for number in range(1, minutes))
    target = ScalableTarget(1, 3, (), tuple(actions))
    case = Case("long", START, START + 60 * minutes, target, counts[0], {}, {}, activities=changes)
    began = time.process_time()
    assert [alarm.next_evaluation(moment) for moment in off[:1_000]] == list(off[1:1_001])
    lines = [line for line in replayed(case, DEFAULT) if line.kind is EventKind.SCALING]
    assert len(lines) == minutes - 1
    assert all(line.recorded is not None and line.replayed is not None for line in lines)
    assert time.process_time() - began < 2.0


def test_an_endpoint_at_zero_wakes_by_one():
    """A schedule brings it there, and another one lets it scale again."""
    actions = [
        ScheduledAction(name, f"at(2026-09-21T14:{minute}:00)", "UTC", min=0, max=most)
        for name, minute, most in (("night", 15, 0), ("day", 17, 9))
    ]
    times = range(int(START) - 600, int(START) + 900, 60)
    data = {A: {time: 60.0 if time >= START + 240 else 10.0 for time in times}}
    made = world(step("s", 1, above(A), 600.0), data=data, count=1)
    case = replace(made, target=ScalableTarget(0, 9, made.target.policies, tuple(actions))).case()
    assert [one.desired for one in case.changes] == [0, 1]
    assert audited(case).agrees


def test_a_change_that_failed_is_taken_back():
    """The next one adds to the count that there was before."""
    case = world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 900)).case()
    failed = [one._replace(desired=5, end=one.start + 20, status=Status.FAILED) for one in case.changes[:3]]
    end = case.changes[3].start - 10
    assert audited(replace(case, activities=tuple(failed), end=end)).agrees


def test_only_what_can_be_compared_counts():
    """Not what came before, nor what the other side may have a moment after the end."""
    case = world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 900)).case()
    _, second, third = case.changes[:3]
    older = Transition(START + 1, "gone", State.OK, State.ALARM)
    case = replace(case, transitions=(older, *case.transitions), activities=case.changes[:2])
    found = audited(replace(case, judged=second.start, end=third.start + 2))
    assert found.agrees
    assert [(line.kind, line.recorded) for line in found.lines] == [(EventKind.SCALING, second.start)]


@pytest.mark.parametrize(
    ("statistic", "number"),
    [("Average", 19.0), ("Sum", 195.0), ("SampleCount", 15.0), ("Maximum", 5.0), ("Minimum", 3.0)],
)
def test_five_minutes_are_made_of_those_that_there_are(statistic, number):
    """A minute without one of the two has no part in a mean, and a period that is not over has no value."""
    minutes = {
        "Sum": {0: 100.0, 60: 90.0, 120: 5.0, 300: 7.0},
        "SampleCount": {0: 1.0, 60: 9.0, 180: 5.0, 300: 1.0},
        "Maximum": {0: 3.0, 60: 5.0, 300: 9.0},
        "Minimum": {0: 3.0, 60: 5.0, 300: 9.0},
    }
    recorded = {replace(A, statistic=kind): points for kind, points in minutes.items()}
    for until, points in ((299.9, {}), (300.0, {0: number}), (599.0, {0: number})):
        assert readable(recorded, replace(A, statistic=statistic, period=300), Window(0, 600, 300), until) == points


def test_of_changes_at_one_moment_the_later_one_counts():
    moved = (START + 100, 6, None), (START + 100, 1, 3), (START + 300, 5, 9)
    changes = tuple(change(time, count, time + 20) for (time, *_), count in zip(moved, (6, 3, 5), strict=True))
    case = replace(world(data={}, phases={}, count=4).case(), activities=changes, moved=moved)
    assert audited(case).agrees


def test_an_alarm_that_does_not_act_scales_nothing():
    case = repeated().case()
    (name,) = case.alarms
    silent_ = {name: replace(case.alarms[name], acting=())}
    assert audited(replace(case, alarms=silent_, activities=())).agrees
    assert not audited(replace(case, alarms=silent_)).agrees


def test_an_alarm_that_was_in_alarm_at_the_start_agrees_to_a_scale_in():
    """Of two policies that wait for each other, before the next evaluation of the second."""
    policies = []
    for metric in (A, B):
        policy = TargetTracking(metric.name, metric, 50.0, 0, 0)
        made = {f"{metric.name} {one.name}": one.settings for one in target_tracking.alarms(policy, {})}
        policies.append(replace(policy, alarms=made))
    times = range(int(START) - 1_200, int(START) + 1_500, 60)
    data = {A: {time: 45.0 if time < START else 5.0 for time in times}, B: dict.fromkeys(times, 5.0)}
    phases = {"a AlarmHigh": 20.0, "a AlarmLow": 32.0, "b AlarmHigh": 25.0, "b AlarmLow": 50.0}
    whole = world(*policies, data=data, phases=phases, seconds=1_400, count=20).case()
    start = START + 900
    last = {one.alarm: one.new for one in whole.transitions if one.time < start}
    alarms = {name: replace(alarm, since=start, state=last[name]) for name, alarm in whole.alarms.items()}
    later = tuple(one for one in whole.transitions if one.time >= start)
    assert whole.changes[0].start == pytest.approx(start + 32.2, abs=0.1)
    assert audited(replace(whole, start=start, alarms=alarms, transitions=later)).agrees


def test_an_alarm_of_five_minutes_is_evaluated_by_the_minute():
    """Its periods start at any minute, and are put together from minutes."""
    for statistic, kinds in (("Average", ("Sum", "SampleCount")), ("Maximum", ("Maximum",))):
        metric = replace(A, statistic=statistic, period=300)
        times = range(int(START) - 1_200, int(START) + 900, 60)
        # Two samples in each minute, of which one is high from the start on.
        values = {time: 90.0 if time >= START else 10.0 for time in times}
        data = {
            replace(A, statistic=kind): {
                time: {"Sum": value + 10.0, "SampleCount": 2.0, "Maximum": value}[kind]
                for time, value in values.items()
            }
            for kind in kinds
        }
        alarm = Watched(above(metric, threshold=45.0), START)
        # The mean of five minutes is above 45 when all five are high, the maximum when one is.
        minute = 5 if statistic == "Average" else 1
        second = Transition(START + 60 * minute + PHASE, "s", State.OK, State.ALARM)
        first = Transition(START + PHASE, "s", State.INSUFFICIENT_DATA, State.OK)
        policy = step("s", 1, alarm.settings)
        target = ScalableTarget(1, 50, (policy,))
        case = Case("made", START, START + 400, target, 50, {"s": alarm}, data, transitions=(first, second))
        lines = [line for line in audited(case).lines if line.kind is EventKind.ALARM]
        assert [line.agrees for line in lines] == [True, True], lines


@pytest.mark.parametrize(("cooldown", "changes"), [(7.9, 9), (8.1, 5)])
def test_a_cooldown_runs_from_the_end_of_a_change(cooldown, changes):
    """The next evaluation is ten seconds after the last one, and the change took two of them."""
    policy = step("s", 1, above(FAST), cooldown)
    case = world(policy, data=steady(FAST, 60.0, 600, 900), seconds=90, takes=2.0).case()
    assert len(case.changes) == changes
    assert audited(case).agrees


def test_a_statistic_that_minutes_do_not_give_is_refused():
    minute = replace(A, statistic="p90")
    assert pieces(minute) == (minute,)
    metric = replace(minute, period=300)
    with pytest.raises(ScaleproofError, match="the p90 of 300 s cannot be made of minutes"):
        audited(world(step("s", 1, above(metric)), data=steady(metric, 60.0, 900, 900)).case())
