"""How long requests waited, in memory that does not grow with them."""

from __future__ import annotations

import math
from collections import Counter

from scaleproof.simulation.result import Waiting

_GROWTH = math.log(1.02)
"""Of the classes, which are a fixed share apart: their middle is within 1 % of everything in them, as in
DDSketch (https://arxiv.org/abs/1908.10693)."""
_SHORTEST = 1e-3
"""Seconds. Anything shorter counts as no wait in the percentiles."""


class Waits:
    """Waits of requests above zero, by class. Attributes: `count`, `total` (seconds), `longest`."""

    def __init__(self) -> None:
        """Nothing has waited."""
        self.count = 0
        self.total = 0.0
        self.longest = 0.0
        self._classes: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """One request waited."""
        self.count += 1
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds
        if seconds > _SHORTEST:
            self._classes[math.floor(math.log(seconds) / _GROWTH)] += 1

    def summary(self, started: int) -> Waiting:
        """Of all requests that were started, the others having waited 0 s."""
        if not started:
            return Waiting()
        return Waiting(
            mean=self.total / started,
            p50=self._quantile(0.50, started),
            p95=self._quantile(0.95, started),
            p99=self._quantile(0.99, started),
            max=self.longest,
        )

    def _quantile(self, share: float, started: int) -> float:
        """The wait that `share` of the requests do not exceed: the nearest rank."""
        rank = math.ceil(share * started)
        below = started - sum(self._classes.values())
        for index in sorted(self._classes):
            if below >= rank:
                break
            below += self._classes[index]
            if below >= rank:
                return min(math.exp((index + 0.5) * _GROWTH), self.longest)
        return 0.0
