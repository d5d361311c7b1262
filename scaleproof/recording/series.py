"""Data points of one metric by time, and the gaps in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scaleproof.times import MINUTE


@dataclass(frozen=True)
class Series:
    """A statistic of each `period` (seconds), by the start of the period (epoch seconds), oldest first."""

    period: int
    values: Mapping[int, float]

    @property
    def total(self) -> float:
        """The sum of all values."""
        return sum(self.values.values())


@dataclass(frozen=True)
class Gap:
    """A time without data."""

    start: datetime
    end: datetime


def gaps(series: Series, start: int, end: int) -> list[Gap]:
    """Where a series that should have a value in each period between two times has none for over a minute."""
    present = [time for time in series.values if start <= time < end]
    edges = zip([start, *(time + series.period for time in present)], [*present, end], strict=True)
    return [Gap(date(last), date(following)) for last, following in edges if following - last > MINUTE]


def date(time: float) -> datetime:
    """A time in epoch seconds as a date in UTC, in whole seconds."""
    return datetime.fromtimestamp(round(time), UTC)


def moment(time: float) -> str:
    """A time (epoch seconds) in ISO 8601."""
    return date(time).isoformat()
