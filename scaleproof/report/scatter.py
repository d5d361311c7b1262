"""Numbered dots over a logarithmic scale of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from scaleproof.report.axis import Mark
from scaleproof.report.plot import Dot

_MOMENTS = (
    (0, "0"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (21_600, "6 h"), (86_400, "1 d"),
    (604_800, "7 d"), (2_592_000, "30 d"),
)  # fmt: skip


def heights(longest: float) -> tuple[Callable[[float], float], list[Mark]]:
    """Where times lie on an axis that holds the longest (seconds), in percent, and the axis's marks."""
    most = next((seconds for seconds, _ in _MOMENTS if seconds >= longest), _MOMENTS[-1][0]) or 10

    def place(seconds: float) -> float:
        return 100 * min(math.log10(1 + seconds) / math.log10(1 + most), 1.0)

    return place, [Mark(place(seconds), label) for seconds, label in _MOMENTS if seconds <= most]


def apart(dots: Sequence[Dot]) -> Iterator[Dot]:
    """The dots with their numbers above them (below at the upper edge), higher where dots are close."""
    before: list[Dot] = []
    for dot in dots:
        near = sum(1 for other in before if abs(dot.x - other.x) < 5 and abs(dot.y - other.y) < 12)
        before.append(dot)
        yield replace(dot, shift=(1 if dot.y < 85 else -1) * (14 + 13 * near))
