"""Random durations: of requests, and of starting an instance."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError

MOST_SPREAD = 10.0
"""68 % within a factor of 22,000; beyond that, numbers overflow."""


@dataclass(frozen=True)
class Delay:
    """A log-normal duration: half of the draws are over `median` seconds; 68 % are within a factor of
    exp(`spread`) of it. A spread of 0 is always the median. None is above `longest` seconds."""

    median: float
    spread: float = 0.0
    longest: float = math.inf

    def __post_init__(self) -> None:
        """Raises ScaleproofError for a value out of range."""
        if not (0 <= self.median < math.inf and 0 <= self.spread <= MOST_SPREAD and self.longest > 0):
            raise ScaleproofError(
                f"A delay has a median from 0 on and a spread from 0 to {MOST_SPREAD:g}, not {self.median:g} "
                f"and {self.spread:g}."
            )

    def draw(self, source: random.Random) -> float:
        """One duration in seconds."""
        if not self.spread:
            return min(self.median, self.longest)
        return min(self.median * math.exp(source.gauss(0.0, self.spread)), self.longest)

    @property
    def mean(self) -> float:
        """The mean in seconds."""
        return self.mean_up_to(self.longest)

    def mean_up_to(self, most: float) -> float:
        """The mean in seconds of the durations, each cut at `most`."""
        most = min(most, self.longest)
        if not (self.spread and self.median and most):
            return min(self.median, most)
        whole = self.median * math.exp(self.spread**2 / 2)
        if math.isinf(most):
            return whole
        place = math.log(most / self.median) / self.spread
        return whole * _normal(place - self.spread) + most * (1 - _normal(place))


def _normal(value: float) -> float:
    """The cumulative distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-value / math.sqrt(2))
