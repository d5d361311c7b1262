"""The loop of auto scaling, on a clock that the test moves and data that it gives.

Operations and loop run in this process, with a store of their own and without LocalStack.
"""

import json
from pathlib import Path

import pytest

from scaleproof.emulator.api import autoscaling, policies
from scaleproof.emulator.cloudwatch import CloudWatch
from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine import deployments, state, targets
from scaleproof.emulator.engine.state import Store

from .conftest import Clock, target, tracking, with_endpoint

BUSY, CALM = 18.0, 2.0
CONCURRENCY = "ConcurrentRequestsPerModel"


class Cloud(CloudWatch):
    """CloudWatch with one value for every metric and period, which the test sets; None for no data."""

    value = None

    def read(self, metric, window):
        return {} if self.value is None else dict.fromkeys(window.times, self.value)

    def put(self, samples, _time):
        self.published.extend(samples)


class Alarms:
    """What the emulator calls of a client of CloudWatch."""

    def __init__(self, now):
        self._now = now
        self.put = []
        self.set = []
        self.reasons = []

    def put_metric_alarm(self, **request):
        stamp = self._now()
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

    def delete_alarms(self, AlarmNames):  # noqa: N803
        self.put = [alarm for alarm in self.put if alarm["AlarmName"] not in AlarmNames]

    def set_alarm_state(self, **request):
        (alarm,) = [alarm for alarm in self.put if alarm["AlarmName"] == request["AlarmName"]]
        alarm["StateValue"] = request["StateValue"]
        json.loads(request["StateReasonData"])
        self.set.append(f"{request['AlarmName'].split('-')[2]} {request['StateValue']}")
        self.reasons.append(request["StateReason"])

    def get_paginator(self, _name):
        raise AssertionError("not needed here")


class Loop:
    """The store, whose clock moves only when a test moves it."""

    def __init__(self):
        self.alarms = Alarms(lambda: self.store.now())
        account, region = "111122223333", "us-east-1"
        self.cloud = Cloud(account, region, self._client, lambda: self.alarms.put, Path("none.db"))
        object.__setattr__(self.cloud, "published", [])
        self.store = Store(account, region, "aws", self._client, self.cloud)
        with_endpoint(self.store)
        self.pass_seconds(0)

    def _client(self, _service):
        return self.alarms

    def value(self, value):
        object.__setattr__(self.cloud, "value", value)

    def pass_seconds(self, seconds):
        loop.advance(self.store, seconds)

    def call(self, operation, **request):
        """As `services` calls an operation."""
        deployments.complete_due(self.store)
        targets.finish_activities(self.store)
        return operation(self.store, {**target(), **request})

    def register(self, low=1, high=10, **members):
        self.call(autoscaling.register_scalable_target, MinCapacity=low, MaxCapacity=high, **members)

    def track(self, **configuration):
        self.call(
            policies.put_scaling_policy,
            PolicyName="track",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking(**configuration),
        )

    def step(self, **configuration):
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
    def desired(self):
        return self.store.endpoints["speech"].fleet.variants["AllTraffic"].desired

    def statuses(self, **members):
        found = self.call(autoscaling.describe_scaling_activities, **members)["ScalingActivities"]
        return [row["StatusCode"] for row in found]


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(state, "time", made)
    return made


@pytest.fixture
def running(clock):
    """A real-time endpoint with two instances and a scalable target of 1 to 10."""
    made = Loop()
    made.register()
    return made
