"""What is made of measured times: medians, ratios and exponents of growth."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import linear_regression, median


@dataclass(frozen=True)
class Spread:
    """The repetitions of one measurement, in seconds."""

    median: float
    least: float
    most: float


def spread(seconds: Collection[float]) -> Spread:
    """The median of some repetitions and the range they span. Raises ValueError where there are none."""
    if not seconds:
        raise ValueError("no repetition was measured")
    return Spread(median(seconds), min(seconds), max(seconds))


def exponent(seconds: Mapping[int, float]) -> float:
    """The exponent k of the power law seconds = c * count ** k that fits best: 1 is linear, 2 quadratic.

    It is the slope of the least squares line through the logarithms. `seconds` is by count. Raises ValueError
    for fewer than two counts and for times that are not above zero.
    """
    if len(seconds) < 2:
        raise ValueError(f"an exponent needs two counts or more, not {sorted(seconds)}")
    if min(seconds) <= 0 or min(seconds.values()) <= 0:
        raise ValueError(f"counts and times must be above zero: {dict(seconds)}")
    counts = [math.log(count) for count in seconds]
    times = [math.log(time) for time in seconds.values()]
    return linear_regression(counts, times).slope


def exponents(seconds: Mapping[int, float]) -> dict[str, float]:
    """The exponents over all counts and over those from 10 up, by the range: {"1-100": 0.9, "10-100": 1.4}.

    What starting up costs, whatever the count, hides the growth among small ones. A range of fewer than two
    counts is left out.
    """
    exponent_of = {}
    for floor in (0, 10):
        part = {count: time for count, time in seconds.items() if count >= floor}
        if len(part) >= 2:
            exponent_of[f"{min(part)}-{max(part)}"] = exponent(part)
    return exponent_of
