"""Derives a minimum by hour and weekday from some days of traffic, to be judged on later days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.cron import local, zone
from scaleproof.simulation.demand import STEP, offered
from scaleproof.studies.proposal import Floor, Proposal
from scaleproof.studies.traffic import TrafficSpec, midnight
from scaleproof.studies.wording import MINUTE, count

LEAST = 14
"""Days that fitting and judging need: each weekday comes twice."""
JUDGED = 7
BUSY = 0.95
"""The share of the time of an hour in which its minimum suffices."""
AHEAD = 1.5
"""Instances are asked for so many start-ups before they are needed: half of them take longer than the
median."""
ALIKE = 0.2
"""Weekdays are alike whose demands are at most this share apart."""
WORTH, LEAST_WORTH = 0.02, 1.0
"""A change of the minimum within a day must save this share of the day's instances, and so many hours of an
instance."""
_DAY = 1_440
"""Minutes."""
_HOURS = range(24)
_CRON = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class TooLittleTrafficError(ScaleproofError):
    """The traffic does not show what recurs from week to week; says why."""


@dataclass(frozen=True)
class Days:
    """Complete days, from midnight to midnight by the clock of a time zone: those that schedules are made
    from, and after them those to judge them on."""

    timezone: str
    fitted: tuple[date, ...]
    judged: tuple[date, ...]

    @property
    def span(self) -> tuple[float, float]:
        """From the first midnight of the days to judge on to the last (epoch seconds)."""
        where = zone(self.timezone)
        return midnight(self.judged[0], where), midnight(self.judged[-1] + timedelta(days=1), where)


def split(traffic: TrafficSpec, start: datetime, timezone: str) -> Days:
    """The days of traffic that begins at `start`: the last JUDGED are to judge on.

    Raises TooLittleTrafficError if it has fewer than LEAST complete days, or no dates.
    """
    if traffic.start is None and not traffic.described:
        raise TooLittleTrafficError("its times have no dates.", advice="Write dates into the file.")
    whole = tuple(day.date for day in traffic.days(start, timezone) if traffic.complete(day))
    if len(whole) < LEAST:
        raise TooLittleTrafficError(
            f"they need {count(LEAST, 'complete day')} of traffic, and this has {len(whole)}.",
            advice=f"Set days={LEAST}." if traffic.described else "Record for longer.",
        )
    return Days(timezone, whole[:-JUDGED], whole[-JUDGED:])


@dataclass(frozen=True)
class Week:
    """A usual week by the clock of a time zone. `demand`: the requests at a time of each hour from Monday on,
    which BUSY of the hour does not exceed. Weekdays with much the same demand share theirs."""

    timezone: str
    demand: tuple[int, ...]

    @classmethod
    def from_traffic(cls, traffic: Sequence[TrafficSpec], start: datetime, days: Days) -> Week:
        """That of the days to fit on, of traffic by seed that begins at `start`.

        Days without a request are left out where other days of the same weekday have some: nobody knows
        whether they are holidays or were not recorded. Raises TooLittleTrafficError if a weekday is left
        without a day.
        """
        by_seed = [_hours(days_of_seed, start, days) for days_of_seed in traffic]
        rows = [(day.weekday(), hours) for days_of_seed in by_seed for day, hours in days_of_seed.items()]
        busy = {weekday for weekday, hours in rows if any(map(any, hours))}
        rows = [(weekday, hours) for weekday, hours in rows if any(map(any, hours)) or weekday not in busy]
        for number, name in enumerate(_WEEKDAYS):
            if number not in {weekday for weekday, _ in rows}:
                raise TooLittleTrafficError(
                    f"no {name} is complete among the days to fit on.", advice="Record for longer."
                )

        def demand(weekdays: Sequence[int]) -> list[int]:
            levels: list[int] = []
            for hour in _HOURS:
                known = sorted(level for weekday, hours in rows if weekday in weekdays for level in hours[hour])
                # Clocks may jump over an hour: it is as the one before.
                levels += [known[math.ceil(BUSY * len(known)) - 1]] if known else (levels[-1:] or [0])
            return levels

        demands = [demand([weekday]) for weekday, _ in enumerate(_WEEKDAYS)]
        shared = {weekday: demand(group) for group in alike(demands) for weekday in group}
        return cls(days.timezone, tuple(level for weekday in sorted(shared) for level in shared[weekday]))

    def minimums(self, per_instance: float, ahead: int) -> list[int]:
        """The least number of instances in each minute of the week.

        Each instance serves `per_instance` requests at a time and is asked for `ahead` minutes before it is
        needed. There is at least 1.
        """
        needed = [max(math.ceil(requests / per_instance), 1) for requests in self.demand]
        hours = [level for first in range(0, len(needed), 24) for level in joined(needed[first : first + 24])]
        week = [level for level in hours for _ in range(60)]
        around = week + week[:ahead]
        return [max(around[minute : minute + ahead + 1]) for minute in range(len(week))]

    def applied(self, proposal: Proposal, minimums: Sequence[int], begins: float) -> Proposal:
        """A proposal with these minimums within its bounds; its own is the one in force when it begins (epoch
        seconds)."""
        week = [min(max(level, proposal.min), proposal.max) for level in minimums]
        at = local(begins, zone(self.timezone))
        low = week[at.weekday() * _DAY + 60 * at.hour + at.minute]
        return replace(proposal, min=low, schedules=rules(week, self.timezone))


def _hours(traffic: TrafficSpec, start: datetime, days: Days) -> dict[date, list[list[int]]]:
    """The demand in the steps of each hour by the clock, of the days to fit on."""
    hours: dict[date, list[list[int]]] = {day: [[] for _ in _HOURS] for day in days.fitted}
    where, minute = zone(days.timezone), round(MINUTE / STEP)
    demand = offered(traffic.traffic)
    for step in range(0, len(demand), minute):
        at = local(start.timestamp() + step * STEP, where)
        if at.date() in hours:
            hours[at.date()][at.hour] += demand[step : step + minute]
    return hours


def alike(days: Sequence[Sequence[int]]) -> list[list[int]]:
    """The weekdays (0 is Monday) in groups with much the same demand, which `days` has by hour."""
    groups: list[list[int]] = []
    for weekday, row in enumerate(days):
        group = next(
            (weekdays for weekdays in groups if all(_apart(row, days[other]) <= ALIKE for other in weekdays)), None
        )
        if group is None:
            groups.append([weekday])
        else:
            group.append(weekday)
    return groups


def _apart(demand: Sequence[int], other: Sequence[int]) -> float:
    """How far two days are apart: 0 the same, 1 never busy at the same time."""
    most = sum(map(max, demand, other))
    return sum(abs(a - b) for a, b in zip(demand, other, strict=True)) / most if most else 0.0


def joined(needed: Sequence[int]) -> list[int]:
    """Levels that nowhere are lower than what is needed and change seldom: each change saves WORTH."""
    penalty = max(WORTH * sum(needed), LEAST_WORTH)
    # best[end]: the least cost of the hours before `end`, and where the last level begins.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(needed) + 1):
        costs = [(best[begin][0] + max(needed[begin:end]) * (end - begin) + penalty, begin) for begin in range(end)]
        best.append(min(costs))
    levels: list[int] = []
    end = len(needed)
    while end:
        begin = best[end][1]
        levels[:0] = [max(needed[begin:end])] * (end - begin)
        end = begin
    return levels


def rules(week: Sequence[int], timezone: str) -> tuple[Floor, ...]:
    """The scheduled actions that make the minimums of each minute of a week; weekdays alike share one."""
    weekdays: dict[tuple[int, int], list[int]] = {}
    for minute, (before, level) in enumerate(pairwise([week[-1], *week])):
        if level != before:
            weekdays.setdefault((minute % _DAY, level), []).append(minute // _DAY)
    return tuple(sorted((_rule(*rule, days, timezone) for rule, days in weekdays.items()), key=lambda rule: rule.name))


def _rule(minute: int, level: int, weekdays: Sequence[int], timezone: str) -> Floor:
    hour, minute = divmod(minute, 60)
    named = ",".join(_named(weekdays))
    name = f"{named.replace(',', '-').lower() if len(weekdays) < 7 else 'daily'}-{hour:02}{minute:02}"
    days = named if len(weekdays) < 7 else "*"
    return Floor(name, f"cron({minute} {hour} ? * {days} *)", timezone, level)


def _named(weekdays: Sequence[int]) -> Iterator[str]:
    """Weekdays as cron has them; three and more in a row as a range."""
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        if len(run) > 2:
            yield f"{_CRON[run[0]]}-{_CRON[run[-1]]}"
        else:
            yield from (_CRON[day] for day in run)
