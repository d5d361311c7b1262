"""Searches for the cheapest inputs that meet a goal: a descent over a grid, from the best of points that span it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import fmean

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.run import Progress, within
from scaleproof.studies.trials import Bound, Goal, Judge, Point, Score, Trial, ranked
from scaleproof.studies.wording import HOUR
from scaleproof.workers import TaskMap

FEW = 6
"""Points that are tried at a time."""
AT_ONCE = 2
"""After the hardest seed, so many are tried at a time: few points are left then, and one leaves a core idle."""
STEPS = (4, 1)
"""Places by which an input moves at a time."""
TOGETHER = (
    (("min", 1), ("max", 1)),
    (("target", -1), ("max", 1)),
    (("target", 1), ("max", 1)),
    (("target", 1), ("min", 1)),
    (("target", 1), ("scale_in_cooldown", 1)),
    (("min", -1), ("scale_in_cooldown", 1)),
    (("target", -1), ("scale_out_cooldown", 1)),
    (("target", 1), ("wake_instances", 1)),
    (("scale_in_cooldown", 1), ("max", 1)),
    (("target", 1), ("fill", 1)),
)
"""Inputs that make up for each other, with the directions in which they move together."""

Key = tuple[float, ...]


@dataclass
class Search:
    """The trials of one grid.

    `values`: those of each input, in order. `endpoint` makes one of a point, and raises ScaleproofError for
    what there cannot be. `seeds`: places in the judge's traffic, the hardest first.
    """

    judge: Judge
    values: Mapping[str, Sequence[float]]
    endpoint: Callable[[Point], Endpoint]
    seeds: Sequence[int]
    tasks: TaskMap = map
    simulations: int = 0
    _trials: dict[tuple[Key, int], Trial] = field(default_factory=dict)
    _endpoints: dict[Key, Endpoint | None] = field(default_factory=dict)

    def best(self, starts: Sequence[Point], goal: Goal, progress: Progress | None = None) -> Score:
        """The best that a descent gets to from the best of some points."""
        within(progress, 0, 2)
        start = self.start(starts, goal)
        within(progress, 1, 2)
        return self.descend(start, goal)

    def start(self, points: Sequence[Point], goal: Goal) -> Score:
        """The best of some points to start from. The first is what the others have to beat."""
        (first,) = self.scores(points[:1], goal)
        return self.among(first, points[1:], goal)

    def descend(self, best: Score, goal: Goal) -> Score:
        """The best that steps get to from a point."""
        before = None
        while before is not best:
            before, best = best, self.step(best, goal)
        return best

    def step(self, best: Score, goal: Goal) -> Score:
        """The best of what is some places away along one input or along two, after another."""
        for moves in (*(((name, 1),) for name in self.values), *TOGETHER):
            best = self.moved(best, moves, goal)
        return best

    def moved(self, best: Score, moves: Sequence[tuple[str, int]], goal: Goal) -> Score:
        """The best of what is some places away along some inputs, each in its direction and against it."""
        return self._better(best, list(self._around(best.point, moves)), goal)

    def among(self, best: Score, points: Sequence[Point], goal: Goal, few: int = FEW) -> Score:
        """The best of some points, which are tried a few at a time: good ones at first save time."""
        for first in range(0, len(points), few):
            best = self._better(best, points[first : first + few], goal)
        return best

    def _better(self, best: Score, points: Sequence[Point], goal: Goal) -> Score:
        """The first that beats the best on all seeds, of those that come near it on the hardest, cheap ones first."""
        for score in ranked(self.scores(points, goal, best, self.seeds[:1])):
            if score.rank < (best.distance, math.inf):
                (whole,) = self.scores([score.point], goal, best)
                if whole.beats(best):
                    return whole
        return best

    def _around(self, point: Point, moves: Sequence[tuple[str, int]]) -> Iterator[Point]:
        if any(name not in self.values for name, _ in moves):
            return
        for step, sign in product(STEPS, (-1, 1)):
            neighbour = dict(point)
            for name, way in moves:
                values = self.values[name]
                place = values.index(point[name]) + way * sign * step
                neighbour[name] = values[min(max(place, 0), len(values) - 1)]
            if neighbour["min"] <= neighbour["max"] and all(neighbour[name] != point[name] for name, _ in moves):
                yield neighbour

    def scores(
        self, points: Iterable[Point], goal: Goal, best: Score | None = None, seeds: Sequence[int] | None = None
    ) -> list[Score]:
        """The scores of points by some seeds, usually all, without those that there cannot be. What cannot beat the
        `best` is left out or stopped."""
        seeds = self.seeds if seeds is None else seeds
        enough = best.price if best and not best.distance else math.inf
        keys = {self._key(point): point for point in points if self.least(point) < enough}
        keys = {key: point for key, point in keys.items() if self._endpoint(key, point) is not None}
        left = list(keys)
        for together in (seeds[:1], *(seeds[place : place + AT_ONCE] for place in range(1, len(seeds), AT_ONCE))):
            bounds = {seed: self._bound(best, seed, goal) for seed in together}
            self._run({(key, seed): bounds[seed] for key in left for seed in together})
            for seed, bound in bounds.items():
                left = [key for key in left if self._meets(key, seed, goal, bound)]
        return [self._score(key, goal, seeds, whole=key in left) for key in keys]

    def known(self, goal: Goal) -> list[Score]:
        """The scores of all points that were tried, the best first, by the seeds on which they were."""
        keys = dict.fromkeys(key for key, seed in self._trials if seed in self.seeds)
        return ranked(self._score(key, goal, self.seeds, whole=True) for key in keys)

    def trials(self, point: Point, seeds: Sequence[int]) -> list[Trial]:
        """Those of a point on some seeds, none of them stopped."""
        key = self._key(point)
        self._endpoint(key, point)
        self._run({(key, seed): None for seed in seeds})
        return [self._trials[key, seed] for seed in seeds]

    def _key(self, point: Point) -> Key:
        return tuple(point[name] for name in self.values)

    def _endpoint(self, key: Key, point: Point) -> Endpoint | None:
        if key not in self._endpoints:
            try:
                self._endpoints[key] = self.endpoint(point)
            except ScaleproofError:  # such as a minimum above the maximum
                self._endpoints[key] = None
        return self._endpoints[key]

    def _score(self, key: Key, goal: Goal, seeds: Sequence[int], *, whole: bool) -> Score:
        """The score by the trials so far. `whole`: whether it was tried for as long as it may be."""
        trials = [self._trials[key, seed] for seed in seeds if (key, seed) in self._trials]
        distance = max(trial.distance(goal) for trial in trials)
        known = (whole or distance) and not any(trial.stopped for trial in trials)
        point = dict(zip(self.values, key, strict=True))
        return Score(point, distance, fmean(trial.price for trial in trials) if known else math.inf)

    def _bound(self, best: Score | None, seed: int, goal: Goal) -> Bound | None:
        """What trials have to keep to on a seed to beat the best; None where it has not been tried there."""
        own = best and self._trials.get((self._key(best.point), seed))
        return Bound(goal, best.distance, own) if best and own and not own.stopped else None

    def _meets(self, key: Key, seed: int, goal: Goal, bound: Bound | None) -> bool:
        """Whether a point meets the goal on a seed, and may beat the best."""
        trial = self._trials[key, seed]
        return not (trial.stopped or trial.distance(goal) or (bound and bound.excludes(trial)))

    def _run(self, bounds: Mapping[tuple[Key, int], Bound | None]) -> None:
        """Tries what was not tried, and what was stopped where it would not be now."""
        new = []
        for pair, bound in bounds.items():
            trial = self._trials.get(pair)
            if trial is None or (trial.stopped and not (bound and bound.excludes(trial))):
                new.append(pair)
        self.simulations += len(new)
        tasks = [(endpoint, pair[1], bounds[pair]) for pair in new if (endpoint := self._endpoints[pair[0]])]
        if tasks:
            self._trials.update(zip(new, self.tasks(self.judge, tasks), strict=True))

    def least(self, point: Point) -> float:
        """The least that a point costs: its minimum all the time, of the cheapest type."""
        cheapest = min(self.judge.setting.price.values(), default=1.0)
        return point["min"] * cheapest * min(spec.traffic.duration for spec in self.judge.traffic) / HOUR
