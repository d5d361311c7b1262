"""Finds settings of the module by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from scaleproof.scaling.endpoint import Endpoint, Kind, Policy
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation import Waiting
from scaleproof.simulation.traffic import offered
from scaleproof.studies.compare import adjusted
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import HOLDS_OVERLOAD, STRAINED_LOST, Verdict, lost, overload_share

SPARE = 1.3
"""The maximum is for this much more than the highest simulated demand."""
UTILIZATION = 0.75
"""The module's default."""
UTILIZATIONS = (0.9, 0.8, 0.75, 0.7, 0.6, 0.5)
FLOORS = (0.15, 0.3, 0.5)
"""Minimums to try, as shares of the maximum."""
BACKLOGS = (0.5, 1.0, 2.0, 4.0)
"""Of an asynchronous endpoint, as multiples of what one instance works on at a time."""
CLEARLY = 0.99
"""A change of one setting must save more than one percent: less is chance."""

Planner = Callable[[Proposal], Endpoint]
"""Gives the endpoint that the module plans for a proposal."""


class Search:
    """Searches settings for one kind of endpoint and one order of pools.

    It starts from the module's defaults and changes one setting after another.
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
    ) -> None:
        """`traffic`: one for each seed. `most`: the most instances."""
        self._shape, self._kind, self._pools = shape, kind, pools
        self._traffic, self._setting, self._planner, self._most = traffic, setting, planner, most
        self._peak = max(max(offered(one.traffic), default=0) for one in traffic)
        self._planned: dict[bool, tuple[Proposal, Endpoint]] = {}

    def run(self, progress: Progress | None = None) -> list[Candidate]:
        """The best, and for comparison the module's defaults and a fleet of constant size."""
        defaults = self._candidate(self._defaults())
        best = defaults
        axes = list(self._axes(defaults.proposal))
        for index, (name, values) in enumerate(axes):
            if progress is not None:
                progress(index / len(axes))
            for value in values:
                best = self._better(best, _with(best.proposal, name, value))
            if name == "target" and self._kind is Kind.REALTIME:
                best = self._floors(best)
        static = self._candidate(self._static(best.proposal))
        return [best, *(one for one in (defaults, static) if one.proposal != best.proposal)]

    def _better(self, best: Candidate, proposal: Proposal) -> Candidate:
        """The candidate of a proposal if it is clearly better, else the best so far."""
        if proposal == best.proposal:
            return best
        found = self._candidate(proposal)
        if found.misses != best.misses:
            return min(found, best, key=lambda one: one.misses)
        return found if found.price < CLEARLY * best.price else best

    def _floors(self, best: Candidate) -> Candidate:
        """Tries higher minimums, each with the highest utilization that it allows."""
        for floor in sorted({2, 3, *(math.ceil(best.proposal.max * share) for share in FLOORS)}):
            for target in UTILIZATIONS:
                found = self._candidate(_with(_with(best.proposal, "min", floor), "target", target))
                if found.misses == 0:
                    if best.misses or found.price < CLEARLY * best.price:
                        best = found
                    break
        return best

    def _defaults(self) -> Proposal:
        sustained = self._pools[0][1]
        smallest = min(number for _, number in self._pools)
        if self._kind is Kind.REALTIME:
            high = self._bounded(max(2, math.ceil(SPARE * self._peak / (smallest * UTILIZATION))))
            return Proposal(self._kind, self._pools, 1, high, UTILIZATION, 60, 300)
        slots = max(int(smallest), 1)
        high = self._bounded(max(1, math.ceil(SPARE * self._peak / slots)))
        return Proposal(self._kind, self._pools, 0, high, float(max(int(sustained), 1)), 300, 300, slots)

    def _static(self, best: Proposal) -> Proposal:
        number = self._bounded(max(math.ceil(self._peak / self._pools[0][1]), 1))
        return replace(best, min=number, max=number)

    def _bounded(self, high: int) -> int:
        return min(high, self._most) if self._most else high

    def _axes(self, start: Proposal) -> Iterator[tuple[str, Sequence[Any]]]:
        """The settings in the order of the search, each with its values."""
        if self._kind is Kind.REALTIME:
            yield "target", UTILIZATIONS
            # Long cooldowns cost more and pay only where cut streams count.
            yield "scale_in_cooldown", (120, 600) if self._shape.most_cut is None else (120, 600, 1800)
            yield "scale_out_cooldown", (0, 120)
            return
        slots = start.invocations
        yield "target", [max(round(slots * share, 2), 0.5) for share in BACKLOGS]
        yield "wake_instances", sorted({1, 2, math.ceil(start.max / 2), start.max})
        yield "wake_periods", (1, 2)
        yield "scale_out_cooldown", (60, 120)
        yield "scale_in_cooldown", (60, 120)
        yield "max", sorted({math.ceil(start.max * share) for share in (0.25, 0.5, 0.75)})
        yield "min", (0, 1)

    def _candidate(self, proposal: Proposal) -> Candidate:
        endpoint = self._endpoint(proposal)
        outcomes: list[Outcome] = []
        worst = 0.0
        for number, traffic in enumerate(self._traffic):
            setting = replace(self._setting, seed=self._setting.seed + number)
            outcomes.append(setting.outcome(endpoint, traffic))
            worst = max(worst, misses(self._shape, outcomes[-1]))
            if worst > 0:
                break
        return Candidate(proposal, endpoint, tuple(outcomes), worst)

    def _endpoint(self, proposal: Proposal) -> Endpoint:
        """The endpoint of a proposal.

        A plan holds targets, cooldowns, bounds and the wake-up as they were given, so one plan is changed for
        all of them. Only a minimum of 0 changes which policies there are, and needs another plan.
        """
        key = proposal.min == 0
        if key not in self._planned:
            self._planned[key] = (proposal, self._planner(proposal))
        base, endpoint = self._planned[key]
        policies = endpoint.target.policies if endpoint.target else ()
        tracked = next(policy for policy in policies if isinstance(policy, TargetTracking))
        settings = {
            "target": tracked.target * proposal.target / base.target,
            "scale_out_cooldown": proposal.scale_out_cooldown,
            "scale_in_cooldown": proposal.scale_in_cooldown,
            "min": proposal.min,
            "max": proposal.max,
        }
        found = adjusted(endpoint, settings)
        assert found.target is not None
        woken = tuple(_woken(policy, proposal) for policy in found.target.policies)
        return replace(found, target=replace(found.target, policies=woken), initial=max(proposal.min, 1))


