"""The loop of auto scaling, on a clock that the test moves and data that it gives.

Operations and loop run in this process, with a store of their own and without LocalStack.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from scaleproof.emulator import Json
from scaleproof.emulator.api import autoscaling, endpoints, policies
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine import deployments, targets
from scaleproof.emulator.engine.resources import AsyncInference
from scaleproof.emulator.engine.state import Job, Store
from scaleproof.scaling.metrics import MetricStat, Window

from .conftest import Clock, metric_alarm, new_store, target, tracking, with_endpoint

BUSY, CALM = 18.0, 2.0
CONCURRENCY = "ConcurrentRequestsPerModel"


class Cloud(CloudWatch):
    """CloudWatch with one value for every metric and period, which the test sets; None for no data."""

    value: float | None = None
    published: list[tuple[str, dict[str, float]]]

    def read(self, metric: MetricStat, window: Window) -> dict[int, float]:
        return {} if self.value is None else dict.fromkeys(window.times, self.value)

    def publish(self, endpoint: str, metrics: Any) -> None:
        self.published.append((endpoint, dict(metrics)))


class Alarms:
    """What the emulator calls of a client of CloudWatch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.put: list[Json] = []
        self.set: list[str] = []
        self.reasons: list[str] = []

    def put_metric_alarm(self, **request: Any) -> None:
        stamp = datetime.fromtimestamp(self._clock.seconds, UTC)
        name = request["AlarmName"]
        self.put = [alarm for alarm in self.put if alarm["AlarmName"] != name]
        self.put.append(
            {
                "ActionsEnabled": True,
                "AlarmArn": f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}",
                "AlarmConfigurationUpdatedTimestamp": stamp,
                "StateUpdatedTimestamp": stamp,
                "StateValue": "INSUFFICIENT_DATA",
                **request,
            }
        )

    def delete_alarms(self, AlarmNames: list[str]) -> None:  # noqa: N803
        self.put = [alarm for alarm in self.put if alarm["AlarmName"] not in AlarmNames]

    def set_alarm_state(self, **request: Any) -> None:
        (alarm,) = [alarm for alarm in self.put if alarm["AlarmName"] == request["AlarmName"]]
        alarm["StateValue"] = request["StateValue"]
        json.loads(request["StateReasonData"])
        self.set.append(f"{request['AlarmName'].split('-')[2]} {request['StateValue']}")
        self.reasons.append(request["StateReason"])

    def get_paginator(self, _name: str) -> Any:
        raise AssertionError("not needed here")


class Loop:
    """The store, its clock, and the loop that runs whenever the clock moves."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.alarms = Alarms(clock)
        account, region = "111122223333", "us-east-1"
        self.cloud = Cloud(account, region, self._client, lambda: self.alarms.put, Path("none.db"))
        object.__setattr__(self.cloud, "published", [])
        self.store = Store(account, region, "aws", self._client, self.cloud)
        with_endpoint(self.store)
        self.pass_seconds(0)

    def _client(self, _service: str) -> Any:
        return self.alarms

    def value(self, value: float | None) -> None:
        object.__setattr__(self.cloud, "value", value)

    def pass_seconds(self, seconds: float) -> None:
        """Ticks as the thread does, when something is next and at least every second."""
        end = self.clock.seconds + seconds
        while True:
            later = loop.tick(self.store, self.clock.seconds)
            if self.clock.seconds >= end:
                return
            self.clock.seconds = min(max(later, self.clock.seconds + 0.02), self.clock.seconds + 1, end)

    def call(self, operation: Callable[[Store, Json], Json], **request: Any) -> Json:
        """As `services` calls an operation."""
        deployments.complete_due(self.store)
        targets.finish_activities(self.store)
        return operation(self.store, {**target(), **request})

    def register(self, low: int = 1, high: int = 10, **members: Any) -> None:
        self.call(autoscaling.register_scalable_target, MinCapacity=low, MaxCapacity=high, **members)

    def track(self, **configuration: Any) -> None:
        self.call(
            policies.put_scaling_policy,
            PolicyName="track",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking(**configuration),
        )

    def step(self, **configuration: Any) -> str:
        """A policy that adds an instance above its alarm's threshold and below it; its ARN."""
        steps = [
            {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
            {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 1},
        ]
        usual = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps, "Cooldown": 3600}
        made = self.call(
            policies.put_scaling_policy,
            PolicyName="step",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={**usual, **configuration},
        )
        return str(made["PolicyARN"])

    @property
    def desired(self) -> int:
        return self.store.endpoints["speech"].fleet.variants["AllTraffic"].desired

    def statuses(self, **members: Any) -> list[str]:
        found = self.call(autoscaling.describe_scaling_activities, **members)["ScalingActivities"]
        return [row["StatusCode"] for row in found]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(deployments, "time", made)
    monkeypatch.setattr(targets, "time", made)
    return made


