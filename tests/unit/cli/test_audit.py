"""`scaleproof audit` as a user sees it: verdict, differences, JSON, captures and wrong input."""

from __future__ import annotations

import csv
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
        (f"{HEADER}a,noon,target,{{}},,\n", "row 2: t_utc is 'noon'; expected is a time in ISO 8601."),
        (f"{HEADER}a,2026-09-17T01:00:00,end,,,\n", "expected is a time with a time zone. Write a time as"),
        (f"{HEADER}a,9999-12-31T23:59:59-23:59,end,,,\n", "expected is between the years 1971 and 2099."),
        (f"{HEADER}a,0001-01-01T00:00:00+23:59,end,,,\n", "expected is between the years 1971 and 2099."),
        (f"{HEADER}a,2026-09-17T01:00:00Z,end,,,\n", "has 0 rows of the kind target, not one"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,{{}},,\n", "wrong.csv, row 2 (target) has no min."),
        (
            f"{HEADER}a,2026-09-17T01:00:00Z,target,3,,\n",
            "row 2 (target) is 3; expected is an object.",
        ),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,x,,\n", "wrong.csv, row 2 (target): Expecting value"),
        (f"{HEADER}a\n", "row 2 is too short"),
        (f"{HEADER}a,2026-09-17T01:00:00Z,target,\xff,,\n", "cannot be read: it is not text in UTF-8"),
    ],
)
def test_a_file_that_is_no_capture_is_refused(rows: str, message: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(rows.encode("latin-1"))
    ended = run("audit", "--from", file)
    assert ended.code == 2
    assert message in ended.err.replace("\n", " ")
    assert "Traceback" not in ended.err


GOOD = {
    "target": '{"min": 1, "max": 3, "desired": 1}',
    "policy": '{"PolicyName": "p", "PolicyType": "StepScaling", "Alarms": ["high"], '
    '"StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity", '
    '"StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]}}',
    "settings": '{"AlarmName": "high", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", '
    '"Period": 60, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}',
    "metric": '{"Id": "m1", "Namespace": "N", "MetricName": "M", "Stat": "Sum", "Period": 60}',
    "m1": "3",
    "activity_start": "desired to 2",
    "end": "",
}
"""The rows of a capture, by kind."""


def captured(place: Path, **changed: str) -> Path:
    """A file of a capture with other values in some rows, or at other times (`KIND_at`)."""
    rows = []
    for number, (kind, value) in enumerate((GOOD | changed).items()):
        if not kind.endswith("_at"):
            at = changed.get(
                f"{kind}_at", f"2026-09-17T01:00:{number}0Z" if number < 6 else "2026-09-17T02:00Z"
            )
            rows.append(["a", at, kind, value, "", ""])
    file = place / "capture.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as text:
        csv.writer(text).writerows([HEADER.strip().split(","), *rows])
    return file


def test_a_capture_within_bounds_is_audited(run: Run, tmp_path: Path) -> None:
    assert run("audit", "--from", captured(tmp_path)).code == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"target": '{"min": -5, "max": -1, "desired": 1}'},
            "row 2 (target): MinCapacity is -5; expected is",
        ),
        ({"target": '{"min": 1, "max": Infinity, "desired": 1}'}, "(target): Infinity is no finite number."),
        ({"target": '{"min": 1, "max": 1e999, "desired": 1}'}, "row 2 (target): 1e999 is no finite number."),
        (
            {"target": '{"min": 1, "max": 1000000000, "desired": 1}'},
            "MaxCapacity is 1000000000; expected is",
        ),
        ({"target": '{"min": 1, "max": 3, "desired": 1000000000}'}, "DesiredInstanceCount is 1000000000;"),
        ({"target": '{"min": 1, "max": "3", "desired": 1}'}, 'max is "3"; expected is a whole number.'),
        ({"target": "[" * 9_999}, "row 2 (target) is nested too deeply."),
        (
            {"policy": GOOD["policy"].replace("high", "low")},
            "(settings): no policy names the alarm high.",
        ),
        (
            {"policy": GOOD["policy"].replace("1}]", "1e9}]")},
            "Adjustment is 1000000000.0; expected is",
        ),
        (
            {"policy": GOOD["policy"].replace("StepScaling", "Magic")},
            "(policy): PolicyType is 'Magic';",
        ),
        ({"settings": GOOD["settings"].replace("5", "NaN")}, "row 4 (settings): NaN is no finite number."),
        ({"settings": GOOD["settings"].replace("60", "61")}, "row 4 (settings): The Period is 10, 20, 30 or"),
        ({"settings": GOOD["settings"].replace('"high"', "7")}, "row 4 (settings): AlarmName is 7; expected"),
        (
            {"metric": GOOD["metric"].replace("60", "0")},
            "(metric): Period is 0; expected is 1 to 86400.",
        ),
        ({"m1": "nan"}, "row 6 (m1): 'nan' is not a number."),
        ({"m1": "1e999"}, "row 6 (m1): '1e999' is not a number."),
        ({"activity_start": "desired to 1000000000"}, "(activity_start): 1000000000 instances are more than"),
        ({"activity_start": "desired to 2, cause: alarm x"}, "activities name alarms that are gone: x."),
        ({"activity_start": "nothing"}, "row 7 (activity_start): 'nothing' names no count."),
        ({"end_at": "9999-09-17T01:00:00Z"}, "row 8: t_utc is '9999-09-17T01:00:00Z'; expected is between"),
        ({"end_at": "2026-10-17T01:00:00Z"}, "row 8 (end): the record lasts 2592000 s; expected is a number"),
        ({"end_at": "2026-09-17T00:00:00Z"}, "row 8 (end): the record lasts -3600 s; expected is a number"),
        ({"m1_at": "1980-01-01T00:00:00Z"}, "row 8 (end) is more than 455 days after the first one."),
    ],
)
def test_a_capture_of_a_stranger_is_read_within_bounds(
    changed: dict[str, str], message: str, run: Run, tmp_path: Path
) -> None:
    ended = run("audit", "--from", captured(tmp_path, **changed))
    assert ended.code == 2
    assert message in ended.err.replace("\n", " ")


def test_without_a_localstack_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "existing_cloud", lambda: None)
    ended = run("audit", "speech")
    assert ended.code == 2
    assert "There is no LocalStack." in ended.err
