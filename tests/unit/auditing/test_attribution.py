"""Made histories: under the defaults each agrees, under another answer that answer is what explains it."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scaleproof.auditing import audit
from scaleproof.auditing.audit import BEARING, _others, audited, measured
from scaleproof.auditing.case import Case, Watched, pieces, readable
from scaleproof.auditing.lines import CLOSE, NEAR, EventKind, Line, paired
from scaleproof.auditing.published import published
from scaleproof.auditing.replay import _Recorded, replayed
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import AlarmSettings, State, Transition
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.autoscaling.activities import REFUSED
from scaleproof.scaling.endpoint import ScalableTarget, ScheduledAction
from scaleproof.scaling.metric_math import Query, QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import DEFAULT, alternatives, spell

from .made import START, World, change, steady

A, B = (MetricStat("Probe", name, (), "Average", 60) for name in "ab")
FAST = replace(A, period=10)
TYPED = MetricStat(
    "AWS/SageMaker",
    "ConcurrentRequestsPerModel",
    (("EndpointName", "e"), ("InstanceType", "ml.g6.2xlarge"), ("VariantName", "v")),
    "Maximum",
    60,
)
BACKLOG = MetricStat("AWS/SageMaker", "ApproximateBacklogSizePerInstance", (("EndpointName", "e"),), "Average", 60)
WHOLE = replace(TYPED, dimensions=(("EndpointName", "e"), ("VariantName", "v")))
PHASE = 32.0


def above(source, periods=1, threshold=50.0):
    return AlarmSettings(source, "GreaterThanThreshold", threshold, periods)


def step(name, adjustment, alarm, cooldown=0.0):
    return StepScaling(name, "ChangeInCapacity", (Step(adjustment, lower=0.0),), {name: alarm}, cooldown)


def tracking(**fields):
    policy = TargetTracking("t", A, 50.0, 0, 0)
    made = {alarm.name: alarm.settings for alarm in target_tracking.alarms(policy, {})}
    return replace(policy, alarms=made, **fields)


def world(*policies, data, seconds=900, high=50, **fields):
    phases = {name: PHASE % 10 if one.period < 60 else PHASE for p in policies for name, one in p.alarms.items()}
    defaults = {"count": 4, "phases": phases}
    return World(ScalableTarget(1, high, policies), data=data, seconds=seconds, **{**defaults, **fields})


def on(queries):
    return above(QuerySet(queries))


def query(expression):
    return on((Query("a", A, returned=False), Query("b", B, returned=False), Query("e", None, expression)))


def repeated():
    return world(step("s", 1, above(FAST)), data=steady(FAST, 60.0, 600, 900), seconds=90, takes=2.0)


def silent():
    return world(step("s", 1, above(A, 3)), data=steady(A, 10.0, 600, 240))


def early():
    """Where 10 s of cutoff leave the newest minute out."""
    data = {A: {time: 60.0 if time >= START + 300 else 10.0 for time in steady(A, 1.0, 600, 900)[A]}}
    return world(step("s", 1, above(A, 2)), data=data, phases={"s": 7.0}, seconds=500)


def late():
    return replace(early(), phases={"s": PHASE})


def expression():
    """An expression is evaluated on data up to the moment, 2 s after the minute."""
    data = {A: {time: 60.0 if time >= START + 300 else 10.0 for time in steady(A, 1.0, 600, 900)[A]}}
    alarm = on((Query("a", A, returned=False), Query("e", None, "a * 1")))
    return world(step("s", 1, alarm), data=data, phases={"s": 2.0}, seconds=500)


def expression_later():
    return replace(expression(), phases={"s": PHASE})


def smallest():
    return world(step("s", 1, query("MIN([a, b])")), data=steady(A, 60.0, 900, 900) | steady(B, None, 0, 0))


def filled():
    return world(step("s", 1, query("FILL(b, 60)")), data=steady(A, 60.0, 900, 900) | steady(B, None, 0, 0))


def rising():
    data = {A: {time: 52.0 + i for i, time in enumerate(range(int(START) - 600, int(START) + 900, 60))}}
    return world(tracking(), data=data, phases={"AlarmHigh": PHASE, "AlarmLow": 12.0})


def idle():
    phases = {"AlarmHigh": PHASE, "AlarmLow": 12.0}
    return world(tracking(), data=steady(A, 5.0, 1_200, 900), phases=phases, count=20)


def two():
    """Two policies whose alarms go off one after the other."""
    data = {
        metric: {time: 60.0 if time >= START + first else 1.0 for time in steady(A, 1.0, 600, 900)[A]}
        for metric, first in ((A, 0), (B, 300))
    }
    policies = step("s", 4, above(A), 3_000.0), step("o", 6, above(B), 3_000.0)
    return world(*policies, data=data, seconds=800)


def scheduled(expression="at(2026-09-21T14:20:00)", zone="UTC", **fields):
    action = ScheduledAction("x", expression, zone, min=8)
    made = world(data={}, phases={}, **fields)
    return replace(made, target=replace(made.target, schedules=(action,)))


def spring():
    """The hour from two to three o'clock is left out."""
    start = datetime(2026, 3, 29, 0, 45, tzinfo=UTC).timestamp()
    return scheduled("cron(30 2 * * ? *)", "Europe/Berlin", seconds=7_200, start=start)


