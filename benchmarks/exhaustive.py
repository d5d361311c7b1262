"""The best of all settings on a grid, by simulating every one that may be the best.

The grid is that of the search: its maxima begin at the smallest fleet of constant size that holds.
Of the grid, what is left out provably cannot be better, or is known already:

- A proposal that costs at least as much as the best so far. Its fleet is never smaller than its minimum. An
  asynchronous one that holds also has started every request by the end that came half an hour before, and
  finished all of these but the ones that its instances work on at the end.
- The other seeds of a proposal that misses what was asked on one, or whose price on the seeds so far, with
  the least price on the others, is that of the best so far.
- Another maximum, or another cooldown, with which the same happens. A run that never asked for more than P
  instances is the same with every maximum from P on. A run whose scale-ins began at least G seconds after the
  one before ended (or had a scale-out between) is the same with every cooldown up to G that is not below its
  own, since a cooldown does nothing but forbid what begins within it; so for scale-out, whose cooldown only
  counts instances that were just added toward what is asked for within it.
- Targets and cooldowns of a fleet whose minimum is its maximum, and how a fleet wakes that is never empty.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Result
from scaleproof.studies.candidate import misses, price
from scaleproof.studies.outcome import HOUR
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.search import Search
from scaleproof.studies.trials import Score, Trial
from scaleproof.studies.verdict import HOLDS_LOST, LONG_WAIT


@dataclass(frozen=True)
class Known:
    """A trial, and the maxima and cooldowns that have the same."""

    trial: Trial
    max: tuple[float, float]
    out: tuple[float, float]
    inward: tuple[float, float]

    def covers(self, proposal: Proposal) -> bool:
        """Whether it is the trial of the proposal, which differs in maximum and cooldowns only."""
        pairs = (
            (self.max, proposal.max),
            (self.out, proposal.scale_out_cooldown),
            (self.inward, proposal.scale_in_cooldown),
        )
        return all(low <= value <= high for (low, high), value in pairs)


class Exhaustive:
    """All proposals of a search's grid."""

    def __init__(self, search: Search) -> None:
        """Nothing is simulated yet."""
        self._search, self._trials, self._grid = search, search.trials, search.grid
        self._lengths: dict[int, list[float]] = {}
        self._known: dict[tuple[Proposal, int], list[Known]] = defaultdict(list)
        self.simulated = 0

    def best(self, best: Score | None = None) -> Score | None:
        """The cheapest that misses nothing on any seed, cheaper than `best` if there is any; else `best`."""
        for proposal in self._proposals():
            found = self._score(proposal, math.inf if best is None else best.price)
            if found is not None:
                best = found
        return best

    def _proposals(self) -> Iterator[Proposal]:
        """Every proposal. Those whose trials hold for others come first."""
        values, start = self._grid.values, self._search.defaults
        # What costs little is found first, and leaves out more.
        for low, target in product(values["min"], reversed(values["target"])):
            for wake, periods in self._wakes(low):
                for high in reversed(values["max"]):
                    if high < max(low, wake):
                        continue
                    for out, inward in product(values["scale_out_cooldown"], values["scale_in_cooldown"]):
                        one = replace(
                            start, min=low, max=high, target=target, scale_out_cooldown=out,
                            scale_in_cooldown=inward, wake_instances=wake, wake_periods=periods,
                        )  # fmt: skip
                        if low < high or (target, out, inward) == (
                            start.target, start.scale_out_cooldown, start.scale_in_cooldown
                        ):  # fmt: skip
                            yield one

    def _wakes(self, low: int) -> list[tuple[int, int]]:
        start = self._search.defaults
        if low or start.kind is Kind.REALTIME:
            return [(start.wake_instances, start.wake_periods)]
        return list(product(self._grid.values["wake_instances"], self._grid.values["wake_periods"]))

    def _score(self, proposal: Proposal, below: float) -> Score | None:
        """The score of a proposal that misses nothing and costs less than `below`, else None."""
        seeds = self._search.seeds
        least = [self._least(proposal, seed) for seed in seeds]
        spent = 0.0
        for number, seed in enumerate(seeds):
            if spent + sum(least[number:]) >= below * len(seeds):
                return None
            trial = self._trial(proposal, seed)
            if trial.misses:
                return None
            spent += trial.price
        found = spent / len(seeds)
        return Score(proposal, 0.0, found, 0.0) if found < below else None

    def _least(self, proposal: Proposal, seed: int) -> float:
        """The least that a proposal costs if it holds on a seed."""
        floor = self._trials.floor(proposal)
        if proposal.kind is Kind.REALTIME:
            return floor
        traffic = self._trials.judge.traffic[seed].traffic
        if seed not in self._lengths:
            # As `left_over` counts. One in ten thousand may be lost, which is none of fewer.
            until = traffic.duration - min(LONG_WAIT, traffic.duration / 2)
            arrivals = list(traffic.arrivals())
            spared = int(len(arrivals) * HOLDS_LOST)
            started = sorted((seconds for time, seconds in arrivals if time < until), reverse=True)
            self._lengths[seed] = started[spared:]
        at_the_end = proposal.max * proposal.invocations
        prices = self._trials.judge.setting.price
        cheapest = min(prices[kind] for kind, _ in proposal.pools) if prices else 1.0
        work = sum(self._lengths[seed][at_the_end:]) / proposal.invocations
        return max(floor, cheapest * work / HOUR)

    def _trial(self, proposal: Proposal, seed: int) -> Trial:
        family = self._known[replace(proposal, max=0, scale_out_cooldown=0, scale_in_cooldown=0), seed]
        for one in family:
            if one.covers(proposal):
                return one.trial
        self.simulated += 1
        judge = self._trials.judge
        outcome = judge.outcome(self._trials.plans.endpoint(proposal), seed)
        trial = Trial(misses(judge.shape, outcome), price(outcome.cost), 0.0)
        out, inward = gaps(outcome.result)
        family.append(
            Known(
                trial,
                (max(asked(outcome.result), proposal.min), proposal.max),
                (proposal.scale_out_cooldown, max(out, proposal.scale_out_cooldown)),
                (proposal.scale_in_cooldown, max(inward, proposal.scale_in_cooldown)),
            )
        )
        return trial


def asked(result: Result) -> int:
    """The most instances that any activity asked for, whether it came off or not."""
    return max((one.desired or 0 for one in result.activities), default=0)


def gaps(result: Result) -> tuple[float, float]:
    """The shortest time from the end of a change to the start of the next in the same direction: out and in.

    Infinite if no two follow each other.
    """
    shortest = {True: math.inf, False: math.inf}
    changes = sorted(
        (one.time, math.inf if one.end is None else one.end, one.desired > one.before)
        for one in result.activities
        if one.before is not None and one.desired is not None
    )
    for (_, ended, out), (began, _, again) in pairwise(changes):
        if out == again:
            shortest[out] = min(shortest[out], max(began - ended, 0.0))
    return shortest[True], shortest[False]
