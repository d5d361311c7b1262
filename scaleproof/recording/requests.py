"""Requests whose number, and how many of them are there at a time, are those of a recording.

A line of requests, first in and first out, is given by two curves: how many have come and how many have gone
by a time. Their distance is how many are there. CloudWatch has the number that came or went in each period,
and how many were there at its samples; so each curve gives the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate, chain
from statistics import fmean

from scaleproof.recording.instances import Counts
from scaleproof.recording.series import Curve, Point, Series
from scaleproof.simulation.demand import STEP

SHORTEST = 0.001
"""Seconds that a request takes at least."""
PERIOD = 60
"""Seconds that a rate holds."""
PLACE = 0.45
"""Where on a curve that counts a request is: between two whole numbers. Counts by the minute are often halves
at the samples, where half a request would come or go."""
TOLERATED = 2
"""Periods that may be missing without being a gap."""
ROUNDS = 20
"""Each halves the distance to the means at least."""
SPARE = 0.01
"""Seconds by which a request ends before a sample that does not have it."""


@dataclass(frozen=True)
class Request:
    """A request: when it comes (epoch seconds), and for how many seconds an instance works on it."""

    time: float
    seconds: float


@dataclass(frozen=True)
class Rate:
    """Requests per second for PERIOD from a time on, and for how many seconds an instance works on one."""

    time: float
    per_second: float
    seconds: float


@dataclass(frozen=True)
class Line:
    """Curves of requests that have come and gone.

    `came` and `went` count from the start of the recording; what was there then has come at the
    start. `differ`: requests by which the metrics of what came or went and of what was there disagree.
    """

    came: Curve
    went: Curve
    differ: float

    @property
    def number(self) -> int:
        """Requests in all."""
        return max(math.ceil(self.came.values[-1] - PLACE), 0)


def in_flight(
    invocations: Series, concurrency: Series, latency: Curve | None, start: float, end: float
) -> Line:
    """The line of a real-time endpoint: requests come as counted, and go so that the rest is in flight.

    `concurrency`: requests in flight on all instances. `latency`: seconds of a request; where requests came
    but nothing says how many were in flight, they last that long.
    """
    came = Curve.counting(invocations, start)
    there = Curve(_filled(through_means(concurrency, start, end), came, latency, start, end))
    if there.times[1] <= start + STEP:  # a first sample also has who came in its STEP
        there.values[0] = max(there.values[1] - came.at(there.times[1]), 0.0)
    first = there.values[0]
    times = sorted({start, end, *there.times, *(time for time in came.times if start < time < end)})
    arrived, left = [first], [0.0]
    for time in times[1:]:
        counted, level = first + came.at(time), there.at(time)
        # Neither curve falls. Where the metrics disagree, what is in flight is believed.
        left.append(max(left[-1], arrived[-1] - level, counted - level))
        arrived.append(left[-1] + level)
    differ = arrived[-1] - first - came.at(end)
    return Line(Curve(zip(times, arrived, strict=True)), Curve(zip(times, left, strict=True)), differ)


def queued(done: Series, backlog: Series, start: float, end: float) -> Line:
    """The line of an asynchronous endpoint: requests go as counted, and come so that the rest is the backlog.

    `done`: requests that ended in each period, whatever their end.
    """
    went = Curve.counting(done, start)
    there = Curve(_ends([(one.middle, one.value) for one in through_means(backlog, start, end)], start, end))
    times = sorted({start, end, *there.times, *(time for time in went.times if start < time < end)})
    known = [went.at(time) + there.at(time) for time in times]
    # So many had come at most: who is there does not go later without being counted.
    arrived = list(accumulate(reversed(known), min))[::-1]
    differ = max(more - least for more, least in zip(known, arrived, strict=True))
    return Line(
        Curve(zip(times, arrived, strict=True)), Curve((time, went.at(time)) for time in times), differ
    )


def served_at_once(line: Line, latency: Curve | None) -> Iterator[Request]:
    """The requests of a real-time endpoint. What is still there at the end ends then."""
    start, end = line.came.times[0], line.came.times[-1]
    for number in range(line.number):
        place = number + PLACE
        time = max(line.came.when(place), start)
        gone = line.went.when(place) if place < line.went.values[-1] else end + STEP
        # The level between two samples is not known: a request may be shorter than what is between them.
        room = _next_sample(time) - SPARE - time
        least = min(latency.at(time), max(room, 0.0)) if latency else 0.0
        yield Request(time, max(gone - time, least, SHORTEST))


def served_in_turn(line: Line, latency: Curve | None, counts: Counts, slots: int) -> Iterator[Request]:
    """The requests of an asynchronous endpoint with the time that an instance works on each.

    A request begins when an instance is free that serves `slots` at a time, and lasts until it is gone. What
    is still there at the end takes as long as the others.
    """
    start, end = line.came.times[0], line.came.times[-1]
    servers = _Servers(counts.within(start), slots, end)
    worked = number_worked = 0.0
    for number in range(line.number):
        place = number + PLACE
        time = max(line.came.when(place), start)
        begins = servers.free(time)
        known = place < line.went.values[-1] and begins < end
        if known:
            seconds = line.went.when(place) - begins
            if begins <= time and latency:  # nobody waits: the backlog may be too coarse to say
                seconds = max(seconds, latency.at(time))
            worked, number_worked = worked + max(seconds, 0.0), number_worked + 1
        else:
            seconds = latency.at(end) if latency else worked / max(number_worked, 1.0)
        seconds = max(seconds, SHORTEST)
        servers.take(begins + seconds)
        yield Request(time, seconds)


def rates_at_once(line: Line, latency: Curve | None) -> Iterator[Rate]:
    """The rates of a real-time endpoint, with the length that gives what was in flight (Little's law)."""
    start, end = line.came.times[0], line.came.times[-1]
    for time in range(int(start), int(end), PERIOD):
        number = line.came.at(time + PERIOD) - line.came.at(time)
        steps = [time + STEP * step for step in range(1, PERIOD // int(STEP) + 1)]
        level = fmean(line.came.at(step) - line.went.at(step) for step in steps)
        least = min(latency.at(time), STEP) if latency else 0.0
        yield Rate(time, number / PERIOD, max(level * PERIOD / number, least, SHORTEST) if number else 0.0)


def averaged(requests: Iterable[Request], start: int, end: int) -> Iterator[Rate]:
    """The rates of requests that come in the order of time."""
    number, worked, time = 0, 0.0, start
    for request in chain(requests, [Request(end, 0.0)]):
        while request.time >= time + PERIOD:
            yield Rate(time, number / PERIOD, worked / max(number, 1))
            number, worked, time = 0, 0.0, time + PERIOD
        number, worked = number + 1, worked + request.seconds


class _Servers:
    """When each place of the instances in service is free next."""

    def __init__(self, steps: list[tuple[float, int]], slots: int, end: float) -> None:
        self._slots, self._end = slots, end
        self._later = steps[::-1]
        _, self._count = self._later.pop()
        self._free = [steps[0][0]] * (self._count * slots)

    def free(self, time: float) -> float:
        """When the first place is free, from `time` on; the end of the recording if none is."""
        while True:
            begins = max(time, self._free[0]) if self._free else math.inf
            if not self._later or self._later[-1][0] > begins:
                return min(begins, self._end)
            since, count = self._later.pop()
            if count > self._count:
                for _ in range((count - self._count) * self._slots):
                    heappush(self._free, since)
            else:
                # Who is released finishes what it has and takes nothing more.
                self._free = sorted(self._free)[: count * self._slots]
                heapify(self._free)
            self._count = count

    def take(self, until: float) -> None:
        """Takes the place that is free first."""
        if self._free:
            heappop(self._free)
            heappush(self._free, until)


def through_means(series: Series, start: float, end: float) -> Series:
    """Values at the middles of periods, so that straight lines between them have the given means.

    Through the means themselves, lines would cut off peaks. A sample alone in its period is what it is.
    """
    found = list(series)
    for _ in range(ROUNDS):
        ends = [_beyond(found, 0, 1, start), *found, _beyond(found, -1, -2, end)] if len(found) > 1 else []
        for place, (before, point, after) in enumerate(zip(ends, ends[1:], ends[2:], strict=False)):
            if point.period <= STEP:
                continue
            # The mean distance of its samples from the middle, on each side.
            reach = point.period / 4
            slopes = (
                (one.value - point.value) / max(abs(one.middle - point.middle), reach)
                for one in (before, after)
            )
            mean = point.value + reach * sum(slopes) / 2
            found[place] = point._replace(value=max(point.value + series[place].value - mean, 0.0))
    if len(found) < 2:
        return found
    return [_beyond(found, 0, 1, start), *found, _beyond(found, -1, -2, end)]


def _beyond(series: Series, place: int, inner: int, time: float) -> Point:
    """The level at an end of the recording, on the line through the two points beside it."""
    last, other = series[place], series[inner]
    slope = (last.value - other.value) / (last.middle - other.middle)
    level = last.value if last.period <= STEP else max(last.value + slope * (time - last.middle), 0.0)
    # A point without a length, with its middle at that time.
    return Point(round(time - STEP / 2), 0, level)


def _next_sample(time: float) -> float:
    return (math.floor(time / STEP) + 1) * STEP


def _filled(
    concurrency: Series, came: Curve, latency: Curve | None, start: float, end: float
) -> list[tuple[float, float]]:
    """How many are in flight by time, with what stands for it in gaps: rate x latency, or nobody."""
    found: list[tuple[float, float]] = []
    known = start
    for point in concurrency:
        if point.start - known > TOLERATED * max(point.period, STEP):
            since, until = known + STEP, point.start - STEP
            rate = (came.at(until) - came.at(since)) / (until - since)
            level = rate * latency.at((since + until) / 2) if latency else 0.0
            found += [(since, level), (until, level)]
        found.append((point.middle, point.value))
        known = max(known, point.end)
    if not found:
        pairs = zip(came.times, came.times[1:], strict=False)
        for since, until in pairs:
            rate = (came.at(until) - came.at(since)) / (until - since)
            found.append(((since + until) / 2, rate * latency.at(since) if latency else 0.0))
    return _ends(found, start, end)


def _ends(found: list[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    """The curve from `start` to `end`."""
    kept = [pair for pair in found if start < pair[0] < end]
    curve = Curve(found or [(start, 0.0)])
    return [(start, curve.at(start)), *kept, (end, curve.at(end))]