def refused():
    return scheduled(seconds=1_800, updating=(0.0, 900.0))


def slow():
    return world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 3_000), high=5, seconds=2_300, takes=2_500)


def _stat(policy):
    (source, *_) = [alarm.source for alarm in target_tracking.alarms(policy, {})]
    assert isinstance(source, MetricStat)
    return source


def typed(there):
    data = steady(TYPED, 10.0 if there else None, 600, 900) | steady(WHOLE, 10.0, 600, 900)
    return world(step("s", 1, above(TYPED)), data=data)


def asleep(there):
    data = steady(BACKLOG, 10.0 if there else None, 600, 900)
    return world(step("s", 1, above(BACKLOG)), data=data, count=0)


HISTORIES = {
    "repeat_high_resolution=60": repeated,
    "extra_periods=1": silent,
    "extra_periods=3": silent,
    "metric_cutoff=0": early,
    "metric_cutoff=60": late,
    "metric_delay=0": expression,
    "metric_delay=60": expression_later,
    "missing_extremes=zero": smallest,
    "fill_of_empty=nothing": filled,
    "tracked_value=newest": rising,
    "largest_scale_in=1": idle,
    "cooldown_scope=target": two,
    "schedule_delay=5": scheduled,
    "schedule_delay=40.2": scheduled,
    "schedule_in_gap=after": spring,
    "refused_retry=10": refused,
    "refused_retry=300": refused,
    "unfulfilled_after=1800": slow,
}
"""A history whose events tell the answer from the default, by the answer."""
METRICS = {"concurrency_by_type=missing": typed, "backlog_per_instance_at_zero=backlog": asleep}
SETTINGS = {"high_resolution_low_periods=30", "high_resolution_low_periods=60"}
OF_FLEETS = {"provisioning", "start_up", "stop_grace_seconds", "release", "when_full", "scale_in_time"}
OF_FLEETS |= {"invocations_per_instance", "single_type_shortage"}


def value(answer):
    return next((name, one) for name, one in alternatives() if f"{name}={spell(one)}" == answer)


def test_every_answer_that_bears_on_a_record_has_a_history():
    asked = {f"{name}={spell(one)}" for name, one in alternatives() if name not in OF_FLEETS}
    assert asked == HISTORIES.keys() | METRICS.keys() | SETTINGS


@pytest.mark.parametrize("made", sorted(set(HISTORIES.values()), key=lambda one: one.__name__))
def test_a_history_under_the_defaults_agrees(made):
    found = audited(made().case())
    assert found.agrees, [line for line in found.lines if not line.agrees]
    assert found.lines or made in (spring, filled)


@pytest.mark.parametrize("answer", HISTORIES)
def test_another_answer_explains_its_history(answer):
    history = replace(HISTORIES[answer](), model=DEFAULT.set(*value(answer)))
    found = audited(history.case())
    assert not found.agrees
    assert found.explained
    # The answer, or one that this record does not tell from it.
    assert answer in {f"{one.assumption}={one.value}" for one in (found.answers[0], *found.rivals)}
    assert {one.differences for one in (found.answers[0], *found.rivals)} == {0}


