"""How long a verification may take, and what it may cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.studies.wording import duration, money

INSTANCES = 6
"""Instances that are paid for at most at any moment: the maximum, and as many of an update's new fleet."""
_LONGEST_SLEEP = 1.0


class Stopped(Exception):  # noqa: N818 - nothing is wrong
    """A limit would be exceeded. The text says which."""


@dataclass(frozen=True)
class Limits:
    """Limits in seconds and US dollars, None for none; `price`: of an instance-hour in dollars.

    `reserve`: seconds that are kept for destroying everything. The clock runs from `began`.
    """

    seconds: float | None
    dollars: float | None
    price: float
    reserve: float
    began: float
    clock: Callable[[], float] = time.monotonic
    sleeping: Callable[[float], None] = time.sleep

    def check(self, seconds: float = 0.0) -> None:
        """Raises Stopped where so many more seconds, and the reserve after them, are over a limit."""
        end = self.clock() - self.began + seconds + self.reserve
        if self.seconds is not None and end > self.seconds:
            raise Stopped(f"it would take {duration(end)}, and --max-minutes allows {duration(self.seconds)}")
        if self.dollars is not None and cost(end, self.price) > self.dollars:
            most = money(self.dollars)
            raise Stopped(f"it would cost up to {money(cost(end, self.price))}, and --max-cost allows {most}")

    def sleep(self, seconds: float) -> None:
        """Waits. Raises Stopped as soon as a limit is near."""
        end = self.clock() + seconds
        while (left := end - self.clock()) > 0:
            self.check()
            self.sleeping(min(left, _LONGEST_SLEEP))

    def allow(self, seconds: float) -> None:
        """Raises ScaleproofError where so many seconds in all are over a limit before anything is done."""
        try:
            self.check(seconds)
        except Stopped as stopped:
            raise ScaleproofError(
                f"Nothing was started: {stopped}.", advice="Raise the limit, or leave out phases with --only."
            ) from stopped


def cost(seconds: float, price: float) -> float:
    """What instances cost in that time at most, in US dollars."""
    return seconds / 3_600 * INSTANCES * price
