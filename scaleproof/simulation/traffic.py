"""Traffic: when each request arrives, and how long it holds a slot of an instance."""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, partial
from itertools import chain, islice, pairwise
from typing import NamedTuple, TypeAlias

from scaleproof.errors import ScaleproofError
from scaleproof.simulation.arrival_cache import ARRIVALS, CHUNK
from scaleproof.simulation.delay import Delay

Arrival: TypeAlias = tuple[float, float]
"""When a request arrives, in seconds from the start, and for how many seconds it holds one slot."""

Chunk: TypeAlias = Sequence[Arrival]
"""Consecutive arrivals. Traffic comes in chunks, so a month of it is never in memory at once."""


class TrafficError(ScaleproofError):
    """Impossible arrivals: out of order, before the start, or without a length."""


class Work(StrEnum):
    """The kind of request. It says how to read the numbers and changes none of them."""

    STREAM = "stream"
    SYNC = "sync"
    FILE = "file"


class Rate(NamedTuple):
    """Requests arrive independently, `per_second` on average, from `start` until before `end` (seconds)."""

    start: float
    end: float
    per_second: float
    length: Delay


class Events(NamedTuple):
    """Arrivals, and ends as they are if every request starts when it arrives, in the order of time. The last arrival,
    at infinity, never comes.

    `places`: at an arrival a number that no other request in flight has, from 0 on, and at the end its
    complement (-1 for 0). `most`: all places so far are below it. `lengths`: those of the arrivals.
    """

    times: array[float]
    places: array[int]
    lengths: array[float]
    most: int


