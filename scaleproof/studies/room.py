"""Room for traffic that was not seen: settings that hold on the seeds they were chosen on hold on others too.

What is cheapest on some seeds is cut to fit them. So it is tried on others. Those on which it misses what was
asked join the ones that settings are chosen on, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypedDict

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Progress, within
from scaleproof.studies.search import Search
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Score, rank
from scaleproof.studies.wording import count

UNSEEN = 10
"""Seeds that a proposal is tried on after it was chosen on others."""
ROUNDS = 6
"""Times that settings are chosen, each on more seeds."""
NEAR = 1.15
"""An order of pools that is roughly so much dearer than another is not searched further."""


class RoomDocument(TypedDict):
    """What the proposal costs more than the cheapest on the seeds that settings were first chosen on."""

    settings: Proposal
    """The cheapest on those seeds; it missed what was asked on others."""
    instance_hours: float
    """More, on average over those seeds."""
    price: float
    """More, as a share of its price."""


class UnseenDocument(TypedDict):
    """How the proposal did on seeds that it was not chosen on."""

    seeds: int
    missed: int
    """Of these, so many on which it missed what was asked."""
    room: RoomDocument | None
    """Null where none was needed."""


@dataclass(frozen=True)
class Unseen:
    """A proposal on seeds that it was not chosen on: so many, and on how many of them it missed what was
    asked. `first`: the proposal for the first seeds, and `last`: this one, both on these; None if they are
    the same."""

    seeds: int = 0
    missed: int = 0
    first: Candidate | None = None
    last: Candidate | None = None

    @property
    def sentence(self) -> str:
        """How it did there and what that costs, for people; empty if it was not tried."""
        if not self.seeds:
            return ""
        others = f"{count(self.seeds, 'seed')} that it was not chosen on"
        kept = f"It kept to what was asked on {others}."
        if self.missed:
            kept = f"It missed what was asked on {self.missed} of {others}."
        if self.first is None or self.last is None:
            return kept
        return (
            f"Room for traffic that was not seen: {self.first.costs(self.last)}, compared to the cheapest on "
            f"the first seeds, {self.first.proposal.words}. {kept}"
        )

    @property
    def room(self) -> RoomDocument | None:
        """What it costs, None where none was needed."""
        if self.first is None or self.last is None:
            return None
        return {
            "settings": self.first.proposal,
            "instance_hours": self.last.instance_hours - self.first.instance_hours,
            "price": self.last.price / self.first.price - 1,
        }

    def of(self, other: Candidate, missed: int) -> Unseen:
        """The same of what is proposed instead: it was simulated on these seeds, the first ones first, and
        missed what was asked on so many of those that it was not chosen on."""
        if self.first is None:
            return replace(self, missed=missed)
        last = replace(other, outcomes=other.outcomes[: len(self.first.outcomes)])
        return replace(self, missed=missed, last=last)

    def to_dict(self) -> UnseenDocument:
        """The JSON document."""
        return {"seeds": self.seeds, "missed": self.missed, "room": self.room}


NOT_TRIED = Unseen()
Chosen = tuple[Search, Score]


def chosen(
    searches: Sequence[Search], unseen: Iterable[TrafficSpec], progress: Progress | None = None
) -> tuple[list[Chosen], Unseen]:
    """The best of each search, the best of all first, and how that does on traffic that was not seen.

    `unseen`: the traffic of further seeds; as much is taken as is needed. Nothing is tried there that misses
    what was asked already.
    """
    more = iter(unseen)
    first_seeds = sorted(searches[0].seeds)
    found = ranked(searches, _halved(progress, 0))
    first, cheapest = found[0]
    for number in range(1, ROUNDS + 1):
        search, best = found[0]
        fresh = list(islice(more, UNSEEN))
        if best.misses or not fresh:
            return found, NOT_TRIED
        for one in searches:
            one.meet(fresh)
        known = len(search.trials.judge.traffic)
        seeds = range(known - len(fresh), known)
        missed = search.trials.missed(best.proposal, seeds)
        if not missed or number == ROUNDS:
            break
        for one in searches:
            one.learn(missed)
        near = _near(found)
        found = ranked(searches, _halved(progress, number), [one for one in searches if one not in near])
    if best.proposal == cheapest.proposal:
        return found, Unseen(len(fresh), len(missed))
    return found, Unseen(
        len(fresh),
        len(missed),
        first.trials.candidate(cheapest.proposal, first_seeds),
        search.trials.candidate(best.proposal, first_seeds),
    )


def _halved(progress: Progress | None, number: int) -> Progress | None:
    """The progress of one of several parts that may be the last: each is half of what is left."""
    if progress is None:
        return None
    return lambda share: progress(1 - (1 - share / 2) / 2**number)


def ranked(
    searches: Sequence[Search], progress: Progress | None = None, dear: Sequence[Search] = ()
) -> list[Chosen]:
    """The best of each search, the best of all first.

    Of an order of pools that is clearly dearer than another, it is roughly the best. `dear`: those of which
    that is known, so only what held before is tried.
    """
    rough: list[list[Score]] = []
    found: list[Chosen] = []
    for number, search in enumerate(searches):
        part = within(progress, number, 2 * len(searches))
        rough.append(search.starts(part) if search in dear else search.stride(part))
    near = _near(list(zip(searches, (walks[0] for walks in rough), strict=True)))
    for number, (search, walks) in enumerate(zip(searches, rough, strict=True), len(searches)):
        part = within(progress, number, 2 * len(searches))
        found.append(
            (search, search.walk(walks, part) if search in near and search not in dear else walks[0])
        )
    return sorted(found, key=lambda one: rank(one[1]))


def _near(found: Sequence[Chosen]) -> list[Search]:
    """Those that are not clearly dearer than the best of their kind, or all where nothing holds."""
    least: dict[Kind, Score] = {}
    for search, one in found:
        least[search.kind] = min(one, least.get(search.kind, one), key=rank)
    return [
        search
        for search, one in found
        if least[search.kind].misses or one.price <= NEAR * least[search.kind].price
    ]
