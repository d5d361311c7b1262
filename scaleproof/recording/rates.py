"""Estimates how many requests come, and by Little's law how long they take; checks this against the metrics.

CloudWatch counts requests that come, or those of an asynchronous endpoint that end, and how many are there on
average. The time that all of them are there, divided by their number, is how long one of them takes.
[little] https://doi.org/10.1287/opre.9.3.383
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, pairwise
from statistics import fmean

from scaleproof.recording.instances import Counts
from scaleproof.recording.metrics import Series, date
from scaleproof.times import DAY, HOUR, MINUTE

ENOUGH = 100
"""Requests whose mean length is taken for that of all around them."""
SHORTEST = 0.001
"""Seconds that a request takes at least."""


@dataclass(frozen=True)
class Rate:
    """Requests per second from a time (epoch seconds) on, and the seconds that an instance works on one."""

    start: int
    per_second: float
    seconds: float


def realtime(came: Series, levels: Series, latency: Series, times: range) -> list[Rate]:
    """The rates of a real-time endpoint in the periods that begin at `times`.

    `came`: requests by period; `levels`: in flight on all instances; `latency`: seconds of a request, which
    takes at least that. What is in flight at the start comes in the first period, and has half of its length
    to go.
    """
    lengths = Lengths(came, levels, times, arriving=True)
    rates = [Rate(time, came.values.get(time, 0.0) / times.step, _seconds(lengths, latency, time)) for time in times]
    present = edge(levels, times)
    if present > 0:
        first, number = rates[0], came.values.get(times[0], 0.0)
        seconds = first.seconds * (number + present / 2) / (number + present)
        rates[0] = replace(first, per_second=(number + present) / times.step, seconds=seconds)
    return rates


def queued(ended: Series, backlog: Series, latency: Series, times: range, counts: Counts, slots: int) -> list[Rate]:
    """The rates of an asynchronous endpoint, so that what ends and what is queued is as recorded.

    `ended`: requests by period, whatever their end; `backlog`: queued or being worked on; `slots`: on how
    many an instance works at a time. What is queued at the start comes in the first period.
    """
    work = {time: min(level, slots * counts.at(time)) for time, level in backlog.values.items()}
    lengths = Lengths(ended, Series(backlog.period, work), times, arriving=False)
    filled, level = [], edge(backlog, times)
    levels = [level]
    for time in times:
        level = backlog.values.get(time, level)
        filled.append(level)
    levels += [fmean(pair) for pair in pairwise(filled)] + filled[-1:]
    gone = accumulate((ended.values.get(time, 0.0) for time in times), initial=0.0)
    # So many had come at most: who is there does not go later without being counted.
    known = [number + there for number, there in zip(gone, levels, strict=True)]
    come = list(accumulate(reversed(known), min))[::-1]
    come[0] = 0.0
    return [
        Rate(time, (after - before) / times.step, _seconds(lengths, latency, time))
        for time, (before, after) in zip(times, pairwise(come), strict=True)
    ]


class Lengths:
    """How long requests take on average, around a time."""

    def __init__(self, counts: Series, levels: Series, times: range, *, arriving: bool) -> None:
        """`counts`: requests that come, or that end if not `arriving`; `levels`: how many are there."""
        self._times = [time for time in times if time in levels.values]
        self._levels = [levels.values[time] for time in self._times]
        numbers = (counts.values.get(time, 0.0) for time in self._times)
        self._numbers = list(accumulate(numbers, initial=0.0))
        self._there = list(accumulate((level * times.step for level in self._levels), initial=0.0))
        self._sign = 1 if arriving else -1
        self._longest = 2.0 * (times.stop - times.start)

    def at(self, time: float) -> float | None:
        """Seconds; None if no level says. Of the hour around the time, or of more where few requests came.

        Those that are there longer than all of the time take twice as long.
        """
        for width in (HOUR, DAY, math.inf):
            first = bisect_left(self._times, time - width / 2)
            last = bisect_left(self._times, time + width / 2)
            if first == last:
                continue
            # The mean of how many came and of how many went: who is there at an end counts as half.
            change = self._levels[first] - self._levels[last - 1]
            number = self._numbers[last] - self._numbers[first] + self._sign * change / 2
            there = self._there[last] - self._there[first]
            if number >= ENOUGH or width == math.inf:
                if number > 0:
                    return min(there / number, self._longest)
                return self._longest if there > 0 else 0.0
        return None


def edge(levels: Series, times: range) -> float:
    """How many are there when the first period begins, on the line through the first two levels."""
    known = [levels.values[time] for time in times[:2] if time in levels.values]
    return max(known[0] - (known[-1] - known[0]) / 2, 0.0) if known else 0.0


def _seconds(lengths: Lengths, latency: Series, time: int) -> float:
    usual = fmean(latency.values.values()) if latency.values else 0.0
    return max(lengths.at(time) or 0.0, latency.values.get(time, usual), SHORTEST)


def levels_of(rates: Sequence[Rate], times: range) -> Mapping[int, float]:
    """How many requests of these rates are in flight in the middle of each period, if none ever waits."""
    moves = sorted(
        (time + rate.seconds, sign * rate.per_second)
        for rate in rates
        for time, sign in ((rate.start, 1), (rate.start + times.step, -1))
    )
    ends, gone, speed = [float(times.start)], [0.0], 0.0
    for time, change in moves:
        gone.append(gone[-1] + speed * (time - ends[-1]))
        ends.append(time)
        speed += change
    levels, come = {}, 0.0
    for rate in rates:
        middle = rate.start + times.step / 2
        after = bisect_left(ends, middle)
        before = ends[after - 1]
        went = gone[after - 1] + (gone[after] - gone[after - 1]) * (middle - before) / (ends[after] - before)
        levels[rate.start] = come + rate.per_second * times.step / 2 - went
        come += rate.per_second * times.step
    return levels


def backlog_of(rates: Sequence[Rate], times: range, counts: Counts, slots: int) -> Mapping[int, float]:
    """How many requests of these rates are queued or worked on in each period, on the instances counted."""
    waiting, levels = 0.0, {}
    for rate in rates:
        present = waiting + rate.per_second * times.step
        begun = min(present, slots * counts.at(rate.start) * times.step / rate.seconds)
        before, waiting = waiting, present - begun
        levels[rate.start] = (before + waiting) / 2 + begun * rate.seconds / times.step
    return levels


@dataclass(frozen=True)
class Difference:
    """How far the rates are from the recording, in requests in flight or in the backlog."""

    hours: int
    """Hours that were compared, each by its mean."""
    recorded: float
    """The mean."""
    mean: float
    """The mean of the absolute differences."""
    largest: float
    at: datetime
    """The hour of the largest difference."""

    @property
    def refutes(self) -> bool:
        """Whether it is more than half of what was recorded, and no accident.

        Counted as one sample a minute, a mean of an hour is by chance that far off: two standard deviations.
        """
        chance = 2 * math.sqrt((self.recorded + self.mean) * MINUTE / HOUR)
        return self.mean > self.recorded / 2 and self.mean > chance


def difference(expected: Mapping[int, float], recorded: Mapping[int, float]) -> Difference | None:
    """Compares how many requests are expected with how many were there, by the hour.

    None without a common time.
    """
    times = sorted(expected.keys() & recorded.keys())
    if not times:
        return None
    hours: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for time in times:
        hours[time - (time - times[0]) % HOUR].append((expected[time], recorded[time]))
    means = {hour: [fmean(values) for values in zip(*pairs, strict=True)] for hour, pairs in hours.items()}
    distances = {hour: abs(ours - theirs) for hour, (ours, theirs) in means.items()}
    largest = max(distances, key=distances.__getitem__)
    return Difference(
        hours=len(hours),
        recorded=fmean(theirs for pairs in hours.values() for _, theirs in pairs),
        mean=fmean(distances.values()),
        largest=distances[largest],
        at=date(largest),
    )
