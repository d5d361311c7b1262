"""Where an axis has its marks, and what is written beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_TIME_STEPS = (
    MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
)  # fmt: skip
_MOST_TIMES, _MOST_VALUES = 9, 5


@dataclass(frozen=True)
class Mark:
    """A place on an axis, as a percentage of its length, and its label."""

    place: float
    label: str


def values(top: float) -> tuple[float, list[Mark]]:
    """The end of an axis from zero that holds `top`, and its marks at round numbers."""
    if not top > 0:
        return 1.0, [Mark(0, "0"), Mark(100, "1")]
    rough = top / (_MOST_VALUES - 1)
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1, 2, 2.5, 5, 10) if factor * scale >= rough * 0.999)
    number = math.ceil(top / step - 1e-9)
    return step * number, [Mark(100 * index / number, _short(index * step)) for index in range(number + 1)]


def times(start: datetime, duration: float) -> list[Mark]:
    """Marks at round times of day of `start`'s time zone, over `duration` seconds."""
    step = next((size for size in _TIME_STEPS if duration / size <= _MOST_TIMES), _TIME_STEPS[-1])
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    offset = (start - midnight).total_seconds()
    first = math.ceil(offset / step) * step - offset
    marks = []
    for index in range(int((duration - first) // step) + 1):
        at = first + index * step
        marks.append(Mark(100 * at / duration, _moment(start + timedelta(seconds=at), step, duration)))
    return marks


def moment(start: datetime, seconds: float) -> str:
    """A point in time of the simulation, for a table."""
    return (start + timedelta(seconds=seconds)).strftime("%a %d %b %H:%M:%S")


def zone(start: datetime) -> str:
    """The name of a start's time zone."""
    return "UTC" if start.tzinfo is UTC or not start.utcoffset() else start.strftime("%Z")


def _moment(at: datetime, step: int, duration: float) -> str:
    if step >= DAY or (duration > 2 * DAY and at.hour == at.minute == 0):
        return f"{at:%a} {at.day} {at:%b}" if duration <= 14 * DAY else f"{at.day} {at:%b}"
    return f"{at:%H:%M}"


def _short(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g} M"
    if value >= 10_000:
        return f"{value / 1000:g} k"
    return f"{round(value, 6):g}"
