"""Replays a case: its data through the alarms, and what these do through Application Auto Scaling.

The instances are those of the record. A change of the count that only the replay makes is taken back, one
that only the record has is taken over, so that the replay stays with the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from heapq import heappop, heappush

from scaleproof.auditing import data
from scaleproof.auditing.case import Bounds, Case, Scaling, Watched
from scaleproof.auditing.lines import CLOSE, NEAR, Event, Kind, Line, paired, told
from scaleproof.auditing.published import published
from scaleproof.scaling import target_tracking
from scaleproof.scaling.alarms import NEW, Alarm, AlarmSettings, AlarmStatus, Clock, Signal, State, arrives
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status
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
    first = [*_settings(case, model), *published(case, model.assumptions.autoscaling)]
    return first + sorted(_Replay(case, model).lines(), key=lambda line: line.time)


class _Runner:
    """One alarm of a replay. `known`: times of its evaluations that the record has; `close`: how near events
    of it have to be to be the same."""

    def __init__(self, case: Case, name: str, watched: Watched, model: SimulationAssumptions) -> None:
        self.name, self.since = name, watched.since
        assumed = model.assumptions.alarms
        interval = Clock.of(watched.settings, assumed).interval
        self.known = [one.time for one in case.transitions if one.alarm == name]
        # An activity comes a moment after the evaluation behind it.
        actions = [one.time for one in case.scalings if one.alarm == name]
        actions += [one.time for one in case.unscaled if one.alarm == name]
        hints = self.known or [time - assumed.action_delay for time in actions]
        self.close = CLOSE if hints else CLOSE + interval
        phase = hints[-1] % interval if hints else 0.0
        self.alarm = Alarm(watched.settings, phase, watched.acting, assumed)
        fresh = watched.state is State.INSUFFICIENT_DATA
        self.status = NEW if fresh else AlarmStatus(watched.state, watched.since)

    def following(self, after: float) -> float:
        """The next evaluation; one that the record has is at its own time, which is some milliseconds off."""
        time = self.alarm.next_evaluation(after)
        half = self.alarm.clock.interval / 2
        return next((known for known in self.known if abs(known - time) < half and known > after), time)


class _Replay:
    def __init__(self, case: Case, model: SimulationAssumptions) -> None:
        assumed = model.assumptions
        self._case, self._math = case, assumed.math
        self._alarm_assumptions = assumed.alarms
        self._delay = model.behaviour.metric_delay
        self._target = Autoscaler(
            case.target,
            case.dimensions,
            now=case.start,
            assumptions=assumed.autoscaling,
            alarm_assumptions=assumed.alarms,
        )
        self._desired = self._running = case.count
        self._applied = -math.inf
        """When the change that the count is of was recorded: an earlier one does not undo it."""
        self._runners = {name: _Runner(case, name, one, model) for name, one in case.alarms.items()}
        self._waiting = sorted(case.scalings, key=lambda one: one.time)
        self._matched: dict[int, Scaling] = {}
        self._lines: list[Line] = []
        self._transitions: list[Event] = []
        self._unscaled: list[Event] = []
        self._bounds: list[Event] = []
        self._late: list[Event] = []
        self._only: dict[tuple[str | None, int], int] = {}
        """Where the line of a change is that only the replay makes, by alarm and count."""
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = 0
        self._due = math.inf

    def lines(self) -> list[Line]:
        """Runs it."""
        case = self._case
        for name, state in ((one.name, one.status.state) for one in self._runners.values()):
            self._target.changed(name, state)
        for runner in self._runners.values():
            self._plan(runner, max(runner.since, case.start))
        for time, suspended in case.suspensions:
            self._at(time, lambda now, s=suspended: self._suspend(s, now))  # type: ignore[misc]
        for moved in case.moved:
            self._at(moved.time, lambda now, m=moved: self._bound(m, now))  # type: ignore[misc]
        for one in case.scalings:
            self._at(one.time + NEAR, lambda now, r=one: self._take_over(r, now))  # type: ignore[misc]
        self._plan_due()
        while self._events and self._events[0][0] <= case.end:
            time, _, act = heappop(self._events)
            act(time)
            self._plan_due()
        for one in list(self._waiting):
            self._take_over(one, case.end)
        found = [*self._lines, *self._others()]
        return [line for line in found if self._counts(line)]

    def _counts(self, line: Line) -> bool:
        """Whether a line lies within what is compared: its other half may lie beyond either end."""
        if line.agrees:
            return line.time >= self._case.judged
        first = max(self._case.judged, self._case.start)
        return first <= line.time <= self._case.end - line.close

    def _others(self) -> Iterator[Line]:
        case = self._case
        close = {name: runner.close for name, runner in self._runners.items()}
        transitions = [
            Event(
                one.time,
                f"{one.alarm}: {one.before} to {one.after}",
                (one.alarm, one.before, one.after),
                close.get(one.alarm, CLOSE),
            )
            for one in case.transitions
        ]
        yield from paired(Kind.ALARM, transitions, self._transitions)
        unscaled = [
            Event(
                one.time,
                f"{one.alarm}: {told(one.reason)}",
                (one.alarm, one.reason),
                close.get(one.alarm, CLOSE),
            )
            for one in case.unscaled
        ]
        yield from paired(Kind.NOT_SCALED, unscaled, self._unscaled)
        bounds = [Event(one.time, _bounds(one.min, one.max), (one.min, one.max)) for one in case.bounds]
        yield from paired(Kind.BOUNDS, bounds, self._bounds, _same_bounds)
        late = [
            Event(one.end, _unfulfilled(one.desired), one.desired)
            for one in case.scalings
            if one.status is Status.UNFULFILLED and one.end is not None
        ]
        yield from paired(Kind.UNFULFILLED, late, self._late)

    def _at(self, time: float, act: Callable[[float], None]) -> None:
        self._order += 1
        heappush(self._events, (max(time, self._case.start), self._order, act))

    def _plan(self, runner: _Runner, after: float) -> None:
        self._at(runner.following(after), lambda now: self._evaluate(runner, now))

    def _plan_due(self) -> None:
        due = self._target.next_event()
        if due is not None and due < self._due:
            self._due = due
            self._at(due, self._target_event)

    def _target_event(self, now: float) -> None:
        self._due = math.inf
        self._follow(self._target.due(now, self._capacity(now)), now)

    def _evaluate(self, runner: _Runner, now: float) -> None:
        alarm, before = runner.alarm, runner.status.state

        def known(metric: MetricStat, window: Window) -> dict[int, float]:
            return data.read(self._case.data, metric, window, now - self._delay)

        points = alarm.points(alarm.window(now), known, self._math)
        result = alarm.evaluate(runner.status, now, points)
        runner.status = result.status
        if result.changed:
            after = result.status.state
            self._target.changed(runner.name, after)
            key = runner.name, before, after
            what = f"{runner.name}: {before} to {after}"
            self._transitions.append(Event(now, what, key, runner.close))
        if result.signal:
            self._send(runner.name, result.signal)
        # An evaluation that was a little early is not repeated at its nominal time.
        self._plan(runner, now + alarm.clock.interval / 4)

    def _send(self, name: str, signal: Signal) -> None:
        def act(now: float) -> None:
            self._follow([self._target.signalled(name, signal, now, self._capacity(now))], now)

        self._at(arrives(signal, self._alarm_assumptions), act)

    def _suspend(self, suspended: Suspended, now: float) -> None:
        self._target.configure(replace(self._case.target, suspended=suspended), now)

    def _bound(self, moved: Bounds, now: float) -> None:
        self._follow(self._target.bound(moved.min, moved.max, now, self._capacity(now)), now)

    def _capacity(self, now: float) -> Capacity:
        refused = any(one.refused and abs(one.time - now) <= CLOSE for one in self._waiting)
        return Capacity(self._desired, self._running, refused)

    def _follow(self, decisions: Iterable[Decision], now: float) -> None:
        for decision in decisions:
            activity = decision.activity
            if activity is None:
                continue
            if activity.not_scaled:
                (reason,), alarm = activity.not_scaled, str(activity.alarm)
                what = f"{alarm}: {told(reason)}"
                self._unscaled.append(Event(now, what, (alarm, reason), self._close(alarm)))
            elif activity.desired is None:
                low, high = self._set(activity)
                self._bounds.append(Event(now, _bounds(low, high), (low, high)))
            elif activity.status is Status.UNFULFILLED:
                self._late.append(Event(now, _unfulfilled(activity.desired), activity.desired))
                self._matched.pop(activity.id, None)
            else:
                self._change(activity, activity.desired, now)

    @staticmethod
    def _set(activity: Activity) -> tuple[int, int]:
        """The bounds of a scheduled action: "Setting min capacity to 1 and max capacity to 2"."""
        low, high = (int(word) for word in activity.description.split() if word.isdecimal())
        return low, high

    def _change(self, activity: Activity, desired: int, now: float) -> None:
        """A change of the count, which is one of the record, or is taken back."""
        close = self._close(activity.alarm)
        what = f"{activity.before} to {desired} instances, by {activity.alarm or 'bounds'}"
        found = self._recorded(activity, desired, now, close)
        if found is None:
            self._target.ended(activity.id, now, Status.FAILED)
            self._alone(activity, desired, what, now)
            return
        self._waiting.remove(found)
        agrees = found.desired == desired and abs(found.time - now) <= close
        if found.desired != desired:
            what = f"{activity.before} to {found.desired} instances in the record, to {desired} in the replay"
        self._lines.append(Line(Kind.SCALING, what, found.time, now, agrees, close=close, key=desired))
        if found.refused:
            self._target.ended(activity.id, now, Status.FAILED)
            return
        self._apply(found)
        self._matched[activity.id] = found
        if found.end is not None and found.status is not Status.UNFULFILLED:
            self._at(max(found.end, now), lambda then: self._end(activity.id, found, then))
        elif found.end is not None:
            self._at(found.end + NEAR, lambda then: self._end(activity.id, found, then))

    def _close(self, alarm: str | None) -> float:
        """How near events of an alarm have to be to be the same; None for bounds."""
        return self._runners[alarm].close if alarm else CLOSE

    def _recorded(self, activity: Activity, desired: int, now: float, close: float) -> Scaling | None:
        """The recorded change that a replayed one is: of the same cause, and count if there is one."""
        near = [
            (one.desired != desired, abs(one.time - now), one)
            for one in self._waiting
            if one.alarm == activity.alarm
            and abs(one.time - now) <= (NEAR if one.desired == desired else close)
        ]
        return min(near, key=lambda found: found[:2])[2] if near else None

    def _alone(self, activity: Activity, desired: int, what: str, now: float) -> None:
        key = activity.alarm, desired
        place = self._only.get(key)
        if place is None:
            self._only[key] = len(self._lines)
            close = self._close(activity.alarm)
            self._lines.append(Line(Kind.SCALING, what, None, now, False, close=close, key=desired))
        else:
            one = self._lines[place]
            self._lines[place] = replace(one, times=one.times + 1)

    def _apply(self, recorded: Scaling) -> None:
        self._only.clear()
        if recorded.time >= self._applied:
            self._desired, self._applied = recorded.desired, recorded.time

    def _end(self, activity: int, recorded: Scaling, now: float) -> None:
        self._matched.pop(activity, None)
        self._target.ended(activity, now, recorded.status)
        self._arrive(recorded)

    def _arrive(self, recorded: Scaling) -> None:
        if recorded.time >= self._applied and recorded.status is Status.SUCCESSFUL:
            self._running = recorded.desired
        elif recorded.status is Status.FAILED:
            self._desired = self._running

    def _take_over(self, recorded: Scaling, now: float) -> None:
        """What the replay has not done by now is done as in the record."""
        if recorded not in self._waiting:
            return
        self._waiting.remove(recorded)
        what = f"to {recorded.desired} instances, by {recorded.alarm or 'bounds'}"
        close = self._close(recorded.alarm)
        self._lines.append(
            Line(Kind.SCALING, what, recorded.time, None, False, close=close, key=recorded.desired)
        )
        if not recorded.refused:
            self._apply(recorded)
            if recorded.end is not None:
                self._at(max(recorded.end, now), lambda _now: self._arrive(recorded))


def _bounds(low: int | None, high: int | None) -> str:
    parts = [f"{name} {value}" for name, value in (("min", low), ("max", high)) if value is not None]
    return "bounds " + ", ".join(parts)


def _same_bounds(recorded: tuple[int | None, int | None], replayed: tuple[int, int]) -> bool:
    return all(one in (None, other) for one, other in zip(recorded, replayed, strict=True))


def _unfulfilled(desired: int) -> str:
    return f"the change to {desired} instances ends as {Status.UNFULFILLED}"


def _settings(case: Case, model: SimulationAssumptions) -> Iterator[Line]:
    """Lines on the alarms that target tracking made, where others were to be expected."""
    assumed = model.assumptions.autoscaling
    low = assumed.high_resolution_low_period, assumed.high_resolution_low_periods
    for policy in case.target.policies:
        if not isinstance(policy, TargetTracking):
            continue
        for made in target_tracking.alarms(policy, case.dimensions, low):
            expected = made.settings
            found = [name for name, one in policy.alarms.items() if one.comparison == expected.comparison]
            actual = policy.alarms[found[0]] if found else None
            if actual is None or _spelled(actual) != _spelled(expected):
                is_ = f"{found[0]} is {_spelled(actual)}" if actual else f"{policy.name} has no {made.name}"
                what = f"{is_}; expected is {_spelled(expected)}"
                yield Line(Kind.SETTINGS, what, None, None, False)


def _spelled(settings: AlarmSettings) -> str:
    sign = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}.get(
        settings.comparison, settings.comparison
    )
    return (
        f"{sign} {round(settings.threshold, 6):g}, {settings.m} of {settings.evaluation_periods} "
        f"periods of {settings.period} s, missing data {settings.missing}"
    )
