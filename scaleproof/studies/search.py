"""Finds settings of the module by simulation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation.traffic import offered
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.moves import MOVES, Grid
from scaleproof.studies.plans import Planner, Plans
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Progress, Setting, within
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Judge, Score, Trials, rank
from scaleproof.workers import Each

SPARE = 1.3
"""The largest maximum is for this much more than the highest simulated demand."""
UTILIZATION = 0.75
"""The module's default."""
MINIMUMS, MAXIMUMS = 6, 4
"""The survey tries so many of each."""
WALKS = 2
"""Walks from each survey, from its best bounds."""


class Search:
    """Searches settings for one kind of endpoint and one order of pools.

    It surveys bounds all over the grid and walks from the best of them: in steps that get shorter, to better
    neighbours, until there is none. Bounds are always tried with the best target for them.
    """

    def __init__(
        self,
        shape: Shape,
        kind: Kind,
        pools: tuple[tuple[str, float], ...],
        traffic: Sequence[TrafficSpec],
        setting: Setting,
        planner: Planner,
        most: int | None = None,
        each: Each = map,
    ) -> None:
        """`traffic`: one for each seed. `most`: the most instances. `each`: see Trials."""
        self._kind, self._pools, self._most = kind, pools, most
        self.trials = Trials(Judge(shape, setting, tuple(traffic)), Plans(planner), each)
        self.seeds: list[int] = []
        """Places in the traffic of the seeds that settings are chosen on."""
        self._peak = 0
        self.learn(range(len(traffic)))

    def meet(self, traffic: Sequence[TrafficSpec]) -> None:
        """Adds the traffic of more seeds, to try proposals on. Settings are not chosen on them."""
        self.trials.judge = replace(self.trials.judge, traffic=(*self.trials.judge.traffic, *traffic))

    def learn(self, seeds: Iterable[int]) -> None:
        """From now on settings are chosen on these seeds too."""
        new = list(seeds)
        traffic = self.trials.judge.traffic
        peaks = {seed: max(offered(traffic[seed].traffic), default=0) for seed in new}
        self._peak = max([self._peak, *peaks.values()])
        # The hardest comes first, so that most of what fails does so in its first simulation; but what has
        # been simulated already comes before what has not.
        self.seeds += sorted(new, key=lambda seed: -peaks[seed])
        self.defaults = self._defaults()
        self.static = self._static()
        self.grid = Grid.of(self._kind, self._pools[0][1], self.static.max, self.defaults.max)

    def asking(self, shape: Shape) -> Search:
        """The same on the same seeds for a shape that asks for something else; nothing has been tried yet."""
        judge = replace(self.trials.judge, shape=shape)
        found = copy(self)
        found.trials = self.trials.anew(judge)
        found.seeds = list(self.seeds)
        found.learn(())
        return found

    def candidates(self, best: Proposal) -> list[Candidate]:
        """The best, and for comparison the module's defaults and a fleet of constant size."""
        proposals = [best, *(one for one in (self.defaults, self.static) if one != best)]
        return [self.trials.candidate(one, sorted(self.seeds)) for one in proposals]

    def best(self, progress: Progress | None = None) -> Score:
        """The best settings for the seeds so far."""
        # Fast to grow and slow to shrink holds where the usual does not; fast to do both costs least.
        out, inward = (self.grid.values[name] for name in ("scale_out_cooldown", "scale_in_cooldown"))
        fast = replace(self.defaults, scale_out_cooldown=min(out), scale_in_cooldown=min(inward))
        careful = replace(fast, scale_in_cooldown=max(inward))
        starts = [one for like in (self.defaults, fast, careful) for one in self._survey(like)[:WALKS]]
        walked = [self._walk(one, within(progress, number, len(starts))) for number, one in enumerate(starts)]
        return min(walked, key=rank)

    def _survey(self, like: Proposal) -> list[Score]:
        """Bounds all over the grid, each with its best target; the best first."""
        static = self.trials.score(self.static, self.seeds)
        bounds = [
            replace(like, min=low, max=high)
            for low in self.grid.spread("min", MINIMUMS, self.static.min)
            for high in self.grid.spread("max", MAXIMUMS)
            if low < high
        ]
        tried = [one for one in self._aimed(bounds, static) if math.isfinite(one.price)]
        return sorted([static, *tried], key=rank)

    def _walk(self, best: Score, progress: Progress | None) -> Score:
        shares = self.grid.shares
        for number, share in enumerate(shares):
            within(progress, number, len(shares))
            before = None
            while before != best:
                before = best
                for move in MOVES:
                    best = self.trials.best(best, self.grid.around(best.proposal, move, share), self.seeds)
                aimed = self._aimed(list(self.grid.bounds(best.proposal, share)), best)
                best = min([best, *(one for one in aimed if one.beats(best))], key=rank)
        return best

    def _aimed(self, proposals: Sequence[Proposal], best: Score) -> list[Score]:
        """Each proposal with the highest target that holds, because a higher one costs less.

        Leaves out those that cannot beat the best so far.
        """
        targets = self.grid.values["target"]
        ranges = {proposal: (0, len(targets) - 1) for proposal in proposals}
        found: dict[Proposal, Score] = {}
        while ranges:
            middles = {one: (low + high + 1) // 2 for one, (low, high) in ranges.items()}
            tried = {one: replace(one, target=targets[middle]) for one, middle in middles.items()}
            scores = self.trials.scores(tried.values(), self.seeds, best)
            for one, middle in middles.items():
                low, high = ranges.pop(one)
                if (score := scores.get(tried[one])) is None:
                    continue
                low, high = (low, middle - 1) if score.misses else (middle + 1, high)
                if low <= high:
                    ranges[one] = low, high
                found[one] = min(score, found.get(one, score), key=rank)
        return list(found.values())

    def _defaults(self) -> Proposal:
        """The module's defaults, with a maximum for the highest demand on the smallest type."""
        sustained = self._pools[0][1]
        smallest = min(number for _, number in self._pools)
        if self._kind is Kind.REALTIME:
            high = self._bounded(max(2, math.ceil(SPARE * self._peak / (smallest * UTILIZATION))))
            return Proposal(self._kind, self._pools, 1, high, UTILIZATION, 60, 300)
        slots = max(int(smallest), 1)
        high = self._bounded(max(1, math.ceil(SPARE * self._peak / slots)))
        return Proposal(self._kind, self._pools, 0, high, float(max(int(sustained), 1)), 300, 300, slots)

    def _static(self) -> Proposal:
        """The smallest fleet of constant size that holds, or the largest that there may be.

        No maximum below it is tried: what is never larger keeps up with no more, unless it cuts requests off.
        """
        low, high = 1, self.defaults.max
        while low < high:
            middle = (low + high) // 2
            score = self.trials.score(replace(self.defaults, min=middle, max=middle), self.seeds)
            low, high = (middle + 1, high) if score.misses else (low, middle)
        return replace(self.defaults, min=low, max=low)

    def _bounded(self, high: int) -> int:
        return min(high, self._most) if self._most else high
