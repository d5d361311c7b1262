"""Searches for inputs with which an endpoint would hold, starting from the present ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scaleproof.scaling.endpoint import Endpoint
from scaleproof.simulation.demand import offered
from scaleproof.studies.advice import Advice, Change, Tried, advice
from scaleproof.studies.inputs import axes, configured, raised
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.search import Goal, Judge, Point, Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Level, lost
from scaleproof.workers import TaskMap

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

    def changes(self, point: Point) -> tuple[Change, ...]:
        """What differs from now, by name."""
        changes = [
            Change(self.names[name], self.now[name], value) for name, value in point.items() if value != self.now[name]
        ]
        return tuple(sorted(changes, key=lambda change: change.input))

    def starts(self, peak: int) -> list[Point]:
        """Where descents start: as it is, with room for the peak, with a low target, and of constant size."""
        slots = [pool.max_concurrency for pool in self.endpoint.pools if pool.max_concurrency]
        size = math.ceil(peak / float(self.endpoint.max_concurrent_invocations or min(slots, default=1.0)))
        highs, starts = self.values["max"], [self.now]
        high = next((maximum for maximum in highs if maximum >= size), highs[-1])
        starts.append({**self.now, "max": high})
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
    base = _tried(outcome, ())
    if base.enough:
        return None
    endpoint = outcome.endpoint
    peak = max(offered(traffic.traffic), default=0)
    inputs = Inputs.from_endpoint(endpoint, peak)
    if not inputs.values:
        return advice(base, None, (), 0)
    shape = Shape(traffic.traffic.work, traffic.longest)
    search = Search(Judge(shape, setting, (traffic,)), inputs.values, inputs.endpoint_at, (0,), tasks)
    goal = Goal(setting.max_cut)
    best = search.best(inputs.starts(peak), goal, progress)

    def tried(point: Point) -> Tried:
        return _tried(setting.outcome(inputs.endpoint_at(point), traffic), inputs.changes(point))

    point = best.point
    for name in inputs.values if not best.distance else ():
        (without,) = search.scores([{**point, name: inputs.now[name]}], goal) or (None,)
        if without and not without.distance and without.price <= SAME * best.price:
            point = without.point
    others: dict[str, Point] = {}
    for score in sorted(search.known(goal), key=lambda score: score.rank):
        changed = [name for name, value in score.point.items() if value != inputs.now[name]]
        if not score.distance and len(changed) == 1 and point[changed[0]] == inputs.now[changed[0]]:
            others.setdefault(changed[0], score.point)
    return advice(base, tried(point), tuple(map(tried, others.values())), search.simulations)


def _tried(outcome: Outcome, changes: tuple[Change, ...]) -> Tried:
    return Tried(
        changes=changes,
        enough=outcome.verdict.level is Level.HOLDS,
        level=outcome.verdict.level,
        distance=outcome.verdict.distance,
        instance_hours=outcome.cost.total_hours,
        usd=outcome.cost.usd,
        overload=outcome.verdict.overload,
        lost=lost(outcome.result),
        cut_per_day=outcome.verdict.cut_per_day,
    )
