"""Checks the body of a CloudWatch dashboard made of text, alarm and metric widgets.

Sources: "Dashboard Body Structure and Syntax" in the Amazon CloudWatch API Reference
(docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html);
for ids, "Using math expressions with CloudWatch metrics" in its user guide.
"""

import re

COLUMNS = 24
_ARN = re.compile(r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_STATISTIC = re.compile(r"SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d+)?")

# Members of the objects: a type, or the values that are allowed.
_NUMBER = (int, float)
_SIDE = ("left", "right")
_BODY = {
    "end": str,
    "periodOverride": ("auto", "inherit"),
    "start": str,
    "variables": list,
    "widgets": list,
}
_WIDGET = {
    "height": int,
    "properties": dict,
    "type": ("alarm", "metric", "text"),
    "width": int,
    "x": int,
    "y": int,
}
_PROPERTIES = {
    "alarm": {
        "alarms": list,
        "sortBy": ("default", "stateUpdatedTimestamp", "timestamp"),
        "states": list,
        "title": str,
    },
    "metric": {
        "accountId": str,
        "annotations": dict,
        "legend": dict,
        "liveData": bool,
        "metrics": list,
        "period": int,
        "region": str,
        "stacked": bool,
        "stat": str,
        "timezone": str,
        "title": str,
        "view": ("timeSeries", "singleValue", "gauge", "bar", "pie", "table"),
        "yAxis": dict,
    },
    "text": {"background": ("solid", "transparent"), "markdown": str},
}
_REQUIRED = {"alarm": ["alarms"], "metric": ["metrics", "region"], "text": ["markdown"]}
_AXIS = {"label": str, "max": _NUMBER, "min": _NUMBER, "showUnits": bool}
_ANNOTATION = {
    "color": str,
    "fill": ("above", "below", "none"),
    "label": str,
    "value": _NUMBER,
    "visible": bool,
    "yAxis": _SIDE,
}
_LINE = {
    "accountId": str,
    "color": str,
    "expression": str,
    "id": str,
    "label": str,
    "period": int,
    "region": str,
    "stat": str,
    "visible": bool,
    "yAxis": _SIDE,
}


def problems(body):
    """What is wrong with a body and where; empty for a valid one."""
    messages = list(_members("body", body, _BODY, ["widgets"]))
    widgets = body.get("widgets", [])
    if len(widgets) > 500:
        messages.append("body: over 500 widgets")
    for index, widget in enumerate(widgets):
        messages += _widget(f"widget {index}", widget)
    return messages + list(_overlaps(widgets))


def _members(where, members, known, required=()):
    """Members that are missing, unknown or of the wrong type."""
    yield from (f"{where}: {name} is missing" for name in required if name not in members)
    for name, value in members.items():
        expected = known.get(name)
        if expected is None:
            yield f"{where}: {name} is unknown"
        elif isinstance(expected, tuple) and isinstance(expected[0], str):
            if value not in expected:
                yield f"{where}: {name} is {value!r}"
        elif not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            yield f"{where}: {name} is {value!r}"


def _widget(where, widget):
    yield from _members(where, widget, _WIDGET, ["properties", "type"])
    if ("x" in widget) != ("y" in widget):
        yield f"{where}: x and y go together"
    left, top, width, height = _place(widget)
    if left < 0 or top < 0 or width < 1 or left + width > COLUMNS or not 1 <= height <= 1000:
        yield f"{where}: off the grid"
    kind, properties = widget.get("type", ""), widget.get("properties", {})
    yield from _members(where, properties, _PROPERTIES.get(kind, {}), _REQUIRED.get(kind, []))
    if kind == "alarm":
        yield from _alarms(where, properties.get("alarms", []))
    if kind == "metric":
        yield from _metrics(where, properties)


def _alarms(where, arns):
    if not 1 <= len(arns) <= 100:
        yield f"{where}: {len(arns)} alarms"
    yield from (f"{where}: {arn!r} is no alarm" for arn in arns if not _ARN.fullmatch(str(arn)))


def _metrics(where, properties):
    yield from _period(where, properties)
    for side, axis in properties.get("yAxis", {}).items():
        yield from _members(f"{where}, axis", {"side": side}, {"side": _SIDE})
        yield from _members(f"{where}, axis", axis, _AXIS)
    annotations = properties.get("annotations", {})
    yield from _members(where, annotations, {"alarms": list, "horizontal": list, "vertical": list})
    for line in annotations.get("horizontal", []):
        yield from _members(f"{where}, annotation", line, _ANNOTATION, ["value"])
        if not _COLOR.fullmatch(line.get("color", "#000000")):
            yield f"{where}: {line['color']} is no color"
    lines = properties.get("metrics", [])
    if len(lines) > 500:
        yield f"{where}: over 500 metrics"
    ids = [rendering(line)["id"] for line in lines if "id" in rendering(line)]
    if len(set(ids)) < len(ids):
        yield f"{where}: an id occurs twice"
    for index, line in enumerate(lines):
        yield from _line(f"{where}, line {index}", line, set(ids))
    if not any(rendering(line).get("visible", True) for line in lines):
        yield f"{where}: shows nothing"


def rendering(line):
    """How a line of a metric widget is shown: the object at its end, if it has one."""
    return line[-1] if line and isinstance(line[-1], dict) else {}


def _line(where, line, ids):
    """`[namespace, name, dimension, value, ..., rendering]`, or `[{expression, ...}]`."""
    shown = rendering(line)
    names = line[:-1] if shown else line
    yield from _members(where, shown, _LINE)
    yield from _period(where, shown)
    if not _STATISTIC.fullmatch(shown.get("stat", "Average")):
        yield f"{where}: {shown['stat']} is no statistic"
    if not _ID.fullmatch(shown.get("id", "a")):
        yield f"{where}: {shown['id']} is no id"
    if "expression" in shown:
        used = set(re.findall(r"\b[a-z][a-zA-Z0-9_]*", shown["expression"])) - {shown.get("id")}
        yield from (f"{where}: {name} is no id of the widget" for name in sorted(used - ids))
        if names:
            yield f"{where}: both a metric and an expression"
    elif len(names) < 2 or len(names) % 2 or not all(isinstance(name, str) and name for name in names):
        yield f"{where}: {names} is not namespace, name and pairs of dimensions"


def _period(where, members):
    period = members.get("period", 60)
    if period < 60 or period % 60:
        yield f"{where}: a period of {period} s"


def _place(widget):
    return widget.get("x", 0), widget.get("y", 0), widget.get("width", 6), widget.get("height", 6)


def _overlaps(widgets):
    """Widgets that lie on others, which the console would move."""
    for index, widget in enumerate(widgets):
        left, top, width, height = _place(widget)
        for below, other in enumerate(widgets[:index]):
            x, y, w, h = _place(other)
            if left < x + w and x < left + width and top < y + h and y < top + height:
                yield f"widget {index}: lies on widget {below}"
