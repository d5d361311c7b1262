"""Alarms and dashboard applied: what CloudWatch has then is what the plan said, and it goes as it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from scaleproof.localstack.connection import Connection
from tests.apply.conftest import OpenStage
from tests.apply.stage import Step
from tests.plan.dashboard_body import problems
from tests.plan.monitored import ENDPOINTS
from tests.plan.planner import MONITORING, SMALLEST

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
KINDS = {"streams": "streams", "unequal": "streams on unequal types", "queue": "queue"}
"""By the name that an endpoint has here, what `ENDPOINTS` knows it by; there all are called speech."""


@dataclass(frozen=True)
class Watch:
    """What CloudWatch has: metric alarms, composite alarms and bodies of dashboards, by name."""

    alarms: dict[str, dict[str, Any]]
    composites: dict[str, dict[str, Any]]
    dashboards: dict[str, dict[str, Any]]

    def of(self, endpoint: str) -> Watch:
        """What watches one of the endpoints."""
        start = f"{endpoint}-"
        return Watch(
            *(
                {name: one for name, one in found.items() if name.startswith(start)}
                for found in (self.alarms, self.composites, self.dashboards)
            )
        )


@dataclass(frozen=True)
class Story:
    """The first apply for all endpoints, one with another threshold, and what is left of it all."""

    watch: Watch
    second: Step
    left: Watch


def watched(connection: Connection) -> Watch:
    """Reads an account."""
    client = connection.client("cloudwatch")
    found = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100)
    names = [entry["DashboardName"] for entry in client.list_dashboards()["DashboardEntries"]]
    return Watch(
        {alarm["AlarmName"]: dict(alarm) for alarm in found["MetricAlarms"]},
        {alarm["AlarmName"]: dict(alarm) for alarm in found["CompositeAlarms"]},
        {name: json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"]) for name in names},
    )


def inputs(endpoint: str, **alarms: Any) -> dict[str, Any]:
    """The inputs of the monitoring of an endpoint."""
    given = {
        **SMALLEST[MONITORING],
        **ENDPOINTS[KINDS[endpoint]][1],
        "alarm_topic_arns": [TOPIC],
        "alarms": {"silent_signal": {"enabled": True}, **alarms},
    }
    renamed: dict[str, Any] = json.loads(json.dumps(given).replace("speech", endpoint))
    return renamed


@pytest.fixture(scope="module")
def story(open_stage: OpenStage) -> Story:
    """The endpoints' monitoring, from its first apply to its end."""
    stage = open_stage(MONITORING, cases={name: inputs(name) for name in KINDS})
    stage.put()
    watch = watched(stage.connection)
    second = stage.apply(cases={name: inputs(name, scale_out_stalled={"minutes": 45}) for name in KINDS})
    stage.destroy(refresh=False)
    return Story(watch, second, watched(stage.connection))


@pytest.fixture(params=KINDS)
def endpoint(request: pytest.FixtureRequest) -> str:
    """The name of one of the endpoints."""
    return str(request.param)


@pytest.fixture
def watch(story: Story, endpoint: str) -> Watch:
    """What watches it after the first apply."""
    return story.watch.of(endpoint)


def test_the_dashboard_is_valid_and_shows_alarms_that_exist(watch: Watch, endpoint: str) -> None:
    (body,) = watch.dashboards.values()
    assert problems(body) == []
    shown = [arn for w in body["widgets"] if w["type"] == "alarm" for arn in w["properties"]["alarms"]]
    arns = {alarm["AlarmArn"] for alarm in [*watch.alarms.values(), *watch.composites.values()]}
    assert set(shown) - {inputs(endpoint).get("wake_up_alarm_arn")} <= arns
    assert {arn.rsplit(":", 1)[1] for arn in shown} >= {
        f"{endpoint}-silent-signal",
        f"{endpoint}-stuck-at-max",
    }


def test_metric_math_arrives_whole(watch: Watch, endpoint: str) -> None:
    queries = {query["Id"]: query for query in watch.alarms[f"{endpoint}-stuck-at-max"]["Metrics"]}
    assert [name for name, query in queries.items() if query["ReturnData"]] == ["at_max"]
    assert queries["at_max"]["Expression"].startswith("IF(load / load_per_instance > ")
    for query in queries.values():
        if "MetricStat" in query:
            assert query["MetricStat"]["Period"] == 60
            assert query["MetricStat"]["Metric"]["Dimensions"]


def test_percentiles_arrive(watch: Watch, endpoint: str) -> None:
    if endpoint == "queue":
        assert "queue-oldest-request-age" in watch.alarms
    else:
        found = watch.alarms[f"{endpoint}-first-chunk-latency"]
        assert (found["ExtendedStatistic"], found["Threshold"]) == ("p99", 5_000_000)
        assert "Statistic" not in found


def test_silence_is_made_of_two_alarms_that_exist(watch: Watch, endpoint: str) -> None:
    composite = watch.composites[f"{endpoint}-silent-signal"]
    halves = [name for name in watch.alarms if f'ALARM("{name}")' in composite["AlarmRule"]]
    assert sorted(halves) == [f"{endpoint}-requests-arrive", f"{endpoint}-signal-missing"]
    assert composite["AlarmActions"] == [TOPIC]
    assert all(watch.alarms[name]["AlarmActions"] == [] for name in halves)


def test_another_threshold_is_one_call(story: Story) -> None:
    """So the first apply has left nothing to do, and neither has the second; a destroy leaves nothing."""
    assert sorted(story.second.calls) == sorted(f"PutMetricAlarm {name}-scale-out-stalled" for name in KINDS)
    for name in KINDS:
        assert story.second.after["alarms"][f"{name}-scale-out-stalled"]["EvaluationPeriods"] == 45
    assert story.second.remaining == []
    assert story.left == Watch({}, {}, {})
