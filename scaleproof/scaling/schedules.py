"""Scheduled actions: their expressions, at(), rate() and cron() in a time zone, and which action is due when.

[expressions] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
[put] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
[scheduled] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5,
testdata/aws/applicationautoscaling/scaling.json
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.cron import Cron, InGap, ScheduleError, moment, zone
from scaleproof.scaling.endpoint import ScheduledAction

_FORM = re.compile(r"(at|rate|cron)\((.*)\)")
_RATE = re.compile(r"([1-9]\d{0,8}) (minute|hour|day)s?")
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
        """The time of the action, if it is after `time`."""
        return self.moment if time < self.moment else None


@dataclass(frozen=True)
class Rate:
    """Every `interval` seconds, the first time at `start` (epoch seconds)."""

    interval: int
    start: float

    def next_after(self, time: float) -> float | None:
        """The first time of the action after `time`."""
        number = max(math.floor((time - self.start) / self.interval) + 1, 0)
        return self.start + number * self.interval


def parse(expression: str, timezone: str = "UTC", *, start: float = 0.0, in_gap: InGap = "skipped") -> Schedule:
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
        raise ScheduleError(f"at({text}) is no date and time.", advice="Write at(yyyy-mm-ddThh:mm:ss).") from None


def _interval(text: str) -> int:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ScheduleError(
            f"rate({text}) is no rate.", advice="Write rate(value unit), the unit minutes, hours or days."
        )
    return int(match[1]) * _SECONDS[match[2]]


@dataclass
class _Entry:
    action: ScheduledAction
    schedule: Schedule
    next: float | None


class Timetable:
    """Scheduled actions with their next times. Each runs `schedule_delay` after its time [scheduled]."""

    def __init__(
        self,
        actions: Iterable[ScheduledAction],
        now: float,
        assumptions: AutoscalingAssumptions,
        before: Timetable | None = None,
    ) -> None:
        """Times later than `now` (epoch seconds) count. Actions that `before` has as well go on as they were.

        Raises ScheduleError.
        """
        self._delay = assumptions.schedule_delay
        old = {entry.action: entry for entry in before._entries} if before else {}
        self._entries: list[_Entry] = [old.get(action) or self._entry(action, now, assumptions) for action in actions]
        self._late: list[tuple[float, ScheduledAction]] = list(before._late) if before else []
        """Actions whose time has come, each with when it runs, in that order."""
        self.next = self._next()
        """When `due` has something to do next, None if never again."""

    def due(self, now: float, suspended: bool) -> list[ScheduledAction]:
        """The actions to run until `now`, in the order of their times; each time comes up once.

        Those whose time comes while scheduled scaling is `suspended` are lost, even if they would run after
        it: as in [captures], where one was 25 s before the end of a suspension and the next ran 40 s late.
        """
        while (time := self._nominal()) is not None and time <= now:
            for entry in self._entries:
                if entry.next == time:
                    if not suspended:
                        self._late.append((time + self._delay, entry.action))
                    self._advance(entry, time)
        actions = [action for time, action in self._late if time <= now]
        self._late = [(time, action) for time, action in self._late if time > now]
        self.next = self._next()
        return actions

    def _next(self) -> float | None:
        times = [self._nominal(), *(time for time, _ in self._late)]
        return min((time for time in times if time is not None), default=None)

    def _nominal(self) -> float | None:
        """The next time of an action, without delay."""
        return min((entry.next for entry in self._entries if entry.next is not None), default=None)

    def _entry(self, action: ScheduledAction, now: float, assumptions: AutoscalingAssumptions) -> _Entry:
        start = action.start.timestamp() if action.start else now
        try:
            schedule = parse(action.schedule, action.timezone, start=start, in_gap=assumptions.schedule_in_gap)
        except ScheduleError as error:
            raise ScheduleError(f"The schedule {action.name}: {error.message}", advice=error.advice) from None
        entry = _Entry(action, schedule, None)
        # A time that is StartTime itself is within it.
        self._advance(entry, math.nextafter(start, 0) if start > now else now)
        return entry

    @staticmethod
    def _advance(entry: _Entry, after: float) -> None:
        following = entry.schedule.next_after(after)
        end = entry.action.end
        late = following is not None and end is not None and following > end.timestamp()
        entry.next = None if late else following
