"""A timeline in no more columns than a plot can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scaleproof.simulation import Result

_Item = TypeVar("_Item")

MOST = 960
"""Columns of a plot: about the pixels that it is wide."""


@dataclass(frozen=True)
class Columns:
    """The timeline of a result with `group` rows to a column. `seconds`: the time that a column covers.

    Of demand and waiting a column has the most of its rows, of capacity the least, of refused the
    sum, of everything else the last. `overloaded` are the stretches with a demand above the capacity in some
    row, as shares of the whole time.
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
