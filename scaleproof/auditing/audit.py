"""Compares a record with its replay, and finds the assumptions that explain where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Any

from scaleproof.auditing.case import Case
from scaleproof.auditing.lines import EventKind, Line
from scaleproof.auditing.replay import replayed
from scaleproof.scaling.assumptions import AlarmAssumptions, AutoscalingAssumptions, MetricMathAssumptions
from scaleproof.scaling.autoscaling import Status
from scaleproof.scaling.target_tracking import called
from scaleproof.studies.assumptions import DEFAULT, SimulationAssumptions, alternatives, spell
from scaleproof.studies.wording import count

KINDS = (AlarmAssumptions, AutoscalingAssumptions, MetricMathAssumptions)
BEARING = ("metric_delay", *(field.name for kind in KINDS for field in fields(kind)))
"""The assumptions that bear on a replay; all others are about fleets and requests, which a record has."""
STEPS = 3
"""Assumptions that are changed together at most."""


@dataclass(frozen=True)
class Answer:
    """Another answer to what AWS does not document."""

    assumption: str
    """Its name, as `--assume` takes it."""
    taken: str
    """The value that the audit took."""
    value: str
    differences: int
    """Differences that there are with it."""

    @property
    def spelled(self) -> str:
        """The assumption as an argument of `--assume`."""
        return f"{self.assumption}={self.value}"

    @property
    def sentence(self) -> str:
        """A sentence about the differences that remain with it."""
        left = f"{count(self.differences, 'difference')} left" if self.differences else "they agree"
        return f"With {self.spelled} instead of {self.taken}: {left}."


@dataclass(frozen=True)
class Attribution:
    """The evidence of a record about assumptions."""

    answers: tuple[Answer, ...]
    """The other answers that explain differences, one on top of the other."""
    rivals: tuple[Answer, ...]
    """Those that explain as much as the first of `answers`."""
    contradicted: tuple[Answer, ...]
    """Those with which there would be more differences."""
    open: tuple[Answer, ...]
    """Those that change something, but that the record cannot distinguish from what was taken."""


@dataclass(frozen=True)
class Audit(Attribution):
    """The audit of a case. `lines`: all events, in the order of time."""

    case: Case
    lines: tuple[Line, ...]

    @property
    def differences(self) -> tuple[Line, ...]:
        """The lines that do not agree."""
        return tuple(_wrong(self.lines))

    @property
    def agrees(self) -> bool:
        """Whether the replay does what the record has, and nothing else."""
        return not self.differences

    @property
    def explained(self) -> bool:
        """Whether assumptions explain every difference."""
        return all(difference.explained for difference in self.differences)

    @property
    def sentence(self) -> str:
        """The verdict, for people."""
        events, wrong = count(len(self.lines), "event"), len(self.differences)
        if not self.lines:
            return "Nothing happened, in the record and in the replay."
        if self.agrees:
            return f"They agree: {events}."
        if self.explained:
            return f"They differ in {wrong} of {events}; assumptions explain that."
        rest = sum(not difference.explained for difference in self.differences)
        return f"They differ in {wrong} of {events}; {rest} of these no single assumption explains."

    @property
    def findings(self) -> tuple[str, ...]:
        """Sentences below the verdict."""
        return (*self.case.notes, *(answer.sentence for answer in self.answers))

    @property
    def evidence(self) -> dict[str, str]:
        """The evidence of the record: assumptions, grouped by what it shows about them."""
        groups = {
            "As much is explained by": self.rivals,
            "The record rules out": self.contradicted,
            "The record cannot distinguish": self.open,
        }
        return {words: ", ".join(answer.spelled for answer in answers) for words, answers in groups.items() if answers}

    def named(self, text: str) -> str:
        """A text with the alarms of target tracking by their policy, as `scaleproof apply` lists them."""
        for policy in self.case.target.policies:
            for name in policy.alarms:
                text = text.replace(name, called(policy.name, name) or name)
        return text


def audited(case: Case, model: SimulationAssumptions = DEFAULT) -> Audit:
    """Replays a case with the assumptions of `model`, and with each other answer to one of them.

    Where there are differences, the answer that leaves the fewest is taken, and then the next one beside it.
    Raises ScaleproofError as `replayed`.
    """
    lines = replayed(case, model)
    left = len(_wrong(lines))
    first: list[tuple[Answer, bool]] = []
    """The answers to one assumption, each with whether it changes a line."""
    steps: list[_Try] = []

    def tries() -> Iterator[_Try]:
        """Replays with each other answer on top of the steps. What is not the best is not held."""
        for attempt in _tries(case, steps[-1][1] if steps else model):
            if not steps:
                first.append((attempt[0], attempt[2] != lines))
            yield attempt

    while len(steps) < STEPS:
        best = min(tries(), key=lambda attempt: attempt[0].differences, default=None)
        if best is None or best[0].differences >= (steps[-1][0].differences if steps else left):
            break
        steps.append(best)
        if not best[0].differences:
            break
    remaining = [(answer, set(map(_event, _wrong(rest)))) for answer, _, rest in steps]

    def explained(line: Line) -> Line:
        answer = next((answer for answer, rest in remaining if _event(line) not in rest), None)
        return replace(line, explained=answer.spelled) if answer and not line.agrees else line

    answers = tuple(answer for answer, _, _ in steps)
    return Audit(
        answers,
        rivals=tuple(
            answer
            for answer, _ in first
            if answers and answer is not answers[0] and answer.differences == answers[0].differences
        ),
        contradicted=tuple(answer for answer, _ in first if answer.differences > left),
        open=tuple(answer for answer, differs in first if answer.differences == left and differs),
        case=case,
        lines=tuple(map(explained, lines)),
    )


_Try = tuple[Answer, SimulationAssumptions, list[Line]]
"""An answer, the assumptions with it, and the lines that there are then."""


def _tries(case: Case, model: SimulationAssumptions) -> Iterator[_Try]:
    """Replays with each other answer."""
    for name, value in _others(case, model):
        changed = model.set(name, value)
        lines = replayed(case, changed)
        yield Answer(name, spell(model.get(name)), spell(value), len(_wrong(lines))), changed, lines


def _others(case: Case, model: SimulationAssumptions) -> Iterator[tuple[str, Any]]:
    """Every other answer to what bears on a replay; those that are measured in the record come last."""
    seen = set()
    for name, value in (*alternatives(), *measured(case)):
        key = name, spell(value)
        if name in BEARING and key not in seen and value != model.get(name):
            seen.add(key)
            yield name, value
    # What was taken may itself be an alternative: then the default is another answer.
    for name in sorted({name for name, _ in seen}):
        value = DEFAULT.get(name)
        if value != model.get(name) and (name, spell(value)) not in seen:
            yield name, value


def measured(case: Case) -> Iterator[tuple[str, float]]:
    """Answers that the record itself gives: how late schedules are, and when a change counts as too long."""
    punctual = SimulationAssumptions().set("schedule_delay", 0.0)
    scheduled = tuple(activity for activity in case.activities if activity.bounds != (None, None))
    if scheduled:
        alone = replace(case, target=replace(case.target, policies=()), alarms={}, data={}, transitions=())
        lines = replayed(replace(alone, activities=scheduled), punctual)
        late = [
            line.recorded - line.replayed
            for line in lines
            if line.kind is EventKind.BOUNDS and line.recorded and line.replayed
        ]
        if late and (delay := round(median(late), 1)) > 0:
            yield "schedule_delay", delay
    durations = [
        change.end - change.start
        for change in case.changes
        if change.status is Status.UNFULFILLED and change.end is not None
    ]
    if durations:
        yield "unfulfilled_after", round(median(durations), 1)


def _wrong(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not line.agrees]


def _event(line: Line) -> tuple[EventKind, float | None, str]:
    """What makes a difference the same in two replays: an event of the record by its time, else what it is."""
    return line.kind, line.recorded, line.description if line.recorded is None else ""
