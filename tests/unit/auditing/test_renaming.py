"""What a capture keeps without names: what is listed, whatever else it has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scaleproof.auditing.captures import Capture, Row, case
from scaleproof.auditing.renaming import without_names

SECRET = "acme"
METRIC = {"Namespace": SECRET, "MetricName": SECRET, "Dimensions": [{"Name": SECRET, "Value": SECRET}]}
QUERIES = [
    {"Id": SECRET, "MetricStat": {"Metric": METRIC, "Stat": "Sum", "Period": 60}, "ReturnData": False},
    {"Id": "total", "Expression": f"MAX([{SECRET}, {SECRET}]) + {SECRET} * 2", "Label": SECRET},
]
ALARM = {
    "AlarmName": SECRET,
    "AlarmDescription": SECRET,
    "AlarmArn": f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{SECRET}",
    "Metrics": QUERIES,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}
STEPS = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}], "Note": SECRET}
POLICY = {
    "PolicyName": SECRET,
    "PolicyARN": SECRET,
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": STEPS,
    "Alarms": [SECRET],
}
ACTION = {"ScheduledActionName": SECRET, "Schedule": "rate(1 day)", "ScheduledActionARN": SECRET}
DATA = {"Id": "m1", "Namespace": SECRET, "MetricName": SECRET, "Stat": "Sum", "Period": 60, "Note": SECRET}
TARGET = {"min": 1, "max": 3, "desired": 1, "dimensions": {"EndpointName": SECRET, SECRET: SECRET}, SECRET: 1}


def capture(*rows: tuple[str, Any]) -> Capture:
    documents = [
        ("target", TARGET),
        ("policy", POLICY),
        ("schedule", ACTION),
        ("metric", DATA),
        ("settings", ALARM),
    ]
    found = [Row(0.0, kind, json.dumps(document)) for kind, document in documents]
    found += [Row(float(place), kind, value) for place, (kind, value) in enumerate(rows, 1)]
    return Capture(SECRET, tuple(found))


def kept(*rows: tuple[str, Any]) -> list[tuple[str, str]]:
    """What stays of rows, after those of the documents."""
    found = without_names(capture(*rows), "endpoint")
    assert SECRET not in str(found)
    return [(row.kind, row.value) for row in found.rows if row.time]


def test_documents_keep_what_an_audit_needs() -> None:
    before, after = capture(), without_names(capture(), "endpoint")
    assert SECRET not in str(after)
    one, other = case(before), case(after)
    assert (one.target.min, one.target.max, one.count) == (other.target.min, other.target.max, other.count)
    (policy,) = other.target.policies
    assert (policy.name, list(policy.alarms)) == ("policy-1", ["alarm-1"])
    assert [schedule.name for schedule in other.target.schedules] == ["action-1"]
    assert [metric.dimensions for metric in other.alarms["alarm-1"].settings.metrics] == [
        (("dimension-1", "value-1"),)
    ]
    (row,) = after.of("settings")
    assert json.loads(row.value)["Metrics"][1]["Expression"] == "MAX([q1, q1]) + q1 * 2"
    assert other.dimensions == {"EndpointName": "endpoint-1", "dimension-1": "value-1"}


@pytest.mark.parametrize(
    ("row", "stays"),
    [
        (("activity_start", f"desired to 2, cause: {SECRET} asked for it"), "desired to 2"),
        (("activity_start", f"desired to 2, cause: alarm {SECRET}"), "desired to 2, cause: alarm alarm-1"),
        (("activity_start", "desired to 2, cause: alarm other"), "desired to 2"),
        (("activity_end", f"Successful, desired 2, {SECRET}"), "Successful, desired 2"),
        (("activity_end", "Failed, desired 2, updating"), "Failed, desired 2, updating"),
        (
            ("not_scaled", f"AlreadyAtMaxCapacity, MaxCapacity 3, Note {SECRET}, cause: alarm {SECRET}"),
            "AlreadyAtMaxCapacity, MaxCapacity 3, cause: alarm alarm-1",
        ),
        (("bounds", f"min 1, max 2, {SECRET}"), "min 1, max 2"),
        (("suspend", f"ScheduledScalingSuspended true, {SECRET}"), "ScheduledScalingSuspended true"),
        (("end", SECRET), ""),
    ],
)
def test_of_a_row_stays_what_is_known(row: tuple[str, str], stays: str) -> None:
    assert kept(row) == [(row[0], stays)]


@pytest.mark.parametrize(
    "row",
    [
        (SECRET, SECRET),
        (SECRET, f"OK to ALARM {SECRET}"),
        ("note", SECRET),
        ("activity_start", SECRET),
        ("not_scaled", f"AlreadyAtMaxCapacity, cause: {SECRET}"),
        ("m1", SECRET),
    ],
)
def test_a_row_of_nothing_that_is_known_goes(row: tuple[str, str]) -> None:
    assert kept(row) == []


def test_states_and_data_stay() -> None:
    found = kept((SECRET, "OK to ALARM"), ("m1", "-1.5e-05"))
    assert found == [("alarm-1", "OK to ALARM"), ("m-1", "-1.5e-05")]
