"""The page of an audit: record and replay on one timeline, and the list that its marks lead to."""

from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.auditing import captures, history
from scaleproof.auditing.audit import audited
from scaleproof.auditing.lines import EventKind, Line
from scaleproof.report.audit import audit_blocks
from scaleproof.report.blocks import Table
from scaleproof.report.html import page as rendered
from scaleproof.scaling.alarms import State, Transition
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.autoscaling.activities import REFUSED
from tests.unit.auditing.made import START, A, above, change, repeated, slow, steady, step, two_policies, world

from .parsed import Page

CAPTURE = Path(__file__).parents[2] / "vectors" / "audit_sched_step10.json"
COUNT, EVENTS = "How many instances were requested?", "What did alarms, policies and schedules do?"


def page(audit):
    return Page(rendered(audit_blocks(audit, "a file"), command="scaleproof audit"))


@pytest.fixture(scope="module")
def late():
    """A schedule that came 40 s later than the replay has it; the change of the count as well."""
    return audited(history.case(captures.load(CAPTURE)))


def curve(figure, label):
    """A series without the places at which it stays."""
    found = []
    for place, value in zip(figure.axis["places"], figure.values(label), strict=True):
        if not found or found[-1][1] != value:
            found.append((round(place), value))
    return found


def marks(figure, label, high):
    """Strokes in the upper half of the lanes, the record's, or in the lower one."""
    keys = list(figure.keys)
    return [
        span[0]
        for one in figure.data["spans"]
        if keys[one["key"]] == label and (one["part"][0] > 0.5) == high == (one["side"] == "recorded")
        for span in one["at"]
    ]


def test_counts_of_record_and_replay(late):
    figure = page(late).plot(COUNT)
    assert figure.data["unit"] == "instances"
    assert figure.axis["across"] == "time, UTC"
    assert curve(figure, "recorded") == [(0, 0), (134, 1), (253, 2)]
    assert curve(figure, "replayed") == [(0, 0), (93, 1), (253, 2)]
    assert figure.spans("differs") == [[93, 134]]


def test_alarms_and_activities_of_record_and_replay(late):
    figure = page(late).plot(EVENTS)
    assert figure.data["lanes"] == ["differences", "activities", "alarm"]
    assert [round(marks(figure, "schedule set bounds", high)[0]) for high in (True, False)] == [133, 93]
    assert [len(marks(figure, "changed the count", high)) for high in (True, False)] == [2, 2]
    assert [len(marks(figure, "did not scale", high)) for high in (True, False)] == [1, 1]
    recorded, replayed = figure.spans("in ALARM, for more")
    assert recorded == pytest.approx(replayed, abs=2)
    assert recorded[1] == pytest.approx(late.case.end - late.case.judged, abs=1)


def test_an_alarm_that_went_off_in_the_replay_only_is_in_its_half():
    figure = page(audited(replace(repeated().case(), transitions=()))).plot(EVENTS)
    assert marks(figure, "in ALARM, for more", True) == []
    assert len(marks(figure, "in ALARM, for more", False)) == 1


def test_differences_are_marked_and_lead_to_the_list(late):
    found = page(late)
    dots = found.plot(EVENTS).data["dots"]
    assert [(dot["number"], dot["label"]) for dot in dots] == [
        ("1", "0 to 1 instances, by bounds"),
        ("2", "bounds min 1, max 2"),
    ]
    ids = [given["id"] for tag, given in found.tags if tag == "tr" and "id" in given]
    assert found.plot(EVENTS).role == "group"  # What is in an image, no screen reader finds.
    assert [dot["link"] for dot in dots] == ids == ["difference-1", "difference-2"]
    assert [(round(dot["x"]), dot["colour"]) for dot in dots] == [(93, "waiting"), (93, "waiting")]
    assert all(2 < dot["y"] < 3 for dot in dots)  # in the first of three rows
    assert "2 bounds bounds min 1, max 2 Thu 17 Sep 01:39:45.2 Thu 17 Sep 01:39:05.0 schedule_delay=40.2" in found.text
    assert "They differ in 2 of 6 events; assumptions explain that." in found.text
    assert "With schedule_delay=40.2 instead of 0: they agree." in found.text
    assert "The record rules out: metric_delay=60, metric_cutoff=60, repeat_high_resolution=60" in found.text


