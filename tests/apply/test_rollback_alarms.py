"""Updates that go back by alarms of monitoring, which their short names choose.

In examples/mixed-fleet callers get errors from the new fleet. In a root of the whole module, with both
endpoints and all that waits for them, alarms come and go around the endpoints that name them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.stage import Failure, Stage, Step, assert_order
from tests.plan.planner import IMAGE, ROOT, SMALLEST

ENDPOINT, ALARM = "mixed-fleet-realtime", "mixed-fleet-realtime-errors-5xx"
MINUTES = 20
"""More than two of the alarm's periods of five, wherever they begin."""


def answer_with_errors(stage: Stage) -> None:
    """Two errors 5XX a minute, as SageMaker counts them, until now."""
    now = datetime.now(UTC)
    dimensions = [{"Name": "EndpointName", "Value": ENDPOINT}, {"Name": "VariantName", "Value": "AllTraffic"}]
    stage.connection.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "Invocation5XXErrors",
                "Dimensions": dimensions,
                "Timestamp": now - timedelta(minutes=minute),
                "Value": 2,
            }
            for minute in range(MINUTES)
        ],
    )


@dataclass(frozen=True)
class Story:
    """The example, an update that serves well, and one that answers with errors."""

    created: Step
    good: Step
    bad: Failure


@pytest.fixture(scope="module")
def story(open_stage: OpenStage) -> Story:
    stage = open_stage("examples/mixed-fleet", region="us-east-1", image=IMAGE)
    created = stage.apply()
    good = stage.apply(image=f"{IMAGE}.1")
    answer_with_errors(stage)
    return Story(created, good, stage.fail(image=f"{IMAGE}.2"))


def served(inventory: Inventory) -> str:
    """The image that the endpoint serves."""
    (variant,) = inventory.config(ENDPOINT)["ProductionVariants"]
    return str(inventory["models"][variant["ModelName"]]["PrimaryContainer"]["Image"])


def test_the_alarm_stands_before_the_endpoint_that_names_it(story: Story) -> None:
    """SageMaker may refuse an alarm that does not exist."""
    assert_order(story.created.calls, f"PutMetricAlarm {ALARM}", f"CreateResource Endpoint {ENDPOINT}")


def test_the_role_may_look_at_that_alarm_and_at_no_other(story: Story) -> None:
    """AWS's guide to rollbacks asks it of the execution role: deployment-guardrails-configuration."""
    (policy,) = story.created.after.the("roles")["InlinePolicies"].values()
    statements = [one for one in policy["Statement"] if "cloudwatch:DescribeAlarms" in one["Action"]]
    account = story.created.after.account
    arn = f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{ALARM}"
    assert [one["Resource"] for one in statements] == [arn], json.dumps(policy)


def test_an_update_without_errors_stays(story: Story) -> None:
    assert served(story.created.after) == IMAGE
    assert served(story.good.after) == f"{IMAGE}.1"
    assert story.good.remaining == []


def test_an_update_with_errors_goes_back_by_the_alarm(story: Story) -> None:
    assert served(story.bad.after) == f"{IMAGE}.1"
    assert story.bad.after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"
    (problem,) = story.bad.error.diagnostics
    assert ALARM in problem.detail


BOTH = {
    **SMALLEST[ROOT],
    "monitoring": {"alarms": {"silent_signal": {"enabled": True}}},
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
def both(open_stage: OpenStage) -> tuple[Step, Inventory]:
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
        monitoring={"alarms": {"silent_signal": {"enabled": True}, **off}},
        realtime={**BOTH["realtime"], "deployment": {"rollback_on": ["errors_5xx"]}},
        **{"async": {**BOTH["async"], "deployment": {"rollback_on": ["invocation_failures"]}}},
    )
    return changed, stage.destroy()


@pytest.mark.parametrize(
    ("endpoint", "gone"),
    [("speech-realtime", "speech-realtime-model-latency"), ("speech-async", "speech-async-stuck-at-max")],
)
def test_an_alarm_goes_after_the_endpoint_names_it_no_more(
    both: tuple[Step, Inventory], endpoint: str, gone: str
) -> None:
    changed, _ = both
    assert_order(changed.calls, f"UpdateResource Endpoint {endpoint}", f"DeleteAlarms {gone}")
    assert changed.remaining == []


def test_both_endpoints_and_all_that_waits_for_them_go(both: tuple[Step, Inventory]) -> None:
    _, left = both
    assert left.names == {"alarms": ["own"]}
