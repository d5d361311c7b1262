"""Searches for inputs with which an endpoint would hold, starting from the present ones, and says which."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation.demand import offered
from scaleproof.studies.candidate import price
from scaleproof.studies.inputs import axes, configured, raised
from scaleproof.studies.outcome import Advice, Change, Outcome, Variation
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Goal, Judge, Point, Score
from scaleproof.studies.verdict import Level, lost
from scaleproof.studies.wording import count, duration, more, per_day
from scaleproof.workers import TaskMap

OTHERS = 2
"""How many other answers are told."""
DEAR = 1.5
"""What costs so much more points to `choose`."""
SAME = 1.02
"""An input whose change saves no more than this is left as it is: fewer changes are easier to follow."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of an endpoint that may change: their names in the module and their values, in order."""

    endpoint: Endpoint
    names: Mapping[str, str]
    values: Mapping[str, list[float]]
    now: Point

    @classmethod
    def from_endpoint(cls, endpoint: Endpoint, peak: int) -> Inputs:
        """Those that could make it hold. `peak`: the most requests at a time."""
        changeable = axes(endpoint, peak)
        values = {axis.key: sorted({axis.before, *axis.values}) for axis in changeable}
        names = {axis.key: axis.input for axis in changeable}
        if endpoint.target:
            # Minimums reach up to every maximum that may be tried, so that both can rise together.
            highs = values.setdefault("max", [float(endpoint.target.max)])
            lows = values.setdefault("min", [float(endpoint.target.min)])
            lows += range(int(lows[-1]) + 1, int(highs[-1]) + 1)
            names = {"min": "capacity.min", "max": "capacity.max", **names}
        now = {axis.key: axis.before for axis in changeable}
        return cls(endpoint, names, values, {**{name: row[0] for name, row in values.items()}, **now})

    def endpoint_at(self, point: Point) -> Endpoint:
        """The endpoint with the inputs of a point; raises ScaleproofError for what it cannot have."""
        assert self.endpoint.target
        changed = {name: value for name, value in point.items() if value != self.now[name]}
        if "min" in changed:
            changed["min"] = max(changed["min"], self.endpoint.target.min)
        return raised(configured(self.endpoint, changed), point["min"], changed.get("max", 0))

    def changed(self, point: Point) -> list[str]:
        """The keys of what differs from now, by the names of the module."""
        return sorted((key for key, value in point.items() if value != self.now[key]), key=self.names.__getitem__)

    def starts(self, peak: int) -> list[Point]:
        """Where descents start: as it is, with more and more room up to the peak, with a low target, and of constant
        size."""
        slots = [pool.max_concurrency for pool in self.endpoint.pools if pool.max_concurrency]
        size = math.ceil(peak / float(self.endpoint.max_concurrent_invocations or min(slots, default=1.0)))
        highs, starts = self.values["max"], [self.now]
        high = next(maximum for maximum in highs if maximum >= size)
        starts += [{**self.now, "max": maximum} for maximum in _halved(highs, self.now["max"], high)]
        eager = {**self.now, "max": high}
        for name, place in (("target", 0.2), ("scale_out_cooldown", 0.0), ("scale_in_cooldown", 1.0)):
            if name in self.values:
                eager[name] = self.values[name][int(place * (len(self.values[name]) - 1))]
        low = max(minimum for minimum in self.values["min"] if minimum <= high)
        return [*starts, eager, {**self.now, "min": low, "max": high}]


def advise(
    outcome: Outcome,
    traffic: TrafficSpec,
    setting: Setting,
    *,
    tasks: TaskMap = map,
    progress: Progress | None = None,
) -> Advice | None:
    """What to change of the endpoint of an outcome on some traffic; None if it holds."""
    if outcome.verdict.level is Level.HOLDS:
        return None
    if outcome.endpoint.target and outcome.endpoint.target.suspended.scale_out:
        return Advice(("Scaling out is suspended: resume it.",))
    peak = max(offered(traffic.traffic))
    inputs = Inputs.from_endpoint(outcome.endpoint, peak)
    if not inputs.values:
        return Advice(("Nothing scales it, so there is no input to change.",))
    shape = Shape(traffic.traffic.work, traffic.longest)
    search = Search(Judge(shape, setting, (traffic,)), inputs.values, inputs.endpoint_at, (0,), tasks)
    goal = Goal(setting.max_cut)
    best = search.best(inputs.starts(peak), goal, progress)
    simple = _simpler(search, best, inputs, goal)
    # Fewer changes may want other values.
    while (better := _simpler(search, search.descend(simple, goal), inputs, goal)).beats(simple):
        simple = better
    point = simple.point
    others: dict[str, Point] = {}
    # The price of what was stopped is infinite, and nobody knows whether it holds.
    holding = [score for score in search.known(goal) if score.rank < (0.0, math.inf)]
    for score in holding:
        changed = inputs.changed(score.point)
        if len(changed) == 1 and point[changed[0]] == inputs.now[changed[0]]:
            others.setdefault(changed[0], score.point)

    def varied(point: Point) -> Variation:
        changed = inputs.endpoint_at(point)
        changes = [Change(inputs.names[key], inputs.now[key], point[key]) for key in inputs.changed(point)]
        return Variation((*_moved(outcome.endpoint, changed), *changes), setting.outcome(changed, traffic).bare)

    return advice(
        outcome, varied(point), [varied(other) for other in list(others.values())[:OTHERS]], search.simulations
    )


