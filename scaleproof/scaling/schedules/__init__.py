"""Schedule expressions of scheduled actions: at(), rate() and cron(), in a time zone.

[expressions] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
[put] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scaleproof.scaling.schedules.cron import Cron, InGap
from scaleproof.scaling.schedules.errors import ScheduleError
from scaleproof.scaling.schedules.zones import moment, zone

__all__ = ["At", "Cron", "InGap", "Rate", "Schedule", "ScheduleError", "parse"]

_FORM = re.compile(r"(at|rate|cron)\((.*)\)")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class Schedule(Protocol):
    """When a scheduled action runs."""

    def next_after(self, time: float) -> float | None:
        """The first time later than `time`, None if there is none any more (epoch seconds)."""
        ...


@dataclass(frozen=True)
class At:
    """Once, at `moment` (epoch seconds)."""

    moment: float

    def next_after(self, time: float) -> float | None:
        """As Schedule."""
        return self.moment if time < self.moment else None


@dataclass(frozen=True)
class Rate:
    """Every `interval` seconds, the first time at `start` (epoch seconds)."""

    interval: int
    start: float

    def next_after(self, time: float) -> float | None:
        """As Schedule."""
        number = max(math.floor((time - self.start) / self.interval) + 1, 0)
        return self.start + number * self.interval


def parse(
    expression: str, timezone: str = "UTC", *, start: float = 0.0, in_gap: InGap = "skipped"
) -> Schedule:
    """The schedule in an expression.

    `timezone`: an IANA name, for at() and cron(); rate() has none. `start`: what rate() counts from (epoch
    seconds), StartTime or else the creation of the action. `in_gap`: see Cron.
    Raises ScheduleError.
    """
    form = _FORM.fullmatch(expression)
    if form is None:
        raise ScheduleError(
            f"{expression!r} is no schedule.",
            advice="It is at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields).",
        )
    kind, text = form[1], form[2]
    where = zone(timezone)
    if kind == "cron":
        return Cron(text, where, in_gap)
    if kind == "rate":
        return Rate(_interval(text), start)
    try:
        if not _AT.fullmatch(text):
            raise ValueError
        return At(moment(datetime.fromisoformat(text), where))
    except ValueError:
        raise ScheduleError(
            f"at({text}) is no date and time.", advice="Write at(yyyy-mm-ddThh:mm:ss)."
        ) from None


def _interval(text: str) -> int:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ScheduleError(
            f"rate({text}) is no rate.", advice="Write rate(value unit), the unit minutes, hours or days."
        )
    return int(match[1]) * _SECONDS[match[2]]
