"""Searches for the cheapest inputs that meet an objective: a coordinate descent over a grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from statistics import fmean

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation.demand import STEP, offered
from scaleproof.studies.candidate import flaps, misses, price
from scaleproof.studies.outcome import HOUR, Outcome
from scaleproof.studies.run import Progress, Setting, within
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import CutLimit, ended, multiple
from scaleproof.studies.wording import DAY
from scaleproof.workers import TaskMap

CLEARLY = 0.995
"""What is better costs less than this share: less is chance."""
DEARER = 1.02
"""What costs so much more than the best on one seed is not tried on the others."""
SAME = 1.002
"""What costs no more than this beside another costs as much."""
EARLY = 7
"""Settings are first looked for on one of so many parts of the time, but on a day at least."""
ROUGH, FINE = (8,), (4, 2, 1)
"""Places by which an input moves at a time: in the first round, and after it."""
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
DEARER_WAY = {"min": 1, "target": -1, "fill": 1}
"""Directions in which an input alone makes an endpoint dearer: what meets the goal does not move there."""

Point = Mapping[str, float]
"""Values of inputs by name."""


@dataclass(frozen=True)
class Trial:
    """What matters of a simulation.

    `misses`: by how much it misses what was asked, but for what scale-in cuts off and for flapping; `cut` and
    `ended`: requests; `days`: how long it lasted.
    """

    misses: float
    price: float
    cut: int = 0
    ended: int = 0
    days: float = 1.0
    flaps: float = 0.0

    def distance(self, goal: Goal) -> float:
        """How far it is from a goal; 0 if it meets it."""
        times = multiple(self.cut, goal.limit.requests(self.ended, self.days))
        return self.misses + max(times - 1, 0.0) + (0.0 if goal.flaps else self.flaps)


@dataclass(frozen=True)
class Goal:
    """What may be traded for the price: `limit` of what scale-in cuts off, and whether it may flap."""

    limit: CutLimit
    flaps: bool = True


@dataclass(frozen=True)
class Judge:
    """Simulates endpoints on the traffic of seeds. `traffic`: one for each seed."""

    shape: Shape
    setting: Setting
    traffic: tuple[TrafficSpec, ...]

    def __call__(self, task: tuple[Endpoint, int]) -> Trial:
        """The trial of an endpoint on the traffic of one seed, which its place in `traffic` names."""
        free = replace(self, setting=replace(self.setting, max_cut=CutLimit(math.inf)))
        outcome = free.outcome(*task)
        result = outcome.result
        return Trial(
            misses(replace(self.shape, flaps=True), outcome),
            price(outcome.cost),
            result.totals.cut,
            ended(result),
            result.duration / DAY,
            flaps(outcome),
        )

    def outcome(self, endpoint: Endpoint, seed: int) -> Outcome:
        """The whole simulation."""
        return self.setting.outcome(endpoint, self.traffic[seed])

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

    def busiest(self, seed: int) -> tuple[float, float] | None:
        """From when until when the traffic of a seed is busiest, for a seventh of the time (epoch seconds).

        In whole days; None where that is more than half of the time.
        """
        traffic, start = self.traffic[seed], self.setting.began(self.traffic[seed]).timestamp()
        days = math.ceil(traffic.traffic.duration / EARLY / DAY)
        last = int(traffic.traffic.duration / DAY) - days
        if last < days:
            return None
        demand, step = offered(traffic.traffic), round(DAY / STEP)
        parts = [demand[day * step : (day + days) * step] for day in range(last + 1)]
        first = max(range(last + 1), key=lambda day: (max(parts[day]), sum(parts[day])))
        return start + first * DAY, start + (first + days) * DAY


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
    busiest: tuple[float, float] | None = None
    """The part of the time to begin with, if any (see Judge.busiest)."""
    simulations: int = 0
    early: Search | None = field(default=None, init=False)
    """The same on that part."""
    _trials: dict[tuple[tuple[float, ...], int], Trial] = field(default_factory=dict)
    _endpoints: dict[tuple[float, ...], Endpoint | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes the search to begin with."""
        if self.busiest is not None:
            part = self.judge.part(*self.busiest)
            self.early = Search(part, self.values, self.endpoint, self.seeds, self.tasks)

    def best(self, starts: Iterable[Point], goal: Goal, progress: Progress | None = None) -> Score:
        """The best that descents from some points get to.

        One round of long steps on the hardest seed shows which two go further, on all seeds. Where there is
        an early search, a descent in short steps begins where that one ends.
        """
        points, seeds = list(starts), self.seeds
        if self.early is not None:
            return self.further([self.early.best(points, goal, progress).point, points[0]], goal)
        self.seeds = seeds[:1]
        rough = []
        for number, score in enumerate(self.scores(points, goal)):
            within(progress, number, len(points) + 1)
            rough.append(self._round(score, goal, ROUGH))
        within(progress, len(points), len(points) + 1)
        self.seeds = seeds
        near = sorted(rough, key=lambda score: score.rank)[:2]
        scores = self.scores([*(score.point for score in near), points[0]], goal)
        further = sorted(scores, key=lambda score: score.rank)[:2]
        return min((self._descend(score, goal) for score in further), key=lambda score: score.rank)

    def further(self, points: Sequence[Point], goal: Goal, polish: bool = True) -> Score:
        """The best of points, the first of which is where a descent begins; without `polish` it goes only as
        far as it takes to meet the goal."""
        first, *others = self.scores(points, goal)
        return min([self._descend(first, goal, polish), *others], key=lambda score: score.rank)

    def meet(self, traffic: Sequence[TrafficSpec]) -> None:
        """Adds the traffic of more seeds, to try points on. Settings are not chosen on them."""
        self.judge = replace(self.judge, traffic=(*self.judge.traffic, *traffic))

    def _descend(self, best: Score, goal: Goal, polish: bool = True) -> Score:
        steps, before = FINE if self.early is None else FINE[1:], None
        while before is not best and (polish or best.distance):
            before = best
            best = self._round(best, goal, steps)
        return best

    def step(self, best: Score, goal: Goal) -> Score:
        """The best of a point and those one place away."""
        return self._round(best, goal, FINE[-1:])

    def _round(self, best: Score, goal: Goal, steps: Sequence[int]) -> Score:
        """The best of what is so many steps away along one input or along two, after another."""
        for moves in (*(((name, 1),) for name in self.values), *TOGETHER):
            dearer = DEARER_WAY.get(moves[0][0]) if len(moves) == 1 and not best.distance else None
            ways = [way for way in (-1, 1) if way != dearer]
            points = list(self._around(best.point, moves, steps, ways))
            candidate = min(self.scores(points, goal, best), key=lambda score: score.rank, default=best)
            best = candidate if candidate.beats(best) else best
        return best

    def _around(
        self, point: Point, moves: Sequence[tuple[str, int]], steps: Sequence[int], ways: Sequence[int]
    ) -> Iterator[Point]:
        if any(name not in self.values for name, _ in moves):
            return
        for step, sign in product(steps, ways):
            neighbour = dict(point)
            for name, way in moves:
                values = self.values[name]
                place = values.index(point[name]) + way * sign * step
                neighbour[name] = values[min(max(place, 0), len(values) - 1)]
            if neighbour["min"] <= neighbour["max"] and all(neighbour[name] != point[name] for name, _ in moves):
                yield neighbour

    def scores(self, points: Iterable[Point], goal: Goal, best: Score | None = None) -> list[Score]:
        """The scores of points, without those that there cannot be and those whose minimum costs too much."""
        enough = best.price if best and not best.distance else math.inf
        candidates = {self._key(point): point for point in points if self._floor(point) < enough}
        candidates = {key: point for key, point in candidates.items() if self._endpoint(key, point) is not None}
        if self.early is not None and best is not None:
            own, *others = self.early.prices([best.point, *candidates.values()])
            # What holds gets cheaper on the busiest days too, and what does not hold gets dearer.
            least, most = (own / SAME, math.inf) if best.distance else (0.0, SAME * own)
            pairs = zip(candidates.items(), others, strict=True)
            candidates = {key: point for (key, point), price in pairs if least <= price <= most}
        left = list(candidates)
        for seed in self.seeds:
            self._run([(key, seed) for key in left])
            most = DEARER * self._trials[self._key(best.point), seed].price if enough < math.inf and best else math.inf
            trials = {key: self._trials[key, seed] for key in left}
            left = [key for key, trial in trials.items() if not trial.distance(goal) and trial.price < most]
        return [self._score(key, point, goal) for key, point in candidates.items()]

    def known(self, goal: Goal) -> Iterator[Score]:
        """The scores of all points that were tried."""
        for key in dict.fromkeys(key for key, _ in self._trials):
            yield self._score(key, dict(zip(self.values, key, strict=True)), goal)

    def nearest(self, goal: Goal, number: int) -> list[Point]:
        """So many of the best points that were tried."""
        return [score.point for score in sorted(self.known(goal), key=lambda score: score.rank)[:number]]

    def prices(self, points: Sequence[Point]) -> list[float]:
        """Those of points that there are, on the hardest seed."""
        pairs = [(self._key(point), self.seeds[0]) for point in points]
        for (key, _), point in zip(pairs, points, strict=True):
            self._endpoint(key, point)
        self._run(pairs)
        return [self._trials[pair].price for pair in pairs]

    def trials(self, point: Point, seeds: Sequence[int]) -> list[Trial]:
        """Those of a point on some seeds, all of them."""
        key = self._key(point)
        self._endpoint(key, point)
        self._run([(key, seed) for seed in seeds])
        return [self._trials[key, seed] for seed in seeds]

    def _key(self, point: Point) -> tuple[float, ...]:
        return tuple(point[name] for name in self.values)

    def _endpoint(self, key: tuple[float, ...], point: Point) -> Endpoint | None:
        if key not in self._endpoints:
            try:
                self._endpoints[key] = self.endpoint(point)
            except ScaleproofError:  # such as a minimum above the maximum
                self._endpoints[key] = None
        return self._endpoints[key]

    def _score(self, key: tuple[float, ...], point: Point, goal: Goal) -> Score:
        trials = [self._trials[key, seed] for seed in self.seeds if (key, seed) in self._trials]
        distance = max(trial.distance(goal) for trial in trials)
        whole = distance or len(trials) == len(self.seeds)
        return Score(point, distance, fmean(trial.price for trial in trials) if whole else math.inf)

    def _run(self, pairs: Iterable[tuple[tuple[float, ...], int]]) -> None:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._trials]
        self.simulations += len(new)
        endpoints = [(endpoint, seed) for key, seed in new if (endpoint := self._endpoints[key]) is not None]
        self._trials.update(zip(new, self.tasks(self.judge, endpoints), strict=True))

    def _floor(self, point: Point) -> float:
        """The least that a point costs: its minimum all the time, of the cheapest type."""
        cheapest = min(self.judge.setting.price.values(), default=1.0)
        return point["min"] * cheapest * min(spec.traffic.duration for spec in self.judge.traffic) / HOUR
