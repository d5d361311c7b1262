"""Schedules move the bounds; Terraform registers them and then leaves them alone."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.plan.planner import ASYNC, REALTIME

MORNING = {"schedule": "cron(30 7 ? * MON-FRI *)", "timezone": "Europe/Berlin", "min": 3}
NIGHT = {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 4}


@pytest.mark.inputs(REALTIME, schedules={"night": NIGHT})
def test_scheduled_target_is_the_other_twin(it, planner):
    (plain,) = planner(REALTIME).of_type("aws_appautoscaling_target")
    (scheduled,) = it.of_type("aws_appautoscaling_target")
    assert plain.address.endswith("aws_appautoscaling_target.this[0]")
    assert scheduled.address.endswith("aws_appautoscaling_target.scheduled[0]")
    assert (scheduled.values["min_capacity"], scheduled.values["max_capacity"]) == (1, 4)


@pytest.mark.inputs(ASYNC, capacity={"min": 1, "max": 5})
def test_without_schedules_the_minimum_holds(it, endpoint):
    endpoint(it).never_scales_to_zero()


@pytest.mark.inputs(ASYNC, capacity={"min": 1, "max": 5}, schedules={"night": {**NIGHT, "min": 0}})
def test_a_schedule_to_zero_brings_the_wake_up(it, endpoint):
    endpoint(it).follows_schedule("night", minimum=0).wakes_from_zero()


@pytest.mark.inputs(
    REALTIME,
    schedules={"up": {**MORNING, "min": 4}, "down": {"schedule": "rate(1 day)", "min": 1}},
)
def test_one_sided_schedules_that_cannot_cross_pass(it):
    """The other bound is left where it is."""
    found = it.of_type("aws_appautoscaling_scheduled_action")
    assert [action.values["scalable_target_action"] for action in found] == [
        [{"min_capacity": "1", "max_capacity": None}],
        [{"min_capacity": "4", "max_capacity": None}],
    ]


def at(hours, zone="UTC"):
    """A schedule so many hours from now, read in a time zone as if that were UTC."""
    time = datetime.now(UTC) + timedelta(hours=hours)
    return {"schedule": f"at({time:%Y-%m-%dT%H:%M:%S})", "timezone": zone, "min": 2}


def test_a_time_that_has_passed_wherever_its_zone_is_warns(planner):
    """docs/traps.md, "A schedule whose time has passed": Terraform knows no zones, and may be late."""
    passed = {
        "utc": at(-1),
        "gmt": at(-1, "GMT"),
        "east": at(-13, "Pacific/Kiritimati"),
        "west": at(-13, "Etc/GMT+12"),
    }
    coming = {"soon": at(1), "perhaps": at(-11, "Etc/GMT+12"), "east later": at(15, "Pacific/Kiritimati")}
    often = {"daily": NIGHT, "hourly": {"schedule": "rate(1 hour)", "min": 1}}
    (warning,) = planner(REALTIME, schedules={**passed, **coming, **often}).warnings
    assert warning.detail.startswith("Remove east, gmt, utc, west from schedules of the endpoint")
    assert planner(REALTIME, schedules={**coming, **often}).warnings == ()


def test_a_schedule_over_the_capacity_warns(planner):
    """docs/traps.md, "A change of instance types at noon": a registration cuts the fleet to capacity.max."""
    day = {**MORNING, "max": 10}
    (warning,) = planner(REALTIME, schedules={"day": day, "night": NIGHT}).warnings
    assert warning.detail.startswith("Raise capacity.max of the endpoint speech to 10, the most that its schedules")
    assert planner(REALTIME, capacity={"min": 1, "max": 10}, schedules={"day": day, "night": NIGHT}).warnings == ()
