"""Cooldowns: what a scale-out or scale-in that has been does to those that would follow.

[overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[step] https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Key = str | None
"""Whose cooldown: a policy's by its name, or one for the target."""


@dataclass(frozen=True)
class Credit:
    """A scale-out that counts toward those that follow, until `until` (infinite while it is under way).

    `base`: instances before it, and before those that it enlarged while they counted.
    """

    base: int
    until: float = math.inf


class Cooldowns:
    """Those of one target."""

    def __init__(self) -> None:
        """Nothing has been scaled yet."""
        self._out: dict[Key, Credit] = {}
        self._in: dict[Key, float] = {}

    def credit(self, key: Key, running: int, now: float) -> int:
        """How many of the running instances have been added by scale-outs that still count.

        "The capacity added by the initiating scale-out activity is calculated as part of the desired capacity
        for the next scale-out activity" [step]: +2 and then +3 are +3. Instances that do not run yet are no
        part of what a policy reckons with, and so are no credit either.
        """
        found = self._live(key, now)
        return max(running - found.base, 0) if found else 0

    def cooling_out(self, key: Key, now: float) -> bool:
        """Whether a scale-out is under way or cools down."""
        return self._live(key, now) is not None

    def cooling_in(self, key: Key, now: float) -> bool:
        """Whether a scale-in is under way or cools down, which blocks the next [overview]."""
        return now < self.cooled_in(key)

    def cooled_in(self, key: Key) -> float:
        """When the last scale-in has cooled down: infinite while it is under way."""
        return self._in.get(key, -math.inf)

    def scaled_out(self, key: Key, before: int, now: float) -> Credit | None:
        """A scale-out starts; it ends every scale-in cooldown [overview]. Returns the credit it enlarges."""
        enlarged = self._live(key, now)
        self._out[key] = Credit(enlarged.base if enlarged else before)
        self._in.clear()
        return enlarged

    def scaled_in(self, key: Key) -> None:
        """A scale-in starts. What was added before it no longer counts."""
        self._in[key] = math.inf
        self._out.clear()

    def completed(self, key: Key, out: bool, until: float) -> None:
        """A scale-out or scale-in came off: its cooldown runs from now [overview], until `until`."""
        if not out and key in self._in:
            self._in[key] = until
        elif out and key in self._out:
            self._out[key] = replace(self._out[key], until=until)

    def failed(self, key: Key, out: bool, enlarged: Credit | None) -> None:
        """It did not come off, and leaves what was before it."""
        if not out:
            self._in.pop(key, None)
        elif enlarged:
            self._out[key] = enlarged
        else:
            self._out.pop(key, None)

    def _live(self, key: Key, now: float) -> Credit | None:
        found = self._out.get(key)
        return found if found and now < found.until else None
