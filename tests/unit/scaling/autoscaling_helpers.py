"""Scalable targets as the tests of auto scaling write them, and the instances behind one."""

from scaleproof.scaling.alarms import AlarmSettings, Signal, State
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling import Autoscaler, Capacity, Status
from scaleproof.scaling.endpoint import ScalableTarget, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import TargetTracking

DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}
NOW = 1_790_000_000.0
HIGH, LOW = "TargetTracking-{}-AlarmHigh", "TargetTracking-{}-AlarmLow"
TRACK_HIGH, TRACK_LOW = HIGH.format("track"), LOW.format("track")
THRESHOLD = 50.0


def metric(name):
    return MetricStat("Probe", name, (), "Average", 60)


def tracking(name="track", target=50.0, **fields):
    """Target tracking of a metric of the same name, without cooldowns unless given."""
    defaults = {"metric": metric(name), "scale_out_cooldown": 0, "scale_in_cooldown": 0}
    return TargetTracking(name, target=target, **{**defaults, **fields})


def step(
    adjustment,
    name="step",
    kind="ChangeInCapacity",
    cooldown=0,
    comparison="GreaterThanThreshold",
    steps=None,
    **fields,
):
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
        *policies,
        count,
        low=0,
        high=1_000,
        schedules=(),
        suspended=None,
        assumptions=DEFAULT.autoscaling,
    ):
        self.target = ScalableTarget(low, high, policies, tuple(schedules), suspended or Suspended())
        self.autoscaler = Autoscaler(self.target, DIMENSIONS, now=NOW, assumptions=assumptions)
        self.now = NOW
        self.desired = self.running = count
        self.updating = False
        self.records = []
        self._open = []

    @property
    def capacity(self):
        return Capacity(self.desired, self.running, self.updating)

    def wait(self, seconds):
        self.now += seconds
        return self

    def breach(self, alarm, *values, age=0.1):
        """The alarm acts, or repeats its action, on these data points."""
        self.autoscaler.changed(alarm, State.ALARM)
        signal = Signal(self.now - age, State.ALARM, values, repeated=False)
        return self.take(self.autoscaler.signalled(alarm, signal, self.now, self.capacity))

    def due(self):
        return [self.take(decision) for decision in self.autoscaler.due(self.now, self.capacity)]

    def bound(self, low, high):
        decisions = self.autoscaler.bound(low, high, self.now, self.capacity)
        return [self.take(decision) for decision in decisions]

    def take(self, decision):
        if decision.activity:
            self.records.append(decision.activity)
        if decision.desired is not None:
            assert decision.activity is not None
            assert decision.activity.status is Status.IN_PROGRESS
            assert (decision.activity.before, decision.activity.desired) == (self.desired, decision.desired)
            self.desired = decision.desired
            self._open.append(decision.activity.id)
        return decision

    def settle(self, status=Status.SUCCESSFUL, reason=""):
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
    def codes(self):
        """Why nothing was scaled, as recorded."""
        return [str(reason.code) for activity in self.records for reason in activity.not_scaled]
