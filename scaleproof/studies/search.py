"""Searches for the cheapest inputs that meet a goal: descents over a grid, from the best of points that span it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import fmean

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.run import Progress, within
from scaleproof.studies.trials import Bound, Goal, Judge, Trial
from scaleproof.studies.wording import HOUR
from scaleproof.workers import TaskMap

CLEARLY = 0.995
"""What is better costs less than this share: less is chance."""
FEW, DESCENTS = 6, 2
"""Points that are tried at a time. Of those to start from, so many are tried on all seeds, and so many of these
descended from."""
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

Point = Mapping[str, float]
"""Values of inputs by name."""
Key = tuple[float, ...]


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
        """The best that descents from some points get to. The first is what the others have to beat."""
        seeds, self.seeds = self.seeds, self.seeds[:1]
        (first,) = self.scores(starts[:1], goal)
        others = sorted(self.scores(starts[1:], goal, first), key=lambda score: score.rank)[:FEW]
        self.seeds = seeds
        (first,) = self.scores(starts[:1], goal)
        near = [first, *self.scores([score.point for score in others], goal, first)]
        ends = []
        for number, score in enumerate(sorted(near, key=lambda score: score.rank)[:DESCENTS]):
            within(progress, number, DESCENTS)
            ends.append(self.descend(score, goal))
        return min(ends, key=lambda score: score.rank)

    def descend(self, best: Score, goal: Goal) -> Score:
        """The best that steps get to from a point."""
        before = None
        while before is not best:
            before, best = best, self.step(best, goal)
        return best

    def step(self, best: Score, goal: Goal) -> Score:
        """The best of what is some places away along one input or along two, after another."""
        for moves in (*(((name, 1),) for name in self.values), *TOGETHER):
            best = self._better(best, list(self._around(best.point, moves)), goal)
        return best

    def among(self, best: Score, points: Sequence[Point], goal: Goal) -> Score:
        """The best of some points, of which those come first that should cost least."""
        for first in range(0, len(points), FEW):
            best = self._better(best, points[first : first + FEW], goal)
        return best

    def _better(self, best: Score, points: Sequence[Point], goal: Goal) -> Score:
        score = min(self.scores(points, goal, best), key=lambda score: score.rank, default=best)
        return score if score.beats(best) else best

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

    def scores(self, points: Iterable[Point], goal: Goal, best: Score | None = None) -> list[Score]:
        """The scores of points, without those that there cannot be. What cannot beat the `best` is left out or
        stopped."""
        enough = best.price if best and not best.distance else math.inf
        keys = {self._key(point): point for point in points if self.least(point) < enough}
        keys = {key: point for key, point in keys.items() if self._endpoint(key, point) is not None}
        left = list(keys)
        for seed in self.seeds:
            bound = self._bound(best, seed, goal) if best else None
            self._run([(key, seed) for key in left], bound)
            trials = {key: self._trials[key, seed] for key in left}
            left = [key for key in left if not (trials[key].stopped or trials[key].distance(goal))]
            if bound is not None:
                left = [key for key in left if not bound.excludes(trials[key])]
        return [self._score(key, goal, whole=key in left) for key in keys]

    def known(self, goal: Goal) -> list[Score]:
        """The scores of all points that were tried, the best first, by the seeds on which they were."""
        keys = dict.fromkeys(key for key, seed in self._trials if seed in self.seeds)
        return sorted((self._score(key, goal, whole=True) for key in keys), key=lambda score: score.rank)

    def trials(self, point: Point, seeds: Sequence[int]) -> list[Trial]:
        """Those of a point on some seeds, none of them stopped."""
        key = self._key(point)
        self._endpoint(key, point)
        self._run([(key, seed) for seed in seeds])
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

    def _score(self, key: Key, goal: Goal, *, whole: bool) -> Score:
        """The score by the trials so far. `whole`: whether it was tried for as long as it may be."""
        trials = [self._trials[key, seed] for seed in self.seeds if (key, seed) in self._trials]
        distance = max(trial.distance(goal) for trial in trials)
        known = (whole or distance) and not any(trial.stopped for trial in trials)
        point = dict(zip(self.values, key, strict=True))
        return Score(point, distance, fmean(trial.price for trial in trials) if known else math.inf)

    def _bound(self, best: Score, seed: int, goal: Goal) -> Bound | None:
        """What trials have to keep to on a seed to beat the best; None where it has not been tried there."""
        own = self._trials.get((self._key(best.point), seed))
        return None if own is None or own.stopped else Bound(goal, best.distance, own)

    def _run(self, pairs: Iterable[tuple[Key, int]], bound: Bound | None = None) -> None:
        """Tries what was not tried, and what was stopped where it would not be now."""
        known, new = self._trials, []
        for pair in dict.fromkeys(pairs):
            trial = known.get(pair)
            if trial is None or (trial.stopped and not (bound and bound.excludes(trial))):
                new.append(pair)
        self.simulations += len(new)
        tasks = [(endpoint, seed, bound) for key, seed in new if (endpoint := self._endpoints[key]) is not None]
        known.update(zip(new, self.tasks(self.judge, tasks), strict=True))

    def least(self, point: Point) -> float:
        """The least that a point costs: its minimum all the time, of the cheapest type."""
        cheapest = min(self.judge.setting.price.values(), default=1.0)
        return point["min"] * cheapest * min(spec.traffic.duration for spec in self.judge.traffic) / HOUR
