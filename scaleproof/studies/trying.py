"""Tries other inputs of an endpoint that does not hold, until it does: each by itself, then two at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation.demand import offered
from scaleproof.studies.advice import Advice, Change, Tried, advice
from scaleproof.studies.inputs import Axis, axes, with_inputs
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Level, lost
from scaleproof.workers import TaskMap

PAIRS = 3
"""The most pairs of inputs of which the least change is looked for."""


@dataclass(frozen=True)
class Trial:
    """One endpoint on some traffic."""

    endpoint: Endpoint
    traffic: TrafficSpec
    setting: Setting

    def judged(self, outcome: Outcome, changes: Sequence[Change] = (), steps: int = 0) -> Tried:
        """What an outcome says."""
        return Tried(
            changes=tuple(changes),
            enough=outcome.verdict.level is Level.HOLDS,
            level=outcome.verdict.level,
            shortfall=outcome.verdict.distance,
            steps=steps,
            instance_hours=outcome.cost.total_hours,
            usd=outcome.cost.usd,
            overload=outcome.verdict.overload,
            lost=lost(outcome.result),
            cut_per_day=outcome.verdict.cut_per_day,
        )

    def ladder(self, axis: Axis) -> list[int]:
        """The indices at which an axis is tried first: the furthest; a third of the way again and again where
        more instances can do harm, because scale-in cuts off what runs on them."""
        found = [len(axis.values) - 1]
        while found[-1] and (self.endpoint.kind is Kind.ASYNC or self.setting.max_cut.most < math.inf):
            found.append(found[-1] // 3)
        return found

    def run(self, chosen: Mapping[Axis, int]) -> Tried | None:
        """The endpoint with a value of each axis, by its index; None where it cannot have these."""
        inputs = {axis.key: axis.values[index] for axis, index in chosen.items()}
        try:
            endpoint = with_inputs(self.endpoint, inputs)
        except ScaleproofError:  # a minimum above the maximum
            return None
        changes = sorted(
            (Change(axis.input, axis.before, inputs[axis.key]) for axis in chosen), key=lambda one: one.input
        )
        steps = sum(index + 1 for index in chosen.values())
        return self.judged(self.setting.outcome(endpoint, self.traffic), changes, steps)


@dataclass(frozen=True)
class _Found:
    """All that was tried, and the least change with which it holds, if there is one."""

    tried: tuple[Tried, ...]
    least: Tried | None


def advise(
    trial: Trial,
    outcome: Outcome,
    *,
    each: TaskMap = map,
    progress: Progress | None = None,
) -> Advice | None:
    """What to change of an endpoint whose outcome falls short; None if it does not.

    Of each input it finds the least change that is enough: it tries the furthest value, and if that is enough
    halves what lies between. If no single input is enough, it does so with two: of at most PAIRS pairs, in
    which the furthest values are enough.
    """
    base = trial.judged(outcome)
    if base.enough:
        return None
    tell = progress or (lambda _share: None)
    peak = max(offered(trial.traffic.traffic), default=0)
    found = axes(trial.endpoint, peak)
    singles = [axis for axis in found if axis.key != "max" or _held_back(outcome)]
    tried: list[Tried] = []
    holding: list[Tried] = []

    def collect(results: Iterable[_Found], number: int, start: float, share: float) -> None:
        for index, one in enumerate(results, 1):
            tried.extend(one.tried)
            holding.extend([one.least] if one.least else [])
            tell(start + share * index / number)

    collect(each(partial(_single, trial), singles), len(singles), 0.0, 0.4)
    if not holding and found:
        ends = [end for pair in _pairs(trial, found, peak) for end in _ends(trial, pair)]
        enough: dict[frozenset[str], Mapping[Axis, int]] = {}
        for index, end in enumerate(each(trial.run, ends)):
            tell(0.4 + 0.2 * (index + 1) / len(ends))
            tried.extend([end] if end else [])
            if end and end.enough:
                enough.setdefault(frozenset(axis.key for axis in ends[index]), ends[index])
        chosen = list(enough.values())[:PAIRS]
        collect(each(partial(_pair, trial), chosen), len(chosen), 0.6, 0.4)
    tell(1.0)
    return advice(base, tried, holding)


def _held_back(outcome: Outcome) -> bool:
    """Whether a higher maximum could change anything: the count was at the maximum at some time."""
    result = outcome.result
    asked = [outcome.endpoint.initial, *(item.desired or 0 for item in result.activities)]
    return max(asked) >= min(result.timeline.maximum, default=0)


def _pairs(trial: Trial, found: Sequence[Axis], peak: int) -> Iterable[tuple[Axis, Axis]]:
    """Each two axes. Beside a higher maximum, others reach up to that."""
    for one, other in combinations(found, 2):
        if one.key == "max":
            higher = with_inputs(trial.endpoint, {"max": one.values[-1]})
            other = next(axis for axis in axes(higher, peak) if axis.key == other.key)
        yield one, other


def _ends(trial: Trial, pair: tuple[Axis, Axis]) -> Iterable[dict[Axis, int]]:
    """Where a pair is tried first: the second axis at its furthest."""
    first, second = pair
    for index in trial.ladder(first):
        yield {first: index, second: len(second.values) - 1}


def _single(trial: Trial, axis: Axis) -> _Found:
    return _least(trial, axis, trial.ladder(axis), {})


def _pair(trial: Trial, enough: Mapping[Axis, int]) -> _Found:
    """The cheaper of both ways from a pair that is enough: the least of the first beside the second, then of
    the second beside that, or the other way round."""
    found = []
    for first, second in (tuple(enough), tuple(enough)[::-1]):
        one = _least(trial, first, [enough[first]], {second: enough[second]})
        found.append(one)
        if one.least:
            value = next(change.value for change in one.least.changes if change.input == first.input)
            fixed = {first: first.values.index(value)}
            found.append(_least(trial, second, [enough[second]], fixed))
    least = [one.least for one in found if one.least]
    tried = tuple(item for one in found for item in one.tried)
    return _Found(tried, min(least, key=lambda one: (one.cost, one.steps), default=None))


def _least(trial: Trial, axis: Axis, starts: Sequence[int], fixed: Mapping[Axis, int]) -> _Found:
    """The least value of an axis that is enough, from the first of `starts` that is, beside fixed ones of
    other axes. One step less is not enough."""
    tried: list[Tried] = []

    def run(index: int) -> Tried | None:
        one = trial.run({**fixed, axis: index})
        tried.extend([one] if one else [])
        return one if one and one.enough else None

    short, enough, least = -1, -1, None
    for enough in starts:
        if least := run(enough):
            break
    while least and enough - short > 1:
        middle = (short + enough) // 2
        if found := run(middle):
            enough, least = middle, found
        else:
            short = middle
    return _Found(tuple(tried), least)
