"""Estimates of means, percentiles and shares with confidence intervals that allow for correlated values.

Replies that follow each other are alike: an instance that is slow now is slow a moment later. So the values
are cut into batches, in the order in which they came. The means of the batches differ more than those of
independent values would; by that factor, the design effect, the values are worth fewer.

Source: A. M. Law, Simulation Modeling and Analysis, 5th edition, section 9.5.3 (batch means); L. Kish, Survey
Sampling, section 8.2 (design effect); E. B. Wilson, Probable Inference (1927).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance, variance

FEWEST = 10
"""The fewest values that have an interval."""
T = {20: 3.174, 10: 3.690, 5: 5.598}
"""By number of batches, the quantile 0.9975 of Student's t with one degree of freedom less.

An interval errs on each side once in 400 times: a level that is looked at six times errs in about 1 of 100.
"""


@dataclass(frozen=True)
class Estimate:
    """An estimate and its confidence interval, all in the same unit.

    `high` is infinite where there are too few values for it. All three are NaN where there is none.
    """

    value: float
    low: float
    high: float


NONE = Estimate(math.nan, math.nan, math.nan)


def mean(values: Sequence[float]) -> Estimate:
    """The mean of values in the order in which they came."""
    if len(values) < FEWEST:
        return _alone(fmean(values)) if values else NONE
    batches, effect = _effect(values)
    middle, half = fmean(values), T[batches] * math.sqrt(effect * pvariance(values) / len(values))
    return Estimate(middle, middle - half, middle + half)


def percentile(values: Sequence[float], percent: float) -> Estimate:
    """A percentile of values in the order in which they came; `percent` over 0 and under 100.

    The interval is between two of the values, by rank, whatever the distribution is. Its upper end is
    infinite where there are too few values above the percentile.
    """
    if not values:
        return NONE
    ranked, share, count = sorted(values), percent / 100, len(values)
    # Rounded, as 1000 x 0.999 is a little more than 999 in binary floating point.
    value = ranked[math.ceil(round(count * share, 6)) - 1]
    if count < FEWEST:
        return _alone(value)
    batches, effect = _effect([float(other <= value) for other in values])
    half = T[batches] * math.sqrt(effect * count * share * (1 - share))
    first, last = math.floor(count * share - half), math.ceil(count * share + half)
    return Estimate(value, ranked[first - 1] if first > 0 else 0.0, ranked[last] if last < count else math.inf)


def proportion(hits: Sequence[bool]) -> Estimate:
    """The share of hits among values in the order in which they came (Wilson's interval)."""
    if not hits:
        return NONE
    if len(hits) < FEWEST:
        return Estimate(fmean(hits), 0.0, 1.0)
    batches, effect = _effect([float(hit) for hit in hits])
    count, middle, squared = len(hits) / effect, fmean(hits), T[batches] ** 2
    centre = (middle + squared / (2 * count)) / (1 + squared / count)
    spread = math.sqrt(squared * middle * (1 - middle) / count + (squared / (2 * count)) ** 2)
    half = spread / (1 + squared / count)
    # No hit leaves a lower end of exactly 0, which rounding must not lift.
    return Estimate(middle, centre - half if middle else 0.0, centre + half)


def _alone(value: float) -> Estimate:
    """Of too few values to have an interval."""
    return Estimate(value, 0.0, math.inf)


def _effect(values: Sequence[float]) -> tuple[int, float]:
    """The number of batches, and the design effect: 1 for independent values, and never less."""
    batches = next(count for count in T if len(values) >= 2 * count)
    spread = pvariance(values)
    if not spread:
        return batches, 1.0
    size = len(values) // batches
    rest = len(values) - size * batches
    means = [fmean(values[start : start + size]) for start in range(rest, len(values), size)]
    return batches, max(1.0, size * variance(means) / spread)
