"""Finds settings of the module by simulation."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from itertools import product

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation.demand import offered
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.moves import MOVES, Grid
from scaleproof.studies.plans import Planner, Plans
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Progress, Setting, within
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Judge, Prices, Score, Trials, rank
from scaleproof.workers import TaskMap

SPARE = 1.3
"""The largest maximum is for this much more than the highest simulated demand."""
UTILIZATION = 0.75
"""The module's default."""
MINIMUMS, MAXIMUMS = 6, 4
"""The survey tries so many of each."""
COARSE = 0.2
"""The survey's step between targets, as a share of all."""
SLACK = 1.1
"""A walk may start from what costs so much more than the best so far: it may still get further."""
FEW = 4
"""So many of the best on fewer seeds are tried on all at a time."""


class Search:
    """Searches settings for one kind of endpoint and one order of pools.

    It surveys bounds all over the grid and walks from the best of them: in steps that get shorter, to better
    neighbours, until there is none. With each shorter step the better half of the walks goes on. Bounds are
    always tried with the best target for them.
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
        each: TaskMap = map,
    ) -> None:
        """`traffic`: one for each seed. `most`: the most instances. `each`: see Trials."""
        self.kind, self._pools, self._most = kind, pools, most
        self.trials = Trials(Judge(shape, setting, tuple(traffic)), Plans(planner), each)
        self.seeds: list[int] = []
        """Places in the traffic of the seeds that settings are chosen on."""
        self._peak, self._lowest, self._surveyed = 0, sys.maxsize, False
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
        # By luck, what held before with a lower maximum than that may hold on these seeds too.
        self._lowest = min(self._lowest, self.static.max)
        self.grid = Grid.of(self.kind, self._pools[0][1], self._lowest, self.defaults.max)

    def asking(self, shape: Shape) -> Search:
        """The same on the same seeds for a shape that may flap or not."""
        found = copy(self)
        found.trials = self.trials.asking(shape)
        found.seeds, found._surveyed = list(self.seeds), False
        found.learn(())
        return found

    def candidates(self, best: Proposal) -> list[Candidate]:
        """The best, and for comparison the module's defaults and a fleet of constant size."""
        proposals = [best, *(one for one in (self.defaults, self.static) if one != best)]
        return [self.trials.candidate(one, sorted(self.seeds)) for one in proposals]

    def best(self, progress: Progress | None = None) -> Score:
        """The best settings for the seeds so far."""
        return self.walk(self.stride(within(progress, 0, 2)), within(progress, 1, 2))

    def stride(self, progress: Progress | None = None) -> list[Score]:
        """Where the longest steps get to, the best first."""
        starts = self.starts(within(progress, 0, 2))
        return self._walked(starts, self.grid.shares[0], within(progress, 1, 2))

    def walk(self, found: Sequence[Score], progress: Progress | None = None) -> Score:
        """Where shorter and shorter steps get to from there."""
        shares = self.grid.shares[1:]
        for number, share in enumerate(shares):
            part = within(progress, number, len(shares))
            found = self._walked(found[: (len(found) + 1) // 2], share, part)
        return self._swept(found[0])

    def starts(self, progress: Progress | None = None) -> list[Score]:
        """Where walks start, the best first: the fleet of constant size and the best of each survey; or once
        there are more seeds, the best of what held before."""
        static = self.trials.score(self.static, self.seeds)
        if again := self._again():
            return [min(static, again, key=rank)]
        found = [static, *self._surveys(static, progress)]
        # What misses is only a start where nothing holds.
        held = [one for one in found if not one.misses or static.misses]
        return sorted(dict.fromkeys(held), key=rank)

    def _again(self) -> Score | None:
        """The cheapest of what held so far that holds on all seeds now."""
        tried = self.trials.held(self.seeds) if self._surveyed else []
        for place in range(0, len(tried), FEW):
            scores = self.trials.scores(tried[place : place + FEW], self.seeds).values()
            if found := [one for one in scores if not one.misses]:
                return min(found, key=rank)
        return None

    def _surveys(self, best: Score, progress: Progress | None) -> list[Score]:
        """The best of each survey; `best` is the fleet of constant size."""
        self._surveyed, found = True, list[Score]()
        # Fast to grow and slow to shrink holds where the usual does not; fast to do both costs least.
        out, inward = (self.grid.values[name] for name in ("scale_out_cooldown", "scale_in_cooldown"))
        fast = replace(self.defaults, scale_out_cooldown=min(out), scale_in_cooldown=min(inward))
        careful = replace(fast, scale_in_cooldown=max(inward))
        for number, like in enumerate((self.defaults, fast, careful)):
            found += self._survey(like, best, within(progress, number, 3))[:1]
            best = min([best, *found], key=rank)
        return found

    def _survey(self, like: Proposal, best: Score, progress: Progress | None) -> list[Score]:
        """Bounds all over the grid, each with its best target; the best first. `best`: so far.

        All are tried on the hardest seed, and those that are best there on the others.
        """
        hardest = self.seeds[:1]
        found, least = list[Score](), self.trials.score(best.proposal, hardest)
        for number, high in enumerate(reversed(self.grid.spread("max", MAXIMUMS))):
            within(progress, number, MAXIMUMS + 1)
            lows = self.grid.spread("min", MINIMUMS, self.static.min)
            bounds = [replace(like, min=low, max=high) for low in lows if low < high]
            found += self._aimed(bounds, self._near(least, hardest), COARSE, hardest)
            least = min([least, *found], key=rank)
        within(progress, MAXIMUMS, MAXIMUMS + 1)
        few = [one.proposal for one in sorted(found, key=rank)[:FEW] if math.isfinite(one.price)]
        aimed = self._aimed(few, self._near(best, self.seeds), COARSE, self.seeds)
        return sorted((one for one in aimed if math.isfinite(one.price)), key=rank)

    def _near(self, best: Score, seeds: Sequence[int]) -> Prices:
        """What a start is to beat."""
        return self.trials.prices(best, seeds, 1.0 if best.proposal == self.static else SLACK)

    def _walked(self, starts: Sequence[Score], share: float, progress: Progress | None) -> list[Score]:
        found = list[Score]()
        for number, one in enumerate(starts):
            within(progress, number, len(starts))
            found.append(self._walk(one, share))
        return sorted(dict.fromkeys(found), key=rank)

    def _swept(self, best: Score) -> Score:
        """The best with any higher target and any cooldown to grow.

        Where few requests may be cut off, one that is higher may hold though those between do not: it depends
        on when an instance goes.
        """
        one, targets = best.proposal, self.grid.values["target"]
        if not self._cut_counts or one.min == one.max:
            return best
        higher = product(targets[targets.index(one.target) + 1 :], self.grid.values["scale_out_cooldown"])
        return self.trials.best(
            best, [replace(one, target=target, scale_out_cooldown=out) for target, out in higher], self.seeds
        )

    def _walk(self, best: Score, share: float) -> Score:
        """Where steps of one length get to."""
        before = None
        while before != best:
            before = best
            for move in MOVES:
                best = self.trials.best(best, self.grid.around(best.proposal, move, share), self.seeds)
            bounds = list(self.grid.bounds(best.proposal, share))
            aimed = self._aimed(bounds, self.trials.prices(best, self.seeds), share, self.seeds)
            best = min([best, *(one for one in aimed if one.beats(best))], key=rank)
        return best

    def _aimed(
        self, proposals: Sequence[Proposal], to_beat: Prices, share: float, seeds: Sequence[int]
    ) -> list[Score]:
        """Each proposal with the highest target that holds, because a higher one costs less: of its own and
        those that are steps away from it.

        Leaves out what cannot beat what is to beat: a lower target costs more.
        """
        aims = {one: self.grid.aims(one, share) for one in proposals}
        ranges = {one: (0, targets.index(one.target), len(targets) - 1) for one, targets in aims.items()}
        # What hardly ever scales cuts nothing off, though what scales a little more does.
        found: dict[Proposal, Score] = {}
        if self._cut_counts:
            highest = {one: replace(one, target=targets[-1]) for one, targets in aims.items()}
            scores = self.trials.scores(highest.values(), seeds, to_beat)
            found = {one: scores[high] for one, high in highest.items() if high in scores}
            ranges = {one: ranges[one] for one, score in found.items() if score.misses}
        while ranges:
            tried = {one: replace(one, target=aims[one][place]) for one, (_, place, _) in ranges.items()}
            scores = self.trials.scores(tried.values(), seeds, to_beat)
            for one, aimed in tried.items():
                low, place, high = ranges.pop(one)
                if (score := scores.get(aimed)) is None:
                    continue
                found[one] = min(score, found.get(one, score), key=rank)
                if score.misses and self.trials.dear(aimed, to_beat):
                    continue
                low, high = (low, place - 1) if score.misses else (place + 1, high)
                if low <= high:
                    ranges[one] = low, (low + high + 1) // 2, high
        return list(found.values())

    @property
    def _cut_counts(self) -> bool:
        return self.trials.judge.setting.max_cut.most < math.inf

    def _defaults(self) -> Proposal:
        """The module's defaults, with a maximum for the highest demand on the smallest type."""
        sustained = self._pools[0][1]
        smallest = min(number for _, number in self._pools)
        if self.kind is Kind.REALTIME:
            high = self._bounded(max(2, math.ceil(SPARE * self._peak / (smallest * UTILIZATION))))
            return Proposal(self.kind, self._pools, 1, high, UTILIZATION, 60, 300)
        slots = max(int(smallest), 1)
        high = self._bounded(max(1, math.ceil(SPARE * self._peak / slots)))
        return Proposal(self.kind, self._pools, 0, high, float(max(int(sustained), 1)), 300, 300, slots)

    def _static(self) -> Proposal:
        """The smallest fleet of constant size that holds, or the largest that there may be.

        No maximum below it is tried at first: what is never larger hardly ever keeps up with more.
        """
        low, high = 1, self.defaults.max
        while low < high:
            middle = (low + high) // 2
            score = self.trials.score(replace(self.defaults, min=middle, max=middle), self.seeds)
            low, high = (middle + 1, high) if score.misses else (low, middle)
        return replace(self.defaults, min=low, max=low)

    def _bounded(self, high: int) -> int:
        return min(high, self._most) if self._most else high
