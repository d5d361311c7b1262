"""A plot as the page takes it: marks, axes, a legend, and what the pointer reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scaleproof.report.axis import Mark


@dataclass(frozen=True)
class Layer:
    """A path; `style` names a class of the style sheet, such as "line demand" or "fill over"."""

    path: str
    style: str


@dataclass(frozen=True)
class Key:
    """One entry of a legend; `style` is "line", "dash", "area" or "mark" with the name of a colour."""

    label: str
    style: str


@dataclass(frozen=True)
class Reading:
    """What the pointer reads at each column of a plot."""

    label: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Lane:
    """A row of a plot that has no scale: its label, and where it lies (percent from the bottom)."""

    label: str
    place: float


@dataclass(frozen=True)
class Dot:
    """A numbered place in a plot: percent from the left and from the bottom.

    `style` is a class or nothing; `shift` is how far above it its number stands, in pixels.
    """

    number: str
    label: str
    x: float
    y: float
    style: str = ""
    shift: int = 0


@dataclass(frozen=True)
class Plot:
    """One picture. `question` is what it answers, `note` what has to be known to read it."""

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
        """The readings as JSON has them."""
        return [
            {"label": reading.label, "values": [_short(value) for value in reading.values]}
            for reading in self.readings
        ]


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