def _halved(values: Sequence[float], first: float, last: float) -> list[float]:
    """Values of an ordered list from `last` downwards, each at most half of the one before, above `first`."""
    halved = []
    while last > first:
        halved.append(last)
        last = max(value for value in values if value <= max(last / 2, values[0]))
    return halved


def _moved(now: Endpoint, changed: Endpoint) -> Iterator[Change]:
    """The initial count where new bounds exclude it. One that is the minimum follows it: most roots set none."""
    assert now.target
    if changed.initial != now.initial != max(now.target.min, 1):
        yield Change("capacity.initial", now.initial, changed.initial)


def _simpler(search: Search, best: Score, inputs: Inputs, goal: Goal) -> Score:
    """The best inputs without the changes that save next to nothing."""
    simple = best
    for name in inputs.values if not best.distance else ():
        (without,) = search.scores([{**simple.point, name: inputs.now[name]}], goal) or (None,)
        if without and not without.distance and without.price <= SAME * best.price:
            simple = without
    return simple


def advice(base: Outcome, best: Variation, others: Sequence[Variation], simulations: int) -> Advice:
    """The advice. `base`: the endpoint as it is; `best`: what does best of all that was tried; `others`: other
    changes of one input with which it holds, cheaper ones first."""
    if best.outcome.verdict.level is Level.HOLDS:
        return Advice(tuple(_enough(base, best, others)), best, tuple(others), None, simulations)
    return Advice(tuple(_not_enough(base, best, simulations)), None, (), best, simulations)


def _enough(base: Outcome, best: Variation, others: Sequence[Variation]) -> Iterator[str]:
    yield f"It holds with {best.words} ({_more(base, best)})."
    if len(best.changes) > 1 and not others:
        yield "No single input that was tried is enough."
    if others:
        yield f"Or with {', or with '.join(f'{other.words} ({_more(base, other)})' for other in others)}."
    if price(best.outcome.cost) > DEAR * price(base.cost):
        yield (
            "That is expensive: try scaleproof choose, which searches on several seeds and with schedules, and "
            "other limits of --max-cut-streams."
        )


def _not_enough(base: Outcome, nearest: Variation, simulations: int) -> Iterator[str]:
    tried = f"No change of its inputs that was tried is enough ({count(simulations, 'simulation')})."
    if not nearest.changes:
        yield f"{tried} None is better than the present inputs."
    else:
        yield f"{tried} {nearest.words} comes nearest ({_more(base, nearest)}): {_left(nearest.outcome)}."
    over = nearest.outcome.verdict.overload
    reasons = {
        "Instances were out of stock: another type in instance_pools would help.": over.short,
        "Instances start too slowly for this traffic: start them earlier, with capacity.min or "
        "schedules.": over.starting,
        "No policy scales out meanwhile: their metrics show this load too late or not at all, or a cooldown holds "
        "them up.": over.unasked,
        "The maximum limits the endpoint.": over.at_max,
    }
    reason, seconds = max(reasons.items(), key=itemgetter(1))
    if seconds:
        yield reason


def _left(outcome: Outcome) -> str:
    """What is still wrong with an outcome."""
    over, gone, cut = outcome.verdict.overload.total, lost(outcome.result), outcome.verdict.cut_per_day
    parts = []
    if over:
        parts.append(f"above capacity for {duration(over)}")
    if gone:
        parts.append(f"{count(gone, 'request')} lost")
    if cut:
        parts.append(f"{per_day(cut)} cut off a day")
    return ", ".join(parts) or "it does not keep up"


def _more(base: Outcome, other: Variation) -> str:
    """What a change costs."""
    cost = other.outcome.cost
    return more(price(base.cost), price(cost), priced=cost.usd is not None)