@pytest.mark.parametrize("answer", HISTORIES)
def test_the_default_contradicts_the_answer(answer):
    found = audited(HISTORIES[answer]().case())
    assert answer in {f"{one.assumption}={one.value}" for one in found.contradicted}


def test_a_delay_of_schedules_is_measured():
    found = audited(replace(scheduled(), model=DEFAULT.set("schedule_delay", 17.0)).case())
    assert [(one.assumption, one.value, one.differences) for one in found.answers] == [("schedule_delay", "17", 0)]
    assert [one.description for one in found.lines if one.kind is EventKind.BOUNDS] == ["bounds min 8, max 50"]
    assert found.rivals == ()


def test_an_answer_explains_some_differences_and_leaves_others():
    case = replace(scheduled(), model=DEFAULT.set("schedule_delay", 17.0)).case()
    false = change(START + 800, 20, START + 820)
    found = audited(replace(case, activities=(*case.activities, false)))
    assert {(one.kind, one.explained) for one in found.differences if one.recorded != false.start} == {
        (EventKind.BOUNDS, "schedule_delay=17"),
        (EventKind.SCALING, "schedule_delay=17"),
    }
    assert [one.explained for one in found.differences if one.recorded == false.start] == [""]
    assert found.sentence == "They differ in 3 of 3 events; 1 of these no single assumption explains."


def test_of_changes_that_only_the_replay_makes_an_answer_explains_those_that_go_with_it():
    action = ScheduledAction("x", "at(2026-09-21T14:15:05)", min=20)
    made = replace(repeated(), seconds=119, model=DEFAULT.set("repeat_high_resolution", 60.0))
    case = replace(made, target=replace(made.target, schedules=(action,))).case()
    without = replace(case, activities=tuple(one for one in case.activities if one.alarm))
    explained = {line.description: line.explained for line in audited(without).differences if line.recorded is None}
    assert explained["6 to 7 instances, by s"] == "repeat_high_resolution=60"
    assert explained["6 to 20 instances, by bounds"] == ""


def test_the_delay_of_most_schedules_is_taken():
    mins = {5: "14:20", 6: "14:25", 7: "14:30"}
    actions = [ScheduledAction(str(low), f"at(2026-09-21T{at}:00)", min=low) for low, at in mins.items()]
    made = world(data={}, phases={}, seconds=2_000)
    case = replace(made, target=replace(made.target, schedules=tuple(actions))).case()
    scheduled = [one for one in case.activities if one.bounds != (None, None)]
    late = [one._replace(start=one.start + by) for one, by in zip(scheduled, (10.0, 12.04, 50.0), strict=True)]
    assert list(measured(replace(case, activities=tuple(late)))) == [("schedule_delay", 12.0)]
    soon = tuple(one._replace(start=one.start + 0.4) for one in scheduled)
    assert list(measured(replace(case, activities=soon))) == [("schedule_delay", 0.4)]
    assert list(measured(replace(case, activities=tuple(scheduled)))) == [], "all were on time"


def test_how_long_a_change_may_take_is_measured():
    """Those that are under way, or that ended otherwise, say nothing of it."""
    ends = [(START + 1_700.04, Status.UNFULFILLED), (None, Status.IN_PROGRESS), (START + 9, Status.SUCCESSFUL)]
    changes = tuple(change(START, 9, end, status) for end, status in ends)
    case = replace(world(data={}, phases={}).case(), activities=changes)
    assert list(measured(case)) == [("unfulfilled_after", 1700.0)]


@pytest.mark.parametrize("model", [DEFAULT, DEFAULT.set("metric_delay", 60.0)])
def test_every_other_answer_is_tried_once(model):
    tried = [(name, spell(answer)) for name, answer in _others(scheduled().case(), model)]
    assert len(set(tried)) == len(tried)
    assert {name for name, _ in tried} <= set(BEARING)
    assert all(answer != spell(model.get(name)) for name, answer in tried)
    others = {(name, spell(DEFAULT.get(name))) for name in BEARING if model.get(name) != DEFAULT.get(name)}
    assert others <= set(tried), "the default is one"


def test_an_answer_that_changes_nothing_is_not_told():
    assert audited(scheduled().case()).open == ()


