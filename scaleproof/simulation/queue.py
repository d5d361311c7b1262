"""Requests to an asynchronous endpoint: instances take them from one queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain, repeat

from scaleproof.simulation.behaviour import Behaviour
from scaleproof.simulation.traffic import Arrival, Traffic
from scaleproof.simulation.workload import NEVER, Instance, Workload


class Queue(Workload):
    """Requests that wait together until an instance has a slot. `loads` has only requests in flight."""

    def __init__(self, traffic: Traffic, behaviour: Behaviour) -> None:
        super().__init__(behaviour.draining)
        self._arrivals: Iterator[Arrival] = chain(traffic.arrivals(), repeat((NEVER, 0.0)))
        self._next = next(self._arrivals)
        self._ends: list[tuple[float, int]] = [(NEVER, 0)]
        """Ends of requests as a heap: time and number of the instance. One never comes, so there always is a
        next one."""
        self._ttl = behaviour.request_ttl
        self._line: deque[Arrival] = deque()

    def present(self) -> int:
        """See Workload: the backlog is what waits and what is in flight."""
        return len(self._line) + super().present()

    def waiting_since(self) -> Iterable[tuple[float, int]]:
        """When the queued requests arrived, each with the number 1."""
        return ((arrived, 1) for arrived, _ in self._line)

    def advance(self, until: float) -> float:
        """Simulates arrivals and ends before a time; returns the time of the next event."""
        ends, loads = self._ends, self.loads
        while (now := min(ends[0][0], self._next[0])) < until:
            self._expire(now)
            self._pass(now)
            if ends[0][0] == now:
                number = heappop(ends)[1]
                place = self._places[number]
                if place < 0:
                    self._one_less_draining(number, now)
                else:
                    self.demand -= 1
                    loads[place] -= 1
                    self._start_waiting(place, now)
                continue
            self.arrived += 1
            self.demand += 1
            seconds = self._next[1]
            self._next = next(self._arrivals)
            free = [(load, place) for place, load in enumerate(loads) if load < self.slots[place]]
            if free:
                load, place = min(free)
                loads[place] = load + 1
                heappush(ends, (now + seconds, self.numbers[place]))
            else:
                self._line.append((now, seconds))
                self.waiting += 1
        self._expire(until)
        self.now = until
        return min(now, self._line[0][0] + self._ttl) if self._line else now

    def open(self, instance: Instance) -> None:
        """See Workload: the instance starts with waiting requests."""
        self._pass(instance.since)
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
        heappush(self._ends, (now + seconds, self.numbers[place]))
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
