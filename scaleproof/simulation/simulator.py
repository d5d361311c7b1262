"""The loop: traffic arrives, alarms are evaluated, policies change the fleet.

Samples of metrics are taken at the end of every interval of 10 s; everything else happens at its exact time.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from heapq import heappop, heappush

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import Signal, State, arrives
from scaleproof.scaling.assumptions import DEFAULT, Assumptions
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Decision, Status
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget
from scaleproof.simulation import behaviour as behaviours
from scaleproof.simulation.behaviour import Behaviour, slots_of, timeout_of
from scaleproof.simulation.cloudwatch import SimulatedCloudWatch, WindowedAlarm
from scaleproof.simulation.demand import dense
from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.readings import SAME_MOMENT, PointwiseAlarm
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.recorder import Recorder, Samples
from scaleproof.simulation.result import Result, ScalingActivity, Transition
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import INTERVAL, Workload

TOLD = 10_000
"""Simulated seconds from one report of the progress to the next."""

Progress = Callable[[float], None]
"""Receives the share that is done, from 0 to 1."""


def simulate(
    endpoint: Endpoint,
    traffic: Traffic,
    *,
    start: datetime,
    behaviour: Behaviour = behaviours.DEFAULT,
    assumptions: Assumptions = DEFAULT,
    seed: int = 0,
    progress: Progress | None = None,
    samples: Samples | None = None,
) -> Result:
    """Simulates an endpoint for the duration of its traffic. `start`: a whole minute with a time zone.
    `samples` gets those of all intervals.

    Random values (delays, phases of alarms) follow from `seed`, each kind from its own source. Raises
    ScaleproofError for an endpoint or traffic that cannot be simulated.
    """
    return Simulation(endpoint, traffic, behaviour, assumptions, seed, start, samples).run(progress)


class Simulation:
    """One run. Times are epoch seconds; those of the workload and the fleet count from the start."""

    def __init__(
        self,
        endpoint: Endpoint,
        traffic: Traffic,
        behaviour: Behaviour,
        assumptions: Assumptions,
        seed: int,
        start: datetime,
        samples: Samples | None = None,
    ) -> None:
        """See `simulate`."""
        self._endpoint, self._traffic, self._seed = endpoint, traffic, seed
        self._started, self._shortages = start, behaviour.shortages
        self._duration = math.ceil(traffic.duration / INTERVAL) * INTERVAL
        self._start = _whole_minute(start)
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._at(math.inf, self._rearm)  # There always is a next event.
        self._transitions: list[Transition] = []
        self._activities: dict[int, Activity] = {}
        self._scaled: list[int] = []
        self._changing: int | None = None
        self._fleet_due = self._target_due = math.inf

        slots, sustained = slots_of(endpoint, behaviour)
        self._workload = _workload(endpoint.kind, traffic, behaviour, seed)
        self._fleet = Fleet(
            endpoint.pools,
            slots,
            endpoint.initial,
            self._workload,
            behaviour,
            random.Random(f"{seed} fleet"),
            timeout_of(endpoint, behaviour, assumptions.autoscaling),
        )
        target = endpoint.target or ScalableTarget(endpoint.initial, endpoint.initial)
        self._target = Autoscaler(
            target,
            endpoint.dimensions,
            now=self._start,
            assumptions=assumptions.autoscaling,
            alarm_assumptions=assumptions.alarms,
        )
        self._alarm_assumptions = assumptions.alarms
        self._cloudwatch = SimulatedCloudWatch(
            endpoint,
            self._target.rules,
            self._workload,
            delay=behaviour.metric_delay,
            assumptions=assumptions,
            chance=random.Random(f"{seed} alarms"),
        )
        self._recorder = Recorder(
            self._workload,
            self._fleet,
            sustained,
            self._duration // INTERVAL,
            behaviour.objective,
            self._state,
            samples,
        )
        for name, alarm in self._cloudwatch.alarms.items():
            self._watch(name, alarm)

    def run(self, progress: Progress | None) -> Result:
        """Runs the simulation."""
        events, workload, recorder = self._events, self._workload, self._recorder
        start, duration, elapsed, told = self._start, self._duration, 0, 0
        self._follow(self._target.bound(None, None, start, self._fleet.capacity), start)
        while elapsed < duration:
            elapsed += INTERVAL
            while events[0][0] < start + elapsed:
                time, _, happen = heappop(events)
                happen(time)
            calm, number = workload.advance(elapsed), 1
            if calm >= elapsed + INTERVAL:
                calm = min(calm, events[0][0] - start, recorder.due)
                number = max(1 + int(calm - elapsed) // INTERVAL, 1)
            number = self._cloudwatch.sample(start + elapsed, number)
            elapsed += (number - 1) * INTERVAL
            recorder.intervals(elapsed, number)
            if progress is not None and elapsed >= told + TOLD:
                told = elapsed
                progress(elapsed / duration)
        workload.advance(math.nextafter(duration, math.inf))  # What ends now has ended.
        return self._result(float(duration))

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        heappush(self._events, (time, next(self._order), happen))

    def _watch(self, name: str, alarm: PointwiseAlarm | WindowedAlarm) -> None:
        """Evaluates an alarm at its times."""
        order, clock, phase = next(self._order), alarm.alarm.clock, alarm.alarm.phase
        repeats = alarm.alarm.repeat <= clock.interval
        last, planned = float(self._start), math.inf

        def evaluate(at: float) -> None:
            nonlocal last, planned
            if at != planned:
                return
            last, planned = at, math.inf
            before = alarm.status.state
            evaluation = alarm.evaluate(at)
            state = evaluation.status.state
            if evaluation.changed:
                self._transitions.append(Transition(at - self._start, name, before.value, state.value))
                self._target.changed(name, state)
            if evaluation.signal is not None:
                action = partial(self._act, name, evaluation.signal)
                self._at(arrives(evaluation.signal, self._alarm_assumptions), action)
            if evaluation.changed:
                self._rearm(at)
            idle = None
            if state is State.ALARM and repeats and not evaluation.changed:
                idle = partial(self._target.idle, name, at, self._fleet.capacity)
            until = alarm.pause(at, idle)
            if until is None:
                plan(at)
            elif until < math.inf:
                # The action comes a moment after the evaluation.
                self._at(until - self._alarm_assumptions.action_delay - 1.0, self._rearm)

        def plan(now: float) -> None:
            nonlocal planned
            at = clock.next_evaluation(phase, max(now, last))
            if at < planned:
                planned = at
                heappush(self._events, (at, order, evaluate))

        alarm.wake = plan
        plan(self._start)

    def _act(self, alarm: str, signal: Signal, now: float) -> None:
        decision = self._target.signalled(alarm, signal, now, self._fleet.capacity)
        if decision.activity is not None:
            self._follow([decision], now)

    def _follow(self, decisions: Iterable[Decision], now: float) -> None:
        """Applies decisions, and schedules what the target does next."""
        for decision in decisions:
            self._record(decision.activity, now)
            if decision.desired is not None and decision.activity is not None:
                self._set_desired(decision.desired, decision.activity.id, now)
        due = self._target.next_event()
        if due is not None and due < self._target_due:
            self._target_due = due
            self._at(due, self._target_event)

    def _set_desired(self, desired: int, activity: int, now: float) -> None:
        """Changes the count. The endpoint is not Updating: nothing is decided while it is."""
        elapsed = now - self._start
        self._workload.advance(elapsed)
        self._scaled.append(desired - self._fleet.desired)
        self._fleet.set_desired(desired, elapsed)
        self._changing = activity
        self._fleet_changed(elapsed)

    def _fleet_event(self, elapsed: float) -> None:
        """Does what is due in the fleet."""
        self._workload.advance(elapsed)
        running = self._fleet.running
        outcome = self._fleet.happen(elapsed)
        if self._fleet.running != running:
            self._rearm(self._start + elapsed)
        if outcome is not None and self._changing is not None:
            status = Status.SUCCESSFUL if outcome.reached else Status.UNFULFILLED
            now = self._start + elapsed
            self._record(self._target.ended(self._changing, now, status, outcome.message), now)
            self._changing = None
        self._fleet_changed(elapsed)

    def _fleet_changed(self, elapsed: float) -> None:
        self._recorder.fleet_changed(elapsed)
        due = self._fleet.next_event()
        if due != self._fleet_due and due < math.inf:
            self._fleet_due = due
            # Pass `due` itself: start + due may round to an earlier time.
            self._at(self._start + due, lambda _now: self._fleet_event(due))

    def _target_event(self, now: float) -> None:
        """Does what is due in the scalable target: schedules and retries."""
        self._target_due = math.inf
        elapsed = now - self._start
        self._workload.advance(elapsed)
        self._follow(self._target.due(now, self._fleet.capacity), now)
        self._recorder.fleet_changed(elapsed)

    def _record(self, activity: Activity | None, now: float) -> None:
        """Keeps the newest state of an activity, and rearms alarms: their actions may now do something."""
        if activity is not None:
            self._activities[activity.id] = activity
            self._rearm(now)

    def _rearm(self, now: float) -> None:
        """Rearms the alarms whose actions may now do something.

        An action that would be under way at this moment counts, so evaluation starts a little earlier.
        """
        for alarm in self._cloudwatch.alarms.values():
            if alarm.status.state is State.ALARM:
                alarm.rearm(now - self._alarm_assumptions.action_delay - SAME_MOMENT)

    def _state(self) -> tuple[int, int, tuple[float | None, ...]]:
        """Bounds and signals for the recorder."""
        signals = tuple(self._cloudwatch.signal(policy) for policy in self._cloudwatch.aims)
        return self._target.min, self._target.max, signals

    def _result(self, duration: float) -> Result:
        activities = sorted(self._activities.values(), key=lambda activity: activity.id)
        return Result(
            endpoint=self._endpoint.name,
            kind=self._endpoint.kind.value,
            traffic=self._traffic.name,
            work=self._traffic.work.value,
            start=self._started,
            duration=duration,
            seed=self._seed,
            group_size=self._workload.group,
            targets=self._cloudwatch.aims,
            timeline=self._recorder.timeline(tuple(self._fleet.counts), tuple(self._cloudwatch.aims)),
            transitions=tuple(self._transitions),
            activities=tuple(ScalingActivity.of(activity, self._start) for activity in activities),
            totals=self._recorder.totals(duration, self._scaled),
            shortages=self._shortages,
        )


def _workload(kind: Kind, traffic: Traffic, behaviour: Behaviour, seed: int) -> Workload:
    if dense(traffic, behaviour):
        from scaleproof.simulation.groups import Groups  # numpy takes a while to load

        return Groups(traffic, behaviour, kind, seed)
    if kind is Kind.ASYNC:
        return Queue(traffic, behaviour)
    return RealTime(traffic, behaviour, random.Random(f"{seed} routing"))


def _whole_minute(start: datetime) -> int:
    """The start in epoch seconds. Raises ScaleproofError unless it is a whole minute with a time zone."""
    if start.tzinfo is None:
        raise ScaleproofError(f"The start {start} has no time zone.", advice="Schedules need to know.")
    if start.timestamp() % 60:
        raise ScaleproofError(f"The start {start} is no whole minute.")
    return int(start.timestamp())
