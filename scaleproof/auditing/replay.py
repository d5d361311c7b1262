"""Replays a case: runs its data through the alarms, and their actions through Application Auto Scaling.

The instances are those of the record. A change of the count that only the replay makes is taken back, and one
that only the record has is taken over, so that the replay stays with the record.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from scaleproof.auditing.case import Case, Watched, readable
from scaleproof.auditing.lines import CLOSE, NEAR, EventKind, Line, paired
from scaleproof.auditing.published import published
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import NEW, Alarm, AlarmSettings, AlarmStatus, State, Transition
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, NotScaled, Status
from scaleproof.scaling.driver import Driver, WindowedAlarm
from scaleproof.scaling.endpoint import Suspended
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.assumptions import SimulationAssumptions


def replayed(case: Case, model: SimulationAssumptions) -> list[Line]:
    """The lines of a case under assumptions, in the order of time; settings and metrics come
    first.

    Of `model.behaviour` only `metric_delay` is looked at. Raises ScaleproofError for a policy, an alarm or a
    schedule that AWS refuses or that is not modelled.
    """
    first = [*_settings(case, model), *published(case, model.autoscaling)]
    return first + sorted(_Replay(case, model).lines(), key=lambda line: line.time)


@dataclass(frozen=True)
class _Recorded(Alarm):
    """An alarm whose evaluations are at the times that the record has, which are some milliseconds off.

    `known`: these times, ascending.
    """

    known: tuple[float, ...] = ()

    def next_evaluation(self, after: float) -> float:
        """The time of the next evaluation after a time, close to a recorded one if there is any."""
        half = self.interval / 2
        time = super().next_evaluation(after)
        place = bisect_right(self.known, after)
        if time - after < half and place and self.known[place - 1] == after:  # a little early: it is not repeated
            time = super().next_evaluation(time)
        place = max(place, bisect_right(self.known, time - half))
        return self.known[place] if place < len(self.known) and self.known[place] - time < half else time


class _Replay(Driver):
    def __init__(self, case: Case, model: SimulationAssumptions) -> None:
        target = Autoscaler(
            case.target,
            case.dimensions,
            now=case.start,
            assumptions=model.autoscaling,
            alarm_assumptions=model.alarms,
        )
        super().__init__(target, model.alarms)
        self._case, self._model = case, model
        self._desired = self._running = case.count
        self._applied = -math.inf
        """When the change that the count is of was recorded: an earlier one does not undo it."""
        self._waiting = sorted(case.changes, key=_start)
        self._lines: list[Line] = []
        self._transitions: list[Transition] = []
        self._activities: list[Activity] = []
        """Those that set no count, or took too long."""
        self._only: dict[tuple[str | None, int | None], int] = {}
        """Where the line of a change is that only the replay makes, by alarm and count."""
        self._close: dict[str | None, float] = {}
        """How near events of an alarm have to be to be the same; None for bounds."""
        for name, watched in case.alarms.items():
            target.changed(name, watched.state)
            self._watch(name, watched)

    def _watch(self, name: str, watched: Watched) -> None:
        case, assumed = self._case, self._model
        delay = assumed.behaviour.metric_delay
        interval = Alarm(watched.settings, assumptions=assumed.alarms).interval
        known = sorted(transition.time for transition in case.transitions if transition.alarm == name)
        # An activity comes a moment after the evaluation behind it.
        acted = [activity.start - assumed.alarms.action_delay for activity in case.activities if activity.alarm == name]
        hints = known or acted
        self._close[name] = CLOSE if hints else CLOSE + interval
        phase = hints[-1] % interval if hints else 0.0
        alarm = _Recorded(watched.settings, phase, watched.acting, assumed.alarms, tuple(known))
        fresh = watched.state is State.INSUFFICIENT_DATA
        status = NEW if fresh else AlarmStatus(watched.state, watched.since)

        def read(metric: MetricStat, window: Window, at: float) -> dict[int, float]:
            return readable(case.data, metric, window, at - delay)

        since = max(watched.since, case.start)
        self.watch(name, WindowedAlarm(alarm, read, assumed.math, status), since)

    def lines(self) -> list[Line]:
        """Runs it."""
        case = self._case
        for time, suspended in case.suspensions:
            self.at(max(time, case.start), partial(self._suspend, suspended))
        for time, low, high in case.moved:
            self.at(max(time, case.start), partial(self._set_bounds, low, high))
        for change in case.changes:
            self.at(change.start + NEAR, partial(self._take_over, change))
        self.follow((), case.start)
        self.run_until(math.nextafter(case.end, math.inf))
        for change in list(self._waiting):
            self._take_over(change, case.end)
        recorded = self._events(case.transitions, case.activities, is_record=True)
        replayed = self._events(self._transitions, self._activities, is_record=False)
        lines = [*self._lines, *paired(list(recorded), list(replayed))]
        return [line for line in lines if self._counts(line)]

    def _counts(self, line: Line) -> bool:
        """Whether a line lies within what is compared: its other half may lie beyond either end."""
        if line.agrees:
            return line.time >= self._case.judged
        first = max(self._case.judged, self._case.start)
        return first <= line.time <= self._case.end - line.close

    def _events(
        self, transitions: Iterable[Transition], activities: Iterable[Activity], *, is_record: bool
    ) -> Iterator[Line]:
        """Lines of one side, which are all but changes of the count."""

        def line(kind: EventKind, description: str, time: float, key: object, alarm: str | None = None) -> Line:
            recorded, replayed = (time, None) if is_record else (None, time)
            return Line(kind, description, recorded, replayed, key=key, close=self._close.get(alarm, CLOSE))

        for change in transitions:
            key = change.alarm, change.old, change.new
            description = f"{change.alarm}: {change.old} to {change.new}"
            yield line(EventKind.ALARM, description, change.time, key, change.alarm)
        for activity in activities:
            start, alarm = activity.start, activity.alarm
            for reason in activity.not_scaled:
                yield line(EventKind.NOT_SCALED, f"{alarm}: {_reason(reason)}", start, (alarm, reason), alarm)
            if activity.bounds != (None, None):
                yield line(EventKind.BOUNDS, _bounds(*activity.bounds), start, activity.bounds)
            elif activity.status is Status.UNFULFILLED and activity.end is not None:
                description = f"the change to {activity.desired} instances ends as {activity.status}"
                yield line(EventKind.UNFULFILLED, description, activity.end, activity.desired)

    def capacity(self, now: float) -> Capacity:
        """The capacity as SageMaker reports it at a time."""
        refused = any(change.refused for change in self._around(now, CLOSE))
        return Capacity(self._desired, self._running, refused)

    def changed(self, alarm: str, before: State, after: State, now: float) -> None:
        """Records that an alarm changed its state."""
        self._transitions.append(Transition(now, alarm, before, after))

    def decided(self, decision: Decision, now: float) -> None:
        """Compares a decision of the autoscaler with the recorded activities."""
        activity = decision.activity
        if activity is None:
            return
        if activity.desired is not None and activity.status is not Status.UNFULFILLED:
            self._change(activity, now)
        else:
            self._activities.append(activity)

    def _suspend(self, suspended: Suspended, now: float) -> None:
        self.target.configure(replace(self._case.target, suspended=suspended), now)

    def _set_bounds(self, low: int | None, high: int | None, now: float) -> None:
        self.follow(self.target.bound(low, high, now, self.capacity(now)), now)

    def _change(self, activity: Activity, now: float) -> None:
        """A change of the count, which is one of the record, or is taken back."""
        recorded, desired = self._recorded(activity, now), activity.desired
        description = f"{activity.before} to {desired} instances, by {activity.alarm or 'bounds'}"
        if recorded is None:
            self.target.ended(activity.id, now, Status.FAILED)
            place = self._only.setdefault((activity.alarm, desired), len(self._lines))
            if place == len(self._lines):
                self._lines.append(self._line(activity, description, replayed=now))
            else:
                self._lines[place] = replace(self._lines[place], times=self._lines[place].times + 1)
            return
        self._waiting.remove(recorded)
        if recorded.desired != desired:
            description = f"{activity.before} to {recorded.desired} instances in the record, to {desired} in the replay"
        line = self._line(activity, description, recorded.start, now)
        agrees = recorded.desired == desired and abs(recorded.start - now) <= line.close
        self._lines.append(replace(line, agrees=agrees))
        if recorded.refused:
            self.target.ended(activity.id, now, Status.FAILED)
            return
        self._apply(recorded)
        if recorded.end is not None:
            late = NEAR if recorded.status is Status.UNFULFILLED else 0.0
            self.at(max(recorded.end + late, now), partial(self._end, activity.id, recorded))

    def _line(
        self, change: Activity, description: str, recorded: float | None = None, replayed: float | None = None
    ) -> Line:
        close = self._close.get(change.alarm, CLOSE)
        return Line(EventKind.SCALING, description, recorded, replayed, key=change.desired, close=close)

    def _recorded(self, activity: Activity, now: float) -> Activity | None:
        """The recorded change that a replayed one is: of the same cause, and count if there is one."""
        close = self._close.get(activity.alarm, CLOSE)
        near = [
            (change.desired != activity.desired, abs(change.start - now), change)
            for change in self._around(now, max(NEAR, close))
            if change.alarm == activity.alarm
            and abs(change.start - now) <= (NEAR if change.desired == activity.desired else close)
        ]
        return min(near, key=lambda candidate: candidate[:2])[2] if near else None

    def _around(self, time: float, seconds: float) -> list[Activity]:
        """The recorded changes that the replay has not met yet, at most so many seconds from a time."""
        first = bisect_left(self._waiting, time - seconds, key=_start)
        return self._waiting[first : bisect_right(self._waiting, time + seconds, key=_start)]

    def _apply(self, recorded: Activity) -> None:
        self._only.clear()
        if recorded.start >= self._applied and recorded.desired is not None:
            self._desired, self._applied = recorded.desired, recorded.start

    def _end(self, activity: int, recorded: Activity, now: float) -> None:
        self.target.ended(activity, now, recorded.status)
        self._arrive(recorded, now)

    def _arrive(self, recorded: Activity, _now: float) -> None:
        current = recorded.start >= self._applied and recorded.desired is not None
        if current and recorded.status is Status.SUCCESSFUL:
            self._running = recorded.desired or 0
        elif recorded.status is Status.FAILED:
            self._desired = self._running

    def _take_over(self, recorded: Activity, now: float) -> None:
        """Applies a recorded change that the replay has not made by now."""
        if recorded not in self._around(recorded.start, 0.0):
            return
        self._waiting.remove(recorded)
        description = f"to {recorded.desired} instances, by {recorded.alarm or 'bounds'}"
        self._lines.append(self._line(recorded, description, recorded.start))
        if not recorded.refused:
            self._apply(recorded)
            if recorded.end is not None:
                self.at(recorded.end, partial(self._arrive, recorded))


def _start(change: Activity) -> float:
    return change.start


def _bounds(low: int | None, high: int | None) -> str:
    parts = [f"{name} {value}" for name, value in (("min", low), ("max", high)) if value is not None]
    return "bounds " + ", ".join(parts)


def _reason(reason: NotScaled) -> str:
    """A reason as captures have it: "AlreadyAtMaxCapacity, MaxCapacity 2"."""
    numbers = {"MaxCapacity": reason.max, "MinCapacity": reason.min, "CurrentCapacity": reason.current}
    return ", ".join([reason.code, *(f"{name} {value}" for name, value in numbers.items() if value is not None)])


def _settings(case: Case, model: SimulationAssumptions) -> Iterator[Line]:
    """Lines on the alarms that target tracking made, where others were to be expected."""
    for policy in case.target.policies:
        if not isinstance(policy, TargetTracking):
            continue
        for alarm in target_tracking.alarms(policy, case.dimensions, model.autoscaling):
            expected = alarm.settings
            names = [name for name, settings in policy.alarms.items() if settings.comparison == expected.comparison]
            actual = policy.alarms[names[0]] if names else None
            if actual is None or _spelled(actual) != _spelled(expected):
                is_ = f"{names[0]} is {_spelled(actual)}" if actual else f"{policy.name} has no {alarm.name}"
                description = f"{is_}; expected is {_spelled(expected)}"
                yield Line(EventKind.SETTINGS, description)


def _spelled(settings: AlarmSettings) -> str:
    sign = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}.get(settings.comparison, settings.comparison)
    return (
        f"{sign} {settings.threshold:g}, {settings.m} of {settings.evaluation_periods} "
        f"periods of {settings.period} s, missing data {settings.missing}"
    )
