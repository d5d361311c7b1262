"""Counts how long requests waited, in a bounded number of classes."""

from __future__ import annotations

import copy
import math

from scaleproof.simulation.result import Waiting

_GROWTH = math.log(1.01)
"""Width of the classes: their mean is within 1 % of every value in them, after DDSketch
(https://arxiv.org/abs/1908.10693)."""
_SHORTEST = 1e-3
"""Seconds. Shorter waits count as 0 in the percentiles."""


class Waits:
    """Waits of requests above zero, by class. `longest`: in seconds."""

    def __init__(self) -> None:
        """Starts without waits."""
        self.longest = 0.0
        self._total = 0.0
        self._classes: dict[int, tuple[int, float]] = {}
        """By class: how many requests, and the sum of their seconds."""

    def add(self, seconds: float, number: int = 1) -> None:
        """Counts the wait of so many requests."""
        self._total += seconds * number
        if seconds > self.longest:
            self.longest = seconds
        if seconds > _SHORTEST:
            index = math.floor(math.log(seconds) / _GROWTH)
            before, total = self._classes.get(index, (0, 0.0))
            self._classes[index] = before + number, total + seconds * number

    def copy(self) -> Waits:
        """Another one with the same waits."""
        other = copy.copy(self)
        other._classes = self._classes.copy()
        return other

    def summary(self, number: int) -> Waiting:
        """The summary over so many requests; those not counted waited 0 s."""
        if not number:
            return Waiting()
        return Waiting(
            mean=self._total / number,
            p50=self._quantile(0.50, number),
            p95=self._quantile(0.95, number),
            p99=self._quantile(0.99, number),
            max=self.longest,
        )

    def _quantile(self, share: float, number: int) -> float:
        """The wait that `share` of the requests do not exceed (nearest rank)."""
        rank = math.ceil(share * number)
        below = number - sum(members for members, _ in self._classes.values())
        if below >= rank:
            return 0.0
        for _, (members, total) in sorted(self._classes.items()):
            below += members
            if below >= rank:
                return min(total / members, self.longest)
        return self.longest