@pytest.fixture
def running(clock: Clock) -> Loop:
    """A real-time endpoint with two instances and a scalable target of 1 to 10."""
    made = Loop(clock)
    made.register()
    return made


def test_out_and_in_again(running: Loop) -> None:
    running.track(ScaleOutCooldown=60, ScaleInCooldown=60)
    running.value(BUSY)
    running.pass_seconds(2)
    assert running.desired == 4
    running.value(9.0)
    running.pass_seconds(60)
    assert running.desired == 4
    running.value(CALM)
    running.pass_seconds(900)
    # Whole windows of one value: the alarm sees the calm at once, and steps go by cooldowns.
    assert running.desired == 1
    assert running.alarms.set[:2] == ["AlarmHigh ALARM", "AlarmLow OK"]
    assert set(running.statuses()) == {"Successful"}


def test_an_endpoint_that_takes_its_time(running: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEPROOF_ENDPOINT_SECONDS", "240")
    running.track(ScaleOutCooldown=60)
    running.value(BUSY)
    running.pass_seconds(2)
    assert (running.desired, running.statuses()) == (4, ["InProgress"])
    running.value(3 * BUSY)  # more than is on its way: refused while the endpoint is Updating
    running.pass_seconds(20)
    assert running.desired == 4
    assert set(running.statuses()[:-1]) == {"Failed"}
    running.value(BUSY)
    refused = len(running.statuses())
    running.pass_seconds(225)
    assert running.statuses()[-1] == "Successful"
    # Twice the target with 4 instances is 4 more, which the cooldown sees covered by the 2 that came to half.
    running.pass_seconds(30)
    assert running.desired == 6
    assert len(running.statuses()) == refused + 1


def test_no_data_does_nothing(running: Loop) -> None:
    running.track()
    running.pass_seconds(120)
    assert (running.desired, running.alarms.set, running.statuses()) == (2, [], [])


def test_actions_that_are_disabled(running: Loop) -> None:
    running.track()
    for alarm in running.alarms.put:
        alarm["ActionsEnabled"] = False
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.desired, running.alarms.set) == (2, ["AlarmHigh ALARM", "AlarmLow OK"])


def test_a_policy_that_is_deleted_acts_no_more(running: Loop) -> None:
    running.track()
    running.pass_seconds(2)
    running.call(policies.delete_scaling_policy, PolicyName="track")
    running.value(BUSY)
    running.pass_seconds(30)
    assert running.desired == 2
    assert not running.store.watched


def test_a_policy_that_is_put_again_has_new_alarms(running: Loop) -> None:
    running.track(target_value=19.0)
    running.value(BUSY)
    running.pass_seconds(30)
    assert running.desired == 2
    running.track(target_value=9.0, DisableScaleIn=True)
    running.pass_seconds(2)
    assert running.desired == 4
    assert len(running.store.watched) == 1


def test_a_state_that_somebody_sets_is_put_right(running: Loop) -> None:
    running.track()
    running.value(8.5)  # between both thresholds
    running.pass_seconds(11)
    high = next(alarm for alarm in running.alarms.put if "AlarmHigh" in alarm["AlarmName"])
    assert high["StateValue"] == "OK"
    high["StateValue"] = "ALARM"
    running.pass_seconds(11)
    assert (high["StateValue"], running.desired) == ("OK", 2)


def test_suspension_takes_effect_at_once(running: Loop) -> None:
    running.track()
    running.register(SuspendedState={"DynamicScalingOutSuspended": True})
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.desired, running.statuses(IncludeNotScaledActivities=True)) == (2, [])
    running.register(SuspendedState={"DynamicScalingOutSuspended": False})
    running.pass_seconds(11)
    assert running.desired > 2