def _with(proposal: Proposal, name: str, value: Any) -> Proposal:
    """The proposal with one setting changed; unchanged if the bounds do not allow it."""
    found = replace(proposal, **{name: value})
    if found.min > found.max:
        return proposal
    return replace(found, wake_instances=min(found.wake_instances, found.max))


def _woken(policy: Policy, proposal: Proposal) -> Policy:
    """The wake-up policy with the proposal's instances and periods; other policies unchanged."""
    if isinstance(policy, TargetTracking):
        return policy
    periods = proposal.wake_periods
    return replace(
        policy,
        steps=tuple(replace(step, adjustment=proposal.wake_instances) for step in policy.steps),
        alarms={
            name: replace(alarm, evaluation_periods=periods, datapoints_to_alarm=periods)
            for name, alarm in policy.alarms.items()
        },
    )


class SeedDocument(TypedDict):
    """The result of a proposal on the traffic of one seed."""

    seed: int
    verdict: Verdict
    instance_hours: dict[str, float]
    """By type."""
    usd: float | None
    """Null unless every type that ran has a price."""
    waiting: Waiting
    overload_seconds: float
    lost: int
    """Requests that were not served."""


class CandidateDocument(TypedDict):
    """One proposal."""

    kind: str
    """"realtime" or "async"."""
    settings: Proposal
    meets_what_was_asked: bool
    seeds: list[SeedDocument]
    """Up to the first seed that misses what was asked."""


@dataclass(frozen=True)
class Candidate:
    """A proposal and its simulations, one for each seed until one misses what was asked.

    `misses` says by how much at worst; 0 if none does.
    """

    proposal: Proposal
    endpoint: Endpoint
    outcomes: tuple[Outcome, ...]
    misses: float

    @property
    def outcome(self) -> Outcome:
        """That of the first seed."""
        return self.outcomes[0]

    @property
    def price(self) -> float:
        """USD if every type has a price, else instance-hours; the mean over the seeds."""
        costs = [outcome.cost for outcome in self.outcomes]
        return sum(cost.total_hours if cost.usd is None else cost.usd for cost in costs) / len(costs)

    @property
    def rank(self) -> tuple[float, float, float]:
        """The lowest is best: misses first, then the price, then the wait."""
        return self.misses, round(self.price, 6), self.outcome.result.totals.waiting.p95

    def to_dict(self) -> CandidateDocument:
        """The JSON document; without the timelines."""
        return {
            "kind": self.proposal.kind.value,
            "settings": self.proposal,
            "meets_what_was_asked": self.misses == 0,
            "seeds": [
                {
                    "seed": outcome.result.seed,
                    "verdict": outcome.verdict,
                    "instance_hours": dict(outcome.cost.hours),
                    "usd": outcome.cost.usd,
                    "waiting": outcome.result.totals.waiting,
                    "overload_seconds": outcome.result.totals.overload_seconds,
                    "lost": lost(outcome.result),
                }
                for outcome in self.outcomes
            ],
        }


def misses(shape: Shape, outcome: Outcome) -> float:
    """How far an outcome is from what was asked; 0 if it is met.

    Both kinds may lose at most STRAINED_LOST of the work. A real-time endpoint may be overloaded for at most
    HOLDS_OVERLOAD of the time. An asynchronous one must start 95 % of the requests within the time asked for.
    Scale-in may cut off as many requests as were allowed.
    """
    result, totals = outcome.result, outcome.result.totals
    found = 0.0
    gone = lost(result) / totals.arrivals if totals.arrivals else 0.0
    if gone > STRAINED_LOST:
        found += 10 * gone
    if result.kind != Kind.ASYNC:
        over = overload_share(result)
        found += over if over > HOLDS_OVERLOAD else 0.0
    elif shape.within is not None and totals.waiting.p95 > shape.within:
        found += totals.waiting.p95 / max(shape.within, 1.0)
    if shape.most_cut is not None and outcome.verdict.cut_per_day > shape.most_cut:
        found += totals.cut / totals.arrivals
    return found
