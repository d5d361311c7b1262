"""Requests to an asynchronous endpoint: one queue from which instances take requests."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Collection

from scaleproof.simulation.behaviour import Behaviour
from scaleproof.simulation.traffic import Arrival, Traffic
from scaleproof.simulation.workload import INTERVAL, Instance, Workload


class Queue(Workload):
    """Requests that wait together until an instance has a slot. `loads` has only requests in flight."""

    def __init__(self, traffic: Traffic, behaviour: Behaviour) -> None:
        """Nothing is queued."""
        super().__init__(traffic, behaviour.draining)
        self._ttl = behaviour.request_ttl
        self._line: deque[Arrival] = deque()

    def present(self) -> int:
        """See Workload: the backlog is what waits and what is in flight."""
        return len(self._line) + super().present()

    def waiting_since(self) -> Collection[float]:
        """See Workload."""
        return [arrived for arrived, _ in self._line]

    def oldest(self) -> float:
        """Seconds that the oldest request has waited at the end of the interval, 0 if none waits."""
        return (self._interval + 1) * INTERVAL - self._line[0][0] if self._line else 0.0

    def next_change(self, now: float) -> float:
        """See Workload: the age of waiting requests is a metric."""
        return now if self._line else super().next_change(now)

    def advance(self, until: float) -> None:
        """See Workload. Inlined, because a simulation spends most of its time here."""
        due, ended = self._due, self._ended
        upcoming = due[ended][0]
        time, seconds = self._next
        loads, slots, numbers, places = self.loads, self.slots, self.numbers, self._places
        arrivals, later, line = self._arrivals, self._later, self._line
        boundary = (self._interval + 1) * INTERVAL
        last = math.nextafter(until, 0.0)
        free = sum(slots) - sum(loads)
        ttl = self._ttl
        while True:
            bound = time if time < until else last
            while upcoming <= bound:
                if line and line[0][0] + ttl <= upcoming:
                    self._expire(upcoming)
                number = due[ended][1]
                ended += 1
                self._pass(upcoming)
                self.demand -= 1
                self._ended = ended
                place = places[number]
                if place < 0:
                    if number not in self.draining:  # cut off, so it has ended before
                        self.demand += 1
                    else:
                        self._one_less_draining(number, upcoming)
                        self._look_at_supply()
                else:
                    self.served += 1
                    loads[place] -= 1
                    if not line or not self._start_waiting(place, upcoming):
                        free += 1
                upcoming = due[ended][0]
            if time >= until:
                break
            if line and line[0][0] + ttl <= time:
                self._expire(time)
            self._pass(time)
            self.arrived += 1
            self.demand += 1
            if free:
                free -= 1
                load, place = min((load, place) for place, load in enumerate(loads) if load < slots[place])
                loads[place] = load + 1
                end = time + seconds
                if end < boundary:
                    insort(due, (end, numbers[place]), ended)
                    upcoming = due[ended][0]
                else:
                    later[int(end / INTERVAL)].append((end, numbers[place]))
            else:
                line.append((time, seconds))
                self.waiting += 1
                self.crowded = True
            time, seconds = next(arrivals)
        self._next = time, seconds
        self._ended = ended
        self._expire(until)

    def open(self, instance: Instance) -> None:
        """See Workload: the instance starts with waiting requests."""
        super().open(instance)
        place = self._places[instance.number]
        while self.loads[place] < self.slots[place] and self._start_waiting(place, instance.since):
            pass

    def _start_waiting(self, place: int, now: float) -> bool:
        """Gives the oldest waiting request to an instance with a free slot; False if none waits."""
        self._expire(now)
        if not self._line:
            return False
        arrived, seconds = self._line.popleft()
        self.waiting -= 1
        self.waits.add(now - arrived)
        self.loads[place] += 1
        self._schedule(now + seconds, self.numbers[place])
        return True

    def _expire(self, now: float) -> None:
        """Drops requests that are too old."""
        line = self._line
        while line and line[0][0] + self._ttl <= now:
            time = line.popleft()[0] + self._ttl
            self._pass(time)
            self.demand -= 1
            self.waiting -= 1
            self.expired += 1
            self.waits.add(self._ttl)
