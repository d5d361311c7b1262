"""Endpoints to monitor, and what their planned alarms read."""

import pytest

from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import Window
from scaleproof.scaling.parsing import parse_alarm, parse_queries
from tests.contract.requests import requests
from tests.plan.planner import MONITORING
from tests.plan.published_metrics import Seen

VARIANT = {"EndpointName": "speech", "VariantName": "AllTraffic"}
UNEQUAL = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
]
WEIGHTED = {
    "target": 0.75,
    "metrics": [
        {
            "id": "utilization",
            "expression": "MAX([concurrency_1/12, concurrency_2/16])",
            "label": "Utilization of the fullest instance type",
        },
        *(
            {
                "id": f"concurrency_{place}",
                "metric_stat": {
                    "metric": {
                        "metric_name": "ConcurrentRequestsPerModel",
                        "dimensions": {**VARIANT, "InstanceType": pool["instance_type"]},
                    },
                    "stat": "Maximum",
                },
                "return_data": False,
            }
            for place, pool in enumerate(UNEQUAL, start=1)
        ),
    ],
}


def one_metric(name, statistic, target):
    """A signal of one metric of the variant."""
    stat = {"metric": {"metric_name": name, "dimensions": VARIANT}, "stat": statistic}
    return {"target": target, "metrics": [{"id": "signal", "metric_stat": stat}]}


ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}"
QUEUE = {
    "kind": "async",
    "capacity": {"min": 0, "max": 5},
    "signal": {"target": 5},
    "wake_up_alarm_arn": ALARM.format("speech-has-backlog-without-capacity"),
}
ENDPOINTS = {
    "realtime": ("realtime", {}),
    "realtime on one type": (
        "realtime",
        {"instance_pools": [{"instance_type": "ml.g6.12xlarge", "max_concurrency": 40}]},
    ),
    "realtime on unequal types": ("realtime", {"instance_pools": UNEQUAL, "signal": WEIGHTED}),
    "realtime on processors": (
        "realtime",
        {
            "instance_pools": [{"instance_type": "ml.c7i.4xlarge", "max_concurrency": 8}],
            "metric_publish_frequency_in_seconds": 10,
        },
    ),
    "queue": ("async", QUEUE),
    "queue on one type": ("async", {**QUEUE, "instance_pools": [{"instance_type": "ml.g5.xlarge"}]}),
    "queue that is never empty": (
        "async",
        {**QUEUE, "capacity": {"min": 1, "max": 5}, "wake_up_alarm_arn": None},
    ),
}
"""By name: the traffic as in published_metrics, and the inputs of the module."""
BOTH = {"scale-out-stalled", "stuck-at-max"}
REALTIME = {
    "concurrency", "errors-5xx", "errors-5xx-count", "first-chunk-latency", "gpu-utilization",
    "mid-stream-errors", "model-latency", *BOTH,
}  # fmt: skip
FILES = {
    "expired-requests", "invocation-failures", "oldest-request-age", "request-download-failures",
    "response-upload-failures", "wake-up-overdue", *BOTH,
}  # fmt: skip
OFF_FOR_FILES = {"errors-5xx", "errors-5xx-count", "gpu-utilization"}
"""Alarms that are on by default: for both kinds, for each with those, and what asynchronous endpoints have only if it
is switched on."""


def switched(names, *, enabled):
    """An `alarms` input that switches alarms on or off."""
    return {name.replace("-", "_"): {"enabled": enabled} for name in sorted(names)}


def watching(endpoint, **changes):
    """Marks a test whose `it` watches one of the endpoints, with changes."""
    return pytest.mark.inputs(MONITORING, **{**inputs_of(endpoint), **changes})


def inputs_of(endpoint):
    """The inputs for one of the endpoints, as `pytest.mark.inputs` chooses by its name."""
    return ENDPOINTS[endpoint][1]


def alarms(plan):
    """The alarms by name without the endpoint's, composite ones too."""
    resources = plan.of_type("aws_cloudwatch_metric_alarm") + plan.of_type("aws_cloudwatch_composite_alarm")
    return {alarm.values["alarm_name"].removeprefix("speech-"): alarm for alarm in resources}


def series(alarm):
    """The series that a metric alarm reads."""
    values = alarm.values
    if values.get("metric_name"):
        statistic = values["statistic"] or values["extended_statistic"]
        yield Seen(values["namespace"], values["metric_name"], values["dimensions"], statistic)
    for query in values.get("metric_query") or []:
        for metric in query["metric"]:
            yield Seen(metric["namespace"], metric["metric_name"], metric["dimensions"], metric["stat"])


def queries(alarm):
    """The queries of an alarm, as CloudWatch gets them."""
    return QuerySet(parse_queries(_parameters(alarm)["Metrics"]))


def compared(alarm, rows, period=60):
    """What an alarm on queries compares, period by period; `rows`: what there is of its metrics in each."""
    window = Window(0, period * len(rows), period)
    points = {}
    for time, row in zip(window.times, rows, strict=True):
        for name, value in row.items():
            if value is not None:
                points.setdefault(name, {})[time] = value
    values = queries(alarm).points(points, window)
    return [values.get(time) for time in window.times]


def settings(alarm):
    """A metric alarm, as CloudWatch gets it."""
    return parse_alarm(_parameters(alarm))


def _parameters(alarm):
    (call,) = requests((alarm,))
    return call.params
