"""`scaleproof audit` as a user sees it: verdict, differences, JSON, captures and wrong input."""

import json
from html import unescape
from shlex import quote

import pytest

from scaleproof.auditing import captures

from .conftest import TRACK60, VECTORS

SCHED_STEP10 = VECTORS / "audit_sched_step10.json"


def test_a_capture_that_agrees(run):
    ended = run("audit", "--from", TRACK60)
    assert "They agree: 5 events." in ended.out
    assert "The record rules out: metric_delay=60, metric_cutoff=60." in ended.out


def test_a_capture_may_name_the_instances_at_its_start(run, tmp_path):
    named = run("audit", "--from", captured(tmp_path, "instances", 2), code=1)
    assert "to 2 instances, by AlarmHigh" in named.out


def test_a_capture_that_differs_says_what_explains_it(run):
    ended = run("audit", "--from", SCHED_STEP10, code=1)
    assert "They differ in 2 of 6 events; assumptions explain that." in ended.out
    assert "With schedule_delay=40.2 instead of 0: they agree." in ended.out
    lines = {" ".join(line.split()) for line in ended.out.splitlines()}
    assert lines >= {
        "Kind What Recorded Replayed Explained by",
        "bounds bounds min 1, max 2 Thu 17 Sep 01:39:45.2 Thu 17 Sep 01:39:05.0 schedule_delay=40.2",
    }
    assert "They agree: 6 events." in run("audit", "--from", SCHED_STEP10, "--assume", "schedule_delay=40.2").out


def test_the_document(run):
    agreeing = run("audit", "--from", TRACK60, "--json").document["audit"]
    assert (agreeing["place"], agreeing["name"], agreeing["agrees"]) == (str(TRACK60), "track60", True)
    differing = run("audit", "--from", SCHED_STEP10, "--json", code=1).document["audit"]
    assert (differing["place"], differing["name"], differing["agrees"]) == (str(SCHED_STEP10), "sched-step10", False)
    assert differing["explained"]
    wrong = [event for event in differing["events"] if not event["agrees"]]
    assert [event["explained_by"] for event in wrong] == ["schedule_delay=40.2"] * 2
    assert wrong[1]["recorded"] == "2026-09-17T01:39:45.236000+00:00"


def test_the_report(run, tmp_path):
    page = tmp_path / "audit.html"
    ended = run("audit", "--from", SCHED_STEP10, "--report", page, code=1)
    assert f"Report: {page}" in ended.out
    text = page.read_text()
    assert "sched-step10, audited" in text
    assert f"scaleproof audit --from {quote(str(SCHED_STEP10))}" in unescape(text)
    assert page.stat().st_mode & 0o777 == 0o600
    assert run("audit", "--from", SCHED_STEP10, "--report", page, "--json", code=1).document["report"] == str(page)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("timeline,t_utc,kind,value,evidence,source\n", "is not a capture: it is not JSON (Expecting value"),
        ("timeline,t_utc,kind,value,evidence,source\n", "Captures are JSON. Read"),
        ("", "is not a capture: it is not JSON"),
        ("\xff", "cannot be read: it is not text in UTF-8"),
        ("3", "wrong.json is not a capture: Expected `object`, got `int`."),
        ("{}", "wrong.json is not a capture: Object missing required field `endpoint`."),
        ('{"endpoint": "a", "variant": 1}', "wrong.json is not a capture: Expected `str`, got `int` - at `$.variant`."),
    ],
)
def test_a_file_that_is_no_capture_is_refused(content, message, run, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_bytes(content.encode("latin-1"))
    run("audit", "--from", file, code=2, says=message)


def captured(place, path="", value=None):
    """A file of a capture, TRACK60, with another value at a path of names and numbers; None takes it out."""
    document = json.loads(TRACK60.read_text())
    if path:
        *steps, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
        found = document
        for step in steps:
            if step in OPERATIONS:
                found = next(one for one in document["answers"] if one["operation"] == step)["answer"]
            else:
                found = found[step]
        if value is None:
            del found[last]
        else:
            found[last] = value
    file = place / "capture.json"
    file.write_text(json.dumps(document), encoding="utf-8-sig")
    return file


OPERATIONS = captures.SERVICES.keys()
TARGET, POLICY = "DescribeScalableTargets/ScalableTargets/0", "DescribeScalingPolicies/ScalingPolicies/0"
ALARM, ACTIVITY = "DescribeAlarms/MetricAlarms/0", "DescribeScalingActivities/ScalingActivities/1"
HISTORY = "DescribeAlarmHistory/AlarmHistoryItems/0"
POINTS = "GetMetricData/MetricDataResults/0"
EMPTY = {"asked": "2026-09-17T01:44:00Z", "operation": "DescribeAlarms", "request": {}, "answer": {}}
CAUSE = "monitor alarm x in state ALARM triggered policy y"


def test_a_capture_within_bounds_is_audited(run, tmp_path):
    run("audit", "--from", captured(tmp_path))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("start", "noon", "Invalid RFC3339 encoded datetime - at `$.start`."),
        ("start", "2026-09-17T01:00:00", "Expected `datetime` with a timezone component - at `$.start`."),
        ("end", "2026-09-17T00:00:00Z", "capture.json ends before it starts."),
        ("answers/0/asked", "noon", "Invalid RFC3339 encoded datetime - at `$.answers[0].asked`."),
        (
            "answers/0/operation",
            "DeleteEndpoint",
            "answer 1: there is no operation 'DeleteEndpoint'; expected is one of Describe",
        ),
        ("answers/0", None, "capture.json has no answer of DescribeEndpoint."),
        (f"{TARGET}/ResourceId", "x", "does not have the scalable target endpoint/track60/variant/probe."),
        (f"{TARGET}/CreationTime", "2027-01-01T00:00:00Z", "begins at 2027-01-01 00:00:00 UTC, after its"),
        (f"{POLICY}/PolicyType", "PredictiveScaling", "the policy track: PredictiveScaling is not modelled."),
        (f"{POLICY}/TargetTrackingScalingPolicyConfiguration", None, "has no TargetTrackingScalingPolicyConf"),
        (f"{ALARM}/Period", 61, "the alarm AlarmHigh: The Period is 10, 20, 30 or"),
        (f"{ALARM}/AlarmName", "other", "activities name alarms that are gone: AlarmHigh."),
        (f"{ALARM}/StateValue", None, "an answer has no StateValue."),
        (f"{ACTIVITY}/Cause", CAUSE, "activities name alarms that are gone: x."),
        (f"{HISTORY}/HistoryData", "{", "the history of AlarmHigh: Expecting property name"),
        (f"{POINTS}/Id", "other", "an answer has no other."),
        (f"{POINTS}/Values", [1.0], "GetMetricData: "),
    ],
)
def test_what_is_wrong_in_a_capture_is_named(path, value, message, run, tmp_path):
    run("audit", "--from", captured(tmp_path, path, value), code=2, says=message)


def test_a_long_time_before_the_data_is_left_out(run, tmp_path):
    """CloudWatch keeps minutes for 15 days, whatever a capture says."""
    ended = run("audit", "--from", captured(tmp_path, "start", "2026-06-01T00:00:00Z"))
    assert "It begins at 2026-09-17 01:44:35 UTC, when " in ended.out
