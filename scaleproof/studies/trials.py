"""Simulations of proposals: each once, one seed after another, and no more than decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.candidate import Candidate, misses, price
from scaleproof.studies.outcome import HOUR, Outcome
from scaleproof.studies.plans import Plans
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Setting
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.workers import Each

CLEARLY = 0.995
"""What is better saves more than half a percent: less is chance."""
DEARER = 1.02
"""What costs so much more than the best on one seed is not tried on the others."""


@dataclass(frozen=True)
class Trial:
    """What matters of a simulation: by how much it misses, the price, the wait (95 %, seconds)."""

    misses: float
    price: float
    wait: float


@dataclass(frozen=True)
class Judge:
    """Simulates endpoints on the traffic of seeds. `traffic`: one for each seed."""

    shape: Shape
    setting: Setting
    traffic: tuple[TrafficSpec, ...]

    def __call__(self, task: tuple[Endpoint, int]) -> Trial:
        """The trial of an endpoint on the traffic of one seed, which its place in `traffic` names."""
        outcome = self.outcome(*task)
        return Trial(misses(self.shape, outcome), price(outcome.cost), outcome.result.totals.waiting.p95)

    def outcome(self, endpoint: Endpoint, seed: int) -> Outcome:
        """The whole simulation."""
        setting = replace(self.setting, seed=self.setting.seed + seed)
        return setting.outcome(endpoint, self.traffic[seed])


@dataclass(frozen=True)
class Score:
    """A proposal after its trials: the misses, and the means of price and wait.

    The price is infinite if it turned out to be dearer than another before it was tried on all seeds.
    """

    proposal: Proposal
    misses: float
    price: float
    wait: float

    def beats(self, other: Score) -> bool:
        """Whether it misses less, or misses nothing and costs clearly less."""
        if self.misses or other.misses:
            return self.misses < other.misses
        return self.price < CLEARLY * other.price


def rank(score: Score) -> tuple[float, float, float]:
    """The lowest is best: misses first, then the price, then the wait."""
    return score.misses, round(score.price, 9), score.wait


class Trials:
    """The trials of one search."""

    def __init__(self, judge: Judge, plans: Plans, each: Each = map) -> None:
        """`each` may run trials elsewhere and at the same time: what comes out does not depend on it."""
        self.judge, self.plans, self._each = judge, plans, each
        self._known: dict[tuple[Proposal, int], Trial] = {}

    def anew(self, judge: Judge) -> Trials:
        """None yet, by another judge."""
        return Trials(judge, self.plans, self._each)

    def score(self, proposal: Proposal, seeds: Sequence[int]) -> Score:
        """A proposal on these seeds, up to the first on which it misses what was asked."""
        return self.scores([proposal], seeds)[proposal]

    def best(self, best: Score, proposals: Iterable[Proposal], seeds: Sequence[int]) -> Score:
        """The best of the proposals if it beats the best so far, else that one."""
        scores = self.scores(proposals, seeds, best).values()
        return min((one for one in scores if one.beats(best)), key=rank, default=best)

    def scores(
        self, proposals: Iterable[Proposal], seeds: Sequence[int], best: Score | None = None
    ) -> dict[Proposal, Score]:
        """The scores of proposals; without those whose minimum alone costs as much as the best so far."""
        to_beat = None if best is None or best.misses else best
        asked = [one for one in proposals if to_beat is None or self.floor(one) < to_beat.price]
        left = asked
        for seed in seeds:
            self._run([(one, seed) for one in left])
            enough = DEARER * self._known[to_beat.proposal, seed].price if to_beat else math.inf
            trials = {one: self._known[one, seed] for one in left}
            left = [one for one, trial in trials.items() if not trial.misses and trial.price < enough]
        return {one: self._score(one, seeds) for one in asked}

    def _score(self, proposal: Proposal, seeds: Sequence[int]) -> Score:
        trials = [self._known[proposal, seed] for seed in seeds if (proposal, seed) in self._known]
        missed = next((trial.misses for trial in trials if trial.misses), 0.0)
        cost = sum(trial.price for trial in trials) / len(trials)
        tried = missed or len(trials) == len(seeds)
        wait = sum(trial.wait for trial in trials) / len(trials)
        return Score(proposal, missed, cost if tried else math.inf, wait)

    def missed(self, proposal: Proposal, seeds: Iterable[int]) -> list[int]:
        """The seeds on which a proposal misses what was asked; it is tried on all."""
        tasks = [(proposal, seed) for seed in seeds]
        self._run(tasks)
        return [seed for _, seed in tasks if self._known[proposal, seed].misses]

    def _run(self, tasks: Iterable[tuple[Proposal, int]]) -> None:
        new = [task for task in dict.fromkeys(tasks) if task not in self._known]
        endpoints = [(self.plans.endpoint(proposal), seed) for proposal, seed in new]
        for task, trial in zip(new, self._each(self.judge, endpoints), strict=True):
            self._known[task] = trial

    def floor(self, proposal: Proposal) -> float:
        """The least that a proposal costs: its minimum all the time, of the cheapest type."""
        prices, traffic = self.judge.setting.price, self.judge.traffic
        cheapest = min((prices[kind] for kind, _ in proposal.pools), default=1.0) if prices else 1.0
        return proposal.min * cheapest * min(one.traffic.duration for one in traffic) / HOUR

    def candidate(self, proposal: Proposal, seeds: Sequence[int]) -> Candidate:
        """A proposal with its whole simulations on these seeds."""
        endpoint = self.plans.endpoint(proposal)
        outcomes = tuple(self._each(partial(self.judge.outcome, endpoint), seeds))
        missed = max(misses(self.judge.shape, outcome) for outcome in outcomes)
        return Candidate(proposal, endpoint, outcomes, missed)
