"""Judges what is assumed of alarms, metric math and auto scaling: captures are replayed with each answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, get_args, get_origin, get_type_hints

from scaleproof.auditing.audit import BEARING, KINDS, measured
from scaleproof.auditing.case import Case
from scaleproof.auditing.lines import CLOSE, Line
from scaleproof.auditing.replay import replayed
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import DEFAULT, SimulationAssumptions, alternatives, spell
from scaleproof.verifying.findings import Seen, decided, unseen

ALARM_LOW = ("high_resolution_low_period", "high_resolution_low_periods")
"""Assumptions that are read from the alarm itself."""
_MORE: Mapping[str, tuple[Any, ...]] = {
    "expression_cutoff": (10.0,),
    "extra_high_resolution": (0, 30, 120),
    "repeat_standard": (300.0,),
}
"""Other answers that only a verification tries."""


class Replays:
    """Cases, each with the number of its entry, and the answers that leave the fewest differences.

    `model` is what is taken at first. An assumption is refuted where its value there leaves more differences
    and no answer to another one explains as much. It is confirmed where every other value leaves more.
    """

    def __init__(self, cases: Mapping[int, Case], model: SimulationAssumptions = DEFAULT) -> None:
        """Replays nothing yet."""
        for one in cases.values():
            for name, value in made(one).items():
                model = model.set(name, value)
        self._cases, self._model = cases, model
        self._found: dict[SimulationAssumptions, list[tuple[int, Line]]] = {}
        self._answers: dict[str, list[Any]] = {name: [model.get(name)] for name in BEARING}
        for name, value in _others(cases.values()):
            if value not in self._answers[name]:
                self._answers[name].append(value)

    def seen(self) -> dict[str, Seen]:
        """What the cases say of each of BEARING."""
        if not self._cases:
            return dict.fromkeys(BEARING, unseen("the phases that show it did not take place"))
        best = self._fitted
        return {name: self._one(name, best) for name in BEARING}

    def unexplained(self) -> list[str]:
        """The events that no answer explains."""
        return [f"{line.what} (entry {number})" for number, line in self._wrong(self._fitted)]

    def _wrong(self, model: SimulationAssumptions) -> list[tuple[int, Line]]:
        """The lines that differ under a model, with the numbers of their entries."""
        if model not in self._found:
            self._found[model] = [
                (number, line)
                for number, case in self._cases.items()
                for line in replayed(case, model)
                if not line.agrees
            ]
        return self._found[model]

    @cached_property
    def _fitted(self) -> SimulationAssumptions:
        """The answers that leave the fewest differences."""
        model = self._model
        while better := self._better(model):
            before = model
            for _, name, value in better:
                changed = model.set(name, value)
                if len(self._wrong(changed)) < len(self._wrong(model)):
                    model = changed
            if model == before:
                break
        return model

    def _better(self, model: SimulationAssumptions) -> list[tuple[int, str, Any]]:
        """The answers that leave fewer differences, those that leave the fewest first."""
        if not self._wrong(model):
            return []
        tries = [
            (len(self._wrong(model.set(name, value))), name, value)
            for name, values in self._answers.items()
            for value in values
            if value != model.get(name)
        ]
        return sorted(
            (one for one in tries if one[0] < len(self._wrong(model))), key=lambda one: (one[0], one[1])
        )

    def _one(self, name: str, best: SimulationAssumptions) -> Seen:
        assumed, value = self._model.get(name), best.get(name)
        others = [other for other in self._answers[name] if other != value]
        if not others:
            return unseen("no other answer is known that would show")
        left = len(self._wrong(best))
        same = [other for other in others if len(self._wrong(best.set(name, other))) <= left]
        if value != assumed and assumed not in same:
            rivals = self._rivals(name, best)
            if rivals:
                return unseen(f"{name}={spell(value)} explains it, and so does {', '.join(rivals)}")
            words = " or ".join(f"{name}={spell(one)}" for one in (value, *same))
            number, text = self._evidence(best, best.set(name, assumed))
            return decided(False, f"{words}: {text}", number)
        if value == assumed and not same:
            number, text = self._evidence(best, best.set(name, others[0]))
            return decided(True, text, number)
        words = ", ".join(spell(one) for one in same)
        return unseen(f"it was not told apart from {words}")

    def _rivals(self, name: str, best: SimulationAssumptions) -> list[str]:
        """Answers to other assumptions that explain as much as the one to `name`."""
        left, without = len(self._wrong(best)), best.set(name, self._model.get(name))
        return [
            f"{other}={spell(value)}"
            for other, values in self._answers.items()
            for value in values
            if other != name
            and value != without.get(other)
            and len(self._wrong(without.set(other, value))) <= left
        ]

    def _evidence(self, best: SimulationAssumptions, other: SimulationAssumptions) -> tuple[int, str]:
        """The first event that tells two models apart: the number of its entry, and what it is."""
        known = self._wrong(best)
        number, line = next(one for one in self._wrong(other) if one not in known)
        when = line.recorded if line.recorded is not None else line.replayed
        at = "" if when is None else f" at {datetime.fromtimestamp(when, UTC):%H:%M:%S}"
        missing = "nothing like " if line.recorded is None and when is not None else ""
        return number, f"{missing}{line.what}{at}"


def _others(cases: Iterable[Case]) -> Iterator[tuple[str, Any]]:
    """Every other answer to BEARING: those that are known, and those that the cases give."""
    for name, value in alternatives():
        if name in BEARING:
            yield name, value
    for name, values in _MORE.items():
        for value in values:
            yield name, value
    for kind in KINDS:
        for name, hint in get_type_hints(kind).items():
            if get_origin(hint) is Literal:
                for value in get_args(hint):
                    yield name, value
    for case in cases:
        # What lies nearer to the default is the same event.
        yield from (one for one in measured(case) if abs(one[1] - (DEFAULT.get(one[0]) or 0.0)) > CLOSE)


def made(case: Case) -> dict[str, int]:
    """How target tracking made its alarm for scaling in on the high-resolution concurrency, by assumption."""
    for policy in case.target.policies:
        if isinstance(policy, TargetTracking) and policy.metric == CONCURRENCY:
            for alarm in policy.alarms.values():
                if alarm.comparison.startswith("Less"):
                    return dict(zip(ALARM_LOW, (alarm.period, alarm.evaluation_periods), strict=True))
    return {}
