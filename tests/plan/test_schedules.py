"""Schedules move the bounds; Terraform registers them and then leaves them alone."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.pytest_plugin.fixtures import TheEndpoint
from tests.plan.planner import ASYNC, REALTIME, Planner

MORNING = {"schedule": "cron(30 7 ? * MON-FRI *)", "timezone": "Europe/Berlin", "min": 3}
NIGHT = {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 4}


def test_scheduled_actions(planner: Planner) -> None:
    plan = planner(
        REALTIME,
        schedules={
            "morning": {**MORNING, "start_time": "2026-12-01T00:00:00Z", "end_time": "2027-01-01T00:00:00Z"},
            "launch": {"schedule": "at(2026-12-24T18:00:00)", "min": 2, "max": 4},
            "hourly": {"schedule": "rate(1 hour)", "min": 1},
        },
    )
    found = {
        action.values["name"]: action.values for action in plan.of_type("aws_appautoscaling_scheduled_action")
    }
    morning = found["speech-morning"]
    assert (morning["schedule"], morning["timezone"]) == ("cron(30 7 ? * MON-FRI *)", "Europe/Berlin")
    assert (morning["start_time"], morning["end_time"]) == ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert morning["scalable_target_action"] == [{"min_capacity": "3", "max_capacity": None}]
    assert found["speech-launch"]["timezone"] == "UTC"
    assert {values["resource_id"] for values in found.values()} == {"endpoint/speech/variant/AllTraffic"}


def test_scheduled_target_is_the_other_twin(planner: Planner) -> None:
    (plain,) = planner(REALTIME).of_type("aws_appautoscaling_target")
    (scheduled,) = planner(REALTIME, schedules={"night": NIGHT}).of_type("aws_appautoscaling_target")
    assert plain.address.endswith("aws_appautoscaling_target.this[0]")
    assert scheduled.address.endswith("aws_appautoscaling_target.scheduled[0]")
    assert (scheduled.values["min_capacity"], scheduled.values["max_capacity"]) == (1, 4)


def test_a_schedule_to_zero_brings_the_wake_up(planner: Planner, endpoint: TheEndpoint) -> None:
    bounds = {"min": 1, "max": 5}
    night = {"schedule": "cron(0 20 ? * * *)", "min": 0}
    endpoint(planner(ASYNC, capacity=bounds)).never_scales_to_zero()
    batch = endpoint(planner(ASYNC, capacity=bounds, schedules={"night": night}))
    batch.follows_schedule("night", minimum=0).wakes_from_zero()


@pytest.mark.parametrize(
    "expression",
    [
        "at(2026-12-24T18:00:00)",
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(12 hours)",
        "cron(0 18 ? * MON-FRI *)",
        "cron(0/15 8-18 1,15 * ? 2027)",
        "cron(0 8 L * ? *)",
        "cron(0 8 ? * 2#1 *)",
    ],
)
def test_documented_expressions_pass(planner: Planner, expression: str) -> None:
    plan = planner(REALTIME, schedules={"it": {"schedule": expression, "min": 2}})
    (action,) = plan.of_type("aws_appautoscaling_scheduled_action")
    assert action.values["schedule"] == expression


def test_one_sided_schedules_that_cannot_cross_pass(planner: Planner) -> None:
    schedules: dict[str, Any] = {"up": {**MORNING, "min": 4}, "down": {"schedule": "rate(1 day)", "min": 1}}
    assert len(planner(REALTIME, schedules=schedules).of_type("aws_appautoscaling_scheduled_action")) == 2
