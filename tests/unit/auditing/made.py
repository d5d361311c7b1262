"""Histories that are made: one target under known assumptions, and the record that it leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from scaleproof.auditing.case import Case, Watched
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import Alarm, AlarmSettings, Transition
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Status
from scaleproof.scaling.driver import Driver, WindowedAlarm
from scaleproof.scaling.endpoint import ScalableTarget, ScheduledAction
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.assumptions import DEFAULT, SimulationAssumptions

START = 1_790_000_040.0
"""A whole minute."""
Points = Mapping[MetricStat, Mapping[int, float]]


@dataclass
class World:
    """A target with its alarms in virtual time. `phases`: when in its interval each alarm is evaluated.
    `takes`: seconds of a change. `updating`: when the endpoint refuses changes."""

    target: ScalableTarget
    count: int
    data: Points
    phases: Mapping[str, float]
    seconds: float
    takes: float = 20.0
    updating: tuple[float, float] = (0.0, 0.0)
    start: float = START
    model: SimulationAssumptions = DEFAULT

    def case(self):
        """Runs it, and gives what was recorded."""
        run, assumed = Run(self), self.model
        settings = run.target.alarms
        for name, alarm_settings in settings.items():
            alarm = Alarm(alarm_settings, self.phases[name], assumptions=assumed.alarms)
            run.watch(name, WindowedAlarm(alarm, self.read, assumed.math), self.start)
        run.follow((), self.start)
        run.run_until(math.nextafter(self.start + self.seconds, math.inf))
        return Case(
            "made",
            self.start,
            self.start + self.seconds,
            self.target,
            self.count,
            {name: Watched(alarm_settings, self.start) for name, alarm_settings in settings.items()},
            self.data,
            transitions=tuple(run.transitions),
            activities=tuple(run.activities.values()),
        )

    def read(self, metric, window, at):
        delay, points = self.model.behaviour.metric_delay, self.data[metric]
        times = [time for time in window.times if time + metric.period + delay <= at]
        return {time: points[time] for time in times if time in points}


class Run(Driver):
    """One run of a world, and what it records."""

    def __init__(self, world):
        assumed = world.model
        scaler = Autoscaler(
            world.target, {}, now=world.start, assumptions=assumed.autoscaling, alarm_assumptions=assumed.alarms
        )
        super().__init__(scaler, assumed.alarms)
        self.world = world
        self.desired = self.running = world.count
        self.transitions = []
        self.activities = {}

    def capacity(self, now):
        first, last = self.world.updating
        return Capacity(self.desired, self.running, first <= now - self.world.start < last)

    def changed(self, alarm, before, after, now):
        self.transitions.append(Transition(now, alarm, before, after))

    def decided(self, decision, now):
        if decision.activity:
            self.activities[decision.activity.id] = decision.activity
        if decision.desired is not None and decision.activity:
            self.desired = decision.desired
            self.at(now + self.world.takes, partial(self.end, decision.activity.id))

    def end(self, activity, now):
        ended = self.target.ended(activity, now, Status.SUCCESSFUL)
        self.running = self.desired
        if ended:
            self.activities[activity] = ended
        self.follow((), now)


def change(start, desired, end=None, status=Status.SUCCESSFUL, alarm=None):
    """A change of the count, as a record has it."""
    return Activity(0, "", "", start, status, end, desired=desired, alarm=alarm)


def steady(metric, value, first, last):
    """Data of one value from so many seconds before the start to so many after it; None for none."""
    times = range(int(START) - first, int(START) + last, metric.period)
    return {metric: {} if value is None else dict.fromkeys(times, value)}


A, B = (MetricStat("Probe", name, (), "Average", 60) for name in "ab")
FAST = replace(A, period=10)
PHASE = 32.0


def above(source, periods=1, threshold=50.0):
    return AlarmSettings(source, "GreaterThanThreshold", threshold, periods)


def step(name, adjustment, alarm, cooldown=0.0):
    return StepScaling(name, "ChangeInCapacity", (Step(adjustment, lower=0.0),), {name: alarm}, cooldown)


def tracking():
    policy = TargetTracking("t", A, 50.0, 0, 0)
    made = {alarm.name: alarm.settings for alarm in target_tracking.alarms(policy, {})}
    return replace(policy, alarms=made)


def world(*policies, data, seconds=900, high=50, **fields):
    phases = {name: PHASE % 10 if alarm.period < 60 else PHASE for p in policies for name, alarm in p.alarms.items()}
    defaults = {"count": 4, "phases": phases}
    return World(ScalableTarget(1, high, policies), data=data, seconds=seconds, **{**defaults, **fields})


def repeated():
    return world(step("s", 1, above(FAST)), data=steady(FAST, 60.0, 600, 900), seconds=90, takes=2.0)


def early():
    """Where 10 s of cutoff leave the newest minute out."""
    data = {A: {time: 60.0 if time >= START + 300 else 10.0 for time in steady(A, 1.0, 600, 900)[A]}}
    return world(step("s", 1, above(A, 2)), data=data, phases={"s": 7.0}, seconds=500)


def idle():
    phases = {"AlarmHigh": PHASE, "AlarmLow": 12.0}
    return world(tracking(), data=steady(A, 5.0, 1_200, 900), phases=phases, count=20)


def two_policies():
    """Two policies whose alarms go off one after the other."""
    data = {
        metric: {time: 60.0 if time >= START + first else 1.0 for time in steady(A, 1.0, 600, 900)[A]}
        for metric, first in ((A, 0), (B, 300))
    }
    policies = step("s", 4, above(A), 3_000.0), step("o", 6, above(B), 3_000.0)
    return world(*policies, data=data, seconds=800)


def scheduled(expression="at(2026-09-21T14:20:00)", zone="UTC", **fields):
    action = ScheduledAction("x", expression, zone, min=8)
    made = world(data={}, phases={}, **fields)
    return replace(made, target=replace(made.target, schedules=(action,)))


def slow():
    return world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 3_000), high=5, seconds=2_300, takes=2_500)
