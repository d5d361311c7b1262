"""A candidate of a search: a proposal, its simulations, and how far they miss the objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.studies.outcome import Cost, Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.shape import Shape
from scaleproof.studies.verdict import FLAPPING, flapping
from scaleproof.studies.wording import DAY


@dataclass(frozen=True)
class Candidate:
    """A proposal and its simulations, one for each seed.

    `misses` says by how much it misses what was asked at worst; 0 if it does on no seed.
    """

    proposal: Proposal
    endpoint: Endpoint
    outcomes: tuple[Outcome, ...]
    misses: float
    role: str = ""
    """What it is: the proposal, or what it is compared with."""

    @property
    def outcome(self) -> Outcome:
        """That of the first seed."""
        return self.outcomes[0]

    @property
    def sentence(self) -> str:
        """What is proposed, or what comes nearest where nothing does what was asked."""
        return f"{'Nearest' if self.misses else 'Proposed'}: {self.proposal.words}."

    @property
    def price(self) -> float:
        """USD if every type has a price, else instance-hours; the mean over the seeds."""
        return self._mean(lambda outcome: price(outcome.cost))

    @property
    def changes_per_day(self) -> float:
        """Changes of the number of instances; the mean over the seeds."""
        results = [(outcome.result, outcome.result.totals) for outcome in self.outcomes]
        return fmean((totals.scale_outs + totals.scale_ins) / (result.duration / DAY) for result, totals in results)

    @property
    def cut_per_day(self) -> float:
        """Requests that scale-in cuts off; the mean over the seeds."""
        return self._mean(lambda outcome: outcome.verdict.cut_per_day)

    @property
    def rank(self) -> tuple[float, float, float]:
        """The lowest is best: misses first, then the price, then the wait."""
        return self.misses, round(self.price, 6), self.outcome.result.totals.waiting.p95

    def _mean(self, measure: Callable[[Outcome], float]) -> float:
        return fmean(map(measure, self.outcomes))


def price(cost: Cost) -> float:
    """USD if every type that ran has a price, else instance-hours."""
    return cost.total_hours if cost.usd is None else cost.usd


def misses(shape: Shape, outcome: Outcome) -> float:
    """How far an outcome is from what was asked; 0 if it is met.

    It has to hold, as `verdict` says it. Besides, an asynchronous endpoint must start 95 % of the requests
    within the time asked for. It may be forbidden to flap.
    """
    distance = outcome.verdict.distance
    wait = outcome.result.totals.waiting.p95
    if outcome.result.kind == Kind.ASYNC and shape.within is not None and wait > shape.within:
        distance += wait / max(shape.within, 1.0)
    if not shape.flaps:
        distance += flaps(outcome)
    return distance


def flaps(outcome: Outcome) -> float:
    """How far an outcome is from not flapping; 0 if it does not."""
    return flapping(outcome.result) / FLAPPING
