"""Compares today's settings of many endpoints with the proposals, and adds up what all of them cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scaleproof.endpoints.render import policy_row
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.candidate import price
from scaleproof.studies.choice import Choice
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.verdict import Level
from scaleproof.studies.wording import ENOUGH_REQUESTS, count, hours, little, money, share


@dataclass(frozen=True)
class Fleet:
    """Settings of one endpoint, and how they do on the seeds that were chosen on."""

    settings: str
    """The settings in one line."""
    verdict: Level
    """The worst."""
    price: float
    """USD if every type has a price, else instance-hours; the mean over the seeds."""


@dataclass(frozen=True)
class EndpointChoice:
    """One endpoint as it is and as proposed."""

    endpoint: str
    traffic: str | None = None
    """The words of its traffic; null where it has none."""
    reason: str | None = None
    """Why nothing was chosen."""
    today: Fleet | None = None
    proposed: Fleet | None = None
    meets_what_was_asked: bool = False
    block: str | None = None
    """The module block that is proposed, as HCL."""
    saved: float | None = None
    """The share of today's price; negative if the proposal costs more, null if today costs nothing."""
    little: str = ""
    """How much traffic there was, if that is too little to choose settings on; else empty."""
    footnotes: tuple[str, ...] = ()
    """The start-up that was assumed, and whose prices the costs have."""


@dataclass(frozen=True)
class Savings:
    """All endpoints for which something is proposed, each on its own traffic."""

    endpoints: int
    today: float
    """USD if every type has a price, else instance-hours."""
    proposed: float
    """Cost of the proposals, in the unit of `today`."""
    saved: float | None
    """The share of today's; null if that is nothing."""


def compared(
    endpoint: Endpoint, traffic: str, outcomes: Sequence[Outcome], choice: Choice, block: str
) -> EndpointChoice:
    """An endpoint beside what was chosen for it. `outcomes`: as it is today, one for each seed."""
    best = choice.best
    mean = sum(price(outcome.cost) for outcome in outcomes) / len(outcomes)
    return EndpointChoice(
        endpoint.name,
        traffic,
        today=Fleet(settings_of(endpoint), _worst(outcomes), mean),
        proposed=Fleet(f"{best.proposal.kind.value}, {best.proposal.words}", _worst(best.outcomes), best.price),
        meets_what_was_asked=not best.misses,
        block=block,
        saved=_saved(mean, best.price),
        little=little(outcomes[0].result.totals.arrivals, outcomes[0].result.traffic_duration),
        footnotes=tuple(best.outcome.beneath),
    )


def totals(choices: Sequence[EndpointChoice]) -> Savings:
    """What all cost together for which something is proposed."""
    pairs = [(choice.today.price, choice.proposed.price) for choice in choices if choice.today and choice.proposed]
    today, proposed = (sum(prices) for prices in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    return Savings(len(pairs), today, proposed, _saved(today, proposed))


def summary(choices: Sequence[EndpointChoice], priced: bool) -> list[str]:
    """Sentences about all choices. `priced`: whether costs are in USD."""
    total, sentences = totals(choices), []
    if few := [f"{choice.endpoint} ({choice.little})" for choice in choices if choice.little]:
        sentences.append(f"Too little traffic: {', '.join(few)}. Settings need {ENOUGH_REQUESTS:,} requests and a day.")
    if total.endpoints:
        cost, unit = (money, "") if priced else (hours, " instance-hours")
        change = ""
        if total.saved is not None and abs(total.saved) >= 0.005:
            change = f", {100 * abs(total.saved):.0f} % {'less' if total.saved > 0 else 'more'}"
        sentences.append(
            f"Proposed for {count(total.endpoints, 'endpoint')}: {cost(total.proposed)}{unit} instead of "
            f"{cost(total.today)}{change}, on the traffic of each."
        )
    if short := [choice.endpoint for choice in choices if choice.proposed and not choice.meets_what_was_asked]:
        sentences.append(f"The requirements are not met for {', '.join(short)}: these settings are the nearest.")
    for choice in choices:
        if choice.reason is not None:
            reason = choice.reason.removeprefix(f"{choice.endpoint}: ")
            sentences.append(f"Nothing was chosen for {choice.endpoint}: {reason}")
    return sentences


def table(choices: Sequence[EndpointChoice], priced: bool) -> list[dict[str, str]]:
    """A row for each endpoint with a proposal: its cells by heading."""
    cost, heading = (money, "Cost") if priced else (hours, "Instance-hours")
    return [
        {
            "Endpoint": choice.endpoint,
            "Today": choice.today.settings,
            "Today it": str(choice.today.verdict),
            f"{heading} today": cost(choice.today.price),
            "Proposed": choice.proposed.settings,
            "Then it": str(choice.proposed.verdict),
            "As asked": "yes" if choice.meets_what_was_asked else "no",
            f"{heading} then": cost(choice.proposed.price),
            "Saved": _share(choice.saved),
        }
        for choice in choices
        if choice.today and choice.proposed
    ]


def footnotes(choices: Sequence[EndpointChoice]) -> list[str]:
    """What belongs below the table, each sentence once; it names its endpoints unless it is for all."""
    names: dict[str, list[str]] = {}
    for choice in choices:
        for sentence in choice.footnotes:
            names.setdefault(sentence, []).append(choice.endpoint)
    proposed = totals(choices).endpoints
    return [sentence if len(some) == proposed else f"{', '.join(some)}: {sentence}" for sentence, some in names.items()]


def settings_of(endpoint: Endpoint) -> str:
    """The settings of an endpoint in one line, as a proposal has its own."""
    types = ", ".join(pool.instance_type for pool in sorted(endpoint.pools, key=lambda pool: float(pool.priority)))
    target = endpoint.target
    if target is None or (target.min == target.max and not target.schedules):
        size = endpoint.initial if target is None else target.min
        return f"{endpoint.kind.value}, {count(size, 'instance')}, on {types}"
    parts = [f"{endpoint.kind.value}, {target.min} to {target.max} instances"]
    for policy in map(policy_row, target.policies):
        aim, out, inward = (
            f"{number:g}" if isinstance(number, int | float) else str(number)
            for number in (
                policy.steps or policy.target,
                policy.scale_out_cooldown,
                policy.scale_in_cooldown,
            )
        )
        parts.append(f"{policy.name} at {aim}, cooldowns {out}/{inward} s")
    if target.schedules:
        parts.append(count(len(target.schedules), "schedule"))
    return f"{'; '.join(parts)}, on {types}"


def _saved(today: float, proposed: float) -> float | None:
    return 1 - proposed / today if today else None


def _share(part: float | None) -> str:
    if part is None:
        return "-"
    return share(part) if part >= 0 else f"{100 * part:.{0 if part <= -1 else 1}f} %"


def _worst(outcomes: Sequence[Outcome]) -> Level:
    return max((outcome.verdict.level for outcome in outcomes), key=lambda level: level.rank)
