"""What is on a limit is taken, and what is one beyond it is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plan.batches import Batches
from tests.plan.planner import ASYNC, ENDPOINT, MODEL, MONITORING, REALTIME, SMALLEST

INT = 2147483647
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic-{}"
DISK = [{"instance_type": "ml.m5.xlarge", "max_concurrency": 4}]
TYPES = [
    "ml.g5.2xlarge",
    "ml.g6.2xlarge",
    "ml.g6e.2xlarge",
    "ml.g7.2xlarge",
    "ml.g7e.2xlarge",
    "ml.g4dn.2xlarge",
]
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
ERRORS = {"metric_name": "Invocation5XXErrors", "threshold": 5}

Changes = dict[str, Any]


@dataclass(frozen=True)
class Limit:
    """An input, by what its message has: from a value or a number of entries to changes of inputs."""

    name: str
    made: Callable[[Any], Changes]
    least: float | None
    most: float | None
    apart: float = 1
    """How far beyond the limit the nearest value is."""

    def edges(self) -> Iterator[tuple[float, bool]]:
        """Values, and whether they are taken."""
        for limit, beyond in ((self.least, -self.apart), (self.most, self.apart)):
            if limit is not None:
                yield limit, True
                yield limit + beyond, False


def given(name: str, least: float | None, most: float | None, **others: Any) -> Limit:
    """A number that is an input of its own; `others`: what it needs beside it."""
    return Limit(name, lambda value: {name: value, **others}, least, most)


def deployment(name: str, least: float, most: float | None, **others: Any) -> Limit:
    return Limit(name, lambda value: {"deployment": {name: value, **others}}, least, most)


def share(strategy: str, least: int, most: int, kind: str = "CAPACITY_PERCENT") -> Limit:
    """The size of a step."""
    return Limit(
        "deployment.step",
        lambda value: {"deployment": {"strategy": strategy, "step": {"type": kind, "value": value}}},
        least,
        most,
    )


def scheduled(name: str, made: Callable[[int], Changes], least: int | None, most: int | None) -> Limit:
    """An attribute of a scheduled action."""
    return Limit(
        name, lambda value: {"schedules": {"it": {"schedule": "rate(1 day)", **made(value)}}}, least, most
    )


def stepping(name: str, made: Callable[[int], Changes], least: int | None, most: int | None) -> Limit:
    """An attribute of a step policy."""
    up = {"steps": [{"lower_bound": 0, "adjustment": 1}], "alarm": ERRORS}
    return Limit(name, lambda value: {"policies": {"it": {"step": {**up, **made(value)}}}}, least, most)


def tracking(name: str) -> Changes:
    """A policy that tracks a metric."""
    return {"target_tracking": {"custom_metric": {"metric_name": name}, "target_value": 5}}


def steps(count: int) -> list[Changes]:
    """Steps without gap or overlap."""
    bounds = [{"lower_bound": at, "upper_bound": at + 1, "adjustment": 1} for at in range(count - 1)]
    return [*bounds, {"lower_bound": count - 1, "adjustment": 1}][:count]


def vpc(groups: int, subnets: int) -> Changes:
    return {
        "vpc": {
            "security_group_ids": [f"sg-{number}" for number in range(groups)],
            "subnet_ids": [f"subnet-{number}" for number in range(subnets)],
        }
    }


LIMITS: dict[str, list[Limit]] = {
    ENDPOINT: [
        Limit("capacity.initial", lambda value: {"capacity": {"min": 1, "max": 4, "initial": value}}, 1, 4),
        Limit("capacity.min", lambda value: {"capacity": {"min": value, "max": 4}}, 1, 4),
        given("container_startup_timeout", 60, 3600),
        given("model_download_timeout", 60, 3600),
        given("provision_timeout", 300, 3600),
        given("volume_size_gb", 1, 512, instance_pools=DISK),
        Limit("name", lambda size: {"name": "x" * size}, 1, 54),
        Limit("tags", lambda count: {"tags": {f"k{number}": "" for number in range(count)}}, None, 50),
        Limit("keys", lambda size: {"tags": {"k" * size: ""}}, 1, 128),
        Limit("values", lambda size: {"tags": {"k": "v" * size}}, None, 256),
        Limit(
            "instance_pools",
            lambda count: {"instance_pools": [{"instance_type": kind} for kind in TYPES[:count]]},
            1,
            5,
        ),
        Limit(
            "sampling_percentage",
            lambda value: {"data_capture": {"s3_uri": "s3://acme", "sampling_percentage": value}},
            0,
            100,
        ),
        deployment("termination_wait", 0, 3600),
        deployment("wait_interval", 0, 3600, strategy="CANARY", step=HALF),
        deployment("maximum_execution_timeout", 600, 28800),
        # More than both waits together.
        deployment(
            "maximum_execution_timeout",
            2301,
            None,
            strategy="LINEAR",
            step=HALF,
            wait_interval=1200,
            termination_wait=1100,
        ),
        Limit(
            "rollback_alarm_names",
            lambda count: {"deployment": {"rollback_alarm_names": [f"a{number}" for number in range(count)]}},
            None,
            10,
        ),
        Limit(
            "rollback_step",
            lambda value: {
                "deployment": {"strategy": "ROLLING", "step": HALF, "rollback_step": {**HALF, "value": value}}
            },
            1,
            100,
        ),
        share("CANARY", 1, 50),
        share("LINEAR", 10, 50),
        share("ROLLING", 5, 50),
        share("ROLLING", 1, 2, "INSTANCE_COUNT"),  # half of capacity.max
        *(
            scheduled("never scales to zero", lambda value, bound=bound: {bound: value}, 1, None)
            for bound in ("min", "max")
        ),
        scheduled("min", lambda value: {"min": value}, None, 4),  # capacity.max
        scheduled("max", lambda value: {"max": value}, None, INT),
        scheduled(
            "end_time",
            lambda value: {
                "min": 1,
                "start_time": "2026-12-01T00:00:30Z",
                "end_time": f"2026-12-01T00:00:{30 + value}Z",
            },
            1,
            None,
        ),
        Limit(
            "schedules",
            lambda count: {
                "schedules": {f"s{number}": {"schedule": "rate(1 day)", "min": 1} for number in range(count)}
            },
            None,
            200,
        ),
        Limit(
            "schedules",
            lambda size: {"schedules": {"s" * size: {"schedule": "rate(1 day)", "min": 1}}},
            1,
            200,
        ),
        Limit(
            "policies",
            lambda count: {"policies": {f"p{number}": tracking(f"m{number}") for number in range(count)}},
            None,
            45,
        ),
        Limit("policies", lambda size: {"policies": {"p" * size: tracking("m")}}, 1, 190),
        stepping("step", lambda count: {"steps": steps(count)}, 1, 20),
        # The steps have neither gap nor overlap.
        stepping(
            "overlap",
            lambda value: {
                "steps": [
                    {"lower_bound": 0, "upper_bound": 5, "adjustment": 1},
                    {"lower_bound": value, "adjustment": 2},
                ]
            },
            5,
            5,
        ),
        stepping("cooldowns", lambda value: {"cooldown": value}, 0, INT),
        stepping(
            "evaluation_periods", lambda value: {"alarm": {**ERRORS, "evaluation_periods": value}}, 1, 1440
        ),
        stepping(
            "datapoints_to_alarm",
            lambda value: {"alarm": {**ERRORS, "evaluation_periods": 3, "datapoints_to_alarm": value}},
            1,
            3,
        ),
    ],
    REALTIME: [
        given("scale_in_cooldown", 0, INT),
        given("scale_out_cooldown", 0, INT),
        Limit("target_utilization", lambda value: {"target_utilization": value}, None, 1, apart=0.01),
        Limit("target_utilization", lambda value: {"target_utilization": value}, 0.01, None, apart=0.01),
        Limit(
            "publish_frequency",
            lambda value: {"metrics": {"enhanced": True, "publish_frequency": value}},
            None,
            60,
            apart=60,
        ),
    ],
    ASYNC: [
        given("scale_in_cooldown", 0, INT),
        given("scale_out_cooldown", 0, INT),
        Limit("capacity.min", lambda value: {"capacity": {"min": value, "max": 4}}, 0, 4),
        Limit("capacity.initial", lambda value: {"capacity": {"min": 0, "max": 4, "initial": value}}, 1, 4),
        given("max_concurrent_invocations", 1, 1000),
        Limit("backlog_per_instance", lambda value: {"backlog_per_instance": value}, 1, 1_000_000, apart=1),
        Limit("wake_up.instances", lambda value: {"wake_up": {"instances": value}}, 1, 5),
        Limit("wake_up.cooldown", lambda value: {"wake_up": {"cooldown": value}}, 0, INT),
        Limit(
            "wake_up.evaluation_periods", lambda value: {"wake_up": {"evaluation_periods": value}}, 1, 1440
        ),
        scheduled("schedules", lambda value: {"min": value}, 0, 5),
    ],
    MODEL: [
        Limit("name", lambda size: {"name": "x" * size}, 1, 54),
        Limit(
            "environment",
            lambda count: {"environment": {f"K{number}": "" for number in range(count)}},
            None,
            100,
        ),
        Limit("environment", lambda size: {"environment": {"K": "v" * size}}, None, 1024),
        Limit("security_group_ids", lambda count: vpc(count, 1), 1, 5),
        Limit("subnet_ids", lambda count: vpc(1, count), 1, 16),
    ],
    MONITORING: [
        *(
            Limit(name, lambda count, name=name: {name: [TOPIC.format(at) for at in range(count)]}, None, 5)
            for name in ("alarm_topic_arns", "ok_topic_arns")
        ),
        *(
            Limit("minutes", lambda value, name=name: {"alarms": {name: {"minutes": value}}}, 1, 1440)
            for name in ("scale_out_stalled", "stuck_at_max")
        ),
        Limit(
            "gpu_utilization",
            lambda value: {"alarms": {"gpu_utilization": {"threshold": value}}},
            1,
            100,
        ),
        Limit(
            "instance_pools",
            lambda count: {
                "instance_pools": [{"instance_type": kind, "max_concurrency": 4} for kind in TYPES[:count]]
            },
            1,
            5,
        ),
    ],
}


@pytest.mark.parametrize("taken", [True, False], ids=["on the limit", "beyond"])
@pytest.mark.parametrize("module", LIMITS)
def test_limits(module: str, taken: bool, batches: Callable[[str], Batches]) -> None:
    edges = [(limit, value) for limit in LIMITS[module] for value, fits in limit.edges() if fits is taken]
    verdicts = batches(module).judge([{**SMALLEST[module], **limit.made(value)} for limit, value in edges])
    wrong = []
    for (limit, value), verdict in zip(edges, verdicts, strict=True):
        said = " ".join(one.text for one in verdict.refusals)
        if verdict.accepted is not taken or not (taken or limit.name in said):
            wrong.append(f"{limit.name} of {value}: {said or 'taken'}")
    assert wrong == []