def test_schedules_move_the_bounds(running: Loop) -> None:
    two_minutes_later = "at(2026-09-21T16:15:20)"
    for name, schedule, bounds in (
        ("up", two_minutes_later, {"MinCapacity": 5}),
        ("gone", "rate(1 minute)", {"MinCapacity": 9}),
    ):
        running.call(
            autoscaling.put_scheduled_action,
            ScheduledActionName=name,
            Schedule=schedule,
            Timezone="Europe/Berlin",
            ScalableTargetAction=bounds,
        )
    running.call(autoscaling.delete_scheduled_action, ScheduledActionName="gone")
    running.pass_seconds(119)
    assert running.desired == 2
    running.pass_seconds(2)
    assert running.desired == 5
    (found,) = running.call(autoscaling.describe_scalable_targets)["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (5, 10)
    # Who registers again without bounds leaves them as the schedule set them.
    running.call(autoscaling.register_scalable_target)
    assert running.store.targets[target()["ResourceId"]].scaler.min == 5


def test_an_alarm_that_is_not_known_is_passed_over(running: Loop, caplog: pytest.LogCaptureFixture) -> None:
    running.track()
    arn = running.store.targets[target()["ResourceId"]].policies["track"].arn
    running.alarms.put_metric_alarm(
        AlarmName="x-y-z-band", AlarmActions=[arn], ThresholdMetricId="band", ComparisonOperator="x"
    )
    with caplog.at_level(logging.WARNING):
        running.pass_seconds(5)
    assert caplog.text.count("alarm x-y-z-band is not evaluated: ThresholdMetricId") == 1
    running.value(BUSY)
    running.pass_seconds(11)
    assert running.desired == 4


def test_an_alarm_invokes_only_its_own_policy(running: Loop) -> None:
    running.track()
    load = metric_alarm("a-b-load", Period=10, Threshold=100, AlarmActions=[running.step()])
    running.alarms.put_metric_alarm(**load)
    running.value(BUSY)
    running.pass_seconds(2)
    assert running.desired == 4


def test_an_alarm_that_is_put_again_is_another_alarm(running: Loop) -> None:
    """Also one of a kind that was not known."""
    policy = running.step()
    running.value(BUSY)
    for change, count in (({"ThresholdMetricId": "band"}, 2), ({"Threshold": 100}, 2), ({"Threshold": 9}, 3)):
        running.alarms.put_metric_alarm(
            **metric_alarm("a-b-load", Period=10, AlarmActions=[policy], **change)
        )
        running.pass_seconds(15)
        assert running.desired == count


@pytest.mark.parametrize(("actions", "counts"), [("AlarmActions", (3, 3)), ("OKActions", (2, 3))])
def test_an_alarm_invokes_a_policy_in_the_state_whose_action_it_is(
    running: Loop, actions: str, counts: tuple[int, int]
) -> None:
    """The other states have actions too, which are none of the policy's."""
    policy = running.step()
    topic = ["arn:aws:sns:us-east-1:111122223333:told"]
    running.alarms.put_metric_alarm(
        **metric_alarm("a-b-load", Period=10, Threshold=9),
        **{"AlarmActions": topic, "OKActions": topic, actions: [policy]},
    )
    found = []
    for value in (BUSY, CALM):
        running.value(value)
        running.pass_seconds(30)
        found.append(running.desired)
    assert (running.alarms.set, tuple(found)) == (["load ALARM", "load OK"], counts)


def queries() -> list[Json]:
    """Queries of PutMetricAlarm: the concurrency of two types, and the hotter of them."""
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": CONCURRENCY,
                    "Dimensions": [{"Name": "InstanceType", "Value": name}],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for name in ("g6", "g6e")
    ]
    return [*metrics, {"Id": "signal", "Expression": "MAX([g6/12, g6e/16])", "ReturnData": True}]


@pytest.mark.parametrize(
    ("treatment", "treated", "silent"),
    [("breaching", "Breaching", "ALARM"), ("notBreaching", "NonBreaching", "OK")],
)
def test_an_alarm_on_an_expression_that_scales_nothing(
    running: Loop, treatment: str, treated: str, silent: str
) -> None:
    """As `signal_missing` of modules/monitoring: LocalStack does not evaluate it."""
    running.alarms.put_metric_alarm(
        AlarmName="a-b-math",
        Metrics=queries(),
        EvaluationPeriods=2,
        Threshold=0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData=treatment,
    )
    for value in (None, BUSY, None):
        running.value(value)
        running.pass_seconds(70)
    missing = (
        f"no datapoints were received for 2 periods and 2 missing datapoints were treated as [{treated}]."
    )
    told = [(f"math {silent}", missing), ("math OK", "2 datapoints [1.5, 1.5] at threshold 0.0.")]
    found = [reason.removeprefix("Threshold Crossed: ") for reason in running.alarms.reasons]
    expected = [*told, told[0]] if silent == "ALARM" else told[:1]
    assert list(zip(running.alarms.set, found, strict=True)) == expected
    assert (running.desired, running.statuses()) == (2, [])


