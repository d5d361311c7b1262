"""The model of scaleproof.simulation written plainly on SimPy, for real-time endpoints that drain.

A process per request, per alarm and per change of the fleet, as SimPy's examples are written. The rules of
scaling (alarms, Application Auto Scaling, placement, metric math) are scaleproof.scaling's in both: what
differs is how time passes. Chance is drawn from the same sources in the same order, so that both models meet
the same phases of alarms and the same delays, and their results can be compared number by number.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simpy

from benchmarks.incremental import IncrementalEvaluator
from scaleproof.scaling.alarms import Alarm, Signal, arrives
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.endpoint import Endpoint, place
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.simulation import Behaviour, Result, Traffic
from scaleproof.simulation.behaviour import timeout_of

Process = Generator[simpy.Event, Any, None]
INTERVAL = 10
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}


@dataclass(eq=False)
class Instance:
    """One instance: its slots are a resource, whose queue is that of the container."""

    instance_type: str
    rank: int
    slots: simpy.Resource
    since: float
    gone: float | None = None
    requests: set[simpy.Process] = field(default_factory=set)

    @property
    def outstanding(self) -> int:
        """Requests in flight and waiting."""
        return self.slots.count + len(self.slots.queue)


@dataclass
class PeerTotals:
    """What is compared with the other model."""

    transitions: list[tuple[float, str, str, str]] = field(default_factory=list)
    activities: dict[int, Activity] = field(default_factory=dict)
    arrivals: int = 0
    served: int = 0
    refused: int = 0
    turned_away: int = 0
    cut: int = 0
    waited: float = 0.0
    demand_seconds: float = 0.0
    overload_seconds: float = 0.0
    peak_demand: int = 0
    instance_seconds: dict[str, float] = field(default_factory=dict)


class Peer:
    """One run of the model."""

    def __init__(self, endpoint: Endpoint, traffic: Traffic, behaviour: Behaviour, start: datetime, seed: int) -> None:
        """The endpoint at `start` with its first instances in service."""
        assert endpoint.target is not None
        self.env = simpy.Environment()
        self.start = int(start.timestamp())
        self.endpoint, self.traffic, self.behaviour = endpoint, traffic, behaviour
        self.chance = random.Random(f"{seed} fleet")
        self.pools = sorted(endpoint.pools, key=lambda pool: pool.priority)
        self.target = Autoscaler(endpoint.target, endpoint.dimensions, now=self.start)
        self.totals = PeerTotals()
        self.instances: list[Instance] = []
        self.waiting: dict[simpy.Process | None, float] = {}
        self.changes: list[tuple[float, int, float]] = []
        """Of the demand and of what is sustained, each with its time."""
        self.left: list[Instance] = []
        self.starting = {pool.instance_type: 0 for pool in self.pools}
        self.desired = endpoint.initial
        self.updating = False
        self.samples: dict[str, list[tuple[Instance, list[float]]]] = {}
        for name, number in self.placed().items():
            for _ in range(number):
                self.open(name)
        phases = random.Random(f"{seed} alarms")
        for name, settings in self.target.alarms.items():
            phase = phases.random() * Alarm(settings).interval
            watch = IncrementalEvaluator(Alarm(settings, phase))
            self.env.process(self.emit(watch))
            self.env.process(self.evaluate(name, watch))
        self.env.process(self.arrive())
        self.env.process(self.schedules())

    def run(self) -> PeerTotals:
        """All of it."""
        duration = math.ceil(self.traffic.duration / INTERVAL) * INTERVAL
        self.env.run(until=math.nextafter(duration, math.inf))
        self.totals.waited += sum(duration - arrived for arrived in self.waiting.values())
        self.add_up(duration)
        used = self.totals.instance_seconds = {pool.instance_type: 0.0 for pool in self.pools}
        for instance in self.instances + self.left:
            used[instance.instance_type] += (duration if instance.gone is None else instance.gone) - instance.since
        return self.totals

    # Requests

    def arrive(self) -> Process:
        """Every request goes to the instance with the fewest."""
        for time, seconds in self.traffic.arrivals():
            yield self.env.timeout(time - self.env.now)
            self.totals.arrivals += 1
            self.changes.append((self.env.now, 1, 0.0))
            if not self.instances:
                self.totals.refused += 1
                self.totals.turned_away += 1
                self.changes.append((self.env.now + seconds, -1, 0.0))
                continue
            instance = min(self.instances, key=lambda candidate: candidate.outstanding)
            process = self.env.process(self.request(instance, seconds))
            instance.requests.add(process)

    def request(self, instance: Instance, seconds: float) -> Process:
        """Waits for a slot, as long as a caller waits, and holds it."""
        process = self.env.active_process
        arrived = self.waiting[process] = self.env.now
        until = 0.0
        try:
            with instance.slots.request() as slot:
                if not slot.triggered:
                    yield slot | self.env.timeout(self.behaviour.patience)
                self.totals.waited += self.env.now - self.waiting.pop(process)
                if not slot.triggered:
                    self.totals.refused += 1
                    until = arrived + seconds  # who is refused would still want its slot
                    return
                yield self.env.timeout(seconds)
            self.totals.served += 1
        except simpy.Interrupt:
            self.totals.cut += 1
            self.totals.waited += self.env.now - self.waiting.pop(process, self.env.now)
        finally:
            instance.requests.discard(process)
            self.changes.append((max(until, self.env.now), -1, 0.0))
            if instance in self.left:
                self.changes.append((self.env.now, 0, -1.0))
            if instance in self.left and not instance.outstanding and instance.gone is None:
                instance.gone = self.env.now

    # Metrics and alarms

    def every(self, seconds: float) -> Generator[simpy.Event, Any, None]:
        """Waits for the next multiple of some seconds."""
        yield self.env.timeout((self.env.now // seconds + 1) * seconds - self.env.now)

    def emit(self, watch: IncrementalEvaluator) -> Process:
        """Samples what an alarm looks at every 10 s, and gives it the statistic of each period."""
        source = watch.alarm.settings.source
        metrics = {"": source} if isinstance(source, MetricStat) else dict(source.metrics)
        period = source.period
        samples: dict[str, list[float]] = {name: [] for name in metrics}
        while True:
            yield from self.every(INTERVAL)
            for name, metric in metrics.items():
                assert metric.name == "ConcurrentRequestsPerModel"
                kind = dict(metric.dimensions).get("InstanceType")
                samples[name] += [
                    instance.outstanding
                    for instance in self.instances + [gone for gone in self.left if gone.gone is None]
                    if kind in (None, instance.instance_type)
                ]
            end = self.start + round(self.env.now)
            if end % period:
                continue
            begun = end - period
            points = {
                name: {begun: STATISTICS[metrics[name].statistic](values)} if values else {}
                for name, values in samples.items()
            }
            if not isinstance(source, MetricStat):
                points[""] = source.points(points, Window(begun, end, period))
            for time, value in points[""].items():
                self.env.process(self.publish(watch, time, value))
            samples = {name: [] for name in metrics}

    def publish(self, watch: IncrementalEvaluator, time: int, value: float) -> Process:
        """A data point can be read some time after its period."""
        yield self.env.timeout(self.behaviour.metric_delay)
        watch.feed(time, value)

    def evaluate(self, name: str, watch: IncrementalEvaluator) -> Process:
        """An alarm at its times."""
        at: float = self.start
        while True:
            at = watch.alarm.next_evaluation(at)
            yield self.env.timeout(at - self.start - self.env.now)
            before = watch.status.state
            evaluation = watch.evaluate(at)
            state = evaluation.status.state
            if evaluation.changed:
                self.totals.transitions.append((at - self.start, name, before.value, state.value))
                self.target.changed(name, state)
            if evaluation.signal is not None:
                self.env.process(self.act(name, evaluation.signal))

    def act(self, name: str, signal: Signal) -> Process:
        """An alarm's action."""
        now = arrives(signal)
        yield self.env.timeout(now - self.start - self.env.now)
        self.follow([self.target.signalled(name, signal, now, self.capacity())])

    # The fleet

    def schedules(self) -> Process:
        """Scheduled actions."""
        self.follow(self.target.bound(None, None, self.start, self.capacity()))
        while (due := self.target.next_event()) is not None:
            yield self.env.timeout(due - self.start - self.env.now)
            self.follow(self.target.due(due, self.capacity()))

    def capacity(self) -> Capacity:
        """The fleet as scaling sees it."""
        return Capacity(self.desired, len(self.instances), self.updating)

    def follow(self, decisions: list[Decision]) -> None:
        """Does what was decided."""
        for decision in decisions:
            if decision.activity is not None:
                self.totals.activities[decision.activity.id] = decision.activity
            if decision.desired is not None and decision.activity is not None:
                self.desired, self.updating = decision.desired, True
                change = self.shrink if decision.desired < len(self.instances) else self.grow
                self.env.process(self.update(change, decision.activity.id))

    def update(self, change: Callable[[], Process], activity: int) -> Process:
        """A change of the count, from Updating to InService."""
        yield from change()
        missing = self.desired - len(self.instances)
        self.desired, self.updating = len(self.instances), False
        status = Status.UNFULFILLED if missing else Status.SUCCESSFUL
        message = f"{missing} instances were not to be had in time." if missing else ""
        ended = self.target.ended(activity, self.start + self.env.now, status, message)
        if ended is not None:
            self.totals.activities[ended.id] = ended

    def placed(self) -> dict[str, int]:
        """Where the desired instances would be, as far as they are to be had now."""
        now = self.env.now
        short = {s.instance_type for s in self.behaviour.shortages if s.start <= now < s.end}
        held = {name: self.count(name) + number for name, number in self.starting.items()}
        return place(self.pools, held, self.desired, lambda name: 0 if name in short else None)

    def count(self, instance_type: str) -> int:
        """Instances of a type that are in service."""
        return sum(instance.instance_type == instance_type for instance in self.instances)

    def grow(self) -> Process:
        """Asks for what is missing until it is there or the time is up."""
        deadline = self.env.now + timeout_of(self.endpoint, self.behaviour, DEFAULT.autoscaling)
        launched = []
        while True:
            placed = self.placed()
            for name, number in placed.items():
                for _ in range(number - self.count(name) - self.starting[name]):
                    launched.append(self.env.process(self.launch(name)))
                    self.starting[name] += 1
            if sum(placed.values()) == self.desired or self.env.now >= deadline:
                break
            yield self.env.timeout(min(self.behaviour.retry, deadline - self.env.now))
        yield self.env.all_of(launched)

    def launch(self, instance_type: str) -> Process:
        """An instance from the request until it is in service."""
        behaviour = self.behaviour
        yield self.env.timeout(behaviour.provisioning.draw(self.chance) + behaviour.start_up.draw(self.chance))
        self.starting[instance_type] -= 1
        self.open(instance_type)

    def open(self, instance_type: str) -> None:
        """An instance takes requests from now on."""
        rank = next(i for i, pool in enumerate(self.pools) if pool.instance_type == instance_type)
        slots = simpy.Resource(self.env, int(self.pools[rank].max_concurrency or 1))
        self.changes.append((self.env.now, 0, self.pools[rank].max_concurrency or 0.0))
        self.instances.append(Instance(instance_type, rank, slots, self.env.now))
        self.instances.sort(key=lambda instance: instance.rank)

    def shrink(self) -> Process:
        """Releases the newest of the lowest priority."""
        while len(self.instances) > self.desired:
            instance = self.instances.pop()
            self.left.append(instance)
            # What it still has takes no slot of the others.
            gained = instance.outstanding - (self.pools[instance.rank].max_concurrency or 0.0)
            self.changes.append((self.env.now, 0, gained))
            if instance.outstanding:
                self.env.process(self.drain(instance))
            else:
                instance.gone = self.env.now
        yield self.env.timeout(self.behaviour.scale_in_time)

    def drain(self, instance: Instance) -> Process:
        """Cuts off what is still there after the longest time."""
        yield self.env.timeout(self.behaviour.stop_grace_seconds)
        for process in list(instance.requests):
            process.interrupt()

    # Results

    def add_up(self, duration: float) -> None:
        """Sums what changed, from one change to the next."""
        totals, before = self.totals, 0.0
        demand, sustained = 0, 0.0
        for time, more, capacity in [*sorted(self.changes), (duration, 0, 0.0)]:
            now = min(time, duration)
            totals.demand_seconds += demand * (now - before)
            if now > before:
                totals.peak_demand = max(totals.peak_demand, demand)
            if demand > sustained:
                totals.overload_seconds += now - before
            demand, sustained, before = demand + more, sustained + capacity, now


