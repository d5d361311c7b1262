"""Requests to a real-time endpoint: an instance takes each when it arrives."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from scaleproof.simulation.behaviour import Behaviour, Routing, WhenFull
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import Instance, OneByOne

_UNMET = -(2**62)
"""In place of an instance: the end of a request that was refused. No ticket has this number."""


class RealTime(OneByOne):
    """Requests that are routed at once, and wait at their instance if it is full."""

    def __init__(self, traffic: Traffic, behaviour: Behaviour, chance: random.Random) -> None:
        """`chance`: for random routing."""
        super().__init__(traffic, behaviour.stop_grace_seconds)
        self._random = chance.random if behaviour.routing is Routing.RANDOM else None
        self._when_full = behaviour.when_full
        self._patience = behaviour.patience
        self._lines: dict[int, deque[int]] = {}
        """The tickets of the requests that wait at an instance, by its number, in the order of arrival."""
        self._tickets: dict[int, tuple[int, float, float]] = {}
        """By ticket: the instance, the time of arrival, and the seconds of work."""
        self._issued = self._least = 0
        """The last ticket, and a number that is not above the load of any instance."""

    def open(self, instance: Instance) -> None:
        """Lets an instance that is in service take requests."""
        super().open(instance)
        self._least = 0

    def advance(self, until: float) -> float:
        """Simulates arrivals and ends before a time; returns the time of the next event.

        The code is inlined, because a simulation spends most of its time here.
        """
        ends, following = self._ends, self._next
        time, seconds = following
        upcoming = ends[0][0]
        if time >= until and upcoming >= until:
            return min(time, upcoming)
        loads, slots, numbers, places = self.loads, self.slots, self.numbers, self._places
        if not loads:
            loads, slots = [0], [0]
        arrivals, draw = self._arrivals, self._random
        spent, since, waiting = self._level, self._since, self.waiting
        demand, top, arrived, level = self.demand, self._top, 0, self._least
        while True:
            now = upcoming if upcoming <= time else time
            if now >= until:
                break
            if now > since:
                spent[demand] += now - since
                since = now
                if demand > top:
                    top = demand
            if upcoming <= time:
                number = heappop(ends)[1]
                if number >= 0 and (place := places[number]) >= 0 and not waiting:
                    load = loads[place] - 1
                    loads[place] = load
                    if load < level:
                        level = load
                    demand -= 1
                    upcoming = ends[0][0]
                    continue
                self._catch_up(arrived, demand, top)
                self._end(number, upcoming)
            else:
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
                end = time + seconds
                if load < slots[place]:
                    loads[place] = load + 1
                    demand += 1
                    heappush(ends, (end, numbers[place]))
                    if end < upcoming:
                        upcoming = end
                    time, seconds = following = next(arrivals)
                    continue
                self._catch_up(arrived, demand + 1, top)
                self._overflow(place, time, seconds)
                time, seconds = following = next(arrivals)
            arrived = top = level = 0
            demand, spent, waiting, upcoming = self.demand, self._level, self.waiting, ends[0][0]
        self._next = following
        self._since = since
        self.arrived += arrived
        self.demand = demand
        self._top = top
        self._least = level
        return now

    def _catch_up(self, arrived: int, demand: int, top: int) -> None:
        """Counts what `advance` did before a request waits, is refused, or ends where others wait."""
        self.arrived += arrived
        self.demand = demand
        if top:
            self._lasted(top)

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
        return ((arrived, 1) for _, arrived, _ in self._tickets.values())

    def _overflow(self, place: int, time: float, seconds: float) -> None:
        """Handles a request to an instance without a free slot, or without any instance."""
        if not self.loads or self._when_full is WhenFull.REFUSE:
            self.refused += 1
            self.turned_away += 1
            self._miss(time + seconds)
            return
        number = self.numbers[place]
        self.loads[place] += 1
        if self._when_full is WhenFull.ACCEPT:
            heappush(self._ends, (time + seconds, number))
            return
        self._issued += 1
        self.waiting += 1
        self._tickets[self._issued] = (number, time, seconds)
        self._lines.setdefault(number, deque()).append(self._issued)
        if math.isfinite(self._patience):
            # A negative number is a ticket, not an instance.
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
                _, arrived, seconds = ticket
                self.waiting -= 1
                self.waits.add(now - arrived)
                heappush(self._ends, (now + seconds, number))
                return

    def _give_up(self, ticket: int, now: float) -> None:
        request = self._tickets.pop(ticket, None)
        if request is None:
            return
        number, arrived, seconds = request
        self.waiting -= 1
        self.refused += 1
        self.waits.add(now - arrived)
        if arrived + seconds > now:
            self._miss(arrived + seconds)
        else:
            self.demand -= 1
        if self._places[number] >= 0:
            self.loads[self._places[number]] -= 1
        else:
            self.drained_loads[number] -= 1
            self._look_at_supply()

    def _miss(self, end: float) -> None:
        """A refused request is a demand until it would have ended, had it found a slot when it came."""
        self.unmet += 1
        heappush(self._ends, (end, _UNMET))
