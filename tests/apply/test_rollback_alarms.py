"""Updates that go back by alarms of monitoring, which their short names choose.

In examples/mixed-fleet callers get errors from the new fleet. In a root of the whole module, with both
endpoints and all that waits for them, alarms come and go around the endpoints that name them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.apply.stage import Failure, Step, assert_order
from tests.plan.planner import IMAGE, ROOT, SMALLEST

pytestmark = pytest.mark.nightly

ENDPOINT, ALARM = "mixed-fleet-realtime", "mixed-fleet-realtime-errors-5xx"
MINUTES = 20
"""More than two of the alarm's periods of five, wherever they begin."""


def answer(stage, *, well, badly):
    """So many requests a minute, answered well and with a 5XX, as SageMaker counts them, until now.

    Each response sends 0 or 1: Amazon SageMaker Developer Guide, monitoring-cloudwatch.
    """
    now = datetime.now(UTC)
    dimensions = [{"Name": "EndpointName", "Value": ENDPOINT}, {"Name": "VariantName", "Value": "AllTraffic"}]
    stage.connection.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "Invocation5XXErrors",
                "Dimensions": dimensions,
                "Timestamp": now - timedelta(minutes=minute),
                "Values": [0, 1],
                "Counts": [well, badly],
            }
            for minute in range(MINUTES)
        ],
    )


@dataclass(frozen=True)
class Story:
    """The example, an update with few errors of many requests, and one with many."""

    created: Step
    good: Step
    bad: Failure


@pytest.fixture(scope="module")
def story(open_stage):
    stage = open_stage("examples/mixed-fleet", region="us-east-1", image=IMAGE)
    created = stage.apply()
    answer(stage, well=998, badly=2)
    good = stage.apply(image=f"{IMAGE}.1")
    answer(stage, well=500, badly=500)
    return Story(created, good, stage.fail(image=f"{IMAGE}.2"))


def served(inventory):
    """The image that the endpoint serves."""
    (variant,) = inventory.config(ENDPOINT)["ProductionVariants"]
    return str(inventory["models"][variant["ModelName"]]["PrimaryContainer"]["Image"])


def test_the_alarm_stands_before_the_endpoint_that_names_it(story):
    """SageMaker may refuse an alarm that does not exist."""
    assert_order(story.created.calls, f"PutMetricAlarm {ALARM}", f"CreateResource Endpoint {ENDPOINT}")


def test_the_role_may_look_at_that_alarm_and_at_no_other(story):
    """AWS's guide to rollbacks asks it of the execution role: deployment-guardrails-configuration."""
    statements = [one for one in story.created.after.statements() if "cloudwatch:DescribeAlarms" in one["Action"]]
    account = story.created.after.account
    arn = f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{ALARM}"
    assert [one["Resource"] for one in statements] == [arn], json.dumps(statements)


def test_an_update_stays_while_the_share_of_errors_is_small(story):
    """Two errors a minute are as many as the alarm on their number is raised by: it rolls nothing back."""
    assert story.created.after["alarms"][f"{ALARM}-count"]["Threshold"] <= 2 * 5
    assert served(story.created.after) == IMAGE
    assert served(story.good.after) == f"{IMAGE}.1"
    assert story.good.remaining == []


def test_an_update_with_errors_goes_back_by_the_alarm(story):
    assert served(story.bad.after) == f"{IMAGE}.1"
    assert story.bad.after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"
    (problem,) = story.bad.error.diagnostics
    assert ALARM in problem.detail


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:page:live"
ACTIONS = [
    FUNCTION,
    "arn:aws:sns:us-east-1:123456789012:on-call",
    "arn:aws:ssm:us-east-1:123456789012:opsitem:2#CATEGORY=Performance",
    "arn:aws:ssm-incidents::123456789012:response-plan/speech",
]
MONITORING = {"alarm_actions": ACTIONS, "ok_actions": [FUNCTION]}
BOTH = {
    **SMALLEST[ROOT],
    "monitoring": {**MONITORING, "alarms": {"silent_signal": {"enabled": True}}},
    "realtime": {
        "capacity": {"min": 1, "max": 4},
        "deployment": {"rollback_on": ["errors_5xx", "model_latency"]},
    },
    "async": {
        **SMALLEST[ROOT]["async"],
        "deployment": {
            "rollback_on": ["invocation_failures", "stuck_at_max"],
            "rollback_alarm_names": ["own"],
        },
    },
}


@pytest.fixture(scope="module")
def both(open_stage):
    """Both endpoints; then one alarm of each goes, in one apply with its name; then all."""
    stage = open_stage(ROOT, **BOTH)
    stage.connection.client("cloudwatch").put_metric_alarm(
        AlarmName="own",
        Namespace="AWS/SageMaker",
        MetricName="ExpiredRequests",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    stage.put()
    off = {name: {"enabled": False} for name in ("model_latency", "stuck_at_max")}
    changed = stage.apply(
        monitoring={**MONITORING, "alarms": {"silent_signal": {"enabled": True}, **off}},
        realtime={**BOTH["realtime"], "deployment": {"rollback_on": ["errors_5xx"]}},
        **{"async": {**BOTH["async"], "deployment": {"rollback_on": ["invocation_failures"]}}},
    )
    return changed, stage.destroy()


@pytest.mark.parametrize(
    ("endpoint", "gone"),
    [("speech-realtime", "speech-realtime-model-latency"), ("speech-async", "speech-async-stuck-at-max")],
)
def test_an_alarm_goes_after_the_endpoint_names_it_no_more(both, endpoint, gone):
    changed, _ = both
    assert_order(changed.calls, f"UpdateResource Endpoint {endpoint}", f"DeleteAlarms {gone}")
    assert changed.remaining == []


def test_every_alarm_starts_what_it_was_given(both):
    """Topics, functions, OpsItems and incidents; composite alarms take them too (API_PutCompositeAlarm)."""
    changed, _ = both
    alarms = changed.after["alarms"]
    for name in (
        "speech-realtime-errors-5xx",
        "speech-realtime-silent-signal",
        "speech-async-scale-out-stalled",
    ):
        assert sorted(alarms[name]["AlarmActions"]) == sorted(ACTIONS)
        assert alarms[name]["OKActions"] == [FUNCTION]


def test_both_endpoints_and_all_that_waits_for_them_go(both):
    _, left = both
    assert left.names == {"alarms": ["own"]}