def test_a_record_that_agrees_has_no_differences():
    found = page(audited(two_policies().case()))
    assert "They agree: 8 events." in found.text
    assert "Differences" not in found.text
    figure = found.plot(EVENTS)
    assert figure.data["lanes"] == ["activities", "o", "s"]
    assert figure.data["dots"] == []
    assert list(found.plot(COUNT).keys) == ["recorded", "replayed"]


def test_a_table_has_no_column_and_no_heading_for_nothing(late):
    def columns(audit):
        return [block.columns for block in audit_blocks(audit, "a file").blocks if isinstance(block, Table)]

    agrees = replace(late, lines=tuple(line for line in late.lines if line.agrees))
    assert [found[-1] for found in columns(late)] == ["Explained by", "Explained by"]
    assert columns(agrees) == [("Kind", "What", "Recorded", "Replayed")]
    assert columns(replace(late, lines=())) == []


def test_a_row_has_when_and_how_often_and_why(late):
    lines = (
        Line(EventKind.NOT_SCALED, "a", START, START + 0.06, agrees=True, times=2),
        Line(EventKind.BOUNDS, "b", START + 0.949, START + 60, times=3, explained="schedule_delay=60"),
        Line(EventKind.METRIC, "c"),
    )
    differences, events = (
        block for block in audit_blocks(replace(late, lines=lines), "a file").blocks if isinstance(block, Table)
    )
    again, later = "Mon 21 Sep 14:14:00.1, and 1 time more", "Mon 21 Sep 14:15:00.0, and 2 times more"
    rows = [
        ("not scaled", "a", "Mon 21 Sep 14:14:00.0", again, ""),
        ("bounds", "b", "Mon 21 Sep 14:14:00.9", later, "schedule_delay=60"),
        ("metric", "c", "-", "-", "nothing"),
    ]
    assert [row.cells for row in events.rows] == rows
    assert [row.cells for row in differences.rows] == rows[1:]
    assert [row.style for row in events.rows] == ["", "explained", "differs"]
    assert differences.page_only
    assert (differences.note, events.note) == ("", "")
    assert [(row.number, row.id) for row in differences.rows] == [("1", "difference-1"), ("2", "difference-2")]
    assert {(row.number, row.id) for row in events.rows} == {("", "")}


@pytest.mark.parametrize(
    ("changes", "spans"),
    [
        ([], [[0, 300]]),  # as it is at the start of the record
        ([(-20, "OK", "ALARM"), (-10, "ALARM", "OK")], []),
        ([(-10, "OK", "ALARM"), (100, "ALARM", "OK")], [[0, 100]]),
        ([(0, "ALARM", "OK")], []),
        ([(50, "ALARM", "OK"), (100, "OK", "ALARM")], [[0, 50], [100, 300]]),
    ],
)
def test_an_alarm_has_a_state_before_its_first_change(late, changes, spans):
    watched = {"alarm": replace(late.case.alarms["alarm"], state=State.ALARM)}
    made = [Transition(START + 60 + time, "alarm", State(old), State(new)) for time, old, new in changes]
    other = Transition(START + 70, "other", State.ALARM, State.OK)
    case = replace(
        late.case, start=START, judged=START + 60, end=START + 360, alarms=watched, transitions=(*made, other)
    )
    found = page(replace(late, case=case, lines=()))
    assert "a file, Mon 21 Sep 14:15:00.0 to Mon 21 Sep 14:20:00.0 UTC" in found.text
    figure = found.plot(EVENTS)
    keys = list(figure.keys)
    recorded = [one for one in figure.data["spans"] if one["side"] == "recorded" and "in ALARM" in keys[one["key"]]]
    assert [span for one in recorded for span in one["at"]] == spans


def test_what_only_the_replay_does_is_taken_back():
    case = two_policies().case()
    first, second = case.changes
    found = page(audited(replace(case, activities=(first,))))
    figure, at = found.plot(COUNT), second.start - START
    assert curve(figure, "recorded") == [(0, 4), (round(first.start - START), 8)]
    assert curve(figure, "replayed")[2:] == [(round(at), second.desired), (round(at + 180), 8)]
    assert [round(at), round(at)] in figure.spans("differs")


