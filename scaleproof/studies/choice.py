"""What `choose` answers: the proposal, its runners-up, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.outcome import columns
from scaleproof.studies.shape import Feasible
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.wording import hours, money, more, per_day


@dataclass(frozen=True)
class Unseen:
    """How a proposal did on seeds that it was not chosen on."""

    seeds: int = 0
    missed: int = 0
    """Of these, so many on which it missed what was asked."""
    sentence: str = ""
    """How it did there, and what differs by seed; empty if it was not tried."""

    @classmethod
    def from_traffic(cls, missed: int, traffic: Sequence[TrafficSpec]) -> Unseen:
        """That of the traffic of seeds, on so many of which it missed."""
        if not traffic:
            return cls()
        seeds = len(traffic)
        sentence = f"Of {seeds} further seeds, {seeds - missed} met what was asked."
        return cls(seeds, missed, f"{sentence} {traffic[0].by_seed}".rstrip())


@dataclass(frozen=True)
class Schedules:
    """Whether schedules pay on the days that they were not made from."""

    pay: bool
    sentence: str
    timezone: str
    fitted_days: int = 0
    """0 where the traffic does not show a usual week."""
    judged_days: int = 0
    without: float | None = None
    """The price of the best settings without schedules on the days judged on, the mean over the seeds; null
    where none could be judged."""
    scheduled: float | None = None
    """As `without`, of the best schedules."""


@dataclass(frozen=True)
class Choice:
    """The kinds that take the work, the best proposal, and the runners-up (best first)."""

    feasible: Feasible
    best: Candidate
    runners_up: tuple[Candidate, ...]
    schedules: Schedules
    unseen: Unseen = Unseen()
    """How the best does on seeds that it was not chosen on."""
    steady: Candidate | None = None
    """If the best flaps, the best that does not."""

    @property
    def flapping(self) -> str | None:
        """What the flapping of the best costs, and what it costs to avoid it; None if it does not flap."""
        best, steady = self.best, self.steady
        if steady is None:
            return None
        sentence = (
            f"The proposal flaps: it changes the number of instances {per_day(best.changes_per_day)} "
            f"times a day and cuts off {per_day(best.cut_per_day)} requests a day."
        )
        if steady.misses:
            return f"{sentence} No setting that does not flap meets what was asked."
        costs = more(best.price, steady.price, priced=steady.outcome.cost.usd is not None)
        return f"{sentence} With --no-flapping it is {steady.proposal.words}: {costs}."

    @property
    def rows(self) -> list[dict[str, str]]:
        """A table of the proposal and the runners-up: the cells of each, by heading."""
        priced = self.best.outcome.cost.usd is not None
        return [
            {
                "What it is": candidate.role,
                "Kind": "async" if candidate.proposal.kind is Kind.ASYNC else "real-time",
                "First type": candidate.proposal.pools[0][0],
                "Settings": candidate.proposal.words,
                "As asked": "no" if candidate.misses else "yes",
                **columns(candidate.outcome),
                "Changes a day": per_day(candidate.changes_per_day),
                **({"Cost": money(candidate.price)} if priced else {"Instance-hours": hours(candidate.price)}),
            }
            for candidate in (self.best, *self.runners_up)
        ]

    @property
    def headline(self) -> str:
        """Real-time or asynchronous, and why."""
        return f"{self.kind}. {self.why}"

    @property
    def kind(self) -> str:
        """What is proposed: "Real-time" or "Asynchronous"."""
        return "Asynchronous" if self.best.proposal.kind is Kind.ASYNC else "Real-time"

    @property
    def why(self) -> str:
        """Why this kind and not the other."""
        if len(self.feasible.kinds) == 1:
            return " ".join(reason.meaning for reason in self.feasible.reasons if reason.rules_out is not None)
        other = next(
            (candidate for candidate in self.runners_up if candidate.proposal.kind is not self.best.proposal.kind), None
        )
        if other is None or not other.price:
            return "Both kinds suffice."
        if other.misses > self.best.misses:
            return "Both take the work, but the other misses what was asked."
        saved = 1 - self.best.price / other.price
        return f"Both kinds suffice; this one costs {100 * saved:.0f} % less on this traffic."

    @property
    def bare(self) -> Choice:
        """The same without what happened when."""
        return replace(self, best=replace(self.best, outcomes=tuple(outcome.bare for outcome in self.best.outcomes)))
