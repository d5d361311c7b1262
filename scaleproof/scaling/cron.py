"""Parses cron() expressions, and finds the moments at which their local times recur.

Source of values and wildcards: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scaleproof.errors import ScaleproofError


class ScheduleError(ScaleproofError):
    """An expression or time zone that AWS refuses; says which part, and what is expected."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name. Raises ScheduleError if there is none."""
    try:
        return ZoneInfo(name)
    # What else is raised for names that are directories or no file names differs between versions of Python.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(
            f"There is no time zone {name!r}.",
            advice="It is a name of the IANA database such as Europe/Berlin. Where the system has no such "
            "database, the Python package tzdata brings it.",
        ) from None


def local(time: float, where: ZoneInfo) -> datetime:
    """A moment (epoch seconds) in a time zone."""
    return (EPOCH + timedelta(seconds=time)).astimezone(where)


def moment(naive: datetime, where: ZoneInfo) -> float:
    """A local time in epoch seconds.

    Of a time that comes twice, where clocks go back, the first; one that clocks jump over is taken with the
    offset from before, i.e. as much later as they jump.
    """
    return (naive.replace(tzinfo=where, fold=0) - EPOCH).total_seconds()


def jumped_over(naive: datetime, where: ZoneInfo) -> bool:
    """Whether a local time does not exist, since clocks go forward over it."""
    return local(moment(naive, where), where).replace(tzinfo=None) != naive


_NTH = re.compile(r"(\w+)#([1-5])")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTHS = {name: number for number, name in enumerate(_MONTHS, 1)}
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
SATURDAY, SUNDAY = 5, 6  # of date.weekday()

Days = Callable[[date], bool]
"""Whether a day is named."""


@dataclass(frozen=True)
class Field:
    """One field: its name for people, the values it may have, and words for them."""

    name: str
    first: int
    last: int
    words: Mapping[str, int] = field(default_factory=dict)

    def values(self, text: str) -> tuple[int, ...]:
        """The values that a text names, ascending. Raises ScheduleError."""
        numbers: set[int] = set()
        for part in text.split(","):
            numbers.update(self._part(part))
        return tuple(sorted(numbers))

    def value(self, text: str) -> int:
        """One value, as a number or a word. Raises ScheduleError."""
        number = self.words.get(text.upper(), int(text) if text.isascii() and text.isdecimal() else None)
        if number is None or not self.first <= number <= self.last:
            words = f" or {'-'.join(list(self.words)[:: len(self.words) - 1])}" if self.words else ""
            raise ScheduleError(f"{text!r} is no {self.name}.", advice=f"It is {self.first}-{self.last}{words}.")
        return number

    def _part(self, text: str) -> range | list[int]:
        """`*`, `a`, `a-b`, and these with `/step`. A range may run over the end: FRI-MON."""
        extent, slash, step_text = text.partition("/")
        step = 1
        if slash:
            if not (step_text.isascii() and step_text.isdecimal() and int(step_text)):
                raise ScheduleError(f"{text!r} in the {self.name} field has no step after the slash.")
            step = int(step_text)
        start_text, dash, end_text = extent.partition("-")
        if extent == "*":
            start, end = self.first, self.last
        elif dash:
            start, end = self.value(start_text), self.value(end_text)
        else:
            start = self.value(start_text)
            end = self.last if slash else start
        if start <= end:
            return range(start, end + 1, step)
        size = self.last - self.first + 1
        return [self.first + (number - self.first) % size for number in range(start, end + size + 1, step)]


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31)
MONTH = Field("month", 1, 12, MONTHS)
WEEKDAY = Field("day of the week", 1, 7, WEEKDAYS)
YEAR = Field("year", 1970, 2199)


def days(of_month: str, of_week: str) -> Days:
    """The days that both day fields name; one of them is `?`. Raises ScheduleError."""
    if (of_month == "?") == (of_week == "?"):
        raise ScheduleError(
            f"Day of the month is {of_month!r} and day of the week is {of_week!r}.",
            advice="One of them must be ?, and only one.",
        )
    return _weekdays(of_week.upper()) if of_month == "?" else _monthdays(of_month.upper())


def _monthdays(text: str) -> Days:
    """Days by number, L for the last one, nW and LW for the one of Monday to Friday that is nearest to it."""
    if text == "L":
        return lambda day: day.day == _length(day)
    if text.endswith("W"):
        day_of_month = None if text == "LW" else DAY.value(text[:-1])
        return lambda day: day == _nearest_weekday(day, day_of_month)
    numbers = frozenset(DAY.values(text))
    return lambda day: day.day in numbers


def _weekdays(text: str) -> Days:
    """Weekdays by number (1 is Sunday) or name, nL for the last such day of the month, n#k for the k-th.

    L alone is Saturday, the last day of the week.
    """
    nth = _NTH.fullmatch(text)
    if nth:
        weekday, count = WEEKDAY.value(nth[1]), int(nth[2])
        return lambda day: _number(day) == weekday and (day.day - 1) // 7 + 1 == count
    if text.endswith("L"):
        if text == "L":
            return lambda day: day.weekday() == SATURDAY
        weekday = WEEKDAY.value(text[:-1])
        return lambda day: _number(day) == weekday and day.day > _length(day) - 7
    numbers = frozenset(WEEKDAY.values(text))
    return lambda day: _number(day) in numbers


def _number(day: date) -> int:
    """The day of the week as cron counts it, Sunday first."""
    return (day.weekday() + 1) % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, number: int | None) -> date | None:
    """The weekday of the month nearest to a day of it (None: the last), never in another month."""
    length = _length(day)
    if (number or 0) > length:
        return None
    nearest = day.replace(day=number or length)
    if nearest.weekday() == SATURDAY:
        return nearest + timedelta(days=-1 if nearest.day > 1 else 2)
    if nearest.weekday() == SUNDAY:
        return nearest + timedelta(days=1 if nearest.day < length else -2)
    return nearest


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
        self._times = [time(hour, minute) for hour in HOUR.values(hours) for minute in MINUTE.values(minutes)]
        self._days = days(of_month, of_week)
        self._months = frozenset(MONTH.values(months))
        self._years = YEAR.values(years)
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
