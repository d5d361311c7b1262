"""The scheduled actions of a target: which is due when.

[scheduled] https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scaleproof.scaling import schedules
from scaleproof.scaling.autoscaling.assumptions import Assumptions
from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.scaling.schedules import Schedule


@dataclass
class _Entry:
    action: ScheduledAction
    schedule: Schedule
    next: float | None


class Timetable:
    """Scheduled actions with their next times. Each runs `schedule_delay` after its time."""

    def __init__(
        self,
        actions: Iterable[ScheduledAction],
        now: float,
        assumptions: Assumptions,
        before: Timetable | None = None,
    ) -> None:
        """Times later than `now` (epoch seconds) count. Actions that `before` has as well go on as they were.

        Raises ScheduleError.
        """
        self._delay = assumptions.schedule_delay
        old = {entry.action: entry for entry in before._entries} if before else {}
        self._entries: list[_Entry] = [
            old.get(action) or self._entry(action, now, assumptions) for action in actions
        ]

    @property
    def next(self) -> float | None:
        """When the next action runs, None if none does any more."""
        times = [entry.next for entry in self._entries if entry.next is not None]
        return min(times) + self._delay if times else None

    def due(self, now: float) -> list[ScheduledAction]:
        """The actions to run until `now`, in the order of their times; each time comes up once."""
        found = []
        while (time := self.next) is not None and time <= now:
            for entry in self._entries:
                if entry.next is not None and entry.next + self._delay == time:
                    found.append(entry.action)
                    self._advance(entry, entry.next)
        return found

    def _entry(self, action: ScheduledAction, now: float, assumptions: Assumptions) -> _Entry:
        start = action.start.timestamp() if action.start else now
        schedule = schedules.parse(
            action.schedule, action.timezone, start=start, in_gap=assumptions.schedule_in_gap
        )
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
