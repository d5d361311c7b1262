"""Schedules for a proposal, where they pay: fitted on some days, judged on later ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from statistics import fmean
from typing import TypedDict
from zoneinfo import ZoneInfo

from scaleproof.scaling.cron import local, zone
from scaleproof.scaling.endpoint import Endpoint, Kind, ScheduledAction
from scaleproof.studies.candidate import Candidate, misses
from scaleproof.studies.days import Days, TooLittleTrafficError, split
from scaleproof.studies.floors import MINUTES, floors, rules
from scaleproof.studies.inputs import configured
from scaleproof.studies.judged import Judgement, Measured, MeasuredDocument, Stretch
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Progress, within
from scaleproof.studies.search import Judge
from scaleproof.studies.weekly import Day, fitted
from scaleproof.studies.wording import count
from scaleproof.workers import TaskMap

EXCEPT = (0.0, 0.25, 0.5)
"""Shares of the days on which a floor may not suffice."""
FILLS = (0.6, 0.75, 0.9)
"""How full floors make instances, as shares of what one sustains."""
TARGETS = (0.7, 0.8, 0.9)
"""Utilizations to try beside that of the proposal: above a floor there is less to react to."""
AHEAD = 1.5
"""Instances are asked for so many start-ups before they are needed: half of them take longer than the
median."""
AMPLY = 0.35
"""The share of the overload (see Judgement) to leave on the days to fit on: other days are worse."""
SEEDS = 3
"""Schedules are fitted and judged on so many of the seeds that the proposal was chosen on."""
FEW = 6
"""So many of those that are best on the first seed are tried on all."""


class SchedulesDocument(TypedDict):
    """Whether schedules pay. A day is the mean over the days to judge on and the seeds."""

    pay: bool
    sentence: str
    timezone: str
    fitted_days: int
    """0 where the traffic does not show a usual week."""
    judged_days: int
    without: MeasuredDocument | None
    """A day of the best proposal without schedules; null where none could be judged."""
    scheduled: MeasuredDocument | None
    clairvoyant: MeasuredDocument | None
    """A day of a scaler that knows the demand one start-up ahead."""


@dataclass(frozen=True)
class Schedules:
    """Whether schedules pay. `candidate`: the proposal with them. Without it, `reason` says why not.

    `missed`: on so many of the seeds that were not seen it misses what was asked.
    """

    timezone: str
    reason: str = ""
    days: Days | None = None
    judgement: Judgement | None = None
    candidate: Candidate | None = None
    missed: int = 0

    @property
    def sentence(self) -> str:
        """Whether and why, in a sentence or two."""
        if self.days is None:
            return f"No schedules: {self.reason}"
        judged = len(self.days.judged)
        how = f"fitted on {count(len(self.days.fitted), 'day')} and judged on the {judged} after them"
        if self.judgement is None:
            return f"No schedules: {self.reason}"
        if self.candidate is None:
            return f"No schedules: {how}, they would have {self.judgement.words}. {self.reason}".rstrip()
        return f"Schedules, {how}: {self.judgement.words}."

    def to_dict(self) -> SchedulesDocument:
        """The JSON document."""
        judged = self.judgement
        return {
            "pay": self.candidate is not None,
            "sentence": self.sentence,
            "timezone": self.timezone,
            "fitted_days": len(self.days.fitted) if self.days else 0,
            "judged_days": len(self.days.judged) if self.days else 0,
            "without": judged.without.to_dict() if judged else None,
            "scheduled": judged.scheduled.to_dict() if judged else None,
            "clairvoyant": judged.clairvoyant.to_dict() if judged else None,
        }


def schedules(
    judge: Judge,
    best: Candidate,
    seeds: Sequence[int],
    timezone: str,
    *,
    unseen: Sequence[int] = (),
    each: TaskMap = map,
    progress: Progress | None = None,
) -> Schedules:
    """Floors by hour and weekday for the best proposal without schedules, if they pay.

    `seeds`: those that `best` was chosen on, `unseen`: others, as places in the traffic of `judge`.
    `timezone`: an IANA name. `each` may run simulations elsewhere and at the same time. What does best on the
    last of the days to fit on is judged once, on the days after them.
    """
    if best.proposal.kind is Kind.ASYNC:
        return Schedules(timezone, "an asynchronous endpoint has a queue, which bridges the start-up.")
    return _Fit(judge, best, seeds, unseen, timezone, each, progress).run()


@dataclass(frozen=True)
class Option:
    """A proposal, and its floor of each minute of the week."""

    proposal: Proposal
    week: Sequence[int]

    def floor(self, time: float, where: ZoneInfo) -> int:
        """The floor in force at a time (epoch seconds)."""
        at = local(time, where)
        return self.week[at.weekday() * MINUTES + 60 * at.hour + at.minute]


class _Fit:
    """Finds schedules for one proposal."""

    def __init__(
        self,
        judge: Judge,
        best: Candidate,
        seeds: Sequence[int],
        unseen: Sequence[int],
        timezone: str,
        each: TaskMap,
        progress: Progress | None,
    ) -> None:
        self._judge, self._best, self._seeds, self._unseen = judge, best, seeds, unseen
        self._timezone, self._each, self._progress = timezone, each, progress
        self._start = judge.setting.began(judge.traffic[seeds[0]])
        self._zone = zone(timezone)

    def run(self) -> Schedules:
        """Fits, tries and judges."""
        try:
            traffic = [self._judge.traffic[seed] for seed in self._seeds[:SEEDS]]
            days = split(traffic[0], self._start, self._zone)
            usual = [day for one in traffic for day in fitted(one, self._start, days)]
        except TooLittleTrafficError as error:
            return Schedules(self._timezone, str(error))
        options = list(self._options(usual))
        if not any(option.proposal.schedules for option in options):
            return Schedules(self._timezone, "the same floor suits all hours of the week.", days)
        within(self._progress, 0, 3)
        found = self._chosen(self._stretch(days, days.fitted[-len(days.judged) :]), options)
        if found is None:
            reason = "on the days to fit on, none pays beside a constant minimum."
            return Schedules(self._timezone, reason, days)
        within(self._progress, 1, 3)
        (judgement,) = self._judged(self._stretch(days, days.judged), [found], self._seeds[:SEEDS])
        if not judgement.pays:
            less = judgement.scheduled.misses > judgement.without.misses
            reason = "That would miss what was asked." if less else ""
            return Schedules(self._timezone, reason, days, judgement)
        within(self._progress, 2, 3)
        candidate = self._candidate(found)
        if candidate.misses > self._best.misses:
            reason = "On all days they would miss what was asked."
            return Schedules(self._timezone, reason, days, judgement)
        missed, before = self._missed(candidate.endpoint), self._missed(self._best.endpoint)
        if missed > before:
            reason = (
                f"They would miss what was asked on {missed} of {count(len(self._unseen), 'other seed')}."
            )
            return Schedules(self._timezone, reason, days, judgement)
        return Schedules(self._timezone, "", days, judgement, candidate, missed)

    def _missed(self, endpoint: Endpoint) -> int:
        """On how many of the seeds that were not seen an endpoint misses what was asked."""
        found = self._each(self._judge, [(endpoint, seed) for seed in self._unseen])
        return sum(trial.misses > 0 for trial in found)

    def _options(self, usual: Sequence[Day]) -> Iterator[Option]:
        """Floors for the usual week; and, to compare with, floors that never change."""
        best, behaviour = self._best.proposal, self._judge.setting.model.behaviour
        start_up = behaviour.provisioning.median + behaviour.start_up.median
        targets = sorted({best.target, *(one for one in TARGETS if one > best.target)})
        weeks = [
            floors(
                usual,
                days=days,
                per_instance=fill * best.pools[0][1],
                ahead=math.ceil(AHEAD * start_up / 60),
                most=best.max,
            )
            for days, fill in product(EXCEPT, FILLS)
        ]
        levels = [level for week in weeks for level in week]
        for level, target in product({min(levels), math.ceil(fmean(levels)), max(levels)}, targets):
            yield Option(replace(best, target=target), [level] * len(weeks[0]))
        for week, target in product(weeks, targets):
            found = rules(week, self._timezone)
            if found:
                yield Option(replace(best, target=target, schedules=found), week)

    def _chosen(self, stretch: Stretch, options: Sequence[Option]) -> Option | None:
        """What does best on the days to fit on; None if nothing pays. Few are tried on more than one seed."""
        seeds = self._seeds[:SEEDS]
        first = [option for _, option in _paying(options, self._judged(stretch, options, seeds[:1]))]
        few = [option for option in first if option.proposal.schedules][:FEW]
        few += [option for option in first if not option.proposal.schedules][:FEW]
        found = _paying(few, self._judged(stretch, few, seeds))
        scheduled = next((one for one in found if one[1].proposal.schedules), None)
        rival = next((one for one in found if not one[1].proposal.schedules), None)
        if scheduled is None or (rival and not replace(scheduled[0], without=rival[0].scheduled).pays):
            return None
        return scheduled[1]

    def _judged(self, stretch: Stretch, options: Sequence[Option], seeds: Sequence[int]) -> list[Judgement]:
        """Options on some seeds."""
        mine, number = self._best.endpoint, len(seeds)
        endpoints = [[mine] * number, [stretch.clairvoyant(mine, seed) for seed in seeds]]
        endpoints += [[self._endpoint(one, stretch.first)] * number for one in options]
        tasks = [task for row in endpoints for task in zip(row, seeds, strict=True)]
        measured = list(self._each(stretch, tasks))
        without, clairvoyant, *found = (
            Measured.mean(measured[place : place + number]) for place in range(0, len(measured), number)
        )
        return [Judgement(without, one, clairvoyant) for one in found]

    def _endpoint(self, option: Option, time: float) -> Endpoint:
        """The endpoint of an option; its minimum is the floor in force at a time (epoch seconds)."""
        proposal, base = option.proposal, self._best
        low = option.floor(time, self._zone)
        found = configured(base.endpoint, {"target": proposal.target, "min": low})
        assert found.target is not None
        actions = tuple(
            ScheduledAction(
                f"{base.endpoint.name}-{one.name}", one.schedule, one.timezone, one.min, proposal.max
            )
            for one in proposal.schedules
        )
        return replace(found, target=replace(found.target, schedules=actions), initial=low)

    def _candidate(self, option: Option) -> Candidate:
        """The proposal with schedules, simulated on all days."""
        time = self._start.timestamp()
        endpoint = self._endpoint(option, time)
        outcomes = tuple(self._judge.outcome(endpoint, seed) for seed in self._seeds)
        worst = max(misses(self._judge.shape, outcome) for outcome in outcomes)
        proposal = replace(option.proposal, min=option.floor(time, self._zone))
        return Candidate(proposal, endpoint, outcomes, worst)

    def _stretch(self, days: Days, some: tuple[date, ...]) -> Stretch:
        return Stretch(self._judge, *days.span(some))


def _paying(options: Sequence[Option], judged: Sequence[Judgement]) -> list[tuple[Judgement, Option]]:
    """Those that pay, the best first: those that leave AMPLY of the overload, then those that add none, then
    the cheapest."""

    def rank(pair: tuple[Judgement, Option]) -> tuple[bool, bool, float]:
        one = pair[0]
        return not one.leaves(AMPLY), one.scheduled.overload > one.without.overload, one.scheduled.price

    return sorted((pair for pair in zip(judged, options, strict=True) if pair[0].pays), key=rank)
