"""Requests on instances, and how long they waited: what all kinds of endpoints have in common.

Time moves in intervals of INTERVAL seconds. Samples are taken at the end of each; what happens exactly then
belongs to the next.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scaleproof.simulation.result import Cause, Waiting

_GROWTH = math.log(1.01)
"""Width of the classes: their mean is within 1 % of every value in them, after DDSketch
(https://arxiv.org/abs/1908.10693)."""
_SHORTEST = 1e-3
"""Seconds. Shorter waits count as 0 in the percentiles."""


class Waits:
    """Waits of requests above zero, by class. `longest`: in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._total = 0.0
        self._classes: dict[int, tuple[int, float]] = {}
        """By class: how many requests, and the sum of their seconds."""

    def add(self, seconds: float, number: int = 1) -> None:
        """Counts the wait of so many requests."""
        self._total += seconds * number
        if seconds > self.longest:
            self.longest = seconds
        if seconds > _SHORTEST:
            index = math.floor(math.log(seconds) / _GROWTH)
            before, total = self._classes.get(index, (0, 0.0))
            self._classes[index] = before + number, total + seconds * number

    def copy(self) -> Waits:
        """Another one with the same waits."""
        other = copy.copy(self)
        other._classes = self._classes.copy()
        return other

    def summary(self, number: int) -> Waiting:
        """The summary over so many requests; those not counted waited 0 s."""
        if not number:
            return Waiting()
        return Waiting(
            mean=self._total / number,
            p50=self._quantile(0.50, number),
            p95=self._quantile(0.95, number),
            p99=self._quantile(0.99, number),
            max=self.longest,
        )

    def _quantile(self, share: float, number: int) -> float:
        """The wait that `share` of the requests do not exceed (nearest rank)."""
        rank = math.ceil(share * number)
        below = number - sum(members for members, _ in self._classes.values())
        if below >= rank:
            return 0.0
        for _, (members, total) in sorted(self._classes.items()):
            below += members
            if below >= rank:
                return min(total / members, self.longest)
        return self.longest


INTERVAL = 10
"""Seconds between two samples of a metric, from
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html"""
NEVER = float("inf")
NOWHERE = slice(0)
"""Places of a type of which there are no instances."""
Spent = defaultdict[tuple[Cause, float], defaultdict[int, float]]


@dataclass(slots=True, eq=False)
class Instance:
    """One instance in service. `slots`: requests that it works on at a time; `rank`: the place of its type in
    the order of priority. `since` and `gone` are seconds from the start.
    """

    number: int
    instance_type: str
    rank: int
    slots: int
    since: float
    released: float | None = None
    gone: float | None = None


@dataclass(slots=True)
class Extremes:
    """The most requests that there were for any time, each count on its own, and the least supply."""

    demand: int = 0
    in_flight: int = 0
    waiting: int = 0
    supply: float = NEVER


class Workload(ABC):
    """The requests in flight and waiting, and the instances that take more.

    Instances in service have a place in parallel lists, in the order of priority and then age: `instances`,
    `loads` (requests of each, those that wait at it included), `slots` and `numbers`; `places` has those of
    each type that is there. Counts of requests are
    `arrived` (`sampled` of them before the last sample), `served`, `refused` (of these `turned_away` at
    once), `expired` and `cut`, and as of now `waiting`, `unmet` (refused, and would still hold a slot) and
    `demand`: in flight, waiting or unmet. `now`: until when a queue has advanced.
    `waits` has how long those waited that do not wait any more, started or not. `grace` is how many seconds a
    released instance may work on. `extremes` are those since `look`. Requests are simulated `group` at a
    time, on average.

    `spent` has the seconds with each demand, by `cause` and supply: `capacity`, what the instances in service
    sustain, and the requests on draining instances, which take no slot of those. `settle` adds the last of
    them.
    """

    group: float = 1

    def __init__(self, grace: float) -> None:
        """Starts without instances and requests. `grace`: see the attribute."""
        self.instances: list[Instance] = []
        self.loads: list[int] = []
        self.slots: list[int] = []
        self.numbers: list[int] = []
        self.places: dict[str, slice] = {}
        self.draining: dict[int, Instance] = {}
        self.drained_loads: dict[int, int] = {}
        self.arrived = self.sampled = self.refused = self.turned_away = self.expired = self.cut = 0
        self.demand = self.waiting = self.unmet = 0
        self.now = self.capacity = 0.0
        self.cause = Cause.UNASKED
        self.spent: Spent = defaultdict(lambda: defaultdict(float))
        self.extremes = Extremes()
        self._level = self.spent[self.cause, 0.0]
        """That of the cause and the supply of now."""
        self._since = 0.0
        """When the demand or the supply changed last."""
        self.waits = Waits()
        self.grace = grace
        self._places: list[int] = []
        """By number of the instance: its place, -1 after it was released."""
        self._top = 0
        """The highest demand that lasted, if `extremes` do not have it yet."""

    def present(self) -> int:
        """Requests in flight or waiting, counted on the instances and in the queue."""
        return sum(self.loads) + sum(self.drained_loads.values())

    @property
    def served(self) -> int:
        """Requests that were served."""
        return self.arrived - self.refused - self.expired - self.cut - self.demand + self.unmet

    @abstractmethod
    def waiting_since(self) -> Iterable[tuple[float, int]]:
        """When requests that wait now arrived, and how many, in the order of arrival."""

    def oldest(self, now: float) -> float:
        """Seconds that the oldest request has waited, 0 if none waits."""
        return now - next(iter(self.waiting_since()), (now, 1))[0]

    def waited(self, now: float) -> Waiting:
        """The waits of all requests that were not turned away at once; who waits now has waited until now."""
        waits = self.waits.copy()
        for arrived, number in self.waiting_since():
            waits.add(now - arrived, number)
        return waits.summary(self.arrived - self.turned_away)

    def look(self, now: float) -> Extremes:
        """The extremes since the last look."""
        self.settle(now)
        extremes, self.extremes = self.extremes, Extremes()
        self._look_at_supply()
        return extremes

    @abstractmethod
    def advance(self, until: float) -> float:
        """Does everything before `until`. Returns when something happens next: an arrival, an end, an
        expiry."""

    def open(self, instance: Instance) -> None:
        """Puts an instance in service."""
        place = len(self.instances)
        while place and self.instances[place - 1].rank > instance.rank:
            place -= 1
        self.instances.insert(place, instance)
        self.loads.insert(place, 0)
        self.slots.insert(place, instance.slots)
        self.numbers.insert(place, instance.number)
        self._places.extend([-1] * (instance.number + 1 - len(self._places)))
        self._renumber(place)

    def close(self, instance: Instance, now: float) -> None:
        """Releases an instance: it takes no more requests, and goes on with those it has."""
        place = self._places[instance.number]
        load = self.loads[place]
        for column in (self.instances, self.loads, self.slots, self.numbers):
            del column[place]
        self._places[instance.number] = -1
        self._renumber(place)
        instance.released = now
        if not load:
            instance.gone = now
            return
        self.draining[instance.number] = instance
        self.drained_loads[instance.number] = load

    def cut_off(self, instance: Instance, now: float) -> None:
        """Ends a released instance and its requests."""
        self.settle(now)
        load = self.drained_loads.pop(instance.number)
        self.cut += load
        self.demand -= load
        del self.draining[instance.number]
        instance.gone = now

    def settle(self, now: float) -> None:
        """Counts the time until now, and looks at the supply."""
        if self._top:
            self._lasted(self._top)
            self._top = 0
        self._pass(now)
        self._look_at_supply()

    def _pass(self, now: float) -> None:
        """Counts the time until now, in which nothing changed."""
        if now > self._since:
            self._level[self.demand] += now - self._since
            self._since = now
            self._lasted(self.demand)

    def _lasted(self, demand: int) -> None:
        """Takes a demand that lasted into the extremes, with what waits and what is unmet now."""
        most = self.extremes
        most.demand = max(most.demand, demand)
        most.in_flight = max(most.in_flight, demand - self.waiting - self.unmet)
        most.waiting = max(most.waiting, self.waiting)

    def _look_at_supply(self) -> None:
        supply = self.capacity + sum(self.drained_loads.values())
        self.extremes.supply = min(self.extremes.supply, supply)
        self._level = self.spent[self.cause, supply]

    def _renumber(self, start: int) -> None:
        """Gives the instances from a place on their places: most changes are at the end."""
        before = [(name, part) for name, part in self.places.items() if part.start < start]
        self.places = {name: slice(part.start, min(part.stop, start)) for name, part in before}
        for place, instance in enumerate(self.instances[start:], start):
            self._places[instance.number] = place
            first = self.places.get(instance.instance_type, slice(place, 0)).start
            self.places[instance.instance_type] = slice(first, place + 1)

    def _one_less_draining(self, number: int, now: float) -> None:
        """Ends a request on a draining instance, unless it was cut off."""
        load = self.drained_loads.get(number)
        if load is None:
            return
        self.demand -= 1
        if load > 1:
            self.drained_loads[number] = load - 1
        else:
            del self.drained_loads[number]
            self.draining.pop(number).gone = now
        self._look_at_supply()
