"""The dashboard of an endpoint: a valid body, of series that exist, with targets and limits drawn in."""

import copy

import pytest

from tests.plan.dashboard_body import problems, rendering
from tests.plan.monitored import ALARM, ENDPOINTS, QUEUE, REALTIME, UNEQUAL, inputs_of, switched, watching
from tests.plan.planner import MONITORING
from tests.plan.published_metrics import PER_SECOND, Seen, problem

POLICY = [ALARM.format(f"TargetTracking-endpoint/speech/variant/V-Alarm{end}") for end in ("High", "Low")]


def widgets(plan):
    """The planned widgets.

    The body itself is known after the apply only, with the ARNs of the alarms; here they are made up.
    """
    found = copy.deepcopy(plan.raw["output_changes"]["it"]["after"]["dashboard_widgets"])
    for widget in found:
        if widget["type"] == "alarm":
            arns = widget["properties"]["alarms"]
            widget["properties"]["alarms"] = [arn or ALARM.format("made-up") for arn in arns]
    return found


def titled(widgets, words):
    """The properties of the one widget with these words in its title."""
    (found,) = [w["properties"] for w in widgets if words in w["properties"].get("title", "")]
    return dict(found)


def horizontal(properties):
    """The horizontal annotations: value by label."""
    lines = properties.get("annotations", {}).get("horizontal", [])
    return {line["label"]: line["value"] for line in lines}


def shown(properties):
    """The labels of the lines that are visible."""
    lines = [rendering(line) for line in properties["metrics"]]
    return [line["label"] for line in lines if line.get("visible", True)]


def read(properties):
    """The series that a metric widget reads."""
    for line in properties["metrics"]:
        names, how = line[:-1], rendering(line)
        if names:
            yield Seen(names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True)), how["stat"])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("arns", [None, POLICY], ids=["alone", "with alarms of scaling"])
@pytest.mark.inputs(MONITORING, lambda endpoint, arns: {**inputs_of(endpoint), "policy_alarm_arns": arns})
def test_the_body_is_valid(it, endpoint, arns):
    assert problems({"widgets": widgets(it)}) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_every_line_reads_what_the_endpoint_publishes(it, endpoint):
    traffic, inputs = ENDPOINTS[endpoint]
    pooled = len(inputs.get("instance_pools", UNEQUAL)) > 1
    for widget in widgets(it):
        if widget["type"] == "metric":
            wrong = [found for seen in read(widget["properties"]) if (found := problem(seen, traffic, pooled))]
            assert wrong == [], widget["properties"]["title"]
            assert widget["properties"]["region"] == "us-east-1"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_rows_fill_the_width(it, endpoint):
    widths = {}
    for widget in widgets(it):
        widths[widget["y"]] = widths.get(widget["y"], 0) + widget["width"]
    assert set(widths.values()) == {24}


@watching(
    "realtime",
    signal={
        "target": 0.7,
        "metrics": [
            {
                "id": "load",
                "metric_stat": {
                    "metric": {"metric_name": "Load", "namespace": "Acme", "dimensions": {"Fleet": "a"}},
                    "stat": "p90",
                },
                "return_data": False,
            },
            {"id": "share", "expression": "load / 100", "return_data": False},
            {"id": "busy", "expression": "FILL(share, REPEAT)", "label": "Busy workers"},
        ],
    },
)
def test_metric_math_of_ones_own_is_one_line(it):
    graph = titled(widgets(it), "Signal of scaling")
    assert shown(graph) == ["Busy workers"]
    assert [seen.statistic for seen in read(graph)] == ["p90"]


TYPES = ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
OFF = {
    name: {"enabled": False} for name in ("errors_5xx_count", "first_chunk_latency", "gpu_utilization", "model_latency")
}


@pytest.mark.parametrize(
    ("endpoint", "alarms", "title", "lines", "drawn"),
    [
        ("realtime", {}, "Signal of scaling", ["Requests in flight on the busiest instance"], {"Target": 9}),
        (
            "realtime on unequal types",
            {},
            "Signal of scaling",
            ["Utilization of the fullest instance type"],
            {"Target": 0.75},
        ),
        ("queue", {}, "Signal of scaling", ["Backlog per instance"], {"Target": 5}),
        ("realtime", {}, "Requests in flight", TYPES, {"Sustained by an instance": 12}),
        (
            "realtime on unequal types",
            {},
            "Requests in flight",
            TYPES,
            {"Sustained by ml.g6.2xlarge": 12, "Sustained by ml.g6e.2xlarge": 16},
        ),
        # Thresholds are in the units of the graph.
        (
            "realtime",
            {"first_chunk_latency": {"threshold": 2}},
            "Latency",
            [f"{what}, p{p}" for what in ("First chunk", "Model") for p in (50, 90, 99)],
            {"Alarm, first chunk": 2, "Alarm, model": 30},
        ),
        ("realtime", {}, "Errors", None, {"Alarm, 5XX": 5}),
        ("realtime", {}, "GPUUtilization", None, {"Alarm": 95}),
        # No threshold is drawn of an alarm that is off.
        *(("realtime", OFF, title, None, {}) for title in ("Latency", "Errors", "GPUUtilization")),
    ],
)
@pytest.mark.inputs(MONITORING, lambda endpoint, alarms: {**inputs_of(endpoint), "alarms": alarms})
def test_a_graph_has_its_lines_and_limits(it, endpoint, alarms, title, lines, drawn):
    graph = titled(widgets(it), title)
    assert horizontal(graph) == drawn
    assert lines in (None, shown(graph))


