"""Tries endpoints on the traffic of seeds, each only for as long as it may be of use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Tally
from scaleproof.simulation.simulator import EMPTYING
from scaleproof.simulation.workload import INTERVAL
from scaleproof.studies.candidate import flaps, misses, price
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import HOLDS_LOST, HOLDS_OVERLOAD, CutLimit, ended, multiple
from scaleproof.studies.wording import DAY, HOUR

EARLY = 7
"""Trials are compared with the best from one of so many parts of the time on, and after a day at least."""
DEARER, LUCK = 1.01, 2.0
"""What costs so many times as much as the best by then is of no use. Nor is what has cut off so many requests that it
would end within the limit only by luck: by so many standard deviations, if requests are cut off independently."""
PRIOR = 5
"""The best is taken for one that besides cuts off so many requests evenly: a few tell little of when."""
CLEARLY = 0.995
"""What is better costs less than this share: less is chance."""
HARDLY = 0.998
"""What does not cost less than this share on one seed is not tried on the others: there it would have to save much."""

Point = Mapping[str, float]
"""Values of inputs by name."""


@dataclass(frozen=True)
class Goal:
    """What may be traded for the price: `limit` of what scale-in cuts off, and whether it may flap."""

    limit: CutLimit
    flaps: bool = True


@dataclass(frozen=True)
class Trial:
    """What matters of a simulation.

    `misses`: by how much it misses what was asked, but for what scale-in cuts off and for flapping; `cut` and
    `ended`: requests; `days`: how long it lasted. If it was `stopped`, it would be at least as far from any
    goal as this, and cost at least as much. `costs` and `cuts`: price and requests cut off by several times, the
    last of which is the end.
    """

    misses: float
    price: float
    cut: int = 0
    ended: int = 0
    days: float = 1.0
    flaps: float = 0.0
    costs: tuple[float, ...] = ()
    cuts: tuple[int, ...] = ()
    stopped: bool = False
    outcome: Outcome | None = None
    """Without what happened when; None if it was stopped."""

    def distance(self, goal: Goal) -> float:
        """How far it is from a goal; 0 if it meets it."""
        times = multiple(self.cut, goal.limit.requests(self.ended, self.days))
        return self.misses + max(times - 1, 0.0) + (0.0 if goal.flaps else self.flaps)


@dataclass(frozen=True)
class Score:
    """A point after its trials: how far it is from the goal on the worst seed, and its mean price.

    The price is infinite if it turned out to be dear before it was tried on all seeds.
    """

    point: Point
    distance: float
    price: float

    @property
    def rank(self) -> tuple[float, float]:
        """The lowest is best."""
        return self.distance, round(self.price, 9)

    def beats(self, other: Score) -> bool:
        """Whether it is nearer to the goal, or meets it as well and costs clearly less."""
        if self.distance or other.distance:
            return self.distance < other.distance
        return self.price < CLEARLY * other.price


def ranked(scores: Iterable[Score]) -> list[Score]:
    """Scores, the best first."""
    return sorted(scores, key=lambda score: score.rank)


@dataclass(frozen=True)
class Bound:
    """What a trial has to keep to: the distance of the best from a goal and, if that is none, its price. `best`: its
    trial on the same traffic."""

    goal: Goal
    distance: float
    best: Trial

    def excludes(self, trial: Trial) -> bool:
        """Whether a trial is of no use."""
        if self.distance or trial.distance(self.goal):
            return trial.distance(self.goal) > self.distance
        if not trial.stopped:
            return trial.price > HARDLY * self.best.price
        number, costs = len(trial.costs), self.best.costs
        share = number / len(costs)
        if share * min(EARLY, trial.days) < 1:
            return False
        if trial.price > DEARER * costs[number - 1]:
            return True
        # How much of it comes when is seen from the best, as far as that cuts off some.
        share = (sum(self.best.cuts[number - 1 : number]) + PRIOR * share) / (self.best.cut + PRIOR)
        limit = self.goal.limit.requests(trial.ended, trial.days)
        return trial.cut > share * limit + 1 + LUCK * math.sqrt(share * (1 - share) * limit)


@dataclass(frozen=True)
class Judge:
    """Simulates endpoints on the traffic of seeds. `traffic`: one for each seed."""

    shape: Shape
    setting: Setting
    traffic: tuple[TrafficSpec, ...]

    def __call__(self, task: tuple[Endpoint, int, Bound | None]) -> Trial:
        """The trial of an endpoint on the traffic of one seed, which its place in `traffic` names. It is stopped
        as soon as the bound excludes it."""
        endpoint, seed, bound = task
        spec, costs, cuts, so_far = self.traffic[seed], list[float](), list[int](), None

        def enough(tally: Tally) -> bool:
            nonlocal so_far
            prices = self.setting.price or dict.fromkeys(tally.instance_seconds, 1.0)
            costs.append(sum(number / HOUR * prices.get(name, 0.0) for name, number in tally.instance_seconds.items()))
            cuts.append(tally.cut)
            so_far = _so_far(endpoint.kind, spec, tally, costs, bound) if bound else None
            return bool(bound and so_far and bound.excludes(so_far))

        result = self.setting.result(endpoint, spec, enough=enough)
        if bound and so_far and bound.excludes(so_far):
            return so_far
        outcome = self.setting.outcome_of(endpoint, result)
        limit, usd = self.setting.max_cut, price(outcome.cost)
        days, cut, number = result.duration / DAY, result.totals.cut, ended(result)
        missed = misses(replace(self.shape, flaps=True), outcome)
        missed -= max(multiple(cut, limit.requests(number, days)) - 1, 0.0)
        return Trial(missed, usd, cut, number, days, flaps(outcome), (*costs, usd), (*cuts, cut), outcome=outcome.bare)

    def part(self, first: float, end: float) -> Judge:
        """The same on what arrives from `first` until before `end` (epoch seconds). Shortages count from
        there."""
        start, behaviour = self.setting.began(self.traffic[0]), self.setting.model.behaviour
        skipped, until = first - start.timestamp(), end - start.timestamp()
        shortages = tuple(
            replace(shortage, start=shortage.start - skipped, end=shortage.end - skipped)
            for shortage in behaviour.shortages
            if shortage.end > skipped
        )
        model = replace(self.setting.model, behaviour=replace(behaviour, shortages=shortages))
        begins = datetime.fromtimestamp(first, start.tzinfo)
        traffic = tuple(replace(spec, traffic=spec.traffic.part(skipped, until), start=begins) for spec in self.traffic)
        return replace(self, setting=replace(self.setting, model=model, start=None), traffic=traffic)


def _so_far(kind: Kind, spec: TrafficSpec, tally: Tally, costs: Sequence[float], bound: Bound) -> Trial:
    """The least that comes of a simulation with a tally."""
    assert bound.best.outcome
    arrivals = bound.best.outcome.result.totals.arrivals
    longest = spec.traffic.duration + (EMPTYING if kind is Kind.ASYNC else INTERVAL)
    over = tally.overload_seconds / longest / HOLDS_OVERLOAD if kind is Kind.REALTIME else 0.0
    missed = sum(max(times - 1, 0.0) for times in (tally.lost / max(HOLDS_LOST * arrivals, 1.0), over))
    return Trial(missed, costs[-1], tally.cut, arrivals, longest / DAY, 0.0, tuple(costs), stopped=True)
