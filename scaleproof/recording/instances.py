"""Counts the instances in service over time, and fits how long they took to start: log-normal delays.

No metric counts instances.
[count] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-troubleshooting.html: the number of
samples of CPUUtilization in a minute is that of the active instances
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from scaleproof.recording.metrics import Series
from scaleproof.scaling.autoscaling import Activity, Status
from scaleproof.simulation import Delay
from scaleproof.studies.assumptions import spell


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


def by_samples(samples: Series, seconds: float, source: str, present: Iterable[int] = ()) -> Counts | None:
    """Counts from the number of samples, of which each instance sends one every `seconds`.

    `present`: periods in which the endpoint was there; one of these without a sample had no instance. None if
    there are none.
    """
    counts = {time: round(number * seconds / samples.period) for time, number in samples.values.items()}
    if not counts:
        return None
    missing = {time // samples.period * samples.period for time in present} - counts.keys()
    return _counts(counts | dict.fromkeys(missing, 0), source, samples.period)


def by_activities(activities: Iterable[Activity], initial: int) -> Counts | None:
    """Counts from scaling activities, each from when it reached its own on; `initial` before the first.

    None if there are none.
    """
    reached = {
        activity.end: activity.desired
        for activity in activities
        if activity.status is Status.SUCCESSFUL and activity.end is not None and activity.desired is not None
    }
    return _counts({0.0: initial, **reached}, "scaling activities", 0.0) if reached else None


def constant(count: int) -> Counts:
    """A count that nothing changes."""
    return Counts(((0.0, count),), "DescribeEndpoint", 0.0)


def _counts(counts: Mapping[float, int] | Mapping[int, int], source: str, period: float) -> Counts:
    steps: list[tuple[float, int]] = []
    for time, count in sorted(counts.items()):
        if not steps or steps[-1][1] != count:
            steps.append((time, count))
    return Counts(tuple(steps), source, period)


DIGITS = 3


@dataclass(frozen=True)
class Delays:
    """Delays that were fitted to recorded scale-outs."""

    assume: tuple[str, str]
    """Values of --assume: of provisioning and of start-up."""
    scale_outs: int
    """Number of scale-outs that the delays were fitted to."""
    resolution: float
    """Seconds between two counts of the instances."""


def fit(activities: Sequence[Activity], counts: Counts) -> Delays | None:
    """The delays of the scale-outs that reached their count; None without any.

    Where the count of instances shows the new ones before the activity is done, provisioning lasts until
    then, and start-up until the activity is done. Otherwise it is all provisioning.
    """
    provisioning: list[float] = []
    start_up: list[float] = []
    number = 0
    for start, end, before, desired in _scale_outs(activities, counts):
        number += 1
        for capacity in range(before + 1, desired + 1):
            seen = _reached(counts, capacity, start, end)
            if seen is None:
                provisioning.append(end - start)
                continue
            provisioning.append(seen - start)
            if capacity == desired:
                start_up.append(end - seen)
    if not number:
        return None
    fitted = {"provisioning": provisioning, "start_up": start_up}
    first, second = (f"{name}={spell(_log_normal(values))}" for name, values in fitted.items())
    return Delays((first, second), number, counts.period)


def _scale_outs(activities: Sequence[Activity], counts: Counts) -> Iterator[tuple[float, float, int, int]]:
    """Changes that added instances and were done: their start and end, the count before and after."""
    last: int | None = None
    for activity in activities:
        # What the last activity reached may be counted a little later.
        before = counts.at(activity.start) if last is None else last
        last = activity.desired if activity.status is Status.SUCCESSFUL else None
        if last is not None and activity.end is not None and last > before:
            yield activity.start, activity.end, before, last


def _reached(counts: Counts, capacity: int, start: float, end: float) -> float | None:
    """When so many instances were counted first, between two times; None if that was not seen."""
    for since, count in counts.steps:
        # The sample was taken somewhere in the period that begins there.
        seen = since + counts.period / 2
        if count >= capacity and start < seen <= end:
            return seen
    return None


def _log_normal(values: Sequence[float]) -> Delay:
    """The log-normal delay that fits best (maximum likelihood): mean and deviation of the logarithms."""
    logarithms = [math.log(value) for value in values if value > 0]
    if not logarithms:
        return Delay(0.0)
    return Delay(float(f"{math.exp(fmean(logarithms)):.{DIGITS}g}"), round(pstdev(logarithms), 2))
