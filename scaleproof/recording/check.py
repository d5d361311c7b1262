"""Checks whether the rates reproduce the recorded metrics, on the instances that were recorded."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from scaleproof.recording.series import date
from scaleproof.times import HOUR, MINUTE


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
