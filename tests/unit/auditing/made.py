"""Histories that are made: one target under known assumptions, and the record that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.auditing.case import Bounds, Case, Scaling, Transition, Unscaled, Watched
from scaleproof.scaling.alarms import NEW, Alarm, AlarmStatus, Signal, arrives
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.scaling.metrics import MetricStat, Window
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
    transitions: list[Transition] = field(default_factory=list)
    unscaled: list[Unscaled] = field(default_factory=list)
    bounds: list[Bounds] = field(default_factory=list)
    scalings: dict[int, Scaling] = field(default_factory=dict)

    def case(self) -> Case:
        """Runs it, and gives what was recorded."""
        assumed = self.model.assumptions
        self._scaler = Autoscaler(
            self.target,
            {},
            now=self.start,
            assumptions=assumed.autoscaling,
            alarm_assumptions=assumed.alarms,
        )
        self._desired = self._running = self.count
        self._alarms = {
            name: Alarm(settings, self.phases[name], assumptions=assumed.alarms)
            for name, settings in self._scaler.alarms.items()
        }
        self._states: dict[str, AlarmStatus] = dict.fromkeys(self._alarms, NEW)
        self._plans: list[tuple[float, int, Callable[[float], None]]] = []
        for name, alarm in self._alarms.items():
            self._at(alarm.next_evaluation(self.start), self._evaluating(name))
        self._run(self.start + self.seconds)
        return Case(
            "made",
            self.start,
            self.start + self.seconds,
            self.target,
            self.count,
            {name: Watched(alarm.settings, self.start) for name, alarm in self._alarms.items()},
            self.data,
            transitions=tuple(self.transitions),
            scalings=tuple(self.scalings.values()),
            unscaled=tuple(self.unscaled),
            bounds=tuple(self.bounds),
        )

    def _at(self, time: float, act: Callable[[float], None]) -> None:
        self._plans.append((time, len(self._plans), act))

    def _run(self, end: float) -> None:
        done: set[int] = set()
        while True:
            waiting = [plan for plan in self._plans if plan[1] not in done]
            time, number, act = min(waiting, key=lambda plan: plan[:2], default=(end + 1, -1, self._nothing))
            due = self._scaler.next_event()
            if min(time, due if due is not None else time) > end:
                return
            if due is not None and due <= time:
                self._follow(self._scaler.due(due, self._capacity(due)), due)
            else:
                done.add(number)
                act(time)

    def _nothing(self, _now: float) -> None:
        pass

    def _capacity(self, now: float) -> Capacity:
        first, last = self.updating
        return Capacity(self._desired, self._running, first <= now - self.start < last)

    def _evaluating(self, name: str) -> Callable[[float], None]:
        alarm = self._alarms[name]

        def read(metric: MetricStat, window: Window) -> dict[int, float]:
            delay = self.model.behaviour.metric_delay
            points = self.data[metric]
            return {
                time: points[time]
                for time in window.times
                if time in points and time + metric.period + delay <= self._now
            }

        def evaluate(now: float) -> None:
            self._now = now
            before = self._states[name]
            points = alarm.points(alarm.window(now), read, self.model.assumptions.math)
            result = alarm.evaluate(before, now, points)
            self._states[name] = result.status
            if result.changed:
                self._scaler.changed(name, result.status.state)
                self.transitions.append(Transition(now, name, before.state, result.status.state))
            if result.signal:
                self._at(arrives(result.signal, alarm.assumptions), self._acting(name, result.signal))
            self._at(alarm.next_evaluation(now), evaluate)

        return evaluate

    def _acting(self, name: str, signal: Signal) -> Callable[[float], None]:
        return lambda now: self._follow([self._scaler.signalled(name, signal, now, self._capacity(now))], now)

    def _follow(self, decisions: Iterable[Decision], now: float) -> None:
        for decision in decisions:
            if decision.activity:
                self._record(decision.activity, now)
            if decision.desired is not None and decision.activity:
                self._desired = decision.desired
                self._at(now + self.takes, self._ending(decision.activity))

    def _record(self, activity: Activity, now: float) -> None:
        if activity.not_scaled:
            self.unscaled.append(Unscaled(now, str(activity.alarm), activity.not_scaled[0]))
        elif activity.desired is None:
            self.bounds.append(Bounds(now, self._scaler.min, self._scaler.max))
        else:
            refused = activity.status is Status.FAILED
            self.scalings[activity.id] = Scaling(
                activity.start, activity.desired, activity.end, activity.status, activity.alarm, refused
            )

    def _ending(self, activity: Activity) -> Callable[[float], None]:
        def end(now: float) -> None:
            ended = self._scaler.ended(activity.id, now, Status.SUCCESSFUL)
            self._running = self._desired
            if ended:
                self._record(ended, now)

        return end


def steady(metric: MetricStat, value: float | None, first: int, last: int) -> dict[MetricStat, Any]:
    """Data of one value from so many seconds before the start to so many after it; None for none."""
    times = range(int(START) - first, int(START) + last, metric.period)
    return {metric: {} if value is None else dict.fromkeys(times, value)}
