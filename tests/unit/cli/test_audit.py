"""`scaleproof audit` as a user sees it: verdict, differences, JSON, captures and wrong input."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from shlex import quote

import pytest

from scaleproof.cli import clouds

from .conftest import Run, check_document

TIMELINES = Path(__file__).parents[2] / "vectors" / "native_timelines.csv"
HEADER = "timeline,t_utc,kind,value,evidence,source\n"


def test_a_capture_that_agrees(run: Run) -> None:
    ended = run("audit", "track60", "--from", TIMELINES)
    assert ended.code == 0
    assert "They agree: 5 events." in ended.out
    assert "sched_step10" not in ended.out
    assert "This record contradicts: metric_delay=60, metric_cutoff=60." in ended.out


def test_a_capture_that_differs_says_what_explains_it(run: Run) -> None:
    ended = run("audit", "sched_step10", "--from", TIMELINES)
    assert ended.code == 1
    assert "They differ in 2 of 6 events; assumptions explain that." in ended.out
    assert "With schedule_delay=40.2 instead of 0: they agree." in ended.out
    (line,) = [line for line in ended.out.splitlines() if "bounds min 1, max 2" in line]
    assert line.split() == [
        *("differs", "bounds", "min", "1,", "max", "2"),
        *("01:39:45.2", "01:39:05.0", "schedule_delay=40.2"),
    ]


def test_with_that_assumption_it_agrees(run: Run) -> None:
    ended = run("audit", "sched_step10", "--from", TIMELINES, "--assume", "schedule_delay=40.2")
    assert ended.code == 0
    assert "They agree: 6 events." in ended.out


def test_the_document_has_all_captures_of_a_file(run: Run) -> None:
    ended = run("audit", "--from", TIMELINES, "--json")
    assert ended.code == 1
    check_document("audit", ended)
    first, second = json.loads(ended.out)["audits"]
    assert (first["name"], first["agrees"], second["name"], second["agrees"]) == (
        *("track60", True),
        *("sched_step10", False),
    )
    assert second["explained"]
    wrong = [event for event in second["events"] if not event["agrees"]]
    assert [event["explained_by"] for event in wrong] == ["schedule_delay=40.2"] * 2
    assert wrong[1]["recorded"] == "2026-09-17T01:39:45.236000+00:00"


def test_the_report(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    ended = run("audit", "--from", TIMELINES, "--report", page)
    assert f"Report: {page}" in ended.out
    text = page.read_text()
    assert "sched_step10, audited" in text
    assert f"scaleproof audit --from {quote(str(TIMELINES))}" in unescape(text)
    assert page.stat().st_mode & 0o777 == 0o600
    ended = run("audit", "--from", TIMELINES, "--report", page, "--json")
    assert json.loads(ended.out)["report"] == str(page)
    refused = run("audit", "--from", TIMELINES, "--report", tmp_path / "none" / "audit.html")
    assert (refused.code, refused.out) == (2, "")
    assert "there is no directory" in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Name an ENDPOINT, or a file of captures with --from."),
        (["speech", "--assume", "cooldown=3"], "There is no assumption 'cooldown'."),
        (["speech", "--assume", "provisioning"], "is not of the form NAME=VALUE"),
        (["speech", "--assume", "provisioning=3"], "provisioning does not bear on an audit"),
        (["other", "--from", TIMELINES], "has no capture other. It has track60, sched_step10."),
        (["speech", "--capture", TIMELINES], "exists already"),
        (["--from", TIMELINES, "--capture", "new.csv"], "leave it out with --from"),
        (["--from", TIMELINES, "--hours", "0"], "0"),
    ],
)
def test_wrong_input_says_what_to_change(words: list[str | Path], message: str, run: Run) -> None:
    ended = run("audit", *words)
    assert ended.code == 2
    assert message in ended.err


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("timeline,value\n", "is no file of captures: it has no column t_utc, kind, evidence, source"),
        (HEADER, "has no rows"),
        (f"{HEADER}a,noon,target,{{}},,\n", "row 2: t_utc is 'noon'"),
        (f"{HEADER}a,2026-09-17T01:00:00,end,,,\n", "row 2: t_utc is '2026-09-17T01:00:00'"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,end,,,\n", "has 0 rows of the kind target, not one"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,{{}},,\n", "The capture a cannot be understood"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,3,,\n", "The capture a cannot be understood"),
        (f"{HEADER}a\n", "row 2 is too short"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,\xff,,\n", "cannot be read"),
    ],
)
def test_a_file_that_is_no_capture_is_refused(rows: str, message: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(rows.encode("latin-1"))
    ended = run("audit", "--from", file)
    assert ended.code == 2
    assert message in ended.err.replace("\n", " ")
    assert "Traceback" not in ended.err


def test_without_a_localstack_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "existing_cloud", lambda: None)
    ended = run("audit", "speech")
    assert ended.code == 2
    assert "There is no LocalStack." in ended.err
