"""Marks of a plot as SVG paths, in a box of SIDE x SIDE units that the page stretches to its width.

Nothing here is text: text would be stretched as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SIDE = 1000

_Points = list[tuple[float, float]]


def line(values: Sequence[float | None], top: float) -> str:
    """A line with a step for each value, on an axis that ends at `top`; None is a gap."""
    return "".join(f"M{_through(run)}" for run in _runs(values, top))


def area(upper: Sequence[float], lower: Sequence[float] | None, top: float) -> str:
    """What lies between two lines with steps; `lower` None is the axis."""
    if not upper:
        return ""
    (above,) = _runs(upper, top)
    (below,) = _runs(lower, top) if lower is not None else [[(0.0, float(SIDE)), (float(SIDE), float(SIDE))]]
    return f"M{_through(above)}L{_through(below[::-1])}Z"


def bars(spans: Iterable[tuple[float, float]], low: float = 0.0, high: float = 1.0) -> str:
    """Rectangles between two shares of the width each, and between two shares of the height."""
    top, bottom = _number((1 - high) * SIDE), _number((1 - low) * SIDE)
    return "".join(
        f"M{_number(start * SIDE)} {top}H{_number(max(end, start + 0.0012) * SIDE)}V{bottom}"
        f"H{_number(start * SIDE)}Z"
        for start, end in spans
    )


def ticks(places: Iterable[float], low: float, high: float) -> str:
    """Upright strokes at shares of the width, between two shares of the height."""
    top, bottom = _number((1 - high) * SIDE), _number((1 - low) * SIDE)
    return "".join(f"M{_number(place * SIDE)} {bottom}V{top}" for place in places)


def level(value: float, top: float) -> str:
    """A line across the plot."""
    return f"M0 {_number(_height(value, top))}H{SIDE}"


def _runs(values: Sequence[float | None], top: float) -> list[_Points]:
    """The corners of the line, one list for each stretch without a gap."""
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
    # A little more than the box, so that what is off the scale is seen to be.
    return round(SIDE * (1 - min(max(value / top, 0.0), 1.02)), 1)


def _through(points: _Points) -> str:
    return " ".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
