"""Pairs the events of the record with those of the replay, as lines of an audit."""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scaleproof.scaling.autoscaling import NotScaled

CLOSE = 4.0
"""Seconds between two events that are one: AWS's clocks and delays are known to less than a second
(scaleproof.scaling.assumptions); an emulator on a busy machine is late by some."""
NEAR = 180.0
"""Seconds within which an event is taken for the same one at another time."""


class EventKind(StrEnum):
    """What a line is about."""

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
    it the same as another one, of the replay where it has it; for a change of the count, the instances.
    `close`: how far its other half may be, in seconds. `explained`: the answer with which a difference goes
    away, as `--assume` takes it.
    """

    kind: EventKind
    what: str
    recorded: float | None
    replayed: float | None
    agrees: bool
    times: int = 1
    key: Any = None
    close: float = CLOSE
    explained: str = ""

    @property
    def time(self) -> float:
        """Where it stands in a timeline."""
        return min(time for time in (self.recorded, self.replayed, float("inf")) if time is not None)


@dataclass(frozen=True)
class Event:
    """An event of one side. `key`: events with equal ones are the same. `close`: see CLOSE, of this event."""

    time: float
    what: str
    key: Any
    close: float = CLOSE


def paired(
    kind: EventKind,
    recorded: Sequence[Event],
    replayed: Sequence[Event],
    same: Callable[[Any, Any], bool] = operator.eq,
) -> Iterable[Line]:
    """Lines of events: each of the record with the nearest of the replay that is the same, within NEAR."""
    replayed = sorted(replayed, key=lambda event: event.time)
    times = [event.time for event in replayed]
    near = sorted(
        (abs(event.time - times[j]), i, j)
        for i, event in enumerate(recorded)
        for j in range(bisect_left(times, event.time - NEAR), bisect_right(times, event.time + NEAR))
        if same(event.key, replayed[j].key)
    )
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in partners and j not in taken:
            partners[i] = j
            taken.add(j)
    for i, event in enumerate(recorded):
        other = replayed[partners[i]] if i in partners else None
        close = other is not None and abs(event.time - other.time) <= event.close
        yield Line(kind, event.what, event.time, other.time if other else None, close, close=event.close, key=event.key)
    for j, other in enumerate(replayed):
        if j not in taken:
            yield Line(kind, other.what, None, other.time, False, close=other.close, key=other.key)


def reason_text(reason: NotScaled) -> str:
    """A reason as captures have it: "AlreadyAtMaxCapacity, MaxCapacity 2"."""
    numbers = {"MaxCapacity": reason.max, "MinCapacity": reason.min, "CurrentCapacity": reason.current}
    return ", ".join([reason.code, *(f"{name} {value}" for name, value in numbers.items() if value is not None)])
