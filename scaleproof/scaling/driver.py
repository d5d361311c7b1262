"""Runs a scalable target and its alarms in virtual time, event by event.

Alarms are evaluated at their times, signals arrive, and what the target has planned is done. What becomes of
decisions is for whoever has the instances.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from heapq import heappop, heappush
from typing import Protocol

from scaleproof.scaling.alarms import NEW, Alarm, AlarmStatus, Evaluation, Signal, State, arrives
from scaleproof.scaling.assumptions import AlarmAssumptions, MetricMathAssumptions
from scaleproof.scaling.autoscaling import Autoscaler, Capacity, Decision, Idle
from scaleproof.scaling.metrics import MetricStat, Window

SAME_MOMENT = 1e-4
"""Seconds; more than the rounding errors of times."""
Happening = Callable[[float], None]
"""What happens, at a time in epoch seconds."""
ReadAt = Callable[[MetricStat, Window, float], dict[int, float]]
"""Gives the data points of a metric within a window that can be read at a time (epoch seconds)."""


class DrivenAlarm(Protocol):
    """An alarm as a driver evaluates it. The driver sets `wake`: evaluate it again from a time on."""

    alarm: Alarm
    status: AlarmStatus
    wake: Happening

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds)."""

    def pause(self, at: float, idle: Callable[[Sequence[float]], Idle] | None) -> float | None:
        """Until when nothing comes of more evaluations, None if something does.

        `at`: the last evaluation. `idle`: until when nothing comes of an action, by the values behind it.
        """

    def rearm(self, now: float) -> None:
        """Ends a pause: something may come of an evaluation from `now` on."""


class WindowedAlarm:
    """An alarm that reads its whole range at every evaluation, and never pauses."""

    wake: Happening

    def __init__(self, alarm: Alarm, read: ReadAt, math: MetricMathAssumptions, status: AlarmStatus = NEW) -> None:
        """`status`: the one that the first evaluation finds."""
        self.alarm, self.status = alarm, status
        self.latest: float | None = None
        self._read, self._math = read, math

    def evaluate(self, at: float) -> Evaluation:
        """Evaluates the alarm with the data readable at a time."""
        points = self.alarm.points(
            self.alarm.window(at), lambda metric, window: self._read(metric, window, at), self._math
        )
        evaluation = self.alarm.evaluate(self.status, at, points)
        self.status = evaluation.status
        self.latest = points[max(points)] if points else None
        return evaluation

    def pause(self, _at: float, _idle: Callable[[Sequence[float]], Idle] | None) -> None:
        """Never: its data changes with time alone."""

    def rearm(self, _now: float) -> None:
        """Does nothing: it never pauses."""


class Driver(ABC):
    """Drives a target. Subclasses have the instances: they say how many there are, and follow decisions."""

    def __init__(self, target: Autoscaler, assumptions: AlarmAssumptions) -> None:
        self.target = target
        self.events: list[tuple[float, int, Happening]] = []
        self._assumptions = assumptions
        self._alarms: list[DrivenAlarm] = []
        self._order = itertools.count()
        self._due = math.inf
        self.at(math.inf, self.rearm)  # There always is a next event.

    @abstractmethod
    def capacity(self, now: float) -> Capacity:
        """The instances at `now` (epoch seconds)."""

    @abstractmethod
    def decided(self, decision: Decision, now: float) -> None:
        """Changes the instances as a decision of the target says, and records it."""

    @abstractmethod
    def changed(self, alarm: str, before: State, after: State, now: float) -> None:
        """Records that the state of an alarm changed."""

    def at(self, time: float, happen: Happening) -> None:
        """Plans what happens at a time (epoch seconds)."""
        heappush(self.events, (time, next(self._order), happen))

    def run_until(self, before: float) -> None:
        """Everything that happens before a time (epoch seconds)."""
        events = self.events
        while events[0][0] < before:
            time, _, happen = heappop(events)
            happen(time)

    def follow(self, decisions: Iterable[Decision], now: float) -> None:
        """Has decisions done, and plans what the target does next."""
        for decision in decisions:
            self.decided(decision, now)
        due = self.target.next_event()
        if due is not None and due < self._due:
            self._due = due
            self.at(due, self.target_event)

    def target_event(self, now: float) -> None:
        """Does what is due in the target: schedules, retries and changes that take too long."""
        self._due = math.inf
        self.follow(self.target.due(now, self.capacity(now)), now)

    def rearm(self, now: float) -> None:
        """Rearms the alarms whose actions may now do something.

        An action that would be under way at this moment counts, so evaluation starts a little earlier.
        """
        for alarm in self._alarms:
            if alarm.status.state is State.ALARM:
                alarm.rearm(now - self._assumptions.action_delay - SAME_MOMENT)

    def watch(self, name: str, alarm: DrivenAlarm, since: float) -> None:
        """Evaluates an alarm at its times, from `since` on (epoch seconds)."""
        self._alarms.append(alarm)
        order, settings = next(self._order), alarm.alarm
        repeats = settings.repeat <= settings.interval
        last, planned = since, math.inf

        def evaluate(at: float) -> None:
            nonlocal last, planned
            if at != planned:
                return
            last, planned = at, math.inf
            before = alarm.status.state
            evaluation = alarm.evaluate(at)
            state = evaluation.status.state
            if evaluation.changed:
                self.changed(name, before, state, at)
                self.target.changed(name, state)
            if evaluation.signal is not None:
                action = partial(self._act, name, evaluation.signal)
                self.at(arrives(evaluation.signal, self._assumptions), action)
            if evaluation.changed:
                self.rearm(at)
            idle = None
            if state is State.ALARM and repeats and not evaluation.changed:
                idle = partial(self.target.idle, name, at, self.capacity(at))
            until = alarm.pause(at, idle)
            if until is None:
                plan(at)
            elif until < math.inf:
                # The action comes a moment after the evaluation.
                self.at(until - self._assumptions.action_delay - 1.0, self.rearm)

        def plan(now: float) -> None:
            nonlocal planned
            at = settings.next_evaluation(max(now, last))
            if at < planned:
                planned = at
                heappush(self.events, (at, order, evaluate))

        alarm.wake = plan
        plan(since)

    def _act(self, alarm: str, signal: Signal, now: float) -> None:
        decision = self.target.signalled(alarm, signal, now, self.capacity(now))
        if decision.activity is not None:
            self.follow([decision], now)