@dataclass(frozen=True)
class Traffic:
    """Arrivals over `duration` seconds, in the order of time.

    Each call of `chunks` gives the same arrivals from the beginning. Later ones than `duration` are ignored.
    `rates` and `seed`: what the arrivals were drawn from, in the order of time; None where they are known one
    by one.
    Studies send traffic to other processes, so both are functions of a module, with their values as a
    `partial`.
    """

    name: str
    work: Work
    duration: float
    chunks: Callable[[], Iterator[Chunk]]
    rates: Callable[[], Iterable[Rate]] | None = field(default=None, kw_only=True)
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Raises TrafficError for an impossible duration."""
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise TrafficError(f"Traffic lasts a number of seconds above 0, not {self.duration}.")

    @classmethod
    def from_arrivals(
        cls,
        arrivals: Iterable[Arrival],
        *,
        name: str = "arrivals",
        work: Work = Work.STREAM,
        duration: float | None = None,
    ) -> Traffic:
        """Traffic of known arrivals. By default it lasts until the last request ends."""
        known = list(arrivals)
        if duration is None:
            duration = max((time + seconds for time, seconds in known), default=0.0)
        return cls(name, work, duration, partial(iter, (known,)))

    @classmethod
    def drawn(
        cls, name: str, work: Work, duration: float, rates: Callable[[], Iterable[Rate]], seed: int = 0
    ) -> Traffic:
        """Traffic of a Poisson process with these rates."""
        return cls(name, work, duration, partial(_chunks, rates, duration, seed), rates=rates, seed=seed)

    @cached_property
    def expected(self) -> float:
        """About how many requests there are, 0 where they are known one by one."""
        rates = self.rates() if self.rates is not None else ()
        return sum(
            rate.per_second * (min(rate.end, self.duration) - rate.start)
            for rate in rates
            if rate.start < self.duration
        )

    def arrivals(self) -> Iterator[Arrival]:
        """Every arrival within `duration`. Raises TrafficError at the first that is out of order."""
        return chain.from_iterable(self.checked())

    def events(self) -> Iterator[Events]:
        """Every arrival within `duration` and its end."""
        key = ("events", self.chunks, self.duration)
        return ARRIVALS.packed(key, lambda: _events(self.checked()), tuple, Events._make, at_once=True)

    def checked(self) -> Iterator[Chunk]:
        """The chunks within `duration`, checked. What was drawn is in order.

        Raises TrafficError for arrivals out of order, and for times and lengths that are negative or not
        finite.
        """
        last, drawn = 0.0, self.rates is not None
        for chunk in self.chunks():
            if not chunk:
                continue
            if not drawn:
                _check(chunk, last)
            last = chunk[-1][0]
            if last < self.duration:
                yield chunk
                continue
            if within := [arrival for arrival in chunk if arrival[0] < self.duration]:
                yield within
            return

    def part(self, start: float, end: float) -> Traffic:
        """What arrives from `start` until before `end` (seconds); time counts from there."""
        return replace(
            self,
            duration=end - start,
            chunks=partial(_part_of_chunks, self, start, end),
            rates=None if self.rates is None else partial(_part_of_rates, self.rates, start, end),
        )

    def by_parts(self, parts: Sequence[tuple[float, float]]) -> Traffic:
        """Parts one after the other, perhaps repeatedly: from and until when each is (seconds)."""
        chunks = partial(_chunks_by_parts, self, tuple(parts))
        if self.rates is None:
            return replace(self, chunks=chunks)
        rates = partial(_rates_by_parts, self.rates, tuple(parts))
        return Traffic.drawn(self.name, self.work, self.duration, rates, self.seed)


def _events(chunks: Iterable[Chunk]) -> Iterator[Events]:
    import numpy as np  # takes a while to load

    ends, held = np.empty(0), np.empty(0, np.int64)
    """Of the requests in flight: when they end, and their places."""
    free, most = np.empty(0, np.int64), 0
    """Places that nobody has, and how many there are in all."""
    for chunk in chain(chunks, [((math.inf, 0.0),)]):
        number = len(chunk)
        times, lengths = np.fromiter(chain.from_iterable(chunk), float, 2 * number).reshape(number, 2).T
        missing = max(number - len(free), 0)
        free, most = np.append(free, np.arange(most, most + missing)), most + missing
        places, free = free[:number], free[number:]
        # An end comes before an arrival at the same time, but after its own.
        before = np.append(np.searchsorted(times, ends), np.searchsorted(times, times + lengths))
        before[len(ends) :] = np.maximum(before[len(ends) :], np.arange(1, number + 1))
        ends, held = np.append(ends, times + lengths), np.append(held, places)
        every, who = np.append(times, ends), np.append(places, ~held)
        order = np.lexsort((every, np.append(np.arange(number), before - 0.5)))
        ended = before < number
        order = order[: number + np.count_nonzero(ended)]
        yield Events(
            array("d", every[order].tobytes()),
            array("q", who[order].tobytes()),
            array("d", lengths.tobytes()),
            most,
        )
        free = np.append(free, held[ended])
        ends, held = ends[~ended], held[~ended]


def _chunks_by_parts(whole: Traffic, parts: Sequence[tuple[float, float]]) -> Iterator[Chunk]:
    place = 0.0
    for start, end in parts:
        for chunk in whole.part(start, end).checked():
            yield [(time + place, seconds) for time, seconds in chunk]
        place += end - start


def _rates_by_parts(rates: Callable[[], Iterable[Rate]], parts: Sequence[tuple[float, float]]) -> Iterator[Rate]:
    table, place = list(rates()), 0.0
    for start, end in parts:
        first = bisect_right(table, start, key=lambda rate: rate.end)
        within = table[first : bisect_left(table, end, key=lambda rate: rate.start)]
        for rate in _part_of_rates(partial(iter, within), start, end):
            yield rate._replace(start=rate.start + place, end=rate.end + place)
        place += end - start


def _part_of_chunks(whole: Traffic, start: float, end: float) -> Iterator[Chunk]:
    return ARRIVALS.chunks((whole.chunks, start, end), lambda: _between(whole, start, end))


def _between(whole: Traffic, start: float, end: float) -> Iterator[Chunk]:
    for chunk in whole.checked():
        if chunk[0][0] >= end:
            return
        if chunk[-1][0] >= start:
            yield [(time - start, seconds) for time, seconds in chunk if start <= time < end]


def _part_of_rates(rates: Callable[[], Iterable[Rate]], start: float, end: float) -> Iterator[Rate]:
    for rate in rates():
        if rate.start < end and rate.end > start:
            yield rate._replace(start=max(rate.start, start) - start, end=min(rate.end, end) - start)


def _check(chunk: Chunk, last: float) -> None:
    in_order = last <= chunk[0][0] and all(earlier <= later for (earlier, _), (later, _) in pairwise(chunk))
    # A sum is finite only if every part of it is.
    finite = math.isfinite(sum(time + seconds for time, seconds in chunk))
    if in_order and finite and min(seconds for _, seconds in chunk) >= 0:
        return
    for time, seconds in chunk:
        if not time >= last or math.isinf(time):
            raise TrafficError(
                f"The arrival at {time} s comes after that at {last} s.",
                advice="Arrivals are in the order of time, in seconds from 0 on.",
            )
        if not seconds >= 0 or math.isinf(seconds):
            raise TrafficError(
                f"The request that arrives at {time} s lasts {seconds} s.",
                advice="A length is a number of seconds from 0 on.",
            )
        last = time


def chunked(arrivals: Iterator[Arrival]) -> Iterator[Chunk]:
    """Arrivals in chunks."""
    while chunk := list(islice(arrivals, CHUNK)):
        yield chunk


def _chunks(rates: Callable[[], Iterable[Rate]], duration: float, seed: int) -> Iterator[Chunk]:
    return ARRIVALS.chunks((rates, duration, seed), lambda: _drawn(rates, duration, seed))


def _drawn(rates: Callable[[], Iterable[Rate]], duration: float, seed: int) -> Iterator[Chunk]:
    """Chunks that are checked when they are drawn, and not each time that they come from the cache."""
    last = 0.0
    for chunk in chunked(_poisson(rates(), duration, seed)):
        _check(chunk, last)
        last = chunk[-1][0]
        yield chunk


def _poisson(rates: Iterable[Rate], duration: float, seed: int) -> Iterator[Arrival]:
    """Unit exponential steps in the integral of the rate, mapped back to time."""
    chance = random.Random(f"{seed} arrivals")
    uniform, log, exp, gauss = chance.random, math.log, math.exp, chance.gauss
    step = -log(1.0 - uniform())
    for start, end, rate, length in rates:
        if start >= duration:
            return
        if not 0 <= rate < math.inf:
            raise TrafficError(f"The rate at {start} s is {rate}, not a number from 0 on.")
        median, spread, longest = length.median, length.spread, length.longest
        time, end = start, min(end, duration)
        while rate and time + step / rate < end:
            time += step / rate
            seconds = median * exp(gauss(0.0, spread)) if spread else median
            yield time, seconds if seconds < longest else longest
            step = -log(1.0 - uniform())
        step -= (end - time) * rate
