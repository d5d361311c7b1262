"""Instances in service over time, from what CloudWatch has of them.

No metric counts instances.
[count] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-troubleshooting.html: the number of
samples of CPUUtilization in a minute is that of the active instances
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaleproof.recording.reading import DONE, Activity
from scaleproof.recording.series import Point, Series


@dataclass(frozen=True)
class Counts:
    """How many instances there were: `steps` of a time (epoch seconds) and the count from then on.

    `source`: how they were counted. `period`: seconds between two counts.
    """

    steps: tuple[tuple[float, int], ...]
    source: str
    period: float

    def at(self, time: float) -> int:
        """The count at a time; before the first step, the first count."""
        after = bisect_right(self.steps, time, key=lambda step: step[0])
        return self.steps[max(after - 1, 0)][1]

    def within(self, start: float) -> list[tuple[float, int]]:
        """The steps from `start` on, the first of them at `start`."""
        return [(start, self.at(start)), *(step for step in self.steps if step[0] > start)]


def by_samples(series: Series, seconds: float, source: str) -> Counts | None:
    """Counts from the number of samples, of which each instance sends one every `seconds`.

    None if there are none.
    """
    return _counts(((point, round(point.value * seconds / point.period)) for point in series), source)


def by_division(backlog: Series, per_instance: Series) -> Counts | None:
    """Counts from the backlog and the backlog per instance, which has no value without instances.

    Says nothing while there is no backlog. None if it never says anything.
    """
    shares = {point.start: point.value for point in per_instance}
    known = [
        (point, round(point.value / shares[point.start]) if shares.get(point.start) else 0)
        for point in backlog
        if point.value > 0 and (shares.get(point.start) or point.start not in shares)
    ]
    return _counts(known, "ApproximateBacklogSize / ApproximateBacklogSizePerInstance")


def with_zeros(counts: Counts, present: Series, counted: Series) -> Counts:
    """Counts of an endpoint that may have no instance: zero where only other metrics have data."""
    seen = {point.start // 60 for one in counted for point in _minutes(one)}
    missing = sorted({point.start // 60 * 60 for point in present if point.start // 60 not in seen})
    steps = dict(counts.steps)
    for start in missing:
        steps[start] = 0
        steps.setdefault(start + 60, counts.at(start + 60))
    return Counts(_changes(sorted(steps.items())), counts.source, counts.period)


def by_activities(activities: Iterable[Activity], initial: int) -> Counts | None:
    """Counts from scaling activities, each from when it reached its own on; `initial` before the first.

    None if there are none.
    """
    reached = [(one.end, one.desired) for one in activities if one.status == DONE and one.end is not None]
    if not reached:
        return None
    return Counts(_changes([(0.0, initial), *sorted(reached)]), "scaling activities", 0.0)


def constant(count: int, start: float) -> Counts:
    """A count that nothing changes."""
    return Counts(((start, count),), "DescribeEndpoint", 0.0)


def _minutes(point: Point) -> Iterable[Point]:
    return (Point(start, 60, point.value) for start in range(point.start, point.end, 60))


def _counts(known: Iterable[tuple[Point, int]], source: str) -> Counts | None:
    pairs = list(known)
    if not pairs:
        return None
    steps = _changes([(float(point.start), count) for point, count in pairs])
    return Counts(steps, source, float(min(point.period for point, _ in pairs)))


def _changes(steps: Sequence[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    kept = [step for place, step in enumerate(steps) if place == 0 or step[1] != steps[place - 1][1]]
    return tuple(kept)
