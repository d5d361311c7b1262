"""Traffic: when each request arrives and how long it holds a slot."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from heapq import heappop, heappush
from itertools import chain, pairwise
from typing import TypeAlias

from scaleproof.errors import ScaleproofError

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


@dataclass(frozen=True)
class Traffic:
    """Arrivals over `duration` seconds, in the order of time.

    Each call of `chunks` gives the same arrivals from the beginning. Later ones than `duration` are ignored.
    Studies send traffic to other processes, so `chunks` is a function of a module, with its values as a
    `partial`.
    """

    name: str
    work: Work
    duration: float
    chunks: Callable[[], Iterator[Chunk]]

    def __post_init__(self) -> None:
        """Raises TrafficError for an impossible duration."""
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise TrafficError(f"Traffic lasts a number of seconds above 0, not {self.duration}.")

    @classmethod
    def of(
        cls,
        arrivals: Iterable[Arrival],
        *,
        name: str = "arrivals",
        work: Work = Work.STREAM,
        duration: float | None = None,
    ) -> Traffic:
        """Traffic of known arrivals. By default it lasts until the last request ends."""
        kept = list(arrivals)
        if duration is None:
            duration = max((time + seconds for time, seconds in kept), default=0.0)
        return cls(name, work, duration, partial(iter, (kept,)))

    def arrivals(self) -> Iterator[Arrival]:
        """Every arrival within `duration`. Raises TrafficError at the first that is out of order."""
        return chain.from_iterable(self.checked())

    def checked(self) -> Iterator[Chunk]:
        """The chunks within `duration`, checked.

        Raises TrafficError for arrivals out of order, and for times and lengths that are negative or not
        finite.
        """
        last = 0.0
        for chunk in self.chunks():
            if not chunk:
                continue
            _check(chunk, last)
            last = chunk[-1][0]
            if last < self.duration:
                yield chunk
                continue
            yield [arrival for arrival in chunk if arrival[0] < self.duration]
            return


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


STEP = 10.0
"""Seconds of one number of `offered`."""


def offered(traffic: Traffic) -> Sequence[int]:
    """The most requests in flight in each STEP if every request started at its arrival."""
    number = math.ceil(traffic.duration / STEP)
    most = array("q", bytes(8 * number))
    ends: list[float] = []
    step = 0

    def left_at(time: float) -> int:
        while ends and ends[0] <= time:
            heappop(ends)
        return len(ends)

    for time, seconds in chain(traffic.arrivals(), [(STEP * (number - 1), 0.0)]):
        while step < int(time / STEP):
            step += 1
            most[step] = left_at(step * STEP)
        level = left_at(time)
        if seconds:
            heappush(ends, time + seconds)
            level += 1
        if level > most[step]:
            most[step] = level
    return most
