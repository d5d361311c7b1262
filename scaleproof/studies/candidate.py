"""A proposal, what was simulated for it, and how far that is from what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Waiting
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.shape import Shape
from scaleproof.studies.verdict import HOLDS_OVERLOAD, STRAINED_LOST, Verdict, lost, overload_share


class SeedDocument(TypedDict):
    """What a proposal comes to on the traffic of one seed."""

    seed: int
    verdict: Verdict
    instance_hours: dict[str, float]
    """By type."""
    usd: float | None
    """Null unless every type that ran has a price."""
    waiting: Waiting
    overload_seconds: float
    lost: int
    """Requests that were not served."""


class CandidateDocument(TypedDict):
    """One proposal."""

    kind: str
    """"realtime" or "async"."""
    settings: Proposal
    meets_what_was_asked: bool
    seeds: list[SeedDocument]
    """Up to the first seed that missed what was asked."""


@dataclass(frozen=True)
class Candidate:
    """A proposal and what was simulated for it, once for each seed until one missed what was asked.

    `misses` says by how much, at worst: 0 for met.
    """

    proposal: Proposal
    endpoint: Endpoint
    outcomes: tuple[Outcome, ...]
    misses: float

    @property
    def outcome(self) -> Outcome:
        """That of the first seed."""
        return self.outcomes[0]

    @property
    def price(self) -> float:
        """USD if every type has a price, else instance-hours; the mean over the seeds."""
        costs = [outcome.cost for outcome in self.outcomes]
        return sum(cost.total_hours if cost.usd is None else cost.usd for cost in costs) / len(costs)

    @property
    def rank(self) -> tuple[float, float, float]:
        """Least first: what misses less, then what costs less, then what waits less."""
        return self.misses, round(self.price, 6), self.outcome.result.totals.waiting.p95

    def to_dict(self) -> CandidateDocument:
        """What JSON holds of it; the timelines are left out."""
        return {
            "kind": self.proposal.kind.value,
            "settings": self.proposal,
            "meets_what_was_asked": self.misses == 0,
            "seeds": [
                {
                    "seed": outcome.result.seed,
                    "verdict": outcome.verdict,
                    "instance_hours": dict(outcome.cost.hours),
                    "usd": outcome.cost.usd,
                    "waiting": outcome.result.totals.waiting,
                    "overload_seconds": outcome.result.totals.overload_seconds,
                    "lost": lost(outcome.result),
                }
                for outcome in self.outcomes
            ],
        }


def misses(shape: Shape, outcome: Outcome) -> float:
    """How far an outcome is from what was asked; 0 if it is met.

    Both kinds may lose at most STRAINED_LOST of the work. A real-time endpoint has to be within its capacity
    but for HOLDS_OVERLOAD of the time; of an asynchronous one 95 % of the requests have to be begun within
    the time asked for.
    """
    result, totals = outcome.result, outcome.result.totals
    found = 0.0
    gone = lost(result) / totals.arrivals if totals.arrivals else 0.0
    if gone > STRAINED_LOST:
        found += 10 * gone
    if result.kind != Kind.ASYNC:
        over = overload_share(result)
        found += over if over > HOLDS_OVERLOAD else 0.0
    elif shape.within is not None and totals.waiting.p95 > shape.within:
        found += totals.waiting.p95 / max(shape.within, 1.0)
    return found
