"""In which periods CloudWatch still has the data of a range of time.

[period] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html:
data of an age is only returned for multiples of the period that is kept for it
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scaleproof.endpoints import metric_data

DAY = 86_400
KEPT = tuple((age, period) for period, age in metric_data.KEPT)
"""Until which age (seconds) there are data points of which period (seconds)."""
LAST = len(KEPT) - 1
OLDEST = KEPT[LAST][0]
MARGIN = 120
"""Seconds that data may age while it is read."""


@dataclass(frozen=True)
class Segment:
    """A range of time, [start, end) in epoch seconds, and the finest period that there is of it."""

    start: int
    end: int
    period: int


def segments(start: int, end: int, now: float, shortest: int) -> list[Segment]:
    """The range from `start` to `end` in parts of one period each, oldest first.

    `shortest`: the period of the metric itself. What is older than OLDEST is left out.
    The first part starts on a whole period at or before `start`, the last ends on one at or after `end`.
    """
    found: list[Segment] = []
    until = end
    for place, (age, _) in enumerate(KEPT):
        period, coarser = (math.lcm(one, shortest) for _, one in (KEPT[place], KEPT[min(place + 1, LAST)]))
        # What is younger than this can still be read with the period.
        young = math.ceil((now - age + MARGIN) / coarser) * coarser
        since = max(young, start // period * period)
        if until <= start or since >= until:
            continue
        until = -(-until // period) * period
        if found and found[-1].period == period:
            until = found.pop().end
        found.append(Segment(since, until, period))
        until = since
    return found[::-1]
