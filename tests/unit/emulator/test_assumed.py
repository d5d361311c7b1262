"""An account whose AWS gives other answers to what is not documented: the rule `assumed`."""

from datetime import UTC, datetime

import pytest

from scaleproof.emulator.api import autoscaling
from scaleproof.emulator.engine import faults

from .conftest import metric_alarm
from .wall_clock import BUSY, CALM, Loop, clock

__all__ = ["clock"]
ACCOUNT = "111122223333"
OUT = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


@pytest.fixture
def given(clock):
    """Makes an account with these answers, and an endpoint of two instances that is scaled from 1 to 10."""

    def make(**answers):
        rules = [{"fault": "assumed", "name": name, "value": value} for name, value in answers.items()]
        faults.of_account(ACCOUNT).set(faults.parse(rules))
        made = Loop()
        made.register()
        return made

    yield make
    faults.of_account(ACCOUNT).set([])


def step(running, *, cooldown=0, **alarm):
    """A policy that adds an instance while an alarm is up."""
    policy = running.step(Cooldown=cooldown, **OUT)
    running.alarms.put_metric_alarm(**metric_alarm("a-b-load", AlarmActions=[policy], Threshold=5, **alarm))


@pytest.mark.parametrize(("seconds", "instances"), [(10, 6), (60, 3)])
def test_how_often_an_action_is_repeated(given, seconds, instances):
    running = given(repeat_high_resolution=seconds)
    step(running, Period=10)
    running.value(BUSY)
    running.pass_seconds(35)
    assert running.desired == instances


@pytest.mark.parametrize(("answer", "states"), [("window", ["load ALARM"]), ("nothing", [])])
def test_what_an_expression_makes_of_nothing(given, answer, states):
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
def test_the_alarm_for_scaling_in(given, periods):
    running = given(high_resolution_low_periods=periods)
    running.track()
    (low,) = [alarm for alarm in running.alarms.put if "AlarmLow" in alarm["AlarmName"]]
    assert low["EvaluationPeriods"] == periods


@pytest.mark.parametrize(("most", "instances"), [(None, 1), (1, 9)])
def test_how_many_instances_target_tracking_removes(given, most, instances):
    running = given(largest_scale_in=most)
    running.register(low=10)
    running.register(low=1)
    running.track()
    running.value(CALM / 10)
    running.pass_seconds(2)
    assert running.desired == instances


@pytest.mark.parametrize("late", [0.0, 20.0])
def test_how_late_a_schedule_is(given, late):
    running = given(schedule_delay=late)
    due = datetime.fromtimestamp(running.store.time() + 60, UTC)
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


def test_what_is_made_keeps_its_answer(given):
    running = given(repeat_high_resolution=60)
    step(running, Period=10)
    running.value(BUSY)
    running.pass_seconds(2)
    faults.of_account(ACCOUNT).set([])
    running.pass_seconds(33)
    assert running.desired == 3