@pytest.mark.parametrize("answer", METRICS)
def test_whether_a_metric_has_data_settles_an_assumption(answer):
    name, _ = value(answer)
    # A metric by type that is there is as assumed, one of a queue without instances is not.
    usual = name == "concurrency_by_type"
    assert audited(METRICS[answer](usual).case()).agrees
    found = audited(METRICS[answer](not usual).case())
    (wrong,) = found.differences
    assert (wrong.kind, wrong.explained) == (EventKind.METRIC, answer)
    assert wrong.description.endswith("has no data" if usual else "has data")


@pytest.mark.parametrize(
    ("changes", "until", "lines"),
    [
        ([change(START + 70, 0, START + 100)], 180, 0),
        ([change(START + 70, 0, START + 100)], 240, 1),
        # A change to zero that failed left it there, and one to three comes to none that are gone.
        ([change(START + 70, 0, START + 100, Status.FAILED)], 900, 0),
        ([change(START + 10, 3, START + 40), change(START + 70, 0, START + 100)], 180, 0),
        ([change(START + 70, 0, START + 100), change(START + 400, 2, START + 420)], 180, 0),
    ],
)
def test_data_while_the_last_instance_goes_settles_nothing(changes, until, lines):
    data = steady(BACKLOG, 10.0, 600, until)
    case = replace(asleep(True).case(), count=1, activities=tuple(changes), data=data)
    assert len(list(published(case, DEFAULT.autoscaling))) == lines


def test_the_concurrency_of_all_types_says_nothing_of_one():
    made = world(step("s", 1, above(WHOLE)), data=steady(WHOLE, 10.0, 600, 900))
    for answer in ("published", "missing"):
        assert audited(made.case(), DEFAULT.set("concurrency_by_type", answer)).agrees


def test_an_endpoint_that_published_nothing_yet_settles_nothing():
    nothing = steady(TYPED, None, 600, 900) | steady(WHOLE, None, 600, 900)
    assert audited(world(step("s", 1, above(TYPED)), data=nothing).case()).agrees
    assert audited(world(step("s", 1, above(TYPED)), data=steady(TYPED, None, 600, 900)).case()).agrees


def test_a_queue_that_published_nothing_yet_settles_nothing():
    def contradicted(waiting):
        history = asleep(False)
        queue = replace(BACKLOG, name="HasBacklogWithoutCapacity")
        # That of a moment without instances suffices.
        case = replace(history, data=history.data | steady(queue, waiting, 600, 240)).case()
        return [one.assumption for one in audited(case).contradicted]

    assert contradicted(None) == []
    assert contradicted(0.0) == ["backlog_per_instance_at_zero"]


@pytest.mark.parametrize(("before", "settled"), [(120, True), (60, False)])
def test_what_a_queue_publishes_in_the_last_minute_without_instances_settles_nothing(before, settled):
    """The first instance may be there for a part of it."""
    case = asleep(False).case()
    case = replace(case, data={**case.data, BACKLOG: {int(case.end) - before: 0.0}})
    settles = [
        line.kind for line in published(case, replace(DEFAULT.autoscaling, backlog_per_instance_at_zero="missing"))
    ]
    assert bool(settles) is settled


@pytest.mark.parametrize("answer", sorted(SETTINGS))
def test_how_target_tracking_made_its_alarms_settles_an_assumption(answer):
    policy = TargetTracking("t", CONCURRENCY, 9.0)
    periods = value(answer)[1]

    def case(low, without=""):
        assumed = AutoscalingAssumptions(high_resolution_low_periods=low)
        made = {alarm.name: alarm.settings for alarm in target_tracking.alarms(policy, {}, assumed)}
        made.pop(without, None)
        tracked = replace(policy, alarms=made)
        data = steady(_stat(policy), 8.5, 1_200, 600) | steady(A, 10.0, 600, 300)
        phases = {"AlarmHigh": 2.0, "AlarmLow": 3.0, "s": PHASE}
        return World(ScalableTarget(1, 4, (step("s", 1, above(A)), tracked)), 1, data, phases, 300).case()

    assert audited(case(90)).agrees
    (wrong,) = audited(case(periods)).differences
    assert wrong.kind is EventKind.SETTINGS
    assert wrong.description.startswith(f"AlarmLow is < 8.1, {periods} of {periods} periods of 10 s, missing data ")
    assert wrong.explained == answer
    (wrong,) = audited(case(90, "AlarmLow")).differences
    assert wrong.description.startswith("t has no AlarmLow; expected is < 8.1, 90 of 90 periods of 10 s")


