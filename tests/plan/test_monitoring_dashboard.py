"""The dashboard of an endpoint: a valid body, of series that exist, with targets and limits drawn in."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scaleproof.pytest_plugin.fixtures import PlanRoot
from tests.plan.dashboard_body import problems, rendering
from tests.plan.monitored import ALARM, ENDPOINTS, QUEUE, UNEQUAL
from tests.plan.planner import MONITORING, SMALLEST, Planner, configuration
from tests.plan.published_metrics import PER_SECOND, Seen, problem

Widget = dict[str, Any]
Draw = Callable[..., list[Widget]]
POLICY = [ALARM.format(f"TargetTracking-endpoint/speech/variant/V-Alarm{end}") for end in ("High", "Low")]


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory, plan: PlanRoot) -> Draw:
    """The planned widgets of an endpoint: draw(name of the endpoint, **changes).

    The body itself is known after the apply only, with the ARNs of the alarms; here they are made up.
    """
    directory = tmp_path_factory.mktemp("dashboards")
    root = configuration(MONITORING, directory)
    root["output"] = {"widgets": {"value": "${module.it.dashboard_widgets}"}}
    (directory / "main.tf.json").write_text(json.dumps(root))

    def drawn(endpoint: str = "streams", **changes: Any) -> list[Widget]:
        planned = plan(directory, **{**SMALLEST[MONITORING], **ENDPOINTS[endpoint][1], **changes})
        widgets: list[Widget] = planned.raw["output_changes"]["widgets"]["after"]
        for widget in widgets:
            if widget["type"] == "alarm":
                arns = widget["properties"]["alarms"]
                widget["properties"]["alarms"] = [arn or ALARM.format("made-up") for arn in arns]
        return widgets

    return drawn


def titled(widgets: list[Widget], words: str) -> Widget:
    """The properties of the one widget with these words in its title."""
    (found,) = [w["properties"] for w in widgets if words in w["properties"].get("title", "")]
    return dict(found)


def horizontal(properties: Widget) -> dict[str, float]:
    """The horizontal annotations: value by label."""
    lines = properties.get("annotations", {}).get("horizontal", [])
    return {line["label"]: line["value"] for line in lines}


def shown(properties: Widget) -> list[str]:
    """The labels of the lines that are visible."""
    lines = [rendering(line) for line in properties["metrics"]]
    return [line["label"] for line in lines if line.get("visible", True)]


def read(properties: Widget) -> Iterator[Seen]:
    """The series that a metric widget reads."""
    for line in properties["metrics"]:
        names, how = line[:-1], rendering(line)
        if names:
            yield Seen(names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True)), how["stat"])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_body_is_valid(draw: Draw, endpoint: str) -> None:
    assert problems({"widgets": draw(endpoint)}) == []
    assert problems({"widgets": draw(endpoint, policy_alarm_arns=POLICY)}) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_line_reads_what_the_endpoint_publishes(draw: Draw, endpoint: str) -> None:
    traffic, inputs = ENDPOINTS[endpoint]
    pooled = len(inputs.get("instance_pools", UNEQUAL)) > 1
    for widget in draw(endpoint):
        if widget["type"] == "metric":
            wrong = [
                found for seen in read(widget["properties"]) if (found := problem(seen, traffic, pooled))
            ]
            assert wrong == [], widget["properties"]["title"]
            assert widget["properties"]["region"] == "us-east-1"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_rows_fill_the_width(draw: Draw, endpoint: str) -> None:
    widths: dict[int, int] = {}
    for widget in draw(endpoint):
        widths[widget["y"]] = widths.get(widget["y"], 0) + widget["width"]
    assert set(widths.values()) == {24}


@pytest.mark.parametrize(
    ("endpoint", "target", "lines"),
    [
        ("streams", 9, ["Requests in flight on the busiest instance"]),
        ("streams on unequal types", 0.75, ["Utilization of the fullest instance type"]),
        ("queue", 5, ["Backlog per instance"]),
    ],
)
def test_the_signal_against_its_target(draw: Draw, endpoint: str, target: float, lines: list[str]) -> None:
    signal = titled(draw(endpoint), "Signal of scaling")
    assert horizontal(signal) == {"Target": target}
    assert shown(signal) == lines


def test_concurrency_against_what_each_type_sustains(draw: Draw) -> None:
    equal = titled(draw("streams"), "Requests in flight")
    assert horizontal(equal) == {"Sustained by an instance": 12}
    unequal = titled(draw("streams on unequal types"), "Requests in flight")
    assert horizontal(unequal) == {"Sustained by ml.g6.2xlarge": 12, "Sustained by ml.g6e.2xlarge": 16}
    assert shown(equal) == shown(unequal) == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]


@pytest.mark.parametrize(
    ("frequency", "period", "expressions"),
    [(60, 60, []), (300, 300, []), (10, 60, ["samples_1 / 6", "samples_2 / 6"])],
)
def test_instances_by_type_are_samples_of_their_period(
    draw: Draw, frequency: int, period: int, expressions: list[str]
) -> None:
    """Not published as a count, so that the title says what it is."""
    instances = titled(draw(metric_publish_frequency=frequency), "Instances by type, estimated")
    assert instances["period"] == period
    assert instances["stacked"] is True
    assert shown(instances) == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
    assert {seen.statistic for seen in read(instances)} == {"SampleCount"}
    lines = [rendering(line) for line in instances["metrics"]]
    assert [line["expression"] for line in lines if "expression" in line] == expressions
    assert horizontal(instances) == {"capacity.max": 4, "capacity.min": 1}


@pytest.mark.parametrize(
    ("endpoint", "label"),
    [
        ("streams", "Invocations / InvocationsPerInstance"),
        ("queue", "ApproximateBacklogSize / ApproximateBacklogSizePerInstance"),
    ],
)
def test_instances_by_what_differs_by_their_number(draw: Draw, endpoint: str, label: str) -> None:
    instances = titled(draw(endpoint), "Instances, from the")
    assert shown(instances) == [label]
    assert "no value" in instances["title"]


@pytest.mark.parametrize("endpoint", ["streams", "requests", "queue"])
def test_times_are_in_seconds(draw: Draw, endpoint: str) -> None:
    (times,) = [
        widget["properties"]
        for widget in draw(endpoint)
        if widget["properties"].get("title") in ("Latency", "Time of a request")
    ]
    lines = [(line, rendering(line)) for line in times["metrics"]]
    units = {how["id"]: PER_SECOND[line[1]] for line, how in lines if "expression" not in how}
    divided = [how["expression"].split(" / ") for _, how in lines if "expression" in how]
    assert {name: int(unit) for name, unit in divided} == units
    assert times["yAxis"]["left"]["label"] == "seconds"


def test_alarm_thresholds_are_drawn_in_the_units_of_the_graph(draw: Draw) -> None:
    widgets = draw("streams", alarms={"first_chunk_latency": {"threshold": 2}})
    assert horizontal(titled(widgets, "Latency")) == {"Alarm, first chunk": 2}
    assert horizontal(titled(widgets, "Errors")) == {"Alarm, 5XX": 5}
    assert horizontal(titled(widgets, "GPUUtilization")) == {"Alarm": 80}
    off = {name: {"enabled": False} for name in ("errors_5xx", "first_chunk_latency", "gpu_utilization")}
    widgets = draw("streams", alarms=off)
    for words in ("Latency", "Errors", "GPUUtilization"):
        assert "annotations" not in titled(widgets, words)


def test_no_line_of_model_latency_for_streams(draw: Draw) -> None:
    assert shown(titled(draw("streams"), "Latency")) == [f"First chunk, p{p}" for p in (50, 90, 99)]
    assert shown(titled(draw("requests"), "Latency")) == [f"Model, p{p}" for p in (50, 90, 99)]


def test_state_of_the_alarms_and_of_the_wake_up(draw: Draw) -> None:
    widgets = draw("queue", policy_alarm_arns=POLICY)
    ours, of_scaling = (widget["properties"] for widget in widgets if widget["type"] == "alarm")
    assert (ours["title"], len(ours["alarms"])) == ("Alarms", 8)
    assert of_scaling["title"].startswith("Alarms of scaling")
    assert of_scaling["alarms"] == [QUEUE["wake_up_alarm_arn"], *POLICY]
    assert titled(widgets, "Backlog without capacity")


def test_no_state_without_alarms(draw: Draw) -> None:
    names = [
        "concurrency", "errors_5xx", "first_chunk_latency", "gpu_utilization", "mid_stream_errors",
        "scale_out_stalled", "stuck_at_max",
    ]  # fmt: skip
    widgets = draw("streams", alarms={name: {"enabled": False} for name in names})
    assert [widget for widget in widgets if widget["type"] == "alarm"] == []
    assert problems({"widgets": widgets}) == []


def test_one_dashboard_by_name_and_region(planner: Planner) -> None:
    """Dashboards are global: two regions must not write the same one."""
    (dashboard,) = planner(MONITORING).of_type("aws_cloudwatch_dashboard")
    assert dashboard.values["dashboard_name"] == "speech-us-east-1"
    assert planner(MONITORING, dashboard=False).of_type("aws_cloudwatch_dashboard") == []


METRIC: Widget = {
    "type": "metric",
    "x": 0,
    "y": 0,
    "width": 12,
    "height": 6,
    "properties": {
        "metrics": [
            ["AWS/SageMaker", "Invocations", "EndpointName", "speech", {"id": "m1", "stat": "Sum"}],
            [{"expression": "m1 / PERIOD(m1)", "id": "e1"}],
        ],
        "annotations": {"horizontal": [{"value": 1, "color": "#ff7f0e"}]},
        "region": "us-east-1",
    },
}
STATUS: Widget = {"type": "alarm", "properties": {"alarms": [ALARM.format("a")]}, "x": 12, "y": 0}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["type"], "graph", "type is 'graph'"),
        (["x"], 13, "off the grid"),
        (["width"], 13, "lies on widget 0"),
        (["height"], 0, "off the grid"),
        (["properties", "region"], None, "region is None"),
        (["properties", "period"], 30, "a period of 30 s"),
        (["properties", "view"], "line", "view is 'line'"),
        (["properties", "colour"], "red", "colour is unknown"),
        (["properties", "yAxis"], {"up": {}}, "side is 'up'"),
        (["properties", "yAxis"], {"left": {"min": "0"}}, "min is '0'"),
        (["properties", "annotations", "horizontal", 0], {"label": "x"}, "value is missing"),
        (["properties", "annotations", "horizontal", 0, "color"], "orange", "orange is no color"),
        (["properties", "metrics", 0, 3], "", "pairs of dimensions"),
        (["properties", "metrics", 0], ["AWS/SageMaker"], "is not namespace, name"),
        (["properties", "metrics", 0, 4, "stat"], "Mean", "Mean is no statistic"),
        (["properties", "metrics", 0, 4, "id"], "M1", "M1 is no id"),
        (["properties", "metrics", 1, 0, "id"], "m1", "an id occurs twice"),
        (["properties", "metrics", 1, 0, "expression"], "m2 * 2", "m2 is no id of the widget"),
        (["properties", "metrics"], [["A", "B", {"visible": False}]], "shows nothing"),
    ],
)
def test_the_check_of_bodies_finds(path: list[Any], value: Any, message: str) -> None:
    body = {"widgets": [copy.deepcopy(METRIC), copy.deepcopy(STATUS)]}
    assert problems(body) == []
    place: Any = body["widgets"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(message in found for found in problems(body)), problems(body)


@pytest.mark.parametrize("arns", [[], ["speech-errors-5xx"], [ALARM.format(n) for n in range(101)]])
def test_the_check_of_bodies_finds_wrong_alarms(arns: list[str]) -> None:
    assert problems({"widgets": [{**STATUS, "properties": {"alarms": arns}}]})
