"""Time series as CloudWatch has them, and curves through them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scaleproof.simulation.demand import STEP


class Point(NamedTuple):
    """A statistic of the `period` seconds that begin at `start` (epoch seconds)."""

    start: int
    period: int
    value: float

    @property
    def end(self) -> int:
        """Where the period ends."""
        return self.start + self.period

    @property
    def middle(self) -> float:
        """The mean time of samples that are taken at the end of each STEP of the period."""
        return self.start + (self.period + STEP) / 2


Series = Sequence[Point]
"""In the order of time."""


@dataclass(frozen=True)
class Gap:
    """A time without data, in epoch seconds."""

    start: float
    end: float


def gaps(series: Series, start: float, end: float) -> list[Gap]:
    """Where a series that should have a point in each period has none."""
    found, last = [], start
    for point in series:
        if point.start > last:
            found.append(Gap(last, point.start))
        last = max(last, point.end)
    if end > last:
        found.append(Gap(last, end))
    return found


class Curve:
    """Straight lines between points; before the first and after the last it is level."""

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        """`points`: times and values in the order of time; there is at least one."""
        pairs = list(points)
        self.times = [time for time, _ in pairs]
        self.values = [value for _, value in pairs]

    @classmethod
    def counting(cls, series: Series, start: float) -> Curve:
        """How much has come since `start`, of a series of what came in each period, evenly within it."""
        pairs, total = [(start, 0.0)], 0.0
        for point in series:
            since = max(float(point.start), pairs[-1][0])
            if point.end <= since:
                continue
            if since > pairs[-1][0]:
                pairs.append((since, total))
            total += point.value
            pairs.append((point.end, total))
        return cls(pairs)

    def at(self, time: float) -> float:
        """The value at a time."""
        after = bisect_right(self.times, time)
        if after == 0 or after == len(self.times):
            return self.values[after - 1 if after else 0]
        return _between(time, self.times, self.values, after)

    def when(self, value: float) -> float:
        """When a curve that never falls reaches a value; its last time if it does not."""
        after = bisect_left(self.values, value)
        if after == 0 or after == len(self.values):
            return self.times[after - 1 if after else 0]
        return _between(value, self.values, self.times, after)


def _between(given: float, known: Sequence[float], sought: Sequence[float], after: int) -> float:
    low, high = known[after - 1], known[after]
    share = (given - low) / (high - low)
    return sought[after - 1] + share * (sought[after] - sought[after - 1])