def differences(peer: PeerTotals, result: Result) -> list[str]:
    """What the two models do not agree on; times may differ by a microsecond."""
    totals = result.totals
    pairs: dict[str, tuple[Any, Any]] = {
        name: (getattr(peer, name), getattr(totals, name))
        for name in (
            "arrivals",
            "served",
            "refused",
            "cut",
            "demand_seconds",
            "overload_seconds",
            "peak_demand",
        )
    }
    taken = peer.arrivals - peer.turned_away
    pairs["waiting"] = (peer.waited / taken if taken else 0.0, totals.waiting.mean)
    for name, seconds in peer.instance_seconds.items():
        pairs[f"seconds of {name}"] = (seconds, totals.instance_seconds[name])
    pairs["transitions"] = (len(peer.transitions), len(result.transitions))
    pairs["activities"] = (len(peer.activities), len(result.activities))
    wrong = [f"{name}: {mine} and {other}" for name, (mine, other) in pairs.items() if not _alike(mine, other)]
    for mine, other in zip(peer.transitions, result.transitions, strict=False):
        if not _alike(mine[0], other.time) or mine[1:] != (other.alarm, other.old, other.new):
            wrong.append(f"transition: {mine} and {other}")
    for activity, recorded in zip(peer.activities.values(), result.activities, strict=False):
        same = (activity.status, activity.before, activity.desired, activity.message) == (
            recorded.status,
            recorded.before,
            recorded.desired,
            recorded.message,
        )
        if not same:
            wrong.append(f"activity: {activity} and {recorded}")
    return wrong


def _alike(mine: float, other: float) -> bool:
    return math.isclose(mine, other, rel_tol=1e-9, abs_tol=1e-6)
