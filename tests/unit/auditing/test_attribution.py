"""Made histories: under the defaults each agrees, under another answer that answer is what explains it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scaleproof.auditing import audit
from scaleproof.auditing.audit import BEARING, _others, audited, measured
from scaleproof.auditing.lines import EventKind
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.scaling.metric_math import Query, QuerySet
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.studies.assumptions import DEFAULT, alternatives, parse, spell

from .made import (
    PHASE,
    START,
    A,
    B,
    above,
    change,
    early,
    idle,
    repeated,
    scheduled,
    slow,
    steady,
    step,
    tracking,
    two_policies,
    world,
)


def query(expression):
    queries = Query("a", A, returned=False), Query("b", B, returned=False), Query("e", None, expression)
    return above(QuerySet(queries))


def silent():
    return world(step("s", 1, above(A, 3)), data=steady(A, 10.0, 600, 240))


def late():
    return replace(early(), phases={"s": PHASE})


def expression():
    """An expression is evaluated on data up to the moment, 2 s after the minute."""
    data = {A: {time: 60.0 if time >= START + 300 else 10.0 for time in steady(A, 1.0, 600, 900)[A]}}
    alarm = above(QuerySet((Query("a", A, returned=False), Query("e", None, "a * 1"))))
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


def spring():
    """The hour from two to three o'clock is left out."""
    start = datetime(2026, 3, 29, 0, 45, tzinfo=UTC).timestamp()
    return scheduled("cron(30 2 * * ? *)", "Europe/Berlin", seconds=7_200, start=start)


def refused():
    return scheduled(seconds=1_800, updating=(0.0, 900.0))


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
    "cooldown_scope=target": two_policies,
    "schedule_delay=5": scheduled,
    "schedule_delay=40.2": scheduled,
    "schedule_in_gap=after": spring,
    "refused_retry=10": refused,
    "refused_retry=300": refused,
    "unfulfilled_after=1800": slow,
}
"""A history whose events tell the answer from the default, by the answer."""
OF_FLEETS = {"provisioning", "start_up", "stop_grace_seconds", "release", "when_full", "scale_in_time"}
OF_FLEETS |= {"invocations_per_instance", "single_type_shortage"}
SETTLED = {"concurrency_by_type", "backlog_per_instance_at_zero", "high_resolution_low_periods"}
"""By what there is: test_published.py."""


def test_every_answer_that_bears_on_a_record_has_a_history():
    asked = {f"{name}={spell(one)}" for name, one in alternatives() if name not in OF_FLEETS | SETTLED}
    assert asked == HISTORIES.keys()


@pytest.mark.parametrize(("answer", "made"), HISTORIES.items())
def test_a_history_under_the_defaults_agrees_and_contradicts_the_answer(answer, made):
    found = audited(made().case())
    assert found.agrees, found.differences
    assert found.lines or made in (spring, filled)
    assert answer in {one.spelled for one in found.contradicted}


@pytest.mark.parametrize("answer", HISTORIES)
def test_another_answer_explains_its_history(answer):
    history = replace(HISTORIES[answer](), model=parse([answer]))
    found = audited(history.case())
    assert not found.agrees
    assert found.explained
    # The answer, or one that this record does not tell from it.
    assert answer in {one.spelled for one in (found.answers[0], *found.rivals)}
    assert {one.differences for one in (found.answers[0], *found.rivals)} == {0}


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


@pytest.mark.parametrize("most", [2, 1])
def test_two_answers_explain_what_one_does_not(most, monkeypatch):
    """A history in which both the cooldown and the schedule are other than assumed."""
    monkeypatch.setattr(audit, "STEPS", most)
    made = two_policies()
    action = ScheduledAction("x", "at(2026-09-21T14:20:00)", min=2)
    model = DEFAULT.set("cooldown_scope", "target").set("schedule_delay", 40.2)
    found = audited(replace(made, target=replace(made.target, schedules=(action,)), model=model).case())
    assert found.explained is (most == 2)
    assert len(found.answers) == most
    assert {one.assumption for one in found.answers} <= {"cooldown_scope", "schedule_delay"}


def test_what_no_answer_explains_stays_open():
    case = two_policies().case()
    first, *others = case.activities
    found = audited(replace(case, activities=(first._replace(desired=7), *others)))
    assert not found.agrees
    assert not found.explained
    assert found.answers == ()


def test_a_changed_cooldown_is_no_assumption():
    """A record of other cooldowns than its policies have."""
    made = repeated()
    (policy,) = made.target.policies
    assert isinstance(policy, StepScaling)
    case = replace(made, target=replace(made.target, policies=(replace(policy, cooldown=25.0),))).case()
    found = audited(replace(case, target=made.target))
    assert not found.explained
