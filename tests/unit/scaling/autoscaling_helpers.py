"""Scalable targets as the tests of auto scaling write them, and the instances behind one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scaleproof.scaling.alarms import AlarmSettings, Signal, State
from scaleproof.scaling.autoscaling import DEFAULT as DEFAULT
from scaleproof.scaling.autoscaling import Assumptions, Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.endpoint import Policy, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metric import MetricStat

DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}
NOW = 1_790_000_000.0
HIGH, LOW = "TargetTracking-{}-AlarmHigh", "TargetTracking-{}-AlarmLow"
THRESHOLD = 50.0


def metric(name: str = "load") -> dict[str, Any]:
    return {"MetricName": name, "Namespace": "Probe", "Statistic": "Average"}


def tracking(name: str = "track", target: float = 50.0, **configuration: Any) -> Policy:
    """Target tracking of a metric of the same name, without cooldowns unless given."""
    cooldowns = {"ScaleOutCooldown": 0, "ScaleInCooldown": 0}
    specification = {"TargetValue": target, "CustomizedMetricSpecification": metric(name)}
    return Policy(name, "TargetTrackingScaling", specification | cooldowns | configuration, {})


def step(
    adjustment: int,
    name: str = "step",
    kind: str = "ChangeInCapacity",
    cooldown: float = 0,
    comparison: str = "GreaterThanThreshold",
    **configuration: Any,
) -> Policy:
    """A policy of one step, by an alarm of the same name at 50."""
    source = MetricStat("Probe", name, (), "Average", 60)
    alarm = AlarmSettings(source, comparison, THRESHOLD, 1)
    steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": adjustment}]
    if comparison.startswith("Less"):
        steps = [{"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": adjustment}]
    values = {"AdjustmentType": kind, "Cooldown": cooldown, "StepAdjustments": steps}
    return Policy(name, "StepScaling", values | configuration, {name: alarm})


class Variant:
    """A scalable target with its instances, whose changes come off when `settle` is called."""

    def __init__(
        self,
        *policies: Policy,
        count: int,
        low: int = 0,
        high: int = 1_000,
        schedules: Sequence[ScheduledAction] = (),
        suspended: Suspended | None = None,
        assumptions: Assumptions = DEFAULT,
    ) -> None:
        target = ScalableTarget(low, high, policies, tuple(schedules), suspended or Suspended())
        self.autoscaler = Autoscaler(target, DIMENSIONS, now=NOW, assumptions=assumptions)
        self.now = NOW
        self.desired = self.running = count
        self.updating = False
        self.records: list[Any] = []
        self._open: list[int] = []

    @property
    def capacity(self) -> Capacity:
        return Capacity(self.desired, self.running, self.updating)

    def wait(self, seconds: float) -> Variant:
        self.now += seconds
        return self

    def breach(self, alarm: str, *values: float | None, age: float = 0.1) -> Decision:
        """The alarm acts, or repeats its action, on these data points."""
        self.autoscaler.changed(alarm, State.ALARM)
        signal = Signal(self.now - age, State.ALARM, values, repeated=False)
        return self.take(self.autoscaler.signalled(alarm, signal, self.now, self.capacity))

    def due(self) -> list[Decision]:
        return [self.take(decision) for decision in self.autoscaler.due(self.now, self.capacity)]

    def bound(self, low: int | None, high: int | None) -> list[Decision]:
        found = self.autoscaler.bound(low, high, self.now, self.capacity)
        return [self.take(decision) for decision in found]

    def take(self, decision: Decision) -> Decision:
        if decision.activity:
            self.records.append(decision.activity)
        if decision.desired is not None:
            assert decision.activity is not None
            assert decision.activity.status is Status.IN_PROGRESS
            assert (decision.activity.before, decision.activity.desired) == (self.desired, decision.desired)
            self.desired = decision.desired
            self._open.append(decision.activity.id)
        return decision

    def settle(self, status: Status = Status.SUCCESSFUL, reason: str = "") -> Variant:
        """What is under way comes off, or not: then the count goes back."""
        for number in self._open:
            ended = self.autoscaler.ended(number, self.now, status, reason)
            assert ended is not None
            self.records.append(ended)
            if status is Status.FAILED:
                self.desired = ended.before or 0
        self._open.clear()
        self.running = self.desired
        return self

    @property
    def codes(self) -> list[str]:
        """Why nothing was scaled, as recorded."""
        return [str(reason.code) for activity in self.records for reason in activity.not_scaled]


def inward(adjustment: int = -1, name: str = "in", **configuration: Any) -> Policy:
    """A step policy that scales in."""
    return step(adjustment, name, comparison="LessThanThreshold", **configuration)
