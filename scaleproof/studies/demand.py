"""What traffic asks for, whoever serves it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from scaleproof.simulation import Traffic

STEP = 10.0
"""Seconds between two looks, as SageMaker's metric of concurrency has them."""


def offered(traffic: Traffic) -> Sequence[int]:
    """Requests in flight at the end of each STEP if every request were worked on from its arrival."""
    number = math.ceil(traffic.duration / STEP)
    change = array("q", bytes(8 * (number + 1)))
    for time, seconds in traffic.arrivals():
        # In flight at the ends of those steps that lie within [time, time + seconds).
        first = math.ceil(time / STEP) - 1 if time else 0
        end = math.ceil((time + seconds) / STEP) - 1
        if end > first:
            change[min(max(first, 0), number)] += 1
            change[min(end, number)] -= 1
    level = 0
    for index in range(number):
        level += change[index]
        change[index] = level
    return change[:number]
