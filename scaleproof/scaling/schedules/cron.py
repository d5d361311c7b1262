"""cron(): recurring local times.

Source: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from scaleproof.scaling.schedules import fields
from scaleproof.scaling.schedules.errors import ScheduleError
from scaleproof.scaling.schedules.zones import jumped_over, local, moment

InGap = Literal["skipped", "after"]
"""What becomes of a local time that clocks jump over in spring."""


class Cron:
    """A cron expression in a time zone. Local times that come twice in autumn count the first time."""

    def __init__(self, text: str, where: ZoneInfo, in_gap: InGap = "skipped") -> None:
        """`text`: the six fields. Raises ScheduleError for what is wrong with them."""
        parts = text.split()
        if len(parts) != 6:
            raise ScheduleError(
                f"cron({text}) has {len(parts)} fields, but needs 6.",
                advice="They are: minutes hours day-of-month month day-of-week year.",
            )
        minutes, hours, of_month, months, of_week, years = parts
        self._times = [
            time(hour, minute)
            for hour in fields.HOUR.values(hours)
            for minute in fields.MINUTE.values(minutes)
        ]
        self._days = fields.days(of_month, of_week)
        self._months = frozenset(fields.MONTH.values(months))
        self._years = fields.YEAR.values(years)
        self._zone = where
        self._in_gap = in_gap
        self._day: date | None = None
        self._moments: list[float] = []

    def next_after(self, time: float) -> float | None:
        """The first time later than `time`, None if there is none any more (epoch seconds)."""
        for day in self._days_from(local(time, self._zone).date()):
            moments = self._on(day)
            place = bisect_right(moments, time)
            if place < len(moments):
                return moments[place]
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in self._years[bisect_right(self._years, first.year - 1) :]:
            for month in sorted(self._months):
                day = max(first, date(year, month, 1))
                while (day.year, day.month) == (year, month):
                    if self._days(day):
                        yield day
                    day += timedelta(days=1)

    def _on(self, day: date) -> list[float]:
        """The moments of a day, ascending. Kept for the next call, which mostly asks for the same day."""
        if day != self._day:
            times = [datetime.combine(day, time) for time in self._times]
            if self._in_gap == "skipped":
                times = [local for local in times if not jumped_over(local, self._zone)]
            self._day, self._moments = day, sorted({moment(local, self._zone) for local in times})
        return self._moments
