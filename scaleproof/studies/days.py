"""Days of traffic: some to fit schedules on, later ones to judge them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.cron import local, moment
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.wording import count

LEAST = 14
"""Days that fitting and judging need: each weekday comes twice."""
JUDGED = 7


class TooLittleTrafficError(ScaleproofError):
    """The traffic does not show what recurs from week to week; says why."""


@dataclass(frozen=True)
class Days:
    """Days from midnight to midnight in a time zone: those to fit on, and after them those to judge on.

    All are complete: the traffic lasts all day, and no data is missing.
    """

    zone: ZoneInfo
    fitted: tuple[date, ...]
    judged: tuple[date, ...]

    def span(self, days: tuple[date, ...]) -> tuple[float, float]:
        """From the first midnight of some days to the last (epoch seconds)."""
        return midnight(days[0], self.zone), midnight(days[-1] + timedelta(days=1), self.zone)


def split(traffic: TrafficSpec, start: datetime, where: ZoneInfo) -> Days:
    """The days of traffic that begins at `start`. The last JUDGED are to judge on, the others to fit on.

    Raises TooLittleTrafficError if it has fewer than LEAST complete days, or no dates.
    """
    if traffic.start is None and not traffic.described:
        raise TooLittleTrafficError("its times have no dates.", advice="Write dates into the file.")
    whole = tuple(_complete(traffic, start.timestamp(), where))
    if len(whole) < LEAST:
        raise TooLittleTrafficError(
            f"they need {count(LEAST, 'complete day')} of traffic, and this has {len(whole)}.",
            advice=f"Give days={LEAST}." if traffic.described else "Record for longer.",
        )
    return Days(where, whole[:-JUDGED], whole[-JUDGED:])


def midnight(day: date, where: ZoneInfo) -> float:
    """When a day begins (epoch seconds)."""
    return moment(datetime.combine(day, time()), where)


def part(traffic: TrafficSpec, start: datetime, first: float, end: float) -> TrafficSpec:
    """The requests that arrive from `first` until before `end` (epoch seconds), of traffic that begins at
    `start`."""
    shorter = traffic.traffic.part(first - start.timestamp(), end - start.timestamp())
    return replace(traffic, traffic=shorter, start=datetime.fromtimestamp(first, start.tzinfo))


def setting_of(setting: Setting, start: datetime, first: float) -> Setting:
    """The setting of a part that begins at `first` (epoch seconds): shortages count from there."""
    behaviour, skipped = setting.model.behaviour, first - start.timestamp()
    shortages = tuple(
        replace(one, start=one.start - skipped, end=one.end - skipped)
        for one in behaviour.shortages
        if one.end > skipped
    )
    model = replace(setting.model, behaviour=replace(behaviour, shortages=shortages))
    return replace(setting, model=model, start=None)


def _complete(traffic: TrafficSpec, start: float, where: ZoneInfo) -> Iterator[date]:
    end = start + traffic.traffic.duration
    day = local(start, where).date()
    while (until := midnight(day + timedelta(days=1), where)) <= end:
        begins = midnight(day, where)
        missing = any(start + gap[0] < until and begins < start + gap[1] for gap in traffic.gaps)
        if begins >= start and not missing:
            yield day
        day += timedelta(days=1)