def test_one_missing_data_point_is_told_of_in_the_singular(running: Loop) -> None:
    alarm = {"Metrics": queries(), "Threshold": 0, "ComparisonOperator": "LessThanThreshold"}
    running.alarms.put_metric_alarm(
        AlarmName="a-b-math", EvaluationPeriods=1, TreatMissingData="breaching", **alarm
    )
    running.pass_seconds(2)
    assert running.alarms.reasons == [
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[Breaching]."
    ]


def test_an_alarm_on_one_metric_that_scales_nothing_is_left_to_localstack(running: Loop) -> None:
    running.alarms.put_metric_alarm(**metric_alarm("a-b-load", Period=10, Threshold=9))
    running.value(BUSY)
    running.pass_seconds(30)
    assert (running.alarms.set, running.store.watched) == ([], {})


def test_a_queue_is_published_once_it_has_been_used(running: Loop) -> None:
    """Each endpoint's own, by its own instances."""
    endpoints.create_endpoint(running.store, {"EndpointName": "other", "EndpointConfigName": "c"})
    endpoints.create_endpoint(running.store, {"EndpointName": "unused", "EndpointConfigName": "c"})
    running.pass_seconds(20)
    assert running.cloud.published == []
    waiting = {"speech": 1, "other": 4}
    for name, number in waiting.items():
        running.store.backlog += [Job(name, "1", "s3://b/1", None, AsyncInference())] * number
        running.store.queued.add(name)
    running.pass_seconds(21)
    assert {name for name, _ in running.cloud.published} == waiting.keys()
    for name, metrics in running.cloud.published:
        per_instance = {"ApproximateBacklogSizePerInstance": waiting[name] / 2}
        size = {"ApproximateBacklogSize": float(waiting[name]), "HasBacklogWithoutCapacity": 0.0}
        assert metrics == size | per_instance
    assert len(running.cloud.published) in (4, 6)


# The thread.


def waits(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_the_thread_ends_with_the_last_target_and_comes_back(running: Loop) -> None:
    made = loop.Loop(lambda: [running.store])
    made.ensure()
    thread = made._thread
    assert thread
    assert thread.is_alive()
    made.ensure()
    assert made._thread is thread
    running.store.targets.clear()
    assert waits(lambda: not thread.is_alive())
    assert made._thread is None


def test_one_account_does_not_stop_another(running: Loop, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[Json]:
        raise ValueError("broken")

    other = Store("444455556666", "us-east-1", "aws", lambda _service: None, running.cloud)
    other.targets = dict(running.store.targets)
    object.__setattr__(running.cloud, "alarms", broken)
    made = loop.Loop(lambda: [running.store, other])
    made.ensure()
    thread = made._thread
    assert waits(lambda: caplog.text.count("auto scaling of account") >= 2)
    assert "111122223333" in caplog.text
    assert "444455556666" in caplog.text
    running.store.targets.clear()
    other.targets.clear()
    assert thread
    assert waits(lambda: not thread.is_alive())


def test_the_thread_looks_only_at_accounts_that_are_due(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = {name: new_store() for name in ("often", "fails", "seldom")}
    start = clock.seconds
    looks: dict[str, list[float]] = {name: [] for name in stores}
    for name, store in stores.items():
        store.account = name
        store.targets = {"it": Mock()}

    def tick(store: Store, now: float) -> float:
        looks[store.account].append(now - start)
        if store.account == "fails":
            raise ValueError
        return now + (0.25 if store.account == "often" else 60.0)

    def sleep(seconds: float) -> None:
        clock.seconds += seconds
        if clock.seconds >= start + 2:
            for store in stores.values():
                store.targets.clear()

    monkeypatch.setattr(loop, "tick", tick)
    monkeypatch.setattr(loop, "time", Mock(time=clock.time, sleep=sleep))
    loop.Loop(stores.values)._run()
    assert looks == {
        "often": [0.25 * place for place in range(8)],
        "fails": [0.0, loop.LONGEST],
        "seldom": [0.0, loop.LONGEST],
    }
