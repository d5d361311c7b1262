"""Says in words which inputs would make an endpoint hold, as `advising` found them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaleproof.studies.verdict import Level, Overload
from scaleproof.studies.wording import count, duration, more, per_day

OTHERS = 2
"""How many other answers are told."""
DEAR = 1.5
"""What costs so much more points to `choose`."""


@dataclass(frozen=True)
class Change:
    """One input of the module, as docs/inputs.md names it, with another value."""

    input: str
    before: float
    value: float

    @property
    def words(self) -> str:
        """As it is written in the module."""
        return f"{self.input} = {self.value:g}"


@dataclass(frozen=True)
class Tried:
    """The endpoint with changed inputs, simulated on the same traffic and seed.

    `distance`: that of the verdict.
    """

    changes: tuple[Change, ...]
    enough: bool
    level: Level
    distance: float
    instance_hours: float
    usd: float | None
    """Null unless every type that ran has a price."""
    overload: Overload
    lost: int
    cut_per_day: float

    @property
    def words(self) -> str:
        """The changes."""
        return " and ".join(change.words for change in self.changes)

    @property
    def cost(self) -> float:
        """USD where there are prices, else instance-hours."""
        return self.instance_hours if self.usd is None else self.usd


@dataclass(frozen=True)
class Advice:
    """What to change so that an endpoint holds on this traffic, found by simulating it with other inputs."""

    sentences: tuple[str, ...]
    """All of it, for people."""
    enough: Tried | None
    """The cheapest change with which it holds. Null where nothing that was tried is enough."""
    others: tuple[Tried, ...]
    """Changes of one input with which it holds as well, cheaper ones first."""
    nearest: Tried | None
    """What comes nearest. Null where something is enough, or nothing could be tried."""
    simulations: int
    """How many were tried."""


def advice(base: Tried, best: Tried | None, others: tuple[Tried, ...], simulations: int) -> Advice:
    """The advice. `base`: the endpoint as it is; `best`: what does best of all that was tried, None if there
    was nothing to try; `others`: other changes of one input with which it holds, cheaper ones first."""
    if best is None:
        return Advice(("Nothing scales it, so there is no input to change.",), None, (), None, 0)
    if best.enough:
        shown = others[:OTHERS]
        return Advice(tuple(_enough(base, best, shown)), best, shown, None, simulations)
    return Advice(tuple(_not_enough(base, best, simulations)), None, (), best, simulations)


def _enough(base: Tried, best: Tried, others: tuple[Tried, ...]) -> Iterator[str]:
    yield f"It holds with {best.words} ({_more(base, best)})."
    if len(best.changes) > 1 and not others:
        yield "No single input that was tried is enough."
    if others:
        yield f"Or with {', or with '.join(f'{other.words} ({_more(base, other)})' for other in others)}."
    if best.cost > DEAR * base.cost:
        yield (
            "That is dear: see what scaleproof choose finds, on several seeds, with schedules and with other "
            "limits of what scale-in may cut off."
        )


def _not_enough(base: Tried, nearest: Tried, number: int) -> Iterator[str]:
    tried = f"No change of its inputs that was tried is enough ({count(number, 'simulation')})."
    if not nearest.changes:
        yield f"{tried} None comes nearer than what there is."
    else:
        yield f"{tried} {nearest.words} comes nearest ({_more(base, nearest)}): {_left(nearest)}."
    if why := _why(nearest):
        yield why


def _left(nearest: Tried) -> str:
    parts = []
    if nearest.overload.total:
        parts.append(f"above capacity for {duration(nearest.overload.total)}")
    if nearest.lost:
        parts.append(f"{count(nearest.lost, 'request')} lost")
    if nearest.cut_per_day:
        parts.append(f"{per_day(nearest.cut_per_day)} cut off a day")
    return ", ".join(parts) or "work is left at the end"


def _why(nearest: Tried) -> str:
    """What most of the overload that is left is due to."""
    over = nearest.overload
    reasons = {
        "Instances could not be had: another type in instance_pools would help.": over.short,
        "Instances start too slowly for this traffic: they have to run before it comes, by capacity.min or "
        "schedules.": over.starting,
        "No policy asks for more meanwhile: they follow a signal that sees this load too late, or not at "
        "all.": over.unasked,
        "The maximum is in the way.": over.at_max,
    }
    reason, seconds = max(reasons.items(), key=lambda item: item[1])
    return reason if seconds else ""


def _more(base: Tried, other: Tried) -> str:
    return more(base.cost, other.cost, priced=other.usd is not None)
