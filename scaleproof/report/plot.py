"""The data of plots and of their common axis, which the script of a page reads as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Look = Literal["line", "dash", "area", "stack", "band"]
Scale = Literal["plain", "counts", "orders", "durations", "shares"]
Span = tuple[float, float]

HEIGHT, LANE = 240, 56
"""Pixels of a plot, and at least so many of each of its lanes."""


@dataclass(frozen=True)
class Series:
    """A value at each place of the axis, None where there is none.

    `colour` is one of the style sheet. A "stack" stands on the stacks before it; a "band" reaches from
    `lower` to `values`, or to the top where these have none. `shown`: whether it is drawn at first.
    """

    label: str
    values: Sequence[float | None]
    colour: str
    look: Look = "line"
    lower: Sequence[float | None] = ()
    shown: bool = True


@dataclass(frozen=True)
class Spans:
    """Stretches of the axis that are shaded; one without length is a stroke.

    `lane`: the lane that has them, None for the whole plot. `part`: from where to where in its height.
    `side`: which of two they are of, where a lane has both.
    """

    label: str
    spans: Sequence[Span]
    colour: str
    lane: int | None = None
    part: Span = (0.0, 1.0)
    side: str = ""

    @property
    def look(self) -> Look:
        """What the whole plot is seen through is pale."""
        whole = self.lane is None and self.part == (0.0, 1.0)
        strokes = self.spans and all(start == end for start, end in self.spans)
        return "area" if whole and not strokes else "stack"


@dataclass(frozen=True)
class Dot:
    """A numbered dot. `label`: what it is; `link`: the id of the place of the page that says more."""

    number: str
    label: str
    x: float
    y: float
    colour: str
    link: str = ""


@dataclass(frozen=True)
class Plot:
    """One plot. `question`: its title; `unit`: of what goes up; `note`: how to read it.

    `lanes`: names of its rows, from the top; such a plot has no values. `scale`: what goes up are "counts",
    with ticks at whole numbers; counts of many "orders" of magnitude, logarithmic above one; seconds
    ("durations"), logarithmic above ten; "shares", logarithmic above 0.01 %; or anything else. `top`: the end
    of the scale, None for what fits.
    """

    question: str
    unit: str = ""
    series: tuple[Series, ...] = ()
    spans: tuple[Spans, ...] = ()
    lanes: tuple[str, ...] = ()
    dots: tuple[Dot, ...] = ()
    note: str = ""
    scale: Scale = "plain"
    top: float | None = None

    @property
    def height(self) -> int:
        """Pixels."""
        return max(HEIGHT, LANE * len(self.lanes))

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The entries of the legend: series, whose values the pointer reads, then spans; spans of the same
        label are one."""
        entries: list[dict[str, Any]] = [
            {"label": series.label, "colour": series.colour, "look": series.look, "shown": series.shown, "read": True}
            for series in self.series
        ]
        for span in self.spans:
            key = {"label": span.label, "colour": span.colour, "look": span.look, "shown": True, "read": False}
            if key not in entries:
                entries.append(key)
        return entries

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws, as JSON values."""
        keys = [key["label"] for key in self.keys]
        return {
            "unit": self.unit,
            "height": self.height,
            "top": self.top,
            "scale": self.scale,
            "lanes": self.lanes,
            "series": [
                {
                    "colour": series.colour,
                    "look": series.look,
                    "values": list(map(_short, series.values)),
                    "lower": list(map(_short, series.lower)),
                }
                for series in self.series
            ],
            "spans": [
                {
                    "key": keys.index(span.label, len(self.series)),
                    "colour": span.colour,
                    "lane": span.lane,
                    "part": span.part,
                    "side": span.side,
                    "at": [[_short(start), _short(end)] for start, end in span.spans],
                }
                for span in self.spans
            ],
            "dots": [vars(dot) for dot in self.dots],
        }


@dataclass(frozen=True)
class Plots:
    """Plots over one axis, which are zoomed together.

    `places`: the axis of their series, from 0 to `last`; `across`: what it is, with its unit. With a
    `start`, places are seconds from there, and a value lasts until the next one. `title`: above them;
    `small`: side by side.
    """

    plots: Sequence[Plot]
    across: str
    places: Sequence[float]
    last: float
    start: datetime | None = None
    title: str = ""
    small: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """The axis as JSON values. `offset`: seconds of the time zone from UTC."""
        offset = self.start.utcoffset() if self.start else None
        return {
            "across": self.across,
            "places": list(map(_short, self.places)),
            "last": self.last,
            "start": self.start.timestamp() if self.start else None,
            "offset": offset.total_seconds() if offset else 0,
        }


def over_time(plots: Iterable[Plot], start: datetime, places: Sequence[float], duration: float) -> Plots:
    """Plots of values that last until the next one, over `duration` seconds from `start`."""
    return Plots(tuple(plots), f"time, {zone(start)}", places, duration, start)


def stretches(places: Sequence[float], end: float, holds: Iterable[bool]) -> Iterator[Span]:
    """The stretches where something holds, of values that last from their place until the next one."""
    since: float | None = None
    for place, held in zip((*places, end), (*holds, False), strict=True):
        if held and since is None:
            since = place
        elif not held and since is not None:
            yield since, place
            since = None


def visible(spans: Iterable[Span], duration: float, most: int) -> list[Span]:
    """At most so many of sorted spans within a duration, to the second: those close together are one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < duration / most:
            joined[-1] = joined[-1][0], max(float(round(end)), joined[-1][1])
        else:
            joined.append((round(start), round(end)))
    return joined


def moment(start: datetime, seconds: float) -> str:
    """A time of the simulation as text."""
    return (start + timedelta(seconds=seconds)).strftime("%a %d %b %H:%M:%S")


def zone(start: datetime) -> str:
    """The name of a start's time zone."""
    return "UTC" if start.tzinfo is UTC or not start.utcoffset() else start.strftime("%Z")


def _short(value: float | None) -> float | None:
    """A value with what a plot can show of it; None for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    near = round(value, 3) if abs(value) >= 1 else float(f"{value:.4g}")
    return int(near) if near == int(near) else near
