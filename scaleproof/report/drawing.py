"""What a plot draws: a timeline in as many columns as fit, and marks as SVG paths.

Paths lie in a box of SIDE x SIDE units that the page stretches to its width. They hold no text: it would be
stretched as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scaleproof.simulation import Result

_Item = TypeVar("_Item")

MOST = 960
"""The most columns of a plot: about its width in pixels."""


@dataclass(frozen=True)
class Columns:
    """A timeline with several rows in each column. `seconds`: the time that a column covers.

    A column has the highest demand and waiting of its rows, the lowest capacity, the sum of refused, and the
    last value of everything else. `overloaded`: the stretches with a demand above the capacity, as shares of
    the whole time.
    """

    seconds: float
    times: tuple[float, ...]
    desired: tuple[int, ...]
    in_service: Mapping[str, tuple[int, ...]]
    starting: tuple[int, ...]
    demand: tuple[int, ...]
    capacity: tuple[float, ...]
    waiting: tuple[int, ...]
    refused: tuple[int, ...]
    minimum: tuple[int, ...]
    maximum: tuple[int, ...]
    signals: Mapping[str, tuple[float | None, ...]]
    overloaded: tuple[tuple[float, float], ...]


def columns(result: Result, most: int = MOST) -> Columns:
    """The columns of a result."""
    line = result.timeline
    group = -(-len(line) // most) or 1

    def fold(values: Sequence[int], how: Callable[[Sequence[int]], int]) -> tuple[int, ...]:
        return tuple(how(part) for part in _parts(values, group))

    return Columns(
        seconds=line.step * group,
        times=tuple(part[0] for part in _parts(line.time, group)),
        desired=fold(line.desired, _last),
        in_service={kind: fold(values, _last) for kind, values in line.in_service.items()},
        starting=fold(line.starting, _last),
        demand=fold(line.demand, max),
        capacity=tuple(min(part) for part in _parts(line.capacity, group)),
        waiting=fold(line.waiting, max),
        refused=fold(line.refused, sum),
        minimum=fold(line.minimum, _last),
        maximum=fold(line.maximum, _last),
        signals={name: tuple(_peak(part) for part in _parts(v, group)) for name, v in line.signals.items()},
        overloaded=tuple(_overloaded(result)),
    )


def _parts(values: Sequence[_Item], group: int) -> Iterator[Sequence[_Item]]:
    return (values[index : index + group] for index in range(0, len(values), group))


def _last(part: Sequence[int]) -> int:
    return part[-1]


def _peak(part: Sequence[float | None]) -> float | None:
    return max((value for value in part if value is not None), default=None)


def _overloaded(result: Result) -> Iterator[tuple[float, float]]:
    line, total = result.timeline, len(result.timeline)
    start: int | None = None
    for row in range(total + 1):
        over = row < total and line.demand[row] > line.capacity[row]
        if over and start is None:
            start = row
        elif not over and start is not None:
            yield start / total, row / total
            start = None


SIDE = 1000

_Points = list[tuple[float, float]]


def line(values: Sequence[float | None], top: float) -> str:
    """A step line through the values, on an axis up to `top`; None is a gap."""
    return "".join(f"M{_through(run)}" for run in _runs(values, top))


def area(upper: Sequence[float], lower: Sequence[float] | None, top: float) -> str:
    """The area between two step lines; `lower` None is the axis."""
    if not upper:
        return ""
    (above,) = _runs(upper, top)
    (below,) = _runs(lower, top) if lower is not None else [[(0.0, float(SIDE)), (float(SIDE), float(SIDE))]]
    return f"M{_through(above)}L{_through(below[::-1])}Z"


def bars(spans: Iterable[tuple[float, float]], low: float = 0.0, high: float = 1.0) -> str:
    """Rectangles from one share of the width to another, between two shares of the height."""
    top, bottom = _number((1 - high) * SIDE), _number((1 - low) * SIDE)
    return "".join(
        f"M{_number(start * SIDE)} {top}H{_number(max(end, start + 0.0012) * SIDE)}V{bottom}"
        f"H{_number(start * SIDE)}Z"
        for start, end in spans
    )


def ticks(places: Iterable[float], low: float, high: float) -> str:
    """Vertical strokes at shares of the width, between two shares of the height."""
    top, bottom = _number((1 - high) * SIDE), _number((1 - low) * SIDE)
    return "".join(f"M{_number(place * SIDE)} {bottom}V{top}" for place in places)


def curve(points: Sequence[tuple[float, float]], top: float) -> str:
    """A straight line from point to point: a share of the width, and a value on an axis up to `top`."""
    return f"M{_through([(place * SIDE, _height(value, top)) for place, value in points])}" if points else ""


def band(points: Sequence[tuple[float, float, float]], top: float) -> str:
    """The area between two such lines: a share of the width, the lower value and the upper one."""
    if not points:
        return ""
    lower = curve([(place, value) for place, value, _ in points], top)
    upper = curve([(place, value) for place, _, value in reversed(points)], top)
    return f"{lower}L{upper.removeprefix('M')}Z"


def level(value: float, top: float) -> str:
    """A line across the plot."""
    return f"M0 {_number(_height(value, top))}H{SIDE}"


def _runs(values: Sequence[float | None], top: float) -> list[_Points]:
    """The corners of a step line, one list for each stretch without a gap."""
    width = SIDE / max(len(values), 1)
    runs: list[_Points] = []
    drawing = False
    for index, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        left, right, y = index * width, (index + 1) * width, _height(value, top)
        if not drawing:
            runs.append([(left, y), (right, y)])
        elif runs[-1][-1][1] == y:
            runs[-1][-1] = (right, y)
        else:
            runs[-1] += [(left, y), (right, y)]
        drawing = True
    return runs


def _height(value: float, top: float) -> float:
    # Values off the scale end slightly outside the box, so that this shows.
    return round(SIDE * (1 - min(max(value / top, 0.0), 1.02)), 1)


def _through(points: _Points) -> str:
    return " ".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
