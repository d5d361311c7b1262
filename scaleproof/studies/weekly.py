"""The demand of a usual week: by quarter of an hour and weekday, over some days."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from itertools import combinations

from scaleproof.scaling.cron import local
from scaleproof.simulation.demand import STEP, offered
from scaleproof.studies.days import Days, TooLittleTrafficError
from scaleproof.studies.traffic import TrafficSpec

QUARTERS = 96
"""Of a day."""
ALIKE = 0.2
"""Weekdays are alike whose demands are on average at most this share apart."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Day = tuple[date, Sequence[int | None]]
"""A day with its highest demand (requests at a time) in each quarter of an hour by the clock; None in those
that clocks jump over."""


def fitted(traffic: TrafficSpec, start: datetime, days: Days) -> list[Day]:
    """The days to fit on, of traffic that begins at `start`.

    Days without a request are left out where other days of the same weekday have some: nobody knows whether
    they are holidays or were not recorded. Raises TooLittleTrafficError if a weekday is left without a day.
    """
    found = _peaks(traffic, start, days)
    busy = {day.weekday() for day, row in found if any(row)}
    kept = [(day, row) for day, row in found if any(row) or day.weekday() not in busy]
    there = {day.weekday() for day, _ in kept}
    for number, name in enumerate(WEEKDAYS):
        if number not in there:
            raise TooLittleTrafficError(
                f"no {name} is complete among the days to fit on.", advice="Record for longer."
            )
    return kept


def _peaks(traffic: TrafficSpec, start: datetime, days: Days) -> list[Day]:
    found: dict[date, list[int | None]] = {day: [None] * QUARTERS for day in days.fitted}
    demand, minute = offered(traffic.traffic), round(60 / STEP)
    for step in range(0, len(demand), minute):
        at = local(start.timestamp() + step * STEP, days.zone)
        row = found.get(at.date())
        if row is not None:
            quarter = (60 * at.hour + at.minute) // 15
            row[quarter] = max(row[quarter] or 0, *demand[step : step + minute])
    return list(found.items())


def alike(found: Sequence[Day]) -> list[tuple[int, ...]]:
    """The weekdays (0 is Monday) in groups with much the same demand, each ascending."""
    means = {
        number: [_mean(row[quarter] for row in _of(found, (number,))) for quarter in range(QUARTERS)]
        for number in range(7)
    }
    groups: list[tuple[int, ...]] = [(number,) for number in range(7)]

    def apart(one: tuple[int, ...], other: tuple[int, ...]) -> float:
        return max(_apart(means[first], means[second]) for first in one for second in other)

    while len(groups) > 1:
        one, other = min(combinations(groups, 2), key=lambda pair: apart(*pair))
        if apart(one, other) > ALIKE:
            break
        groups = sorted([tuple(sorted(one + other)), *(g for g in groups if g not in (one, other))])
    return groups


def exceeded_by(found: Sequence[Day], weekdays: Collection[int], days: float) -> list[int]:
    """For each quarter of an hour, the demand that at most this share of the days of some weekdays
    exceeds."""
    rows = _of(found, weekdays)
    levels: list[int] = []
    for quarter in range(QUARTERS):
        if known := sorted(value for row in rows if (value := row[quarter]) is not None):
            levels.append(known[-1 - math.floor(days * len(known))])
        else:
            # Clocks jump over this quarter on every day: it is as the one before, at midnight as the next.
            levels += levels[-1:]
    return levels[:1] * (QUARTERS - len(levels)) + levels


def _of(found: Sequence[Day], weekdays: Collection[int]) -> list[Sequence[int | None]]:
    return [row for day, row in found if day.weekday() in weekdays]


def _mean(values: Iterable[int | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two days are apart: 0 the same, 1 never busy at the same time."""
    most = sum(map(max, one, other))
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / most if most else 0.0
