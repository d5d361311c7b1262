"""Simulates dense traffic in groups: requests that arrive in the same cell of time are handled as one.

A cell is a second, or as much of it as a request takes, but at least a tenth. All counts are those at the end
of a cell. With cells of 1 s, a request that takes 300.2 s is in flight at 300 ends with a probability of 80 %
and at 301 else; so the requests in flight are distributed as where they are simulated one by one. Poisson
arrivals with independent lengths are independent Poisson numbers by length, which is what is drawn here.

How requests spread over the instances is what a sample sees. The last LAST arrivals and ends before it are
routed one by one, all before them at once.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation.behaviour import Behaviour, WhenFull
from scaleproof.simulation.delay import Delay
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import INTERVAL, NEVER, Instance, Workload
from scaleproof.times import DAY

Counts: TypeAlias = NDArray[np.int64]

LAST = 128
"""Ends and arrivals that are routed one by one before each sample. With 27 instances, the mean of the fullest
is then 8.10 requests instead of 8.09, and the highest within a minute 8.74 instead of 8.80."""
_BLOCK = 512
"""Cells of arrivals that are drawn at a time."""
_EXACT, _RATIO = 16, 1.1
"""Cells up to which lengths are classes of their own, and how much wider the later ones are."""
_SMALLEST = 10
"""The most cells in a second."""


class Lengths(NamedTuple):
    """At how many ends of cells a request is in flight, and how probable that is."""

    cells: Counts
    shares: NDArray[np.float64]


@lru_cache(1_024)
def lengths(delay: Delay, fine: int) -> Lengths:
    """Those of a delay, with the same mean; `fine` cells are a second. Nothing takes longer than a day."""

    def spent(until: int) -> float:
        """The mean time in flight within so many cells."""
        return delay.mean_up_to(until / fine) * fine

    edges = [0]
    while edges[-1] < min(delay.longest, DAY) * fine and spent(edges[-1]) < 0.999_999 * spent(DAY * fine):
        edges.append(max(edges[-1] + 1, math.floor(edges[-1] * _RATIO) if edges[-1] >= _EXACT else 0))
    # In a cell there is one end: the share in flight at it is the mean time spent there.
    there = [1.0, *((spent(high) - spent(low)) / (high - low) for low, high in pairwise(edges)), 0.0]
    shares = np.array([more - less for more, less in pairwise(there)])
    return Lengths(np.array(edges), np.clip(shares, 0.0, None))


class Arrived(NamedTuple):
    """Requests by cell and length. `counts`: of each cell from `first` on, by the place in `lengths`."""

    first: int
    counts: Counts
    lengths: Lengths


def arrivals(traffic: Traffic, fine: int) -> Iterator[Arrived]:
    """What arrives, in the order of time, with `fine` cells in a second. It follows from the traffic's
    seed."""
    assert traffic.rates is not None
    chance = np.random.default_rng(traffic.seed)
    for rate in traffic.rates():
        first, end = round(rate.start * fine), round(min(rate.end, traffic.duration) * fine)
        by_length = lengths(rate.length, fine)
        expected = rate.per_second / fine * by_length.shares
        for start in range(first, end, _BLOCK):
            number = min(_BLOCK, end - start)
            yield Arrived(start, chance.poisson(expected, (number, len(expected))), by_length)


def _fineness(traffic: Traffic) -> int:
    """Cells in a second."""
    assert traffic.rates is not None
    shortest = min(rate.length.mean for rate in traffic.rates())
    return min(max(round(1 / max(shortest, 1e-3)), 1), _SMALLEST)


class _Waiting(NamedTuple):
    """Requests that wait: those that arrived in the cell before `time`, by length."""

    time: int
    counts: Counts
    lengths: Lengths

    @property
    def number(self) -> int:
        """All of them."""
        return int(self.counts.sum())

    @property
    def staying(self) -> int:
        """Those that are in flight at the end of the cell in which they start."""
        return int(self.counts[1:].sum())


class Groups(Workload):
    """Requests of a real-time or an asynchronous endpoint, routed to where the fewest are."""

    def __init__(self, traffic: Traffic, behaviour: Behaviour, kind: Kind, seed: int) -> None:
        """Nothing has arrived. `traffic` has rates."""
        queued = kind is Kind.ASYNC
        super().__init__(behaviour.draining if queued else behaviour.stop_grace_seconds)
        self._queued = queued
        self._when_full = WhenFull.WAIT if queued else behaviour.when_full
        self._patience = behaviour.request_ttl if queued else behaviour.patience
        self._chance = np.random.default_rng(random.Random(f"{seed} groups").getrandbits(64))
        self._draw = random.Random(f"{seed} routing").random
        self._fine = _fineness(traffic)
        self._arrivals = arrivals(traffic, self._fine)
        self._next: Arrived | None = next(self._arrivals, None)
        self._cell = 0
        """The cells that were simulated. Times of the line and of ends are in cells."""
        self._flight = 0
        self._ends: Counts = np.zeros(1, np.int64)
        """Requests in flight by their end: at place 0 those that are not there a cell later."""
        self._unmet_ends: Counts = np.zeros(1, np.int64)
        self._drained_ends: dict[int, Counts] = {}
        self._line: deque[_Waiting] = deque()
        self._staying = 0
        """Requests in the line that would be in flight at the end of the cell in which they start."""
        self._routed = 0
        """Arrivals since the last look at the instances."""
        self._groups = 0

    @property
    def group(self) -> float:  # type: ignore[override]
        """The mean number of requests in a group."""
        return self.arrived / self._groups if self._groups else 1.0

    def present(self) -> int:
        """Requests in flight and waiting, with those on draining instances."""
        return self._flight + self.waiting + sum(self.drained_loads.values())

    def waiting_since(self) -> Iterable[tuple[float, int]]:
        """When waiting groups arrived, and their sizes."""
        return (((part.time - 0.5) / self._fine, part.number) for part in self._line)

    def advance(self, until: float) -> float:
        """Simulates the cells until a time; returns the start of the next cell."""
        last = math.floor(until * self._fine)
        while self._cell < last:
            self._cells(min(last - self._cell, INTERVAL * self._fine))
        self.now = until
        return (last + 1.0) / self._fine

    def close(self, instance: Instance, now: float) -> None:
        """Stops sending requests to an instance; those that wait for it wait for others."""
        place = self._places[instance.number]
        load = self.loads[place]
        if self._when_full is not WhenFull.ACCEPT:
            load = min(load, self.slots[place])
        load = self.loads[place] = min(load, self._flight)
        if load:
            going = self._some(self._ends, load)
            self._ends = self._ends - going
            self._flight -= load
            self._drained_ends[instance.number] = going
        super().close(instance, now)
        self._spread(last=0)

    def cut_off(self, instance: Instance, now: float) -> None:
        """Ends the open requests of an instance that is gone."""
        super().cut_off(instance, now)
        del self._drained_ends[instance.number]

    def _cells(self, number: int) -> None:
        """Simulates so many cells."""
        arrived = list(self._arriving(number))
        if not (self.waiting or self.unmet or self.draining) and self._calm(arrived, number):
            return
        for cell in range(self._cell, self._cell + number):
            self._one_cell(
                [
                    _Waiting(cell + 1, part.counts[cell - part.first], part.lengths)
                    for part in arrived
                    if part.first <= cell < part.first + len(part.counts)
                ]
            )
        self._spread(last=0)

    def _arriving(self, number: int) -> Iterator[Arrived]:
        """What arrives in the next cells."""
        end = self._cell + number
        while self._next is not None and self._next.first < end:
            first, counts, by_length = self._next
            yield Arrived(first, counts[: end - first], by_length)
            left = counts[end - first :]
            self._next = Arrived(end, left, by_length) if len(left) else next(self._arrivals, None)

    def _calm(self, arrived: list[Arrived], number: int) -> bool:
        """Simulates cells in which all requests start at once. False if an instance would be full."""
        most = max((int(part.lengths.cells[-1]) for part in arrived), default=0)
        size = max(len(self._ends), number + 1 + most)
        ends = _longer(self._ends, size)
        started = np.zeros(number, np.int64)
        for first, counts, by_length in arrived:
            offset = first - self._cell
            places = np.arange(offset, offset + len(counts))[:, None] + by_length.cells
            weights = counts[:, 1:].ravel()
            ends += np.bincount(places[:, 1:].ravel(), weights, size).astype(np.int64)
            started[offset : offset + len(counts)] = counts[:, 1:].sum(1)
        flight = (self._flight + np.cumsum(started - ends[:number])).tolist()
        top = max(flight)
        if top > self._free_for_all():
            return False
        for in_flight in flight:
            self._cell += 1
            now = self._cell / self._fine
            self._level[self.demand] += now - self._since
            self._since = now
            self.demand = in_flight
        self._lasted(top)
        self._flight, self._ends = self.demand, ends[number:]
        self._came(arrived)
        self._spread()
        return True

    def _came(self, arrived: Iterable[Arrived | _Waiting]) -> None:
        for part in arrived:
            number = int(part.counts.sum())
            self.arrived += number
            self._routed += number
            self._groups += int(np.count_nonzero(part.counts.sum(-1)))

    def _free_for_all(self) -> float:
        """Up to how many requests each finds a slot at once."""
        if self._when_full is WhenFull.ACCEPT and self.slots:
            return NEVER
        return sum(self.slots) if self._queued else len(self.slots) * min(self.slots, default=0)

    def _one_cell(self, arriving: list[_Waiting]) -> None:
        """Simulates a cell in which requests may wait."""
        self._cell += 1
        now = self._cell / self._fine
        self._pass(now)
        ended = _shift(self._ends)
        self._flight -= ended
        self.unmet -= _shift(self._unmet_ends)
        for number in tuple(self.draining):
            self.drained_loads[number] -= _shift(self._drained_ends[number])
            if not self.drained_loads[number]:
                del self.drained_loads[number], self._drained_ends[number]
                self.draining.pop(number).gone = now
        self._came(arriving)
        for part in arriving:
            self._line.append(part)
            self._wait(part, 1)
        if self._queued:
            self._start_in_order(max(sum(self.slots) - self._flight, 0))
        elif self.loads:
            self._start_at_instances(ended, sum(part.number for part in arriving), len(arriving))
        else:
            self._miss(math.inf)
        self._miss(self._cell - self._patience * self._fine)
        while self._line and not self._line[0].number:
            self._line.popleft()
        self.demand = self.present() + self.unmet
        self._look_at_supply()

    def _start_in_order(self, room: int) -> None:
        """Starts the oldest requests of a queue."""
        for place in range(len(self._line)):
            part = self._line[place]
            if part.staying > room:
                self._start(place, part.number * room // part.staying)
                return
            room -= self._start(place, part.number)

    def _start_at_instances(self, ended: int, arrived: int, parts: int) -> None:
        """Starts requests that wait at instances of which some ended, and those that arrive, the last `parts`
        of the line, at instances with free slots."""
        before, slots = np.array(self.loads), np.array(self.slots)
        if self._when_full is WhenFull.ACCEPT:
            slots += before + arrived
        before -= self._some(np.minimum(before, slots), ended)
        loads = np.array(_filled(before, arrived))
        full = loads > slots
        waiting, flight = self.waiting, self._flight
        at_once = int((loads - before)[~full].sum())
        for place in range(len(self._line) - parts, len(self._line)):
            at_once -= (number := min(at_once, self._line[place].number))
            self._start(place, number)
        # Each full instance takes the first of its own line.
        passed = waiting - self.waiting - (self._flight - flight)
        room = max(int(np.minimum(loads, slots).sum()) - self._flight - passed, 0)
        number = room * self.waiting // self._staying if self._staying else self.waiting
        reach, counts = max(int(full.sum()), number), []
        for part in self._line:
            counts.append(min(part.number, reach))
            reach -= counts[-1]
            if not reach:
                break
        for place, firsts in enumerate(self._some(np.array(counts, np.int64), number).tolist()):
            self._start(place, firsts)
        passed = waiting - self.waiting - (self._flight - flight)
        self.loads[:] = (loads - self._some(np.minimum(loads, slots), passed)).tolist()

    def _some(self, counts: Counts, number: int) -> Counts:
        """So many of some requests, or all, by chance."""
        number = min(number, int(counts.sum()))
        return self._chance.multivariate_hypergeometric(counts, number, method="marginals")

    def _start(self, place: int, number: int) -> int:
        """Starts so many requests of a part of the line. Returns how many are in flight at the end of the
        cell."""
        part = self._line[place]
        if not number:
            return 0
        counts = part.counts if number >= part.number else self._some(part.counts, number)
        starting = part._replace(counts=counts)
        self._line[place] = part._replace(counts=part.counts - counts)
        self._wait(starting, -1)
        self._ends = _added(self._ends, counts, part.lengths.cells)
        self._flight += starting.staying
        waited = (self._cell - part.time) / self._fine
        if waited:
            self.waits.add(waited, starting.number)
        return starting.staying

    def _wait(self, part: _Waiting, sign: int) -> None:
        """Counts requests that come to the line (1) or leave it (-1)."""
        self.waiting += sign * part.number
        self._staying += sign * part.staying

    def _miss(self, arrived: float) -> None:
        """Requests that arrived so early are refused, give up or expire. A refused one is a demand until it
        would have ended."""
        while self._line and self._line[0].time <= arrived:
            part = self._line.popleft()
            number, waited = part.number, self._cell - part.time
            self._wait(part, -1)
            self.waits.add(waited / self._fine, number)
            if self._queued:
                self.expired += number
                continue
            self.refused += number
            left = part.lengths.cells - waited
            self._unmet_ends = _added(self._unmet_ends, part.counts, left)
            self.unmet += int(part.counts[left > 0].sum())
            if not self.loads:
                self.turned_away += number
                continue
            loads = np.array(self.loads)
            line = np.maximum(loads - np.array(self.slots), 0)
            self.loads[:] = (loads - self._some(line, number)).tolist()

    def _spread(self, last: int = LAST) -> None:
        """Spreads the requests over the instances as routing does, the last ones one by one."""
        target = self._flight + (0 if self._queued else self.waiting)
        loads, number = self.loads, len(self.loads)
        before = sum(loads)
        arrived, self._routed = max(self._routed if last else 0, target - before), 0
        if not number:
            return
        ended = before + arrived - target
        last_arrived, last_ended = min(arrived, last), min(ended, last)
        arrived, ended = arrived - last_arrived, ended - last_ended
        if ended:
            total = before - ended + arrived
            if ended < before:
                loads[:] = _filled(np.array(loads) - self._some(np.array(loads), ended), arrived)
            else:
                loads[:] = [total // number + (place < total % number) for place in range(number)]
        elif arrived:
            loads[:] = _filled(np.array(loads), arrived)
        draw, level, top, present = self._draw, min(loads), max(loads), sum(loads)
        while last_arrived or last_ended:
            if last_arrived and (not present or draw() * (last_arrived + last_ended) < last_arrived):
                last_arrived -= 1
                present += 1
                while level not in loads:
                    level += 1
                place = loads.index(level)
                loads[place] += 1
                if level == top:
                    top += 1
            else:
                last_ended -= 1
                present -= 1
                place = int(draw() * number)
                while draw() * top >= loads[place]:
                    place = int(draw() * number)
                loads[place] -= 1
                if loads[place] < level:
                    level = loads[place]


def _filled(loads: Counts, number: int) -> list[int]:
    """The loads after so many requests went to where the fewest were."""
    order = np.argsort(loads, kind="stable")
    ordered = loads[order]
    needed = ordered * np.arange(1, len(loads) + 1) - np.cumsum(ordered)
    """Requests that lift all lower ones up to each."""
    filled = int(np.searchsorted(needed, number, side="right"))
    total = int(ordered[:filled].sum()) + number
    ordered[:filled] = total // filled
    ordered[: total % filled] += 1
    after = np.empty_like(loads)
    after[order] = ordered
    filled_loads: list[int] = after.tolist()
    return filled_loads


def _longer(counts: Counts, size: int) -> Counts:
    """A copy with zeros behind it, of at least this size."""
    return np.concatenate([counts, np.zeros(max(size - len(counts), 0), np.int64)])


def _added(ends: Counts, counts: Counts, cells: Counts) -> Counts:
    """Ends with those of requests that are in flight at so many more ends of cells, the first one now."""
    staying = cells > 0
    places = cells[staying] - 1
    extended = _longer(ends, int(places.max(initial=0)) + 1)
    np.add.at(extended, places, counts[staying])
    return extended


def _shift(counts: Counts) -> int:
    """Moves counts on by a cell. Returns those at its end."""
    first = int(counts[0])
    counts[:-1] = counts[1:]
    counts[-1] = 0
    return first
