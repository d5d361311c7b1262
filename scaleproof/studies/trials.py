"""Simulations of proposals: each once, one seed after another, and no more than decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from types import MappingProxyType

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.candidate import Candidate, flaps, misses, price
from scaleproof.studies.outcome import HOUR, Outcome
from scaleproof.studies.plans import Plans
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Setting
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.workers import TaskMap

CLEARLY = 0.995
"""What is better saves more than half a percent: less is chance."""
DEARER = 1.02
"""What costs so much more than the best on one seed is not tried on the others."""


@dataclass(frozen=True)
class Trial:
    """What matters of a simulation: by how much it misses, the price, the wait (95 %, seconds).

    `flaps`: by how much more it misses where it may not flap.
    """

    misses: float
    price: float
    wait: float
    flaps: float = 0.0


@dataclass(frozen=True)
class Judge:
    """Simulates endpoints on the traffic of seeds. `traffic`: one for each seed."""

    shape: Shape
    setting: Setting
    traffic: tuple[TrafficSpec, ...]

    def __call__(self, task: tuple[Endpoint, int]) -> Trial:
        """The trial of an endpoint on the traffic of one seed, which its place in `traffic` names."""
        outcome = self.outcome(*task)
        wait = outcome.result.totals.waiting.p95
        missed = misses(replace(self.shape, flaps=True), outcome)
        return Trial(missed, price(outcome.cost), wait, flaps(outcome))

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


Prices = Mapping[int, float]
"""What is to beat, by seed."""
NOTHING: Prices = MappingProxyType({})


class Trials:
    """The trials of one search."""

    def __init__(
        self,
        judge: Judge,
        plans: Plans,
        each: TaskMap = map,
        simulated: dict[tuple[Proposal, int], Trial] | None = None,
    ) -> None:
        """`each` may run trials elsewhere and at the same time: what comes out does not depend on it."""
        self.judge, self.plans, self._each = judge, plans, each
        self._known: dict[tuple[Proposal, int], Trial] = {}
        self._simulated = {} if simulated is None else simulated

    def asking(self, shape: Shape) -> Trials:
        """None yet, for a shape that may flap or not. What was simulated is not simulated again."""
        return Trials(replace(self.judge, shape=shape), self.plans, self._each, self._simulated)

    def score(self, proposal: Proposal, seeds: Sequence[int]) -> Score:
        """A proposal on these seeds, up to the first on which it misses what was asked."""
        return self.scores([proposal], seeds)[proposal]

    def prices(self, best: Score, seeds: Sequence[int], share: float = 1.0) -> Prices:
        """A share of the price of the best so far by seed, if it holds."""
        return {} if best.misses else {seed: share * self._known[best.proposal, seed].price for seed in seeds}

    def best(self, best: Score, proposals: Iterable[Proposal], seeds: Sequence[int]) -> Score:
        """The best of the proposals if it beats the best so far, else that one."""
        scores = self.scores(proposals, seeds, self.prices(best, seeds)).values()
        return min((one for one in scores if one.beats(best)), key=rank, default=best)

    def scores(
        self, proposals: Iterable[Proposal], seeds: Sequence[int], to_beat: Prices = NOTHING
    ) -> dict[Proposal, Score]:
        """The scores of proposals; without those whose minimum alone costs as much as what is to beat."""
        enough = fmean(to_beat.values()) if to_beat else math.inf
        asked = [one for one in proposals if self.floor(one) < enough]
        left = [one for one in asked if not self._missed(one, seeds)]
        for seed in seeds:
            self._run([(one, seed) for one in left])
            trials = {one: self._known[one, seed] for one in left}
            most = DEARER * to_beat.get(seed, math.inf)
            left = [one for one, trial in trials.items() if not self._misses(trial) and trial.price < most]
        return {one: self._score(one, seeds) for one in asked}

    def dear(self, proposal: Proposal, to_beat: Prices) -> bool:
        """Whether a proposal costs as much as what is to beat on the seeds that it was tried on."""
        tried = [seed for seed in to_beat if (proposal, seed) in self._known]
        cost = sum(self._known[proposal, seed].price for seed in tried)
        return bool(tried) and cost >= CLEARLY * sum(to_beat[seed] for seed in tried)

    def held(self, seeds: Sequence[int]) -> list[Proposal]:
        """All that are not known to miss on these seeds, the cheapest first; some were tried on few."""
        prices: dict[Proposal, list[float]] = {}
        for (proposal, seed), trial in self._known.items():
            if seed in seeds:
                prices.setdefault(proposal, []).append(trial.price)
        found = [one for one in prices if not self._missed(one, seeds)]
        return sorted(found, key=lambda one: fmean(prices[one]))

    def _misses(self, trial: Trial) -> float:
        return trial.misses + (0.0 if self.judge.shape.flaps else trial.flaps)

    def _missed(self, proposal: Proposal, seeds: Iterable[int]) -> bool:
        """Whether it is known to miss on any."""
        tried = (self._known.get((proposal, seed)) for seed in seeds)
        return any(trial is not None and self._misses(trial) for trial in tried)

    def _score(self, proposal: Proposal, seeds: Sequence[int]) -> Score:
        trials = [self._known[proposal, seed] for seed in seeds if (proposal, seed) in self._known]
        missed = next((self._misses(trial) for trial in trials if self._misses(trial)), 0.0)
        cost = sum(trial.price for trial in trials) / len(trials)
        tried = missed or len(trials) == len(seeds)
        wait = sum(trial.wait for trial in trials) / len(trials)
        return Score(proposal, missed, cost if tried else math.inf, wait)

    def missed(self, proposal: Proposal, seeds: Iterable[int]) -> list[int]:
        """The seeds on which a proposal misses what was asked; it is tried on all."""
        tasks = [(proposal, seed) for seed in seeds]
        self._run(tasks)
        return [seed for _, seed in tasks if self._misses(self._known[proposal, seed])]

    def _run(self, tasks: Iterable[tuple[Proposal, int]]) -> None:
        asked = list(dict.fromkeys(tasks))
        new = [task for task in asked if task not in self._simulated]
        endpoints = [(self.plans.endpoint(proposal), seed) for proposal, seed in new]
        self._simulated.update(zip(new, self._each(self.judge, endpoints), strict=True))
        self._known.update((task, self._simulated[task]) for task in asked)

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
