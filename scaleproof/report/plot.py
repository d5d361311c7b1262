"""What a page draws of a plot: its marks, axes, legend, and the values under the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Layer:
    """A path; `style`: classes of the style sheet, such as "line demand"."""

    path: str
    style: str


@dataclass(frozen=True)
class Key:
    """One entry of a legend; `style` is "line", "dash", "area" or "mark" with the name of a colour."""

    label: str
    style: str


@dataclass(frozen=True)
class Reading:
    """The values that the pointer shows at each column of a plot."""

    label: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Lane:
    """A labelled row of a plot without scale; `place` in percent from the bottom."""

    label: str
    place: float


@dataclass(frozen=True)
class Dot:
    """A numbered dot; `x` and `y` in percent from the left and the bottom.

    `style`: a class or nothing. `shift`: pixels from the dot up to its number.
    """

    number: str
    label: str
    x: float
    y: float
    style: str = ""
    shift: int = 0


@dataclass(frozen=True)
class Plot:
    """One plot. `question`: its title; `note`: how to read it."""

    question: str
    layers: tuple[Layer, ...]
    x: tuple[Mark, ...]
    y: tuple[Mark, ...] = ()
    unit: str = ""
    legend: tuple[Key, ...] = ()
    lanes: tuple[Lane, ...] = ()
    dots: tuple[Dot, ...] = ()
    readings: tuple[Reading, ...] = field(default=())
    note: str = ""
    height: int = 200

    @property
    def data(self) -> list[dict[str, Any]]:
        """The readings as JSON values."""
        return [
            {"label": reading.label, "values": [_rounded(value) for value in reading.values]}
            for reading in self.readings
        ]


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


MINUTE, HOUR, DAY = 60, 3_600, 86_400
_TIME_STEPS = (
    MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
)  # fmt: skip
_MOST_TIMES, _MOST_VALUES = 9, 5


@dataclass(frozen=True)
class Mark:
    """A label at a place on an axis (percent)."""

    place: float
    label: str


def values(top: float) -> tuple[float, list[Mark]]:
    """The end of an axis from zero to at least `top`, and its marks at round numbers."""
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
    """A time of the simulation as text."""
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


_MOMENTS = (
    (0, "0"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (21_600, "6 h"), (86_400, "1 d"),
    (604_800, "7 d"), (2_592_000, "30 d"),
)  # fmt: skip


def heights(longest: float) -> tuple[Callable[[float], float], list[Mark]]:
    """A logarithmic axis up to `longest` seconds: a function from seconds to percent, and the marks."""
    most = next((seconds for seconds, _ in _MOMENTS if seconds >= longest), _MOMENTS[-1][0]) or 10

    def place(seconds: float) -> float:
        return 100 * min(math.log10(1 + seconds) / math.log10(1 + most), 1.0)

    return place, [Mark(place(seconds), label) for seconds, label in _MOMENTS if seconds <= most]


def scatter(
    question: str, points: Sequence[tuple[str, float, float, str]], note: str, *, height: int
) -> Plot:
    """Numbered dots, each with a label, a price (across), a time in seconds (up, logarithmic) and a style."""
    dearest, x = values(max(price for _, price, _, _ in points))
    place, y = heights(max(seconds for _, _, seconds, _ in points))
    dots = [
        Dot(str(number), label, 100 * price / dearest, place(seconds), style)
        for number, (label, price, seconds, style) in enumerate(points, 1)
    ]
    return Plot(question, (), tuple(x), tuple(y), dots=tuple(apart(dots)), note=note, height=height)


def apart(dots: Sequence[Dot]) -> Iterator[Dot]:
    """The dots with their numbers above them (below at the upper edge), higher where dots are close."""
    before: list[Dot] = []
    for dot in dots:
        near = sum(1 for other in before if abs(dot.x - other.x) < 5 and abs(dot.y - other.y) < 12)
        before.append(dot)
        yield replace(dot, shift=(1 if dot.y < 85 else -1) * (14 + 13 * near))
