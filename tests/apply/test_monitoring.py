"""Alarms and dashboard applied: what CloudWatch has then is what the plan said, and it goes as it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from scaleproof.cloud.connection import Connection
from tests.apply.conftest import OpenStage
from tests.apply.stage import Step
from tests.plan.dashboard_body import problems
from tests.plan.monitored import ENDPOINTS, QUEUE
from tests.plan.planner import MONITORING

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
INPUTS: dict[str, dict[str, Any]] = {
    name: {**ENDPOINTS[name][1], "alarm_topic_arns": [TOPIC], "alarms": {"silent_signal": {"enabled": True}}}
    for name in ("streams", "streams on unequal types", "queue")
}
SILENT = "speech-silent-signal"


@dataclass(frozen=True)
class Watch:
    """What CloudWatch has: metric alarms, composite alarms and bodies of dashboards, by name."""

    alarms: dict[str, dict[str, Any]]
    composites: dict[str, dict[str, Any]]
    dashboards: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Story:
    """The first apply, one with another threshold, and what is left of it all."""

    remaining: list[str]
    watch: Watch
    second: Step
    later: Watch
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


@pytest.fixture(scope="module", params=INPUTS)
def story(request: pytest.FixtureRequest, open_stage: OpenStage) -> Story:
    """An endpoint's monitoring, from its first apply to its end."""
    inputs = INPUTS[request.param]
    stage = open_stage(MONITORING, **inputs)
    stage.put()
    remaining, watch = stage.remaining(), watched(stage.connection)
    alarms = {**inputs["alarms"], "scale_out_stalled": {"minutes": 45}}
    second, later = stage.apply(alarms=alarms), watched(stage.connection)
    stage.destroy()
    return Story(remaining, watch, second, later, watched(stage.connection))


def test_a_second_plan_is_empty(story: Story) -> None:
    assert story.remaining == []
    assert story.second.remaining == []


def test_the_dashboard_is_valid_and_shows_alarms_that_exist(story: Story) -> None:
    (body,) = story.watch.dashboards.values()
    assert problems(body) == []
    shown = [arn for w in body["widgets"] if w["type"] == "alarm" for arn in w["properties"]["alarms"]]
    arns = {alarm["AlarmArn"] for alarm in [*story.watch.alarms.values(), *story.watch.composites.values()]}
    assert set(shown) - {QUEUE["wake_up_alarm_arn"]} <= arns
    assert {arn.rsplit(":", 1)[1] for arn in shown} >= {SILENT, "speech-stuck-at-max"}


def test_metric_math_arrives_whole(story: Story) -> None:
    queries = {query["Id"]: query for query in story.watch.alarms["speech-stuck-at-max"]["Metrics"]}
    assert [name for name, query in queries.items() if query["ReturnData"]] == ["at_max"]
    assert queries["at_max"]["Expression"].startswith("IF(load / load_per_instance > ")
    for query in queries.values():
        if "MetricStat" in query:
            assert query["MetricStat"]["Period"] == 60
            assert query["MetricStat"]["Metric"]["Dimensions"]


def test_percentiles_arrive(story: Story) -> None:
    found = story.watch.alarms.get("speech-first-chunk-latency")
    if found:
        assert (found["ExtendedStatistic"], found["Threshold"]) == ("p99", 5_000_000)
        assert "Statistic" not in found
    else:
        assert "speech-oldest-request-age" in story.watch.alarms


def test_silence_is_made_of_two_alarms_that_exist(story: Story) -> None:
    composite = story.watch.composites[SILENT]
    halves = [name for name in story.watch.alarms if f'ALARM("{name}")' in composite["AlarmRule"]]
    assert sorted(halves) == ["speech-requests-arrive", "speech-signal-missing"]
    assert composite["AlarmActions"] == [TOPIC]
    assert all(story.watch.alarms[name]["AlarmActions"] == [] for name in halves)


def test_another_threshold_is_one_call(story: Story) -> None:
    assert story.second.calls == ["PutMetricAlarm speech-scale-out-stalled"]
    assert story.later.alarms["speech-scale-out-stalled"]["EvaluationPeriods"] == 45


def test_nothing_is_left(story: Story) -> None:
    assert story.left == Watch({}, {}, {})
