"""Runs a simulation: traffic arrives, alarms are evaluated, policies change the fleet.

Samples of metrics are taken at the end of every interval of 10 s; everything else happens at its exact time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import datetime

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import State, Transition
from scaleproof.scaling.assumptions import DEFAULT, Assumptions
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.driver import Driver
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget
from scaleproof.simulation import behaviour as behaviours
from scaleproof.simulation.behaviour import Behaviour, slots_of, timeout_of
from scaleproof.simulation.cloudwatch import SimulatedCloudWatch
from scaleproof.simulation.demand import dense
from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.recorder import Recorder, Samples
from scaleproof.simulation.result import Result, ScalingActivity, Tally
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import INTERVAL, Workload

PROGRESS_STEP = 10_000
"""Simulated seconds from one report of the progress to the next, and from one tally to the next."""
EMPTYING = 86_400
"""Seconds after the end of the traffic in which a queue is worked off. Requests in it expire after 6 hours, unless
that is assumed otherwise."""


Progress = Callable[[float], None]
"""Receives the share that is done, from 0 to 1."""
Enough = Callable[[Tally], bool]
"""Says whether a simulation may end, because of what there is already."""


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
    enough: Enough | None = None,
) -> Result:
    """Simulates an endpoint for the duration of its traffic, and until a queue is empty, for EMPTYING at most.
    `start`: a whole minute with a time zone. `samples` gets those of all intervals. With `enough` the
    simulation may end earlier.

    Random values (delays, phases of alarms) follow from `seed`, each kind from its own source. Raises
    ScaleproofError for an endpoint or traffic that cannot be simulated.
    """
    return Simulation(endpoint, traffic, behaviour, assumptions, seed, start, samples).run(progress, enough)


class Simulation(Driver):
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
        self._transitions: list[Transition] = []
        self._activities: dict[int, Activity] = {}
        self._scaled: list[int] = []
        self._changing: int | None = None
        self._fleet_due = math.inf

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
        autoscaler = Autoscaler(
            target,
            endpoint.dimensions,
            now=self._start,
            assumptions=assumptions.autoscaling,
            alarm_assumptions=assumptions.alarms,
        )
        super().__init__(autoscaler, assumptions.alarms)
        self._cloudwatch = SimulatedCloudWatch(
            endpoint,
            self.target.rules,
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
            self.watch(name, alarm, float(self._start))

    def run(self, progress: Progress | None, enough: Enough | None = None) -> Result:
        """Runs the simulation."""
        workload = self._workload
        self.follow(self.target.bound(None, None, self._start, self._fleet.capacity), self._start)
        duration = self._run_from(0, self._duration, progress, enough)
        workload.advance(math.nextafter(duration, math.inf))  # What ends now has ended.
        left = workload.waiting, workload.oldest(duration)
        if self._endpoint.kind is Kind.ASYNC and duration == self._duration:
            duration = self._run_from(duration, duration + EMPTYING, None)
            workload.advance(math.nextafter(duration, math.inf))
        return self._result(float(duration), *left)

    def _run_from(self, elapsed: int, until: int, progress: Progress | None, enough: Enough | None = None) -> int:
        """Runs it from `elapsed` until a time, until nothing is left after the traffic, or until it is enough.
        Returns when that was."""
        events, workload, recorder, cloudwatch = self.events, self._workload, self._recorder, self._cloudwatch
        start, reported = self._start, elapsed
        while elapsed < until and (elapsed < self._duration or workload.present()):
            elapsed += INTERVAL
            if events[0][0] < start + elapsed:
                self.run_until(start + elapsed)
            calm, number = workload.advance(elapsed), 1
            if calm >= elapsed + INTERVAL:
                calm = min(calm, events[0][0] - start, recorder.due, until)
                number = max(1 + int(calm - elapsed) // INTERVAL, 1)
            number = cloudwatch.sample(start + elapsed, number)
            elapsed += (number - 1) * INTERVAL
            recorder.intervals(elapsed, number)
            if elapsed >= reported + PROGRESS_STEP:
                reported = elapsed
                if progress is not None:
                    progress(elapsed / until)
                if enough is not None and enough(recorder.tally(elapsed)):
                    break
        return elapsed

    def capacity(self, _now: float) -> Capacity:
        """The capacity of the fleet."""
        return self._fleet.capacity

    def changed(self, alarm: str, before: State, after: State, now: float) -> None:
        """Records that an alarm changed its state."""
        self._transitions.append(Transition(now - self._start, alarm, before, after))

    def decided(self, decision: Decision, now: float) -> None:
        """Records a decision of the autoscaler, and changes the fleet."""
        self._record(decision.activity, now)
        if decision.desired is not None and decision.activity is not None:
            self._set_desired(decision.desired, decision.activity.id, now)

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
            self.rearm(self._start + elapsed)
        if outcome is not None and self._changing is not None:
            status = Status.SUCCESSFUL if outcome.reached else Status.UNFULFILLED
            now = self._start + elapsed
            self._record(self.target.ended(self._changing, now, status, outcome.message), now)
            self._changing = None
        self._fleet_changed(elapsed)

    def _fleet_changed(self, elapsed: float) -> None:
        self._recorder.fleet_changed(elapsed)
        due = self._fleet.next_event()
        if due != self._fleet_due and due < math.inf:
            self._fleet_due = due
            # Pass `due` itself: start + due may round to an earlier time.
            self.at(self._start + due, lambda _now: self._fleet_event(due))

    def target_event(self, now: float) -> None:
        """Advances the workload and the fleet to an event of the scalable target."""
        elapsed = now - self._start
        self._workload.advance(elapsed)
        super().target_event(now)
        self._recorder.fleet_changed(elapsed)

    def _record(self, activity: Activity | None, now: float) -> None:
        """Keeps the newest state of an activity, and rearms alarms: their actions may now do something."""
        if activity is not None:
            self._activities[activity.id] = activity
            self.rearm(now)

    def _state(self) -> tuple[int, int, tuple[float | None, ...]]:
        """Bounds and signals for the recorder."""
        signals = tuple(self._cloudwatch.signal(policy) for policy in self._cloudwatch.aims)
        return self.target.min, self.target.max, signals

    def _result(self, duration: float, waiting: int, oldest: float) -> Result:
        self._recorder.end(duration)
        activities = sorted(self._activities.values(), key=lambda activity: activity.id)
        return Result(
            endpoint=self._endpoint.name,
            kind=self._endpoint.kind.value,
            traffic=self._traffic.name,
            work=self._traffic.work.value,
            start=self._started,
            duration=duration,
            traffic_duration=float(self._duration),
            seed=self._seed,
            group_size=self._workload.group,
            targets=self._cloudwatch.aims,
            timeline=self._recorder.timeline(tuple(self._fleet.counts), tuple(self._cloudwatch.aims)),
            transitions=tuple(self._transitions),
            activities=tuple(ScalingActivity.from_activity(activity, self._start) for activity in activities),
            totals=self._recorder.totals(duration, self._scaled, waiting, oldest),
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
