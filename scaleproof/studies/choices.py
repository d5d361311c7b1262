"""What is proposed for each of many endpoints beside what runs today, and what all cost together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from scaleproof.endpoints.render import Number, policy_row
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.candidate import price
from scaleproof.studies.choose import Choice, ChoiceDocument
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.verdict import Level
from scaleproof.studies.wording import count, hours, money


class TodayDocument(TypedDict):
    """What runs today, on the seeds that settings are chosen on."""

    settings: str
    """In one line."""
    verdict: Level
    """The worst."""
    price: float
    """USD if every type has a price, else instance-hours; the mean."""


class ProposedDocument(TypedDict):
    """What is proposed for an endpoint."""

    settings: str
    """In one line."""
    verdict: Level
    """The worst."""
    meets_what_was_asked: bool
    price: float
    """USD if every type has a price, else instance-hours; the mean over the seeds."""
    saved: float | None
    """The share of today's price; negative if it costs more, null if today costs nothing."""
    block: str
    """The module block, as HCL."""
    beneath: list[str]
    """Sentences: the start-up that was assumed, and whose prices the costs have."""
    choice: ChoiceDocument


class EndpointChoiceDocument(TypedDict):
    """One endpoint, as --output keeps it."""

    endpoint: str
    asked: str
    """Changes with the endpoint, its traffic, the options and scaleproof."""
    traffic: str | None
    """The words of its traffic; null where it has none."""
    skipped: bool
    """Whether CloudWatch has too little of it to record; that does not change the exit code."""
    reason: str | None
    """Why nothing was chosen."""
    today: TodayDocument | None
    proposed: ProposedDocument | None


class SavingsDocument(TypedDict):
    """All endpoints for which something is proposed, each on its own traffic."""

    endpoints: int
    today: float
    """USD if every type has a price, else instance-hours."""
    proposed: float
    """As today's."""
    saved: float | None
    """The share of today's; null if that is nothing."""


class ChooseAllDocument(TypedDict):
    """Every endpoint, in the order of SOURCE.

    The exit code is 1 if nothing was chosen for one that was not skipped, or not what was asked, and if
    nothing was chosen at all.
    """

    endpoints: list[EndpointChoiceDocument]
    totals: SavingsDocument
    report: Path | None
    """The file of --report."""
    markdown: Path | None
    """The file of --markdown."""


def without_choice(
    name: str, reason: str, *, asked: str = "", skipped: bool = False
) -> EndpointChoiceDocument:
    """The document of an endpoint for which nothing was chosen."""
    return {
        "endpoint": name,
        "asked": asked,
        "traffic": None,
        "skipped": skipped,
        "reason": reason,
        "today": None,
        "proposed": None,
    }


def with_choice(
    endpoint: Endpoint, asked: str, traffic: str, outcomes: Sequence[Outcome], choice: Choice, block: str
) -> EndpointChoiceDocument:
    """The document of an endpoint with what was chosen. `outcomes`: as it is today, one for each seed."""
    now = sum(price(outcome.cost) for outcome in outcomes) / len(outcomes)
    best = choice.best
    return {
        "endpoint": endpoint.name,
        "asked": asked,
        "traffic": traffic,
        "skipped": False,
        "reason": None,
        "today": {"settings": today(endpoint), "verdict": _worst(outcomes), "price": now},
        "proposed": {
            "settings": f"{best.proposal.kind.value}, {best.proposal.words}",
            "verdict": _worst(best.outcomes),
            "meets_what_was_asked": not best.misses,
            "price": best.price,
            "saved": 1 - best.price / now if now else None,
            "block": block,
            "beneath": list(best.outcome.beneath),
            "choice": choice.to_dict(),
        },
    }


def totals(found: Sequence[EndpointChoiceDocument]) -> SavingsDocument:
    """What all cost together for which something is proposed."""
    pairs = [(one["today"], one["proposed"]) for one in found]
    known = [(now["price"], then["price"]) for now, then in pairs if now is not None and then is not None]
    before, after = sum(one for one, _ in known), sum(other for _, other in known)
    return {
        "endpoints": len(known),
        "today": before,
        "proposed": after,
        "saved": 1 - after / before if before else None,
    }


def summary(found: Sequence[EndpointChoiceDocument], priced: bool) -> list[str]:
    """All of it in sentences. `priced`: whether costs are in USD."""
    together = totals(found)
    told = []
    if number := together["endpoints"]:
        before, after = together["today"], together["proposed"]
        costs = f"{money(after)} instead of {money(before)}"
        if not priced:
            costs = f"{hours(after)} instance-hours instead of {hours(before)}"
        part = together["saved"]
        change = ""
        if part is not None and abs(part) >= 0.005:
            change = f", {100 * abs(part):.0f} % {'less' if part > 0 else 'more'}"
        told.append(f"Proposed for {count(number, 'endpoint')}: {costs}{change}, on the traffic of each.")
    short = [
        one["endpoint"] for one in found if one["proposed"] and not one["proposed"]["meets_what_was_asked"]
    ]
    if short:
        told.append(f"What was asked is not met for {', '.join(short)}: these settings come nearest.")
    if skipped := sum(one["skipped"] for one in found):
        told.append(f"{count(skipped, 'endpoint')} skipped: CloudWatch has too little of what came.")
    if missing := len(found) - together["endpoints"] - skipped:
        told.append(f"Nothing was chosen for {count(missing, 'endpoint')}.")
    return told


def without(one: EndpointChoiceDocument) -> str:
    """Why nothing was chosen for an endpoint, in a sentence that names it."""
    told = "Skipped" if one["skipped"] else "Nothing was chosen for"
    why = str(one["reason"]).removeprefix(f"{one['endpoint']}: ")
    return f"{told} {one['endpoint']}: {why}"


def beneath(found: Sequence[EndpointChoiceDocument]) -> list[str]:
    """What belongs beneath the results, each sentence once; it names its endpoints unless it is for all."""
    proposed = {one["endpoint"]: one["proposed"]["beneath"] for one in found if one["proposed"] is not None}
    told = {
        sentence: [name for name, sentences in proposed.items() if sentence in sentences]
        for of_one in proposed.values()
        for sentence in of_one
    }
    return [
        sentence if len(names) == len(proposed) else f"{', '.join(names)}: {sentence}"
        for sentence, names in told.items()
    ]


def today(endpoint: Endpoint) -> str:
    """The settings of an endpoint in one line, as a proposal has its own."""
    types = ", ".join(
        pool.instance_type for pool in sorted(endpoint.pools, key=lambda pool: float(pool.priority))
    )
    target = endpoint.target
    if target is None or (target.min == target.max and not target.schedules):
        size = endpoint.initial if target is None else target.min
        return f"{endpoint.kind.value}, {count(size, 'instance')}, on {types}"
    parts = [f"{endpoint.kind.value}, {target.min} to {target.max} instances"]
    for policy in map(policy_row, target.policies):
        aim = policy.steps or _text(policy.target)
        out, inward = _text(policy.scale_out_cooldown), _text(policy.scale_in_cooldown)
        parts.append(f"{policy.name} at {aim}, cooldowns {out}/{inward} s")
    if target.schedules:
        parts.append(count(len(target.schedules), "schedule"))
    return f"{'; '.join(parts)}, on {types}"


def _text(number: Number) -> str:
    return f"{number:g}" if isinstance(number, int | float) else str(number)


def _worst(outcomes: Sequence[Outcome]) -> Level:
    return max((one.verdict.level for one in outcomes), key=lambda level: level.rank)
