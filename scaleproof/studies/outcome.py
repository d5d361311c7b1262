"""The outcome of a simulation: result, cost, verdict, and its numbers as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Result
from scaleproof.studies.assumptions import (
    DEFAULT,
    USUAL_START_UP,
    SimulationAssumptions,
    StartUp,
    cutting,
    grace,
    start_up,
)
from scaleproof.studies.prices import Prices, PriceSource
from scaleproof.studies.verdict import (
    CUT_LIMIT,
    CUT_OFF,
    CutLimit,
    Verdict,
    ended,
    losses,
    lost,
    served_share,
    verdict,
)
from scaleproof.studies.wording import HOUR, count, duration, hours, money, per_day, share

MONTH = 730 * HOUR
"""Seconds of a month in AWS's calculator."""


@dataclass(frozen=True)
class Cost:
    """The cost of instances."""

    instance_hours: Mapping[str, float]
    """By type, from in service to gone."""
    usd: float | None
    """None unless every type that ran has a price."""
    price: Mapping[str, float] = field(default_factory=dict)
    """USD per instance-hour by type, as far as they are known."""
    prices: PriceSource | None = None
    """Where `usd` comes from; None without it."""

    @property
    def total_hours(self) -> float:
        """Instance-hours of all types."""
        return sum(self.instance_hours.values())


@dataclass(frozen=True)
class Change:
    """An input of the module, as docs/inputs.md names it, or an assumption, with another value."""

    name: str
    before: str | float
    value: str | float

    @property
    def words(self) -> str:
        """The assignment of the input in the module block."""
        return f"{self.name} = {self.value if isinstance(self.value, str) else f'{self.value:g}'}"


@dataclass(frozen=True)
class Variation:
    """The same endpoint on the same traffic with something changed; the outcome is without what happened when."""

    changes: tuple[Change, ...]
    outcome: Outcome

    @property
    def words(self) -> str:
        """The changes."""
        return " and ".join(change.words for change in self.changes)


@dataclass(frozen=True)
class Advice:
    """What to change so that an endpoint holds on this traffic, found by simulating it with other inputs."""

    sentences: tuple[str, ...]
    """The advice in sentences."""
    enough: Variation | None = None
    """The cheapest change with which it holds. Null where nothing that was tried is enough."""
    others: tuple[Variation, ...] = ()
    """Changes of one input with which it holds as well, cheaper ones first."""
    nearest: Variation | None = None
    """The nearest change. Null if a change is enough, or if nothing could be tried."""
    simulations: int = 0
    """How many were tried."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of one simulated endpoint."""

    endpoint: Endpoint
    verdict: Verdict
    cost: Cost
    start_up: StartUp = USUAL_START_UP
    """The start-up that was assumed."""
    cutting: str = ""
    """The assumption about requests that are open when scale-in removes their instance; empty if none was cut off."""
    advice: Advice | None = None
    """None where the endpoint holds, and unless it is asked for."""
    uncertainty: tuple[Variation, ...] = ()
    """The effects of other assumptions; empty without --uncertainty."""
    result: Result

    @property
    def bare(self) -> Outcome:
        """This outcome with a bare result, for lists."""
        return replace(self, result=self.result.bare)

    @property
    def beneath(self) -> tuple[str, ...]:
        """What belongs beneath every result: what was assumed that matters, and whose prices a cost has."""
        prices = self.cost.prices.sentence if self.cost.prices else ""
        suspended = self.endpoint.target.suspended.words if self.endpoint.target else ""
        first = (self._first, f"Suspended: {suspended}." if suspended else "", self.start_up.sentence)
        return tuple(filter(None, (*first, *self.result.notes, self.cutting, prices)))

    @property
    def _first(self) -> str:
        """Which count it starts with, if that is not what a live endpoint has now; else empty."""
        now, initial = sum(self.endpoint.instances.values()), self.endpoint.initial
        if not self.endpoint.instances or now == initial:
            return ""
        other = f"to start with those: scaleproof compare --change initial_instance_count={now}"
        return f"It starts with {count(initial, 'instance')}, its initial count, not with the {now} of now ({other})."

    @property
    def cost_a_month(self) -> float | None:
        """USD for MONTH of such traffic, None where the cost is not known."""
        return None if self.cost.usd is None else self.cost.usd * MONTH / self.result.traffic_duration

    @property
    def delay_or_overload(self) -> float:
        """Seconds: the wait of an asynchronous endpoint (95 %), the overload of a real-time one."""
        totals = self.result.totals
        return totals.waiting.p95 if self.result.kind == Kind.ASYNC else totals.overload_seconds

    @property
    def failed(self) -> float:
        """The share of the requests that were lost or cut off, of those that ended."""
        return (lost(self.result) + self.result.totals.cut) / max(ended(self.result), 1)

    @property
    def served(self) -> str:
        """The share of the requests that were served, of those that ended, for people."""
        return share(served_share(self.result)) if ended(self.result) else "-"

    @classmethod
    def from_result(
        cls,
        endpoint: Endpoint,
        result: Result,
        price: Mapping[str, float],
        model: SimulationAssumptions = DEFAULT,
        limit: CutLimit = CUT_LIMIT,
    ) -> Outcome:
        """The outcome of a result; `price` in USD per instance-hour by type, empty for none.

        `model`: what was assumed; `limit`: of what scale-in cuts off.
        """
        return cls(
            endpoint=endpoint,
            verdict=verdict(result, limit, grace(model, endpoint.kind), endpoint.target),
            cost=cost(result, price),
            start_up=start_up(model),
            cutting=cutting(model, endpoint.kind) if result.totals.cut else "",
            result=result,
        )


