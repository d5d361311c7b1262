"""Fits how long instances took to start: log-normal delays, from recorded scale-outs.

An activity of Application Auto Scaling says when instances were asked for, and when it was done. The count of
instances says when each of them began to send metrics. No page says at which moment of its start an instance
begins to: the sum of both delays is what matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from scaleproof.recording.instances import Counts
from scaleproof.scaling.autoscaling import Activity, Status
from scaleproof.simulation import Delay
from scaleproof.studies.assumptions import spell

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
    spread = pstdev(logarithms) if len(logarithms) > 1 else 0.0
    return Delay(float(f"{math.exp(fmean(logarithms)):.{DIGITS}g}"), round(spread, 2))
