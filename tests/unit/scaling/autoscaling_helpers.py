"""Scalable targets as the tests of auto scaling write them, and the instances behind one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scaleproof.scaling.alarms import AlarmSettings, Signal, State
from scaleproof.scaling.assumptions import DEFAULT, AutoscalingAssumptions
from scaleproof.scaling.autoscaling import Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.endpoint import Policy, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import TargetTracking

DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}
NOW = 1_790_000_000.0
HIGH, LOW = "TargetTracking-{}-AlarmHigh", "TargetTracking-{}-AlarmLow"
TRACK_HIGH, TRACK_LOW = HIGH.format("track"), LOW.format("track")
THRESHOLD = 50.0


def metric(name: str) -> MetricStat:
    return MetricStat("Probe", name, (), "Average", 60)


def tracking(name: str = "track", target: float = 50.0, **fields: Any) -> TargetTracking:
    """Target tracking of a metric of the same name, without cooldowns unless given."""
    defaults = {"metric": metric(name), "scale_out_cooldown": 0, "scale_in_cooldown": 0}
    return TargetTracking(name, target=target, **{**defaults, **fields})


def step(
    adjustment: int,
    name: str = "step",
    kind: str = "ChangeInCapacity",
    cooldown: float = 0,
    comparison: str = "GreaterThanThreshold",
    steps: tuple[Step, ...] | None = None,
    **fields: Any,
) -> StepScaling:
    """A policy of one step unless others are given, by an alarm of the same name at 50."""
    alarm = AlarmSettings(metric(name), comparison, THRESHOLD, 1)
    if steps is None:
        inward = comparison.startswith("Less")
        steps = (Step(adjustment, upper=0.0) if inward else Step(adjustment, lower=0.0),)
    return StepScaling(name, kind, steps, {name: alarm}, cooldown, **fields)


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
        assumptions: AutoscalingAssumptions = DEFAULT.autoscaling,
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


def inward(adjustment: int = -1, name: str = "in", **fields: Any) -> StepScaling:
    """A step policy that scales in."""
    return step(adjustment, name, comparison="LessThanThreshold", **fields)