@pytest.mark.parametrize("desired", [9, 0])
def test_what_only_the_record_has_is_taken_over(desired):
    case = repeated().case()
    extra = change(START + 20, desired, START + 25)
    longer = replace(case, activities=(extra,), transitions=(), end=START + 600, alarms={}, data={})
    alone = replace(longer, target=replace(case.target, policies=()))
    figure = page(audited(alone)).plot(COUNT)
    assert curve(figure, "recorded") == [(0, 4), (20, desired)]
    assert curve(figure, "replayed") == [(0, 4), (200, desired)]


def test_what_both_do_otherwise_is_taken_over_after_the_later_one(late):
    case = replace(late.case, start=START, judged=START, end=START + 600, count=4)
    line = Line(EventKind.SCALING, "", START + 100, START + 20, key=8)
    audit = replace(late, case=replace(case, activities=(change(START + 100, 9),)), lines=(line,))
    assert curve(page(audit).plot(COUNT), "replayed") == [(0, 4), (20, 8), (280, 9)]


def test_a_failed_change_is_undone_and_marked():
    case = slow().case()
    (one, *_) = case.changes
    failed = one._replace(status=Status.FAILED, end=one.start + 60)
    differs = audited(replace(case, activities=(failed,)))
    found = page(differs)
    assert [round(time) for time in marks(found.plot(EVENTS), "failed", True)] == [round(one.start - START)]
    assert curve(found.plot(COUNT), "recorded")[1:] == [
        (round(one.start - START), one.desired),
        (round(one.start - START + 60), 4),
    ]
    same = Line(EventKind.SCALING, "", one.start, one.start, True, key=one.desired)
    plot = page(replace(differs, lines=(same,))).plot(COUNT)
    assert curve(plot, "replayed") == curve(plot, "recorded")
    refused = replace(case, activities=(one._replace(status=Status.FAILED, message=REFUSED),))
    assert curve(page(audited(refused)).plot(COUNT), "recorded") == [(0, 4)]
    for audit in (differs, replace(differs, lines=())):
        figure = page(audit).plot(EVENTS)
        lanes = [one["lane"] for one in figure.data["spans"] if list(figure.keys)[one["key"]] == "failed"]
        assert [figure.data["lanes"][lane] for lane in lanes] == ["activities"]
    for judged, shown in ((one.start, [0]), (one.start + 1, [])):
        since = replace(differs, case=replace(differs.case, judged=judged))
        assert marks(page(since).plot(EVENTS), "failed", True) == shown


def test_it_stays_under_a_megabyte(late):
    """Also where each of the most events of a day differs."""
    start, name = START, "TargetTracking-speech-AlarmHigh"
    many = [
        Line(EventKind.SCALING, f"{n} to {n + 1} instances, by {name}", time, time + 30, False, key=n)
        for n, time in enumerate(start + 30.0 * n for n in range(2_880))
    ]
    changes = tuple(change(start + 30.0 * n, 9_000 if n == 1_003 else n) for n in range(2_880))
    found = replace(
        late,
        case=replace(late.case, start=start, judged=start, end=start + 86_400, activities=changes),
        lines=(Line(EventKind.METRIC, "speech has no data", None, None, False), *many),
    )
    text = rendered(audit_blocks(found, "a file"))
    assert len(text.encode()) < 1_000_000
    assert "1881 more; --json has them all." in text
    figure = Page(text).figures[0]
    assert max(figure.values("recorded")) == 9_000
    assert len(figure.axis["places"]) <= 2_000


def test_names_are_text_whatever_they_hold(late):
    evil = "</script><script>alert(1)</script>"
    made = world(step(evil, 1, above(A)), data=steady(A, 60.0, 600, 900))
    named = replace(made.case(), name=evil, notes=(evil,))
    text = rendered(audit_blocks(audited(named), evil), command=evil)
    assert "<script>alert" not in text
    found = Page(text)
    assert f"{evil}, audited" in found.text
    assert evil in found.plot(EVENTS).data["lanes"]
