"""What is on a limit is taken, and what is one beyond it is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.plan.planner import ASYNC, MODEL, MONITORING, REALTIME, SMALLEST, command

INT = 2147483647
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic-{}"
DISK = {"instance_pools": [{"instance_type": "ml.m5.xlarge", "max_concurrency": 4}]}
TYPES = ["g5.2xlarge", "g6.2xlarge", "g6e.2xlarge", "g7.2xlarge", "g7e.2xlarge", "g4dn.2xlarge"]
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
CAPACITY = {"capacity": {"min": 1, "max": 4}}
UP = {"steps": [{"lower_bound": 0, "adjustment": 1}], "alarm": {"metric_name": "Load", "threshold": 5}}
STEP = {"policies": {"it": {"step": UP}}}
DAILY = {"schedule": "rate(1 day)"}
VPC = {"vpc_config": {"security_group_ids": ["sg-1"], "subnets": ["subnet-1"]}}

Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Limit:
    """A place of the inputs, as a path, and the least and the most that is taken there.

    `base` is what stands around it; `made` makes the value of a number, such as a text of that size; `said`
    is what the message has, by itself the last name of the path; `apart` is how far the next value is.
    """

    path: str
    least: float | None
    most: float | None
    base: Changes = field(default_factory=dict)
    made: Callable[[Any], Any] = lambda number: number
    said: str = ""
    apart: float = 1

    def edges(self):
        """Numbers, and whether they are taken."""
        for limit, beyond in ((self.least, -self.apart), (self.most, self.apart)):
            if limit is not None:
                yield limit, True
                yield limit + beyond, False

    def inputs(self, number):
        """The inputs with a number."""
        changes = json.loads(json.dumps(self.base))
        *way, last = self.path.split(".")
        place = changes
        for name in way:
            place = place.setdefault(name, {})
        place[last] = self.made(number)
        return changes

    @property
    def words(self):
        """What the message has."""
        return self.said or self.path.rpartition(".")[2]


def size(number):
    return "x" * number


def count(template):
    return lambda number: [template.format(place) for place in range(number)]


def entries(value, name="e{}"):
    """Entries of a map."""
    return lambda number: {name.format(place): value for place in range(number)}


def key(value):
    """A map whose only key has a size."""
    return lambda number: {"x" * number: value}


def pools(number):
    return [{"instance_type": f"ml.{kind}", "max_concurrency": 4} for kind in TYPES[:number]]


def tracking(metric):
    return {"target_tracking": {"custom_metric": {"metric_name": metric}, "target_value": 5}}


def steps(number):
    """Steps without gap or overlap."""
    bounds = [{"lower_bound": at, "upper_bound": at + 1, "adjustment": 1} for at in range(number - 1)]
    return [*bounds, {"lower_bound": number - 1, "adjustment": 1}][:number]


def execution(least, strategy, value, kind="CAPACITY_PERCENT", most=4, **waits):
    """The least time that is more than all waits of an update together."""
    deployment = {"strategy": strategy, "step": {"type": kind, "value": value}, **waits}
    capacity = {"min": 1, "max": most}
    return Limit("deployment.maximum_execution_timeout", least, None, {"deployment": deployment, "capacity": capacity})


def share(strategy, least, most, kind="CAPACITY_PERCENT"):
    """The size of a step."""
    base = {"deployment": {"strategy": strategy, "step": {"type": kind}}}
    return Limit("deployment.step.value", least, most, base, said="deployment.step")


COOLDOWNS = [Limit("scale_in_cooldown", 0, INT), Limit("scale_out_cooldown", 0, INT)]
LIMITS = {
    REALTIME: [
        *COOLDOWNS,
        Limit("capacity.initial", 1, 4, CAPACITY, said="capacity.initial"),
        Limit("capacity.min", 1, 4, CAPACITY, said="capacity.min"),
        Limit("container_startup_timeout", 60, 3600),
        Limit("model_data_download_timeout", 60, 3600),
        Limit("provision_timeout", 300, 3600),
        Limit("volume_size_in_gb", 1, 512, DISK),
        Limit("name", 1, 54, made=size),
        Limit("tags", None, 50, made=entries("")),
        Limit("tags", 1, 128, made=key(""), said="keys"),
        Limit("tags.k", None, 256, made=size, said="values"),
        Limit("instance_pools", 1, 5, made=pools),
        Limit(
            "data_capture.initial_sampling_percentage",
            0,
            100,
            {"data_capture": {"destination_s3_uri": "s3://acme"}},
        ),
        Limit("deployment.termination_wait", 0, 3600),
        Limit("deployment.wait_interval", 0, 3600, {"deployment": {"strategy": "CANARY", "step": HALF}}),
        Limit("deployment.maximum_execution_timeout", 600, 28800),
        execution(2301, "LINEAR", 50, wait_interval=1200, termination_wait=1100),
        execution(1201, "CANARY", 10, wait_interval=1200),
        execution(901, "LINEAR", 10, wait_interval=300),  # four steps of one instance
        execution(2701, "LINEAR", 10, most=20, wait_interval=300),
        execution(1141, "ROLLING", 5, most=40, wait_interval=60),
        execution(1201, "ROLLING", 2, "INSTANCE_COUNT", most=9, wait_interval=300),
        execution(5701, "ROLLING", 1, "INSTANCE_COUNT", most=100, wait_interval=300),  # at most twenty steps
        execution(2701, "LINEAR", 1, "INSTANCE_COUNT", most=100, wait_interval=300),  # at most ten
        Limit("deployment.rollback_alarm_names", None, 10, made=count("a{}")),
        Limit(
            "deployment.rollback_step.value",
            1,
            100,
            {"deployment": {"strategy": "ROLLING", "step": HALF, "rollback_step": HALF}},
            said="rollback_step",
        ),
        share("CANARY", 1, 50),
        share("LINEAR", 10, 50),
        share("ROLLING", 5, 50),
        share("ROLLING", 1, 2, "INSTANCE_COUNT"),  # half of capacity.max
        Limit("schedules.it.min", 1, None, {"schedules": {"it": DAILY}}, said="never scales to zero"),
        Limit("schedules.it.max", 1, None, {"schedules": {"it": DAILY}}, said="never scales to zero"),
        Limit("schedules.it.min", None, 4, {"schedules": {"it": DAILY}}),  # capacity.max
        Limit("schedules.it.max", None, INT, {"schedules": {"it": DAILY}}),
        Limit(
            "schedules.it.end_time",
            1,
            None,
            {"schedules": {"it": {**DAILY, "min": 1, "start_time": "2026-12-01T00:00:30Z"}}},
            lambda number: f"2026-12-01T00:00:{30 + number}Z",
        ),
        Limit("schedules", None, 200, made=entries({**DAILY, "min": 1})),
        Limit("schedules", 1, 200, made=key({**DAILY, "min": 1})),
        Limit("policies", None, 45, made=lambda number: {f"p{at}": tracking(f"m{at}") for at in range(number)}),
        Limit("policies", 1, 190, made=key(tracking("m"))),
        Limit("policies.it.step.steps", 1, 20, STEP, steps, said="step"),
        Limit(
            "policies.it.step.steps",
            5,
            5,
            STEP,
            lambda at: [
                {"lower_bound": 0, "upper_bound": 5, "adjustment": 1},
                {"lower_bound": at, "adjustment": 2},
            ],
            said="without gap or overlap",
        ),
        Limit("policies.it.step.cooldown", 0, INT, STEP, said="cooldowns"),
        Limit("policies.it.step.alarm.evaluation_periods", 1, 1440, STEP),
        Limit(
            "policies.it.step.alarm.datapoints_to_alarm",
            1,
            3,
            {"policies": {"it": {"step": {**UP, "alarm": {**UP["alarm"], "evaluation_periods": 3}}}}},
        ),
        Limit("target_utilization", 0.01, 1, apart=0.01),
        Limit(
            "metrics_config.metric_publish_frequency_in_seconds",
            None,
            60,
            {"metrics_config": {"enable_enhanced_metrics": True}},
            apart=60,
        ),
    ],
    ASYNC: [
        *COOLDOWNS,
        Limit("capacity.min", 0, 4, CAPACITY, said="capacity.min"),
        Limit("capacity.initial", 1, 4, {"capacity": {"min": 0, "max": 4}}, said="capacity.initial"),
        Limit("max_concurrent_invocations_per_instance", 1, 1000),
        Limit("backlog_per_instance", 1, 1_000_000),
        Limit("wake_up.instances", 1, 5, said="wake_up.instances"),
        Limit("wake_up.cooldown", 0, INT, said="wake_up.cooldown"),
        Limit("wake_up.evaluation_periods", 1, 1440, said="wake_up.evaluation_periods"),
        Limit("schedules.it.min", 0, 5, {"schedules": {"it": DAILY}}, said="schedules"),
    ],
    MODEL: [
        Limit("name", 1, 54, made=size),
        Limit("environment", None, 100, made=entries("")),
        Limit("environment.K", None, 1024, made=size, said="environment"),
        Limit("vpc_config.security_group_ids", 1, 5, VPC, count("sg-{}")),
        Limit("vpc_config.subnets", 1, 16, VPC, count("subnet-{}")),
    ],
    MONITORING: [
        Limit("alarm_actions", None, 5, made=count(TOPIC)),
        Limit("ok_actions", None, 5, made=count(TOPIC)),
        Limit("alarms.scale_out_stalled.minutes", 1, 1440),
        Limit("alarms.stuck_at_max.minutes", 1, 1440),
        Limit("alarms.gpu_utilization.threshold", 1, 100, said="gpu_utilization"),
        Limit("alarms.errors_5xx.threshold", None, 1, said="errors_5xx"),
        Limit("instance_pools", 1, 5, made=pools),
    ],
}


@pytest.mark.parametrize("taken", [True, False], ids=["on the limit", "beyond"])
@pytest.mark.parametrize("module", LIMITS)
def test_limits(module, taken, planner):
    edges = [
        (limit, number, {**SMALLEST[module], **limit.inputs(number)})
        for limit in LIMITS[module]
        for number, fits in limit.edges()
        if fits is taken
    ]
    verdicts = planner.judge(module, [inputs for _, _, inputs in edges])
    wrong = []
    for (limit, number, inputs), verdict in zip(edges, verdicts, strict=True):
        said = " ".join(one.text for one in verdict.refusals)
        if verdict.accepted is not taken or not (taken or limit.words in said):
            wrong.append(f"{limit.path}, {number}: {said or 'taken'}\n    {command(module, inputs)}")
    assert not wrong, "\n".join(wrong)