@pytest.mark.parametrize(
    ("frequency", "period", "expressions"),
    [(60, 60, []), (300, 300, []), (10, 60, ["samples_1 / 6", "samples_2 / 6"])],
)
@pytest.mark.inputs(MONITORING, lambda frequency: {"metric_publish_frequency_in_seconds": frequency})
def test_instances_by_type_are_samples_of_their_period(it, frequency, period, expressions):
    by_type = titled(widgets(it), "Instances by type")
    assert by_type["period"] == period
    assert by_type["stacked"] is True
    assert shown(by_type) == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
    assert {seen.statistic for seen in read(by_type)} == {"SampleCount"}
    lines = [rendering(line) for line in by_type["metrics"]]
    assert [line["expression"] for line in lines if "expression" in line] == expressions


@pytest.mark.parametrize(
    ("endpoint", "expressions", "bounds"),
    [
        ("realtime", [], {"capacity.max": 4, "capacity.min": 1}),
        ("realtime on processors", ["samples_1 / 6"], {"capacity.max": 4, "capacity.min": 1}),
        ("queue", [], {"capacity.max": 5, "capacity.min": 0}),
    ],
)
@pytest.mark.inputs(MONITORING, lambda endpoint, expressions, bounds: inputs_of(endpoint))
def test_all_instances_are_counted_by_their_samples(it, endpoint, expressions, bounds):
    """Whether or not there are requests; by type where there are several."""
    titles = [widget["properties"].get("title") for widget in widgets(it)]
    pooled = len(inputs_of(endpoint).get("instance_pools", UNEQUAL)) > 1
    assert ("Instances by type" in titles) == pooled
    (instances,) = [one["properties"] for one in widgets(it) if one["properties"].get("title") == "Instances"]
    assert shown(instances) == ["Instances"]
    (seen,) = read(instances)
    assert (seen.name, seen.statistic) == ("CPUUtilization", "SampleCount")
    assert seen.dimensions == {"EndpointName": "speech", "VariantName": "AllTraffic"}
    lines = [rendering(line) for line in instances["metrics"]]
    assert [line["expression"] for line in lines if "expression" in line] == expressions
    assert horizontal(instances) == bounds


@pytest.mark.parametrize("endpoint", ["realtime", "queue"])
@pytest.mark.inputs(MONITORING, inputs_of)
def test_times_are_in_seconds(it, endpoint):
    (times,) = [
        widget["properties"]
        for widget in widgets(it)
        if widget["properties"].get("title") in ("Latency", "Time of a request")
    ]
    lines = [(line, rendering(line)) for line in times["metrics"]]
    units = {how["id"]: PER_SECOND[line[1]] for line, how in lines if "expression" not in how}
    divided = [how["expression"].split(" / ") for _, how in lines if "expression" in how]
    assert {name: int(unit) for name, unit in divided} == units
    assert times["yAxis"]["left"]["label"] == "seconds"


@watching("queue", policy_alarm_arns=POLICY)
def test_state_of_the_alarms_and_of_the_wake_up(it):
    drawn = widgets(it)
    ours, of_scaling = (widget["properties"] for widget in drawn if widget["type"] == "alarm")
    assert (ours["title"], len(ours["alarms"])) == ("Alarms", 8)
    assert of_scaling["title"].startswith("Alarms of scaling")
    assert of_scaling["alarms"] == [QUEUE["wake_up_alarm_arn"], *POLICY]
    assert titled(drawn, "Backlog without capacity")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.inputs(MONITORING, inputs_of)
def test_only_what_wakes_up_shows_it(it, endpoint):
    """The metric of an endpoint that is never empty is 0 for ever."""
    drawn = [widget["properties"].get("title") for widget in widgets(it)]
    wakes_up = bool(inputs_of(endpoint).get("wake_up_alarm_arn"))
    assert ("Backlog without capacity" in drawn) is wakes_up


@watching("realtime", alarms=switched(REALTIME, enabled=False))
def test_no_state_without_alarms(it):
    drawn = widgets(it)
    assert [widget for widget in drawn if widget["type"] == "alarm"] == []
    assert problems({"widgets": drawn}) == []


@watching("realtime")
def test_one_dashboard_by_name_and_region(it):
    """Dashboards are global: two regions must not write the same one."""
    (dashboard,) = it.of_type("aws_cloudwatch_dashboard")
    assert dashboard.values["dashboard_name"] == "speech-us-east-1"


@watching("realtime", dashboard=False)
def test_a_dashboard_can_be_left_out(it):
    assert it.of_type("aws_cloudwatch_dashboard") == []


METRIC = {
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
STATUS = {"type": "alarm", "properties": {"alarms": [ALARM.format("a")]}, "x": 12, "y": 0}


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
def test_the_check_of_bodies_finds(path, value, message):
    body = {"widgets": [copy.deepcopy(METRIC), copy.deepcopy(STATUS)]}
    assert problems(body) == []
    place = body["widgets"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(message in found for found in problems(body)), problems(body)


@pytest.mark.parametrize("arns", [[], ["speech-errors-5xx"], [ALARM.format(n) for n in range(101)]])
def test_the_check_of_bodies_finds_wrong_alarms(arns):
    assert problems({"widgets": [{**STATUS, "properties": {"alarms": arns}}]})


@watching("queue")
def test_processed_requests_are_shown_however_their_metric_is_spelt(it):
    """The page async-inference-monitor has another spelling than recordings of such endpoints."""
    properties = titled(widgets(it), "Requests processed")
    assert [seen.name for seen in read(properties)] == ["InvocationsProcessed", "InvocationsProcesssed"]
    assert shown(properties) == ["InvocationsProcessed", "InvocationsProcesssed"]
