"""What is sent has no names, and judges as before."""

from __future__ import annotations

import json
from pathlib import Path

from scaleproof.verifying import recording
from scaleproof.verifying.recording import Kind
from scaleproof.verifying.sharing import RUN, shared
from scaleproof.verifying.table import judged

from .made import START, metric, rows, update
from .made import recording as made

NAME = f"{RUN}ab12cd"
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{NAME}-realtime"
USER = "arn:aws-us-gov:sts::123456789012:assumed-role/Admins/alice@example.com"
NONE = "account 123456789012 has none"
DENIED = f'User: {USER} is not authorized to perform: cloudwatch:PutMetricData on "{ARN}"'
ALARM = {
    "AlarmName": f"{NAME}-probe-first",
    "Namespace": "ScaleproofVerify",
    "MetricName": "first",
    "Dimensions": [{"Name": "Run", "Value": NAME}],
    "Statistic": "Average",
    "Period": 10,
    "EvaluationPeriods": 1,
    "Threshold": 50.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "StateValue": "OK",
}
TARGET = {"min": 1, "max": 3, "desired": 1, "dimensions": {"EndpointName": f"{NAME}-realtime"}}
POLICY = {
    "PolicyName": f"{NAME}-probe-first",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    },
    "Alarms": [f"{NAME}-probe-first"],
}
CAPTURE = rows(
    (0.0, "target", json.dumps(TARGET)),
    (0.0, "policy", json.dumps(POLICY)),
    (0.0, "settings", json.dumps(ALARM)),
    (9.0, f"{NAME}-probe-first", "OK to ALARM"),
    (60.0, "end", ""),
)


def test_names_and_accounts_are_taken_out(tmp_path: Path) -> None:
    given = made(
        metric("idle", 0),
        ("failed", Kind.REFUSED, {"call": "unknown alarm", "refused": True, "message": f"{ARN} is busy"}),
        ("failed", Kind.REFUSED, {"call": "PutMetricData", "refused": True, "message": DENIED}),
        update("failed", "FAILED", failure=f"rolled back because of {NAME}-probe-broken", message=NONE),
        ("steps", Kind.CAPTURE, CAPTURE),
    )
    text = shared(given)
    for word in ("123456789012", "ab12cd", "ScaleproofVerify", "arn:", "alice", "Admins"):
        assert word not in text
    assert 'User: arn is not authorized to perform: cloudwatch:PutMetricData on \\"arn\\"' in text
    assert "account 000000000000 has none" in text
    file = tmp_path / "given.jsonl"
    file.write_text(text)
    found = recording.load(file)
    assert [(one.number, one.time, one.kind) for one in found.entries] == [
        (one.number, one.time, one.kind) for one in given.entries
    ]
    assert [(one.name, one.verdict) for one in judged(found).findings] == [
        (one.name, one.verdict) for one in judged(given).findings
    ]
    assert found.entries[0].time == START + 1
