"""Bad inputs of the monitoring module stop at plan, with a message that says what to change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.monitored import QUEUE, WEIGHTED
from tests.plan.planner import MONITORING

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
STANDARD = "as ARNs of standard SNS topics"


def alarm(name: str, **attributes: Any) -> dict[str, Any]:
    """An `alarms` input that changes one."""
    return {"alarms": {name: attributes}}


def pool(**attributes: Any) -> dict[str, Any]:
    """An `instance_pools` input of one type."""
    return {"instance_pools": [{"instance_type": "ml.g6.2xlarge", "max_concurrency": 12, **attributes}]}


def metric(**attributes: Any) -> dict[str, Any]:
    """A `signal` input of one metric."""
    return {"signal": {"target": 9, "metrics": [{**WEIGHTED["metrics"][0], **attributes}]}}


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("unknown kind", {"kind": "batch"}, "Set kind to realtime or async"),
    ("no kind", {"kind": None}, "kind"),
    ("malformed endpoint", {"endpoint_name": "speech_1"}, "Give endpoint_name as the name of a SageMaker"),
    ("long endpoint", {"endpoint_name": "x" * 64}, "at most 63"),
    ("malformed variant", {"variant_name": "All Traffic"}, "hyphens in variant_name"),
    ("topic that is no ARN", {"alarm_topic_arns": ["on-call"]}, f"Give alarm_topic_arns {STANDARD}"),
    (
        "queue as topic",
        {"alarm_topic_arns": [TOPIC.replace("sns", "sqs")]},
        f"Give alarm_topic_arns {STANDARD}",
    ),
    ("FIFO topic", {"alarm_topic_arns": [f"{TOPIC}.fifo"]}, f"Give alarm_topic_arns {STANDARD}"),
    ("malformed OK topic", {"ok_topic_arns": ["on-call"]}, f"Give ok_topic_arns {STANDARD}"),
    (
        "topic elsewhere",
        {"alarm_topic_arns": [TOPIC.replace("us-east-1", "eu-west-1")]},
        "Use topics of the region in use (us-east-1) in alarm_topic_arns",
    ),
    (
        "OK topic elsewhere",
        {"ok_topic_arns": [TOPIC.replace("us-east-1", "eu-west-1")]},
        "Use topics of the region in use (us-east-1) in ok_topic_arns",
    ),
    (
        "six topics",
        {"alarm_topic_arns": [f"{TOPIC}-{n}" for n in range(6)]},
        "Remove entries from alarm_topic_arns",
    ),
    ("six OK topics", {"ok_topic_arns": [f"{TOPIC}-{n}" for n in range(6)]}, "Remove entries from ok_topic"),
    ("negative threshold", alarm("errors_5xx", threshold=-1), "to more than 0. Wrong: alarms.errors_5xx."),
    ("zero threshold", alarm("stuck_at_max", threshold=0), "Wrong: alarms.stuck_at_max."),
    ("zero seconds", alarm("first_chunk_latency", threshold=0), "Wrong: alarms.first_chunk_latency."),
    ("no minute", alarm("stuck_at_max", minutes=0), "whole number from 1 to 1440"),
    ("half a minute", alarm("scale_out_stalled", minutes=0.5), "whole number from 1 to 1440"),
    ("more than a day", alarm("silent_signal", minutes=1441), "whole number from 1 to 1440"),
    ("101 percent", alarm("gpu_utilization", threshold=101), "to at most 100 percent"),
    (
        "concurrency under the target",
        alarm("concurrency", threshold=0.7),
        "Raise alarms.concurrency.threshold to at least 0.75",
    ),
    (
        "first chunk without streams",
        {"streaming": False, **alarm("first_chunk_latency", enabled=True)},
        "Leave enabled out for alarms.first_chunk_latency: on this endpoint it could never be raised",
    ),
    (
        "wake-up of what never sleeps",
        {**QUEUE, "capacity": {"min": 1, "max": 5}, **alarm("wake_up_overdue", enabled=True)},
        "Leave enabled out for alarms.wake_up_overdue",
    ),
    (
        "GPU alarm without GPU",
        {**pool(instance_type="ml.c7i.large"), **alarm("gpu_utilization", enabled=True)},
        "Leave enabled out for alarms.gpu_utilization",
    ),
    (
        "concurrency without a limit",
        {**pool(max_concurrency=None), **alarm("concurrency", enabled=True)},
        "Leave enabled out for alarms.concurrency",
    ),
    (
        "silence without the wake-up",
        {**QUEUE, "wake_up_alarm_arn": None, **alarm("silent_signal", enabled=True)},
        "Set wake_up_alarm_arn: without instances a signal has no data",
    ),
    (
        "malformed wake-up alarm",
        {**QUEUE, "wake_up_alarm_arn": "speech-has-backlog-without-capacity"},
        "Give wake_up_alarm_arn as the ARN of a CloudWatch alarm",
    ),
    ("malformed policy alarm", {"policy_alarm_arns": ["x"]}, "Give policy_alarm_arns as ARNs of CloudWatch"),
    ("min over max", {"capacity": {"min": 5, "max": 4}}, "Raise capacity.max to at least capacity.min"),
    ("max 0", {"capacity": {"min": 0, "max": 0}}, "Raise capacity.max"),
    ("negative min", {"capacity": {"min": -1, "max": 4}}, "Use whole numbers of instances"),
    ("fractional max", {"capacity": {"min": 1, "max": 1.5}}, "Use whole numbers of instances"),
    ("no max", {"capacity": {"min": 1, "max": None}}, "Use whole numbers of instances"),
    ("no pool", {"instance_pools": []}, "Name the one to five instance types"),
    ("malformed type", pool(instance_type="g6.2xlarge"), "ml.FAMILY.SIZE"),
    ("negative max_concurrency", pool(max_concurrency=-1), "Set max_concurrency of every entry"),
    ("negative gpus", pool(gpus=-1), "Set gpus of every entry"),
    (
        "same type twice",
        {"instance_pools": pool()["instance_pools"] * 2},
        "Name each instance_type once",
    ),
    ("odd frequency", {"metric_publish_frequency": 45}, "Set metric_publish_frequency to 10, 30, 60"),
    ("zero target", {"signal": {"target": 0}}, "Set signal.target to what the policy keeps"),
    ("negative target", {"signal": {"target": -9}}, "Set signal.target to what the policy keeps"),
    ("no target", {"signal": {"target": None}}, "Set signal.target to what the policy keeps"),
    (
        "expression of nothing",
        {"signal": {"target": 1, "expression": "MAX([a, b])"}},
        "Set signal.expression together with its signal.metrics",
    ),
    (
        "metrics without expression",
        {"signal": {**WEIGHTED, "expression": None}},
        "Set signal.expression together with its signal.metrics",
    ),
    ("malformed id", metric(id="Concurrency"), "Rename the ids in signal.metrics"),
    ("taken id", metric(id="load"), "Rename the ids in signal.metrics"),
    (
        "id of the expression",
        {"signal": {**metric(id="signal")["signal"], "expression": "signal / 2"}},
        "Rename the ids in signal.metrics",
    ),
    (
        "id twice",
        {"signal": {**WEIGHTED, "metrics": WEIGHTED["metrics"][:1] * 2}},
        "Give each of signal.metrics an id of its own",
    ),
    (
        "eleven metrics",
        {"signal": {**WEIGHTED, "metrics": [{**WEIGHTED["metrics"][0], "id": f"m{n}"} for n in range(11)]}},
        "Remove entries from signal.metrics",
    ),
    (
        "long expression",
        {"signal": {**WEIGHTED, "expression": f"concurrency_1{' + 1' * 256}"}},
        "Shorten signal.expression",
    ),
]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(message, marks=pytest.mark.inputs(MONITORING, **change), id=name.replace(" ", "-"))
        for name, change, message in CASES
    ],
)
def test_bad_input_stops_at_plan(refusal: str, message: str) -> None:
    assert message in refusal
