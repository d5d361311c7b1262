"""The settings that a search tries, and the steps from one proposal to others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.proposal import Proposal

TARGETS = tuple(percent / 100 for percent in range(30, 100, 5))
"""Utilizations of a real-time endpoint."""
BACKLOGS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Of an asynchronous endpoint, as multiples of what one instance works on at a time."""
OUT, IN = (0, 60, 120, 300), (0, 60, 120, 300, 600, 1800)
"""Cooldowns in seconds. The longest is that of the longest stream: it pays where cut streams count."""
PERIODS = (1, 2, 3, 5)
"""Minutes of waiting before an endpoint at zero wakes."""

Move = tuple[tuple[str, int], ...]
"""Settings that change together, each up (1) or down (-1)."""
MOVES: tuple[Move, ...] = (
    (("target", 1),),
    (("scale_in_cooldown", 1),),
    (("scale_out_cooldown", 1),),
    (("wake_instances", 1),),
    (("wake_periods", 1),),
    # Two that make up for each other.
    (("scale_in_cooldown", 1), ("target", 1)),
    (("scale_in_cooldown", 1), ("min", -1)),
    (("scale_out_cooldown", 1), ("target", -1)),
    (("wake_instances", 1), ("target", 1)),
    (("wake_instances", 1), ("max", -1)),
)
"""Each is tried in both directions. Bounds change with the target: see Grid.bounds."""


@dataclass(frozen=True)
class Grid:
    """The values of each setting, in order; settings that do not matter are left out."""

    values: Mapping[str, Sequence[Any]]

    @classmethod
    def of(cls, kind: Kind, sustained: float, lowest: int, highest: int) -> Self:
        """That of a kind of endpoint. `sustained`: by an instance of the first type; `lowest` and `highest`:
        of the maximum."""
        counts = range(1, highest + 1)
        common: dict[str, Sequence[Any]] = {
            "max": range(lowest, highest + 1),
            "scale_out_cooldown": OUT,
            "scale_in_cooldown": IN,
        }
        if kind is Kind.REALTIME:
            return cls({**common, "target": TARGETS, "min": counts})
        at_once = max(int(sustained), 1)
        backlogs = sorted({max(at_once * share, 0.5) for share in BACKLOGS})
        waking: dict[str, Sequence[Any]] = {"wake_instances": counts, "wake_periods": PERIODS}
        return cls({**common, "target": backlogs, "min": range(highest + 1), **waking})

    @property
    def shares(self) -> Sequence[float]:
        """Lengths of steps, as shares of all values: each half of the one before, down to single values."""
        longest, found = max(len(values) for values in self.values.values()), [0.25]
        while found[-1] * longest > 1:
            found.append(found[-1] / 2)
        return found

    def around(self, proposal: Proposal, move: Move, share: float) -> Iterator[Proposal]:
        """The proposals one step of a move away from one on the grid, in both directions.

        A fleet of constant size has none: only its bounds matter.
        """
        names = [name for name, _ in move]
        if proposal.min == proposal.max:
            return
        asleep = self.values.keys() >= {"wake_instances"} and proposal.min == 0
        if not self.values.keys() >= set(names) or (names[0].startswith("wake") and not asleep):
            return
        for sign in (1, -1):
            changes = {name: self._step(proposal, name, sign * way, share) for name, way in move}
            found = replace(proposal, **changes)
            if found.min > found.max or any(getattr(proposal, name) == changes[name] for name in names):
                continue
            yield replace(found, wake_instances=min(found.wake_instances, found.max))

    def bounds(self, proposal: Proposal, share: float) -> Iterator[Proposal]:
        """The proposals with a minimum, a maximum or both one step away."""
        for ways in product((0, -1, 1), repeat=2):
            found = proposal
            for name, way in zip(("min", "max"), ways, strict=True):
                found = replace(found, **{name: self._step(proposal, name, way, share)}) if way else found
            if found != proposal and found.min <= found.max:
                yield replace(found, wake_instances=min(found.wake_instances, found.max))

    def aims(self, proposal: Proposal, share: float) -> list[Any]:
        """The target of a proposal, all that are steps away from it, and the first and last."""
        targets = self.values["target"]
        step, last = max(round(len(targets) * share), 1), len(targets) - 1
        places = {0, last, *range(targets.index(proposal.target) % step, last, step)}
        return [targets[place] for place in sorted(places)]

    def _step(self, proposal: Proposal, name: str, way: int, share: float) -> Any:
        """The value of a setting one step up or down, or the last on the way."""
        values = self.values[name]
        place = values.index(getattr(proposal, name)) + way * max(round(len(values) * share), 1)
        return values[min(max(place, 0), len(values) - 1)]

    def spread(self, name: str, number: int, most: float = math.inf) -> list[Any]:
        """Up to `number` values of a setting (2 or more), evenly from the first to the last up to `most`."""
        values = [value for value in self.values[name] if value <= most]
        places = {round((len(values) - 1) * place / (number - 1)) for place in range(number)}
        return [values[place] for place in sorted(places)]