@pytest.mark.parametrize("most", [2, 1])
def test_two_answers_explain_what_one_does_not(most, monkeypatch):
    """A history in which both the cooldown and the schedule are other than assumed."""
    monkeypatch.setattr(audit, "STEPS", most)
    made = two()
    action = ScheduledAction("x", "at(2026-09-21T14:20:00)", min=2)
    model = DEFAULT.set("cooldown_scope", "target").set("schedule_delay", 40.2)
    found = audited(replace(made, target=replace(made.target, schedules=(action,)), model=model).case())
    assert found.explained is (most == 2)
    assert len(found.answers) == most
    assert {one.assumption for one in found.answers} <= {"cooldown_scope", "schedule_delay"}


def test_what_no_answer_explains_stays_open():
    case = two().case()
    first, *others = case.activities
    found = audited(replace(case, activities=(first._replace(desired=7), *others)))
    assert not found.agrees
    assert not found.explained
    assert found.answers == ()


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


@pytest.mark.parametrize(
    ("apart", "count", "same", "agrees"),
    [
        (CLOSE, 6, True, True),
        (-CLOSE, 6, True, True),
        (CLOSE + 0.1, 6, True, False),
        (-CLOSE - 0.1, 6, True, False),
        (NEAR, 6, True, False),
        (-NEAR, 6, True, False),
        (NEAR + 1, 6, False, False),
        (-NEAR - 1, 6, False, False),
        # One to another count is that of the replay only where both are at one time.
        (CLOSE, 7, True, False),
        (-CLOSE, 7, True, False),
        (CLOSE + 0.1, 7, False, False),
        (-CLOSE - 0.1, 7, False, False),
    ],
)
def test_how_far_a_change_of_the_count_may_be_from_the_replayed_one(apart, count, same, agrees):
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


def test_an_event_is_that_of_the_other_side_that_is_nearest():
    replayed = [Line(EventKind.ALARM, "x", None, time) for time in (60.0, 100.0 + CLOSE)]
    lines = paired([Line(EventKind.ALARM, "x", 100.0)], replayed)
    assert [(one.recorded, one.replayed, one.agrees) for one in lines] == [
        (100.0, 100.0 + CLOSE, True),
        (None, 60.0, False),
    ]


def test_a_mean_of_minutes_is_that_of_their_samples():
    """A minute without one of the two has no part in it, and a period that is not over has no mean."""
    kinds = {"Sum": {0: 100.0, 60: 90.0, 120: 5.0, 300: 7.0}, "SampleCount": {0: 1.0, 60: 9.0, 180: 5.0, 300: 1.0}}
    recorded = {replace(A, statistic=kind): points for kind, points in kinds.items()}
    window = Window(0, 600, 300)
    for until, points in ((299.9, {}), (300.0, {0: 19.0}), (599.0, {0: 19.0})):
        assert readable(recorded, replace(A, period=300), window, until) == points


def test_bounds_that_somebody_set_are_given():
    made = world(data={}, phases={}, count=4)
    case = replace(made.case(), activities=(change(START + 100, 6, START + 120),))
    assert not audited(case).agrees
    assert audited(replace(case, moved=((START + 100, 6, None),))).agrees


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


def test_a_changed_cooldown_is_no_assumption():
    """A record of other cooldowns than its policies have."""
    made = repeated()
    (policy,) = made.target.policies
    assert isinstance(policy, StepScaling)
    case = replace(made, target=replace(made.target, policies=(replace(policy, cooldown=25.0),))).case()
    found = audited(replace(case, target=made.target))
    assert not found.explained


def test_a_statistic_that_minutes_do_not_give_is_refused():
    minute = replace(A, statistic="p90")
    assert pieces(minute) == (minute,)
    metric = replace(minute, period=300)
    with pytest.raises(ScaleproofError, match="the p90 of 300 s cannot be made of minutes"):
        audited(world(step("s", 1, above(metric)), data=steady(metric, 60.0, 900, 900)).case())
