"""Floors by hour and weekday: what a usual week needs, in few scheduled actions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scaleproof.studies.proposal import Floor
from scaleproof.studies.weekly import QUARTERS, Day, alike, exceeded_by

MINUTES = 1_440
"""Of a day."""
QUARTER = MINUTES // QUARTERS
WORTH, LEAST = 0.02, 4.0
"""A change of the floor within a day must save this share of the day's instances, and so many quarters of an
hour of an instance."""
_CRON = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def floors(found: Sequence[Day], *, days: float, per_instance: float, ahead: int, most: int) -> list[int]:
    """The least number of instances in each minute of a week from Monday on, by the clock.

    They suffice for the demand of each quarter of an hour, except on a share `days` of the days. Each
    instance serves `per_instance` requests at a time and is asked for `ahead` minutes before it is needed.
    There are 1 to `most`.
    """
    week = [0] * (7 * MINUTES)
    for weekdays in alike(found):
        demand = exceeded_by(found, weekdays, days)
        needed = [min(max(math.ceil(one / per_instance), 1), most) for one in demand]
        day = [level for level in joined(needed) for _ in range(QUARTER)]
        for weekday in weekdays:
            week[weekday * MINUTES : (weekday + 1) * MINUTES] = day
    around = week + week[:ahead]
    return [max(around[minute : minute + ahead + 1]) for minute in range(len(week))]


def joined(needed: Sequence[int]) -> list[int]:
    """Levels that nowhere are lower than what is needed and change seldom: each change saves WORTH."""
    penalty = max(WORTH * sum(needed), LEAST)
    # best[end]: the least cost of the quarters before `end`, and where the last level begins.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(needed) + 1):
        level, choices = 0, []
        for begin in range(end - 1, -1, -1):
            level = max(level, needed[begin])
            choices.append((best[begin][0] + level * (end - begin) + penalty, begin))
        best.append(min(choices))
    levels: list[int] = []
    end = len(needed)
    while end:
        begin = best[end][1]
        levels[:0] = [max(needed[begin:end])] * (end - begin)
        end = begin
    return levels


def rules(week: Sequence[int], timezone: str) -> tuple[Floor, ...]:
    """The scheduled actions that make the floors of a week; weekdays alike share one."""
    found: dict[tuple[int, int], list[int]] = {}
    for minute, (before, level) in enumerate(pairwise([week[-1], *week])):
        if level != before:
            found.setdefault((minute % MINUTES, level), []).append(minute // MINUTES)
    return tuple(
        sorted((_rule(*rule, days, timezone) for rule, days in found.items()), key=lambda rule: rule.name)
    )


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
