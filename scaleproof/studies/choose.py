"""Real-time or asynchronous, which instances, which settings: the best answer and its runners-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.assumptions import StartUp
from scaleproof.studies.candidate import Candidate, CandidateDocument
from scaleproof.studies.days import LEAST
from scaleproof.studies.outcome import compared
from scaleproof.studies.plans import Planner
from scaleproof.studies.prices import PriceSource
from scaleproof.studies.room import NOT_TRIED, Unseen, UnseenDocument, chosen, ranked
from scaleproof.studies.run import Progress, Setting, within
from scaleproof.studies.scheduling import Schedules, SchedulesDocument, schedules
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Feasible, Reason, Shape, feasible
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.wording import DAY, hours, money, per_day
from scaleproof.workers import TaskMap


class ChoiceDocument(TypedDict):
    """The best proposal, the runners-up (best first), and the limits that decided."""

    headline: str
    reasons: list[Reason]
    """The limits; those that decided come first."""
    start_up: StartUp
    prices: PriceSource | None
    """Where costs in USD come from; null without prices."""
    schedules: SchedulesDocument
    best: CandidateDocument
    runners_up: list[CandidateDocument]
    unseen: UnseenDocument
    steady: CandidateDocument | None
    """The best that does not flap, if the best of all does."""


@dataclass(frozen=True)
class Choice:
    """The kinds that take the work, the best proposal, and the runners-up (best first).

    If schedules pay, the best proposal has them, and the first runner-up is the same without.
    """

    shape: Shape
    feasible: Feasible
    best: Candidate
    runners_up: tuple[Candidate, ...]
    schedules: Schedules
    unseen: Unseen = NOT_TRIED
    """How the best does on seeds that it was not chosen on."""
    steady: Candidate | None = None
    """If the best flaps, the best that does not; without room for traffic that was not seen."""

    @property
    def flapping(self) -> str | None:
        """What the flapping of the best costs, and what it costs to avoid it; None if it does not flap."""
        best, steady = self.best, self.steady
        if steady is None:
            return None
        told = (
            f"The cheapest setting flaps: it changes the number of instances {per_day(best.changes_per_day)} "
            f"times a day and cuts off {per_day(best.cut_per_day)} requests a day."
        )
        if steady.misses:
            return f"{told} No setting that does not flap meets what was asked."
        return f"{told} With --no-flapping it is {steady.proposal.words}: {best.costs(steady)}."

    @property
    def rows(self) -> list[dict[str, str]]:
        """A table of the proposal and the runners-up: the cells of each, by heading."""
        priced = self.best.outcome.cost.usd is not None
        return [
            {
                "Kind": "async" if one.proposal.kind is Kind.ASYNC else "real-time",
                "First type": one.proposal.pools[0][0],
                "Settings": one.proposal.words,
                "As asked": "no" if one.misses else "yes",
                **compared(one.outcome),
                "Changes a day": per_day(one.changes_per_day),
                **({"Cost": money(one.price)} if priced else {"Instance-hours": hours(one.price)}),
            }
            for one in (self.best, *self.runners_up)
        ]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The limits; those that decided come first."""
        return tuple(sorted(self.feasible.reasons, key=lambda reason: reason.rules_out is None))

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
            return " ".join(one.meaning for one in self.reasons if one.rules_out is not None)
        other = next(
            (one for one in self.runners_up if one.proposal.kind is not self.best.proposal.kind), None
        )
        if other is None or not other.price:
            return "Both kinds suffice."
        if other.misses > self.best.misses:
            return "Both take the work, but the other misses what was asked."
        saved = 1 - self.best.price / other.price
        return f"Both kinds suffice; this one costs {100 * saved:.0f} % less on this traffic."

    def to_dict(self) -> ChoiceDocument:
        """The JSON document."""
        return {
            "headline": self.headline,
            "reasons": list(self.reasons),
            "start_up": self.best.outcome.start_up,
            "prices": self.best.outcome.cost.prices,
            "schedules": self.schedules.to_dict(),
            "best": self.best.to_dict(),
            "runners_up": [one.to_dict() for one in self.runners_up],
            "unseen": self.unseen.to_dict(),
            "steady": None if self.steady is None else self.steady.to_dict(),
        }


def choose(
    shape: Shape,
    pools: Sequence[tuple[str, float]],
    traffic: Sequence[TrafficSpec],
    setting: Setting,
    planner: Planner,
    *,
    most: int | None = None,
    unseen: Iterable[TrafficSpec] = (),
    timezone: str = "UTC",
    progress: Progress | None = None,
    each: TaskMap = map,
) -> Choice:
    """The best settings of the module for some work.

    `pools`: instance types with what one instance sustains, in the user's order; with prices, each is tried
    as the preferred one. `traffic`: the same with different seeds; a proposal must do well on all of them.
    `unseen`: with further seeds, on which the best is tried. `most`: the most instances. `timezone`: an IANA
    name, for schedules. `each` runs independent simulations, as `map` does, for example on all cores; the
    choice does not depend on it. Raises ScaleproofError if no endpoint takes the work, or if the plan cannot
    be simulated.
    """
    possible = feasible(shape)
    searches = [
        Search(shape, kind, order, traffic, setting, planner, most, each)
        for kind in possible.kinds
        for order in orders(pools, bool(setting.price))
    ]
    weeks = traffic[0].traffic.duration >= LEAST * DAY  # else there are no schedules to try
    best, tried = chosen(searches, unseen, within(progress, 0, 2) if weeks else progress)
    found = [one for search, score in best for one in search.candidates(score.proposal)]
    found[1:] = sorted(found[1:], key=lambda one: one.rank)
    search, judge = best[0][0], best[0][0].trials.judge
    known = len(judge.traffic)
    scheduled = schedules(
        judge,
        found[0],
        sorted(search.seeds),
        timezone,
        unseen=range(known - tried.seeds, known),
        each=each,
        progress=within(progress, 1, 2) if weeks else None,
    )
    if scheduled.candidate is not None:
        found.insert(0, scheduled.candidate)
        tried = tried.of(scheduled.candidate, scheduled.missed)
    steady = None
    if found[0].flaps:
        calm, score = ranked([one.asking(replace(shape, flaps=False)) for one in searches])[0]
        steady = calm.trials.candidate(score.proposal, sorted(calm.seeds))
    return Choice(shape, possible, found[0], tuple(found[1:]), scheduled, tried, steady)


def orders(pools: Sequence[tuple[str, float]], priced: bool) -> Iterator[tuple[tuple[str, float], ...]]:
    """The pools as given and, with prices, with each other pool first."""
    yield tuple(pools)
    if priced:
        for index in range(1, len(pools)):
            yield (pools[index], *pools[:index], *pools[index + 1 :])
