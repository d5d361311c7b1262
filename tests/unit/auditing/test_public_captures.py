"""The public captures of AWS in tests/vectors, audited: what they say of what AWS does not document."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from scaleproof.auditing import captures
from scaleproof.auditing.audit import Audit, audited
from scaleproof.auditing.lines import Kind
from scaleproof.studies.assumptions import DEFAULT

VECTORS = Path(__file__).parents[2] / "vectors"
TIMELINES = VECTORS / "native_timelines.csv"


def audit(name: str, **taken: float) -> Audit:
    (capture,) = captures.load(TIMELINES, name)
    model = DEFAULT
    for assumption, value in taken.items():
        model = model.set(assumption, value)
    return audited(captures.case(capture), model)


def contradicted(found: Audit) -> set[str]:
    return {f"{one.assumption}={one.value}" for one in found.contradicted}


@pytest.mark.parametrize(
    "file", [TIMELINES, *sorted(VECTORS.glob("audit_*.csv"))], ids=lambda file: file.stem
)
def test_assumptions_explain_every_capture(file: Path) -> None:
    for capture in captures.load(file):
        found = audited(captures.case(capture))
        assert found.lines
        assert found.explained, [one.line for one in found.differences if not one.explained]


def test_target_tracking_by_the_minute_agrees() -> None:
    found = audit("track60")
    assert found.agrees
    assert [(line.kind, line.what) for line in found.lines] == [
        (Kind.ALARM, "AlarmLow: INSUFFICIENT_DATA to OK"),
        (Kind.ALARM, "AlarmHigh: INSUFFICIENT_DATA to ALARM"),
        (Kind.SCALING, "1 to 2 instances, by AlarmHigh"),
        (Kind.NOT_SCALED, "AlarmHigh: AlreadyAtMaxCapacity, MaxCapacity 2"),
        (Kind.ALARM, "AlarmHigh: ALARM to OK"),
    ]
    assert contradicted(found) == {"metric_delay=60", "metric_cutoff=60"}


def test_the_late_schedule_is_attributed_to_its_assumption() -> None:
    found = audit("sched_step10")
    assert not found.agrees
    assert [(one.line.kind, one.explained) for one in found.differences] == [
        (Kind.SCALING, found.answers[0]),
        (Kind.BOUNDS, found.answers[0]),
    ]
    (answer,) = found.answers
    assert (answer.assumption, answer.taken, answer.value) == ("schedule_delay", "0", "40.2")


def test_what_a_ten_second_alarm_of_aws_settles() -> None:
    """The action came again 9.96 s later, so it is not repeated by the minute."""
    found = audit("sched_step10", schedule_delay=40.2)
    assert found.agrees
    assert "repeat_high_resolution=60" in contradicted(found)
    # What was taken is itself no alternative any more, and the default is one.
    assert {"schedule_delay=0", "schedule_delay=5"} <= contradicted(found)


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        ("activity_start", "desired 1 to 3, cause: alarm AlarmHigh", "in the record"),
        ("not_scaled", "AlreadyAtMinCapacity, MinCapacity 1, cause: alarm AlarmHigh", "AlreadyAtMin"),
        ("AlarmHigh", "ALARM to INSUFFICIENT_DATA", "ALARM to INSUFFICIENT_DATA"),
    ],
)
def test_a_falsified_record_differs(kind: str, value: str, what: str) -> None:
    (capture,) = captures.load(TIMELINES, "track60")
    last = capture.of(kind)[-1]
    rows = tuple(captures.Row(row.time, kind, value) if row is last else row for row in capture.rows)
    found = audited(captures.case(captures.Capture("false", rows)))
    assert any(what in one.line.what and not one.explained for one in found.differences)


def test_every_row_of_the_file_is_read(tmp_path: Path) -> None:
    """A capture that is written is the one that was read, but for what others noted beside it."""
    with TIMELINES.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for capture in captures.load(TIMELINES):
        written = tmp_path / f"{capture.name}.csv"
        written.write_text(captures.text(capture, "a test"))
        (again,) = captures.load(written)
        assert captures.case(again) == captures.case(capture)
        assert len(again.rows) == sum(row["timeline"] == capture.name for row in rows)
