"""Requests to a real-time endpoint: an instance takes each when it arrives."""

from __future__ import annotations

import math
import random
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain
from typing import Any

from scaleproof.simulation.behaviour import Behaviour, Routing, WhenFull
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import NEVER, Instance, Workload

_UNMET = -(2**62)
"""In place of an instance: that of a request that was refused. No ticket has this number."""


class RealTime(Workload):
    """Requests that are routed at once, and wait at their instance if it is full."""

    def __init__(self, traffic: Traffic, behaviour: Behaviour, chance: random.Random) -> None:
        """`chance`: for random routing."""
        super().__init__(behaviour.stop_grace_seconds)
        self._random = chance.random if behaviour.routing is Routing.RANDOM else None
        self._when_full = behaviour.when_full
        self._patience = behaviour.patience
        self._lines: dict[int, deque[int]] = {}
        """The tickets of the requests that wait at an instance, by its number, in the order of arrival."""
        self._tickets: dict[int, tuple[int, float, float, int]] = {}
        """By ticket: the instance, the time of arrival, the seconds of work, and the place among `_numbers`."""
        self._issued = self._least = 0
        """The last ticket, and a number that is not above the load of any instance."""
        self._numbers: list[Any] = []
        """By the place of a request (see Events): its instance, _UNMET, or None if it ends at another time."""
        self._lengths, self._before = array("d"), 0
        """Of the events that are read: the lengths of their arrivals, and how many there were before these."""
        self._events = chain.from_iterable(self._read(traffic))
        self._next = next(self._events)
        self._ends: list[tuple[float, int]] = [(NEVER, 0)]
        """What ends at another time than Events say, as a heap: the time, and the instance or, negative, the ticket
        that gives up. One never comes, so there always is a next one."""

    def _read(self, traffic: Traffic) -> Iterator[Iterable[tuple[float, int]]]:
        for times, places, lengths, most in traffic.events():
            self._before += len(self._lengths)
            self._lengths = lengths
            self._numbers += [None] * (most - len(self._numbers))
            yield zip(times, places, strict=True)

    def open(self, instance: Instance) -> None:
        """Lets an instance that is in service take requests."""
        super().open(instance)
        self._least = 0

    def advance(self, until: float) -> float:
        """Simulates arrivals and ends before a time; returns the time of the next event.

        The code is inlined, because a simulation spends most of its time here.
        """
        ends, events, where = self._ends, self._events, self._numbers
        if self._next[0] >= until and ends[0][0] >= until:
            return min(self._next[0], ends[0][0])
        loads, slots, numbers, places, draw = self.loads, self.slots, self.numbers, self._places, self._random
        if not loads:
            loads, slots = [0], [0]
        while True:
            spent, since, waiting, demand = self._level, self._since, self.waiting, self.demand
            top, level, arrived, stop = self._top, self._least, 0, min(until, ends[0][0])
            for now, request in chain((self._next,), events):
                if now >= stop:
                    break
                if request < 0 and (number := where[~request]) is None:
                    continue
                if now > since:
                    spent[demand] += now - since
                    since = now
                    if demand > top:
                        top = demand
                if request < 0:
                    if number >= 0 and (place := places[number]) >= 0 and not waiting:
                        load = loads[place] - 1
                        loads[place] = load
                        if load < level:
                            level = load
                        demand -= 1
                        continue
                    break
                arrived += 1
                if draw is None:
                    try:
                        place = loads.index(level)
                    except ValueError:
                        level = min(loads)
                        place = loads.index(level)
                    load = level
                else:
                    place = int(draw() * len(loads))
                    load = loads[place]
                demand += 1
                if load < slots[place]:
                    loads[place] = load + 1
                    where[request] = numbers[place]
                    continue
                break
            self.arrived += arrived
            self._since, self.demand = since, demand
            if now >= stop == until:
                self._next, self._top, self._least = (now, request), top, level
                return min(now, ends[0][0])
            if top:
                self._lasted(top)
            self._least = self._top = 0
            if now >= stop:
                self._next = now, request
                now, number = heappop(ends)
                self._pass(now)
                self._end(number, now)
                continue
            if request < 0:
                self._end(number, now)
            else:
                self._overflow(place, request, now)
            self._next = next(events)

    def cut_off(self, instance: Instance, now: float) -> None:
        """See Workload: requests that wait there are cut off too."""
        super().cut_off(instance, now)
        for ticket in self._lines.pop(instance.number, ()):
            request = self._tickets.pop(ticket, None)
            if request:
                self.waiting -= 1
                self.waits.add(now - request[1])

    def waiting_since(self) -> Iterable[tuple[float, int]]:
        """When the waiting requests arrived, each with the number 1."""
        return ((arrived, 1) for _, arrived, *_ in self._tickets.values())

    def _overflow(self, place: int, request: int, time: float) -> None:
        """Handles a request to an instance without a free slot, or without any instance."""
        if not self.loads or self._when_full is WhenFull.REFUSE:
            self.refused += 1
            self.turned_away += 1
            self._miss(request)
            return
        number = self.numbers[place]
        self.loads[place] += 1
        if self._when_full is WhenFull.ACCEPT:
            self._numbers[request] = number
            return
        self._numbers[request] = None
        self._issued += 1
        self.waiting += 1
        seconds = self._lengths[self.arrived - self._before - 1]
        self._tickets[self._issued] = (number, time, seconds, request)
        self._lines.setdefault(number, deque()).append(self._issued)
        if math.isfinite(self._patience):
            heappush(self._ends, (time + self._patience, -self._issued))

    def _end(self, number: int, now: float) -> None:
        """Ends a request on the instance with this number; a negative number is a ticket that gives up."""
        if number == _UNMET:
            self.unmet -= 1
            self.demand -= 1
            return
        if number < 0:
            self._give_up(-number, now)
            return
        place = self._places[number]
        if place >= 0:
            self.loads[place] -= 1
            self.demand -= 1
        elif number in self.draining:
            self._one_less_draining(number, now)
        else:
            return
        line = self._lines.get(number)
        while line:
            ticket = self._tickets.pop(line.popleft(), None)
            if ticket:
                _, arrived, seconds, _ = ticket
                self.waiting -= 1
                self.waits.add(now - arrived)
                heappush(self._ends, (now + seconds, number))
                return

    def _give_up(self, ticket: int, now: float) -> None:
        request = self._tickets.pop(ticket, None)
        if request is None:
            return
        number, arrived, seconds, place = request
        self.waiting -= 1
        self.refused += 1
        self.waits.add(now - arrived)
        if arrived + seconds > now:
            self._miss(place)
        else:
            self.demand -= 1
        if self._places[number] >= 0:
            self.loads[self._places[number]] -= 1
        else:
            self.drained_loads[number] -= 1
            self._look_at_supply()

    def _miss(self, request: int) -> None:
        """A refused request is a demand until it would have ended, had it found a slot when it came."""
        self.unmet += 1
        self._numbers[request] = _UNMET
