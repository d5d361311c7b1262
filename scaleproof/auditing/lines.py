"""Pairs the events of the record with those of the replay, as lines of an audit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

CLOSE = 4.0
"""Seconds between two events that are one: AWS's clocks and delays are known to less than a second
(scaleproof.scaling.assumptions); an emulator on a busy machine is late by some."""
NEAR = 180.0
"""Seconds within which an event is taken for the same one at another time."""


class EventKind(StrEnum):
    """The kinds of events in a line."""

    ALARM = "alarm"
    """A new state of an alarm."""
    SCALING = "scaling"
    """A change of the instance count."""
    NOT_SCALED = "not scaled"
    """Why an alarm changed nothing."""
    BOUNDS = "bounds"
    """A scheduled action."""
    UNFULFILLED = "unfulfilled"
    """A change that took too long."""
    SETTINGS = "settings"
    """How target tracking made an alarm."""
    METRIC = "metric"
    """Whether a metric has data."""


@dataclass(frozen=True)
class Line:
    """One event: when it was recorded and when it is replayed (epoch seconds), None where it is not.

    `times`: how often the replay repeats it. Both times are None for settings and metrics. `key`: what makes
    it the same as another one of its kind, of the replay where it has it; for a change of the count, the
    instances. `close`: how far its other half may be, in seconds. `explained`: the answer with which a
    difference goes away, as `--assume` takes it.
    """

    kind: EventKind
    description: str
    recorded: float | None = None
    replayed: float | None = None
    agrees: bool = False
    times: int = 1
    key: Any = None
    close: float = CLOSE
    explained: str = ""

    @property
    def time(self) -> float:
        """Where it stands in a timeline."""
        return min(time for time in (self.recorded, self.replayed, float("inf")) if time is not None)


def paired(recorded: Sequence[Line], replayed: Sequence[Line]) -> Iterator[Line]:
    """Makes one line of each of the record and the nearest of the replay that is the same, within NEAR."""
    replayed = sorted(replayed, key=lambda line: line.time)
    times = [line.time for line in replayed]
    near = sorted(
        (abs(line.time - times[j]), i, j)
        for i, line in enumerate(recorded)
        for j in range(bisect_left(times, line.time - NEAR), bisect_right(times, line.time + NEAR))
        if _same(line, replayed[j])
    )
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in partners and j not in taken:
            partners[i] = j
            taken.add(j)
    for i, line in enumerate(recorded):
        if i in partners:
            other = times[partners[i]]
            line = replace(line, replayed=other, agrees=abs(line.time - other) <= line.close)
        yield line
    yield from (line for j, line in enumerate(replayed) if j not in taken)


def _same(recorded: Line, replayed: Line) -> bool:
    if recorded.kind is EventKind.BOUNDS is replayed.kind:  # a bound that an activity does not name is any
        return all(bound in (None, other) for bound, other in zip(recorded.key, replayed.key, strict=True))
    return (recorded.kind, recorded.key) == (replayed.kind, replayed.key)