def mean_cost(outcomes: Sequence[Outcome]) -> Cost:
    """The mean cost over the seeds of the same endpoint."""
    costs = [outcome.cost for outcome in outcomes]
    hours = {kind: fmean(cost.instance_hours[kind] for cost in costs) for kind in costs[0].instance_hours}
    usd = [cost.usd for cost in costs if cost.usd is not None]
    return replace(costs[0], instance_hours=hours, usd=fmean(usd) if len(usd) == len(costs) else None)


def cost(result: Result, price: Mapping[str, float]) -> Cost:
    """The cost of a simulation. An instance costs from the moment it is in service."""
    hours = {kind: seconds / HOUR for kind, seconds in result.totals.instance_seconds.items()}
    if not price:
        return Cost(hours, None)
    missing = [kind for kind, number in hours.items() if number and kind not in price]
    usd = None if missing else sum(number * price[kind] for kind, number in hours.items() if number)
    origin = price.origin if isinstance(price, Prices) and usd is not None else None
    return Cost(hours, usd, price, origin)


def columns(outcome: Outcome) -> dict[str, str]:
    """The cells of an outcome in every table of several, by heading."""
    totals = outcome.result.totals
    return {
        "Served": outcome.served,
        "Lost": f"{lost(outcome.result):,}",
        "Cut a day": per_day(outcome.verdict.cut_per_day),
        "Above capacity": duration(totals.overload_seconds),
        "Waiting, 95 %": duration(totals.waiting.p95),
    }


def numbers(outcome: Outcome) -> dict[str, str]:
    """The rows of a table of an outcome, by name."""
    totals, result = outcome.result.totals, outcome.result
    waiting, over = totals.waiting, totals.overload_seconds
    gone = ", ".join(f"{number:,} {how}" for how, number in losses(result).items() if how != CUT_OFF)
    waited = f"95 % {duration(waiting.p95)}, 99 % {duration(waiting.p99)}, at most {duration(waiting.max)}"
    rows = {
        "requests": f"{totals.arrivals:,}",
        "served": outcome.served,
        "lost": f"{lost(result):,} ({gone})",
        "cut by scale-in": f"{totals.cut:,} ({per_day(outcome.verdict.cut_per_day)} a day)",
        "above capacity": f"{duration(over)} ({share(over / result.duration)})",
        "waiting": waited,
        "peak": f"{count(totals.peak_demand, 'request')} at a time, {count(totals.peak_instances, 'instance')}",
        "changes": f"{totals.scale_outs} out, {totals.scale_ins} in",
    }
    for kind, number in outcome.cost.instance_hours.items():
        rows[f"instance-hours, {kind}"] = hours(number)
    if outcome.cost.usd is not None:
        rows["cost"] = money(outcome.cost.usd)
        rows["cost a month"] = money(outcome.cost_a_month or 0.0)
    return rows
