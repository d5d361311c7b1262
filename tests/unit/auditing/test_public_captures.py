"""The public captures of AWS in tests/vectors, audited: what they say of what AWS does not document."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scaleproof.auditing import captures, history
from scaleproof.auditing.audit import audited
from scaleproof.auditing.lines import EventKind
from scaleproof.scaling.alarms import AlarmSettings, State
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.assumptions import DEFAULT

from .made import World

VECTORS = Path(__file__).parents[2] / "vectors"
TRACK60, SCHED_STEP10 = VECTORS / "audit_track60.json", VECTORS / "audit_sched_step10.json"


def audit(file, **taken):
    model = DEFAULT
    for assumption, value in taken.items():
        model = model.set(assumption, value)
    return audited(history.case(captures.load(file)), model)


def contradicted(found):
    return {f"{one.assumption}={one.value}" for one in found.contradicted}


@pytest.mark.parametrize("file", sorted(VECTORS.glob("audit_*.json")), ids=lambda file: file.stem)
def test_assumptions_explain_every_capture(file):
    found = audit(file)
    assert found.lines
    assert found.explained, [one for one in found.differences if not one.explained]


def test_target_tracking_by_the_minute_agrees():
    found = audit(TRACK60)
    assert found.agrees
    assert [(line.kind, line.description) for line in found.lines] == [
        (EventKind.ALARM, "AlarmLow: INSUFFICIENT_DATA to OK"),
        (EventKind.ALARM, "AlarmHigh: INSUFFICIENT_DATA to ALARM"),
        (EventKind.SCALING, "1 to 2 instances, by AlarmHigh"),
        (EventKind.NOT_SCALED, "AlarmHigh: AlreadyAtMaxCapacity, MaxCapacity 2"),
        (EventKind.ALARM, "AlarmHigh: ALARM to OK"),
    ]
    assert contradicted(found) == {"metric_delay=60", "metric_cutoff=60"}


def test_the_late_schedule_is_attributed_to_its_assumption():
    found = audit(SCHED_STEP10)
    assert not found.agrees
    assert [(one.kind, one.explained) for one in found.differences] == [
        (EventKind.SCALING, "schedule_delay=40.2"),
        (EventKind.BOUNDS, "schedule_delay=40.2"),
    ]
    (answer,) = found.answers
    assert (answer.assumption, answer.taken, answer.value) == ("schedule_delay", "0", "40.2")


def test_what_a_ten_second_alarm_of_aws_settles():
    """The action came again 9.96 s later, so it is not repeated by the minute."""
    found = audit(SCHED_STEP10, schedule_delay=40.2)
    assert found.agrees
    assert "repeat_high_resolution=60" in contradicted(found)
    # What was taken is itself no alternative any more, and the default is one.
    assert {"schedule_delay=0", "schedule_delay=5"} <= contradicted(found)


@pytest.mark.parametrize(("file", "late"), [(TRACK60, 0.0), (SCHED_STEP10, 40.236)])
def test_what_happens_is_as_late_as_it_was(file, late):
    """To some 10 ms of the phases of alarms, and 30 ms of actions."""
    lines = audit(file, schedule_delay=late).lines
    assert all(line.agrees for line in lines)
    assert max(abs(line.recorded - line.replayed) for line in lines if line.recorded and line.replayed) < 0.3


def test_what_the_capture_ended_before():
    """AlarmLow of track60 is to act at its next evaluation: fifteen low periods are then complete."""
    case = history.case(captures.load(TRACK60))
    more = audited(replace(case, end=case.end + 13)).differences
    assert [(one.description, one.recorded) for one in more] == [
        ("AlarmLow: OK to ALARM", None),
        ("2 to 1 instances, by AlarmLow", None),
    ]
    assert all(0 < one.time - case.end < 5.5 for one in more)


def test_ten_minutes_of_low_load_at_high_resolution():
    """A policy on a metric of 20 s (timings.csv, TM9 and TM15; autoscaling.csv, C3): 30 periods
    from 02:53:20 on, ALARM at 03:03:36.051, action 0.182 s later, two instances to one in one step."""
    start = datetime(2026, 9, 17, 2, 53, tzinfo=UTC).timestamp()
    load = MetricStat("Probe", "load", (), "Average", 20)
    low = AlarmSettings(load, "LessThanThreshold", 45.0, 30)
    policy = TargetTracking("track", load, 50.0, alarms={"AlarmLow": low})
    data = {load: {int(start) + 20 + 20 * number: 0.011 for number in range(60)}}
    at_once = DEFAULT.set("metric_delay", 0.0)
    world = World(ScalableTarget(1, 2, (policy,)), 2, data, {"AlarmLow": 6.05}, 660, start=start, model=at_once)
    case = world.case()
    (transition,), (activity,) = case.transitions, case.activities
    assert transition.time - start == pytest.approx(636.051, abs=0.3)
    assert transition.new is State.ALARM
    assert activity.start - transition.time == pytest.approx(0.182, abs=0.1)
    assert (activity.before, activity.desired) == (2, 1)


def test_a_query_that_is_null_is_none(tmp_path):
    document = json.loads(TRACK60.read_bytes())
    asked = [one["request"] for one in document["answers"] if one["operation"] == "GetMetricData"]
    for request in asked:
        request["MetricDataQueries"] = [None, *request["MetricDataQueries"]]
        request["MetricDataQueries"][1]["MetricStat"]["Metric"]["Dimensions"] = [None]
    (tmp_path / "it.json").write_text(json.dumps(document))
    assert audit(tmp_path / "it.json").lines


def test_alarms_may_be_called_as_anything_else_in_a_capture():
    """As an Id in metric math, as a member of the file."""
    text = TRACK60.read_text().replace("AlarmHigh", "m1").replace("AlarmLow", "end")
    found = audited(history.case(captures.parse(json.loads(text), "named")))
    assert found.sentence == audit(TRACK60).sentence
    assert [line.description for line in found.lines] == [
        "end: INSUFFICIENT_DATA to OK",
        "m1: INSUFFICIENT_DATA to ALARM",
        "1 to 2 instances, by m1",
        "m1: AlreadyAtMaxCapacity, MaxCapacity 2",
        "m1: ALARM to OK",
    ]


def _answer(document, operation, member, number=0):
    found = [one for one in document["answers"] if one["operation"] == operation]
    return found[number]["answer"][member]


def _other_count(document, count=3):
    first = _answer(document, "DescribeScalingActivities", "ScalingActivities")[-1]
    first["Description"] = f"Setting desired instance count to {count}."


def _other_reason(document):
    last = _answer(document, "DescribeScalingActivities", "ScalingActivities")[0]
    last["NotScaledReasons"] = [{"Code": "AlreadyAtMinCapacity", "MinCapacity": 1}]


def _other_state(document):
    last = _answer(document, "DescribeAlarmHistory", "AlarmHistoryItems")[0]
    last["HistoryData"] = last["HistoryData"].replace('"OK"', '"INSUFFICIENT_DATA"')


@pytest.mark.parametrize(
    ("falsify", "what"),
    [
        (_other_count, "in the record"),
        (_other_reason, "AlreadyAtMin"),
        (_other_state, "ALARM to INSUFFICIENT_DATA"),
    ],
)
def test_a_falsified_record_differs(falsify, what):
    document = json.loads(TRACK60.read_text())
    falsify(document)
    found = audited(history.case(captures.parse(document, "false")))
    assert any(what in one.description and not one.explained for one in found.differences)


def test_a_time_is_written_to_the_nearest_millisecond():
    times = [captures.clock(1_790_000_040.0 + more) for more in (0.0, 0.0014, 0.0016, 0.9996)]
    assert [time[17:] for time in times] == ["00.000+00:00", "00.001+00:00", "00.002+00:00", "01.000+00:00"]


def test_a_member_that_aws_has_added_is_passed_over():
    document = json.loads(TRACK60.read_text())
    before = history.case(captures.parse(document, "before"))
    for answer in document["answers"]:
        for policy in answer["answer"].get("ScalingPolicies", ()):
            policy["PredictedBy"] = {"Moon": "full"}
    assert history.case(captures.parse(document, "after")) == before


def test_the_last_answer_to_a_question_counts():
    """A schedule that was taken out before it came was none."""
    document = json.loads(SCHED_STEP10.read_text())
    (asked,) = (one for one in document["answers"] if one["operation"] == "DescribeScheduledActions")
    document["answers"].append({**asked, "asked": "2026-09-17T01:50:00Z", "answer": {"ScheduledActions": []}})
    case = history.case(captures.parse(document, "later"))
    assert case.target.schedules == ()
    assert history.case(captures.load(SCHED_STEP10)).target.schedules != ()


@pytest.mark.parametrize("file", [TRACK60, SCHED_STEP10])
def test_what_was_asked_before_changes_nothing(file):
    document = json.loads(file.read_text())
    once = history.case(captures.parse(document, "once"))
    # Of these all answers count.
    others = ("DescribeScalableTargets", "DescribeAlarmHistory")
    earlier = [one for one in document["answers"] if one["operation"] not in others]
    document["answers"] = [*earlier, *document["answers"]]
    assert history.case(captures.parse(document, "twice")) == once


@pytest.mark.parametrize("file", [TRACK60, SCHED_STEP10])
def test_a_capture_that_is_written_is_the_one_that_was_read(file, tmp_path):
    capture = captures.load(file)
    written = tmp_path / "again.json"
    written.write_text(captures.text(capture))
    assert history.case(captures.load(written)) == history.case(capture)
