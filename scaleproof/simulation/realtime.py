"""Requests to a real-time endpoint: each goes to an instance when it arrives."""

from __future__ import annotations

import math
import random
from bisect import insort
from collections import deque
from collections.abc import Collection

from scaleproof.simulation.behaviour import Behaviour, Routing, WhenFull
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import INTERVAL, Instance, Workload

_UNMET = -(2**62)
"""In place of an instance: the end of a request that was refused. No ticket has this number."""


class RealTime(Workload):
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
        self._issued = 0

    def advance(self, until: float) -> None:
        """See Workload. Inlined, because a simulation spends most of its time here."""
        due, ended = self._due, self._ended
        upcoming = due[ended][0]
        time, seconds = self._next
        if time >= until and upcoming >= until:
            return
        loads, slots, numbers, places = self.loads, self.slots, self.numbers, self._places
        if not loads:
            loads, slots = [0], [0]
        arrivals, later, draw, find = self._arrivals, self._later, self._random, loads.index
        boundary = (self._interval + 1) * INTERVAL
        last = math.nextafter(until, 0.0)
        level = min(loads)
        arrived = served = 0
        demand, top = self.demand, 0
        spent, since = self._level, self._since
        while True:
            bound = time if time < until else last
            while upcoming <= bound:
                number = due[ended][1]
                ended += 1
                if upcoming > since:
                    spent[demand] += upcoming - since
                    since = upcoming
                    if demand > top:
                        top = demand
                if number >= 0 and (place := places[number]) >= 0 and not self.waiting:
                    load = loads[place] - 1
                    loads[place] = load
                    if load < level:
                        level = load
                    served += 1
                    demand -= 1
                else:
                    self._ended = ended
                    self._catch_up(arrived, served, top)
                    arrived = served = 0
                    self._end(number, upcoming)
                    self._recount()
                    demand, top = self.demand, 0
                    spent = self._level
                    level = min(loads)
                upcoming = due[ended][0]
            if time >= until:
                break
            arrived += 1
            if time > since:
                spent[demand] += time - since
                since = time
                if demand > top:
                    top = demand
            if draw is None:
                try:
                    place = find(level)
                except ValueError:
                    level = min(loads)
                    place = find(level)
                load = level
            else:
                place = int(draw() * len(loads))
                load = loads[place]
            if load < slots[place]:
                loads[place] = load + 1
                demand += 1
                end = time + seconds
                if end < boundary:
                    insort(due, (end, numbers[place]), ended)
                    upcoming = due[ended][0]
                else:
                    later[int(end / INTERVAL)].append((end, numbers[place]))
            else:
                self._ended = ended
                self._catch_up(arrived, served, top)
                arrived = served = 0
                self._overflow(place, time, seconds)
                self._recount()
                demand, top = self.demand, 0
                upcoming = due[ended][0]
            time, seconds = next(arrivals)
        self._next = time, seconds
        self._ended = ended
        self._since = since
        self._catch_up(arrived, served, top)
        self._recount()

    def _catch_up(self, arrived: int, served: int, top: int) -> None:
        """Counts what `advance` did since the last time. `top`: the highest demand that lasted."""
        self.arrived += arrived
        self.served += served
        if top:
            self._lasted(top)

    def cut_off(self, instance: Instance, now: float) -> None:
        """See Workload: requests that wait there are cut off too."""
        super().cut_off(instance, now)
        for ticket in self._lines.pop(instance.number, ()):
            found = self._tickets.pop(ticket, None)
            if found:
                self.waiting -= 1
                self.waits.add(now - found[1])

    def waiting_since(self) -> Collection[float]:
        """See Workload."""
        return [arrived for _, arrived, _ in self._tickets.values()]

    def _overflow(self, place: int, time: float, seconds: float) -> None:
        """Handles a request to an instance without a free slot, or without any instance."""
        if not self.loads or self._when_full is WhenFull.REFUSE:
            self.refused += 1
            self.turned_away += 1
            self._miss(time + seconds)
            return
        number = self.numbers[place]
        self.crowded = True
        self.loads[place] += 1
        if self._when_full is WhenFull.ACCEPT:
            self._schedule(time + seconds, number)
            return
        self._issued += 1
        self.waiting += 1
        self._tickets[self._issued] = (number, time, seconds)
        self._lines.setdefault(number, deque()).append(self._issued)
        if math.isfinite(self._patience):
            # A negative number is a ticket, not an instance.
            self._schedule(time + self._patience, -self._issued)

    def _end(self, number: int, now: float) -> None:
        """Ends a request on the instance with this number; a negative number is a ticket that gives up."""
        if number == _UNMET:
            self.unmet -= 1
            return
        if number < 0:
            self._give_up(-number, now)
            return
        place = self._places[number]
        if place >= 0:
            self.loads[place] -= 1
            self.served += 1
        elif number in self.draining:
            self._one_less_draining(number, now)
            self._look_at_supply()
        else:
            return
        line = self._lines.get(number)
        while line:
            ticket = self._tickets.pop(line.popleft(), None)
            if ticket:
                _, arrived, seconds = ticket
                self.waiting -= 1
                self.waits.add(now - arrived)
                self._schedule(now + seconds, number)
                return

    def _give_up(self, ticket: int, now: float) -> None:
        found = self._tickets.pop(ticket, None)
        if found is None:
            return
        number, arrived, seconds = found
        self.waiting -= 1
        self.refused += 1
        self.waits.add(now - arrived)
        if arrived + seconds > now:
            self._miss(arrived + seconds)
        if self._places[number] >= 0:
            self.loads[self._places[number]] -= 1
        else:
            self.drained_loads[number] -= 1
            self._look_at_supply()

    def _miss(self, end: float) -> None:
        """A refused request is a demand until it would have ended, had it found a slot when it came."""
        self.unmet += 1
        self._schedule(end, _UNMET)
