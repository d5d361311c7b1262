"""An account whose AWS gives other answers to what is not documented: the rule `assumed`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from scaleproof.emulator.api import autoscaling, fault_rules
from scaleproof.emulator.engine import faults

from .conftest import Clock, metric_alarm
from .wall_clock import BUSY, CALM, Loop, clock

__all__ = ["clock"]
ACCOUNT = "111122223333"
OUT = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


@pytest.fixture
def given(clock: Clock) -> Iterator[Callable[..., Loop]]:
    """Makes an account with these answers, and an endpoint of two instances that is scaled from 1 to 10."""

    def make(**answers: Any) -> Loop:
        rules = [{"fault": "assumed", "name": name, "value": value} for name, value in answers.items()]
        faults.of_account(ACCOUNT).set(fault_rules.parse(rules))
        made = Loop(clock)
        made.register()
        return made

    yield make
    faults.of_account(ACCOUNT).set([])


def step(running: Loop, *, cooldown: int = 0, **alarm: Any) -> None:
    """A policy that adds an instance while an alarm is up."""
    policy = running.step(Cooldown=cooldown, **OUT)
    running.alarms.put_metric_alarm(**metric_alarm("a-b-load", AlarmActions=[policy], Threshold=5, **alarm))


@pytest.mark.parametrize(("seconds", "instances"), [(10, 6), (60, 3)])
def test_how_often_an_action_is_repeated(given: Callable[..., Loop], seconds: float, instances: int) -> None:
    running = given(repeat_high_resolution=seconds)
    step(running, Period=10)
    running.value(BUSY)
    running.pass_seconds(35)
    assert running.desired == instances


@pytest.mark.parametrize(("answer", "states"), [("window", ["load ALARM"]), ("nothing", [])])
def test_what_an_expression_makes_of_nothing(
    given: Callable[..., Loop], answer: str, states: list[str]
) -> None:
    running = given(fill_of_empty=answer)
    metric = {"Namespace": "Own", "MetricName": "m"}
    queries = [
        {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}, "ReturnData": False},
        {"Id": "e", "Expression": "FILL(m, 60)", "ReturnData": True},
    ]
    single = ("Namespace", "MetricName", "Statistic", "Period", "Dimensions")
    alarm = metric_alarm("a-b-load", Metrics=queries, Threshold=5)
    running.alarms.put_metric_alarm(**{key: value for key, value in alarm.items() if key not in single})
    running.pass_seconds(2)
    assert running.alarms.set == states


@pytest.mark.parametrize("periods", [90, 3])
def test_the_alarm_for_scaling_in(given: Callable[..., Loop], periods: int) -> None:
    running = given(high_resolution_low_periods=periods)
    running.track()
    (low,) = [alarm for alarm in running.alarms.put if "AlarmLow" in alarm["AlarmName"]]
    assert low["EvaluationPeriods"] == periods


@pytest.mark.parametrize(("most", "instances"), [(None, 1), (1, 9)])
def test_how_many_instances_target_tracking_removes(
    given: Callable[..., Loop], most: int | None, instances: int
) -> None:
    running = given(largest_scale_in=most)
    running.register(low=10)
    running.register(low=1)
    running.track()
    running.value(CALM / 10)
    running.pass_seconds(2)
    assert running.desired == instances


@pytest.mark.parametrize("late", [0.0, 20.0])
def test_how_late_a_schedule_is(given: Callable[..., Loop], late: float) -> None:
    running = given(schedule_delay=late)
    due = datetime.fromtimestamp(running.clock.seconds + 60, UTC)
    running.call(
        autoscaling.put_scheduled_action,
        ScheduledActionName="more",
        Schedule=due.strftime("at(%Y-%m-%dT%H:%M:%S)"),
        ScalableTargetAction={"MinCapacity": 4},
    )
    running.pass_seconds(59 + late)
    assert running.desired == 2
    running.pass_seconds(2)
    assert running.desired == 4


def test_what_is_made_keeps_its_answer(given: Callable[..., Loop]) -> None:
    running = given(repeat_high_resolution=60)
    step(running, Period=10)
    running.value(BUSY)
    running.pass_seconds(2)
    faults.of_account(ACCOUNT).set([])
    running.pass_seconds(33)
    assert running.desired == 3
