"""Schedule expressions of scheduled actions: at(), rate() and cron(), in a time zone.

[expressions] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
[put] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

from typing import Protocol

from scaleproof.errors import ScaleproofError


class ScheduleError(ScaleproofError):
    """An expression or time zone that AWS refuses; says which part, and what is expected."""


class Schedule(Protocol):
    """When a scheduled action runs."""

    def next_after(self, time: float) -> float | None:
        """The first time later than `time`, None if there is none any more (epoch seconds)."""
        ...


def parse(expression: str, timezone: str = "UTC", start: float | None = None) -> Schedule:
    """The schedule in an expression; `timezone` is an IANA name. `start`: what rate() counts from (epoch
    seconds), StartTime or else the creation of the action.

    Raises ScheduleError.
    """
    raise NotImplementedError
