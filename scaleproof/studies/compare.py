"""Contenders on the same traffic and seed, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget
from scaleproof.simulation import Elasticity
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.rivals import Contender
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import Named
from scaleproof.studies.verdict import lost
from scaleproof.studies.wording import count, duration

CONFIGURED = "as configured"
BASELINE = "no scaling"
CHANGES = {
    "target": "TargetValue",
    "scale_out_cooldown": "ScaleOutCooldown",
    "scale_in_cooldown": "ScaleInCooldown",
}


@dataclass(frozen=True)
class Entry:
    """One contender and what became of it. `speedup` is the elastic speed-up over no scaling, None where it
    has no value."""

    contender: Contender
    outcome: Outcome
    speedup: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold of it; the timeline is left out."""
        result = self.outcome.result.to_dict()
        return {
            "name": self.contender.name,
            "about": self.contender.about,
            "verdict": asdict(self.outcome.verdict),
            "cost": {"instance_hours": dict(self.outcome.cost.hours), "usd": self.outcome.cost.usd},
            "elastic_speedup": self.speedup,
            "totals": result["totals"],
        }


@dataclass(frozen=True)
class Comparison:
    """All contenders for one endpoint, the endpoint as it is configured first."""

    endpoint: Endpoint
    traffic: Named
    entries: tuple[Entry, ...]

    def named(self, name: str) -> Entry | None:
        """The entry of a contender, None where it did not take part."""
        return next((entry for entry in self.entries if entry.contender.name == name), None)

    @property
    def summary(self) -> tuple[str, ...]:
        """What it comes to, in a few sentences."""
        return tuple(_summary(self))

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold of it."""
        return {
            "endpoint": self.endpoint.name,
            "traffic": self.traffic.spec,
            "summary": list(self.summary),
            "contenders": [entry.to_dict() for entry in self.entries],
        }


def compare(
    endpoint: Endpoint,
    traffic: Named,
    contenders: Iterable[Contender],
    setting: Setting,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Simulates the endpoint and each contender. Raises ScaleproofError for what cannot be simulated."""
    everyone = [Contender(CONFIGURED, "the endpoint as it is", endpoint), *contenders]
    entries = []
    for index, contender in enumerate(everyone):
        entries.append(Entry(contender, setting.outcome(contender.endpoint, traffic)))
        if progress is not None:
            progress((index + 1) / len(everyone))
    baseline = next((entry for entry in entries if entry.contender.name == BASELINE), None)
    if baseline is not None:
        base = baseline.outcome.result.totals.elasticity
        entries = [
            replace(entry, speedup=speedup(base, entry.outcome.result.totals.elasticity)) for entry in entries
        ]
    return Comparison(endpoint, traffic, tuple(entries))


def speedup(base: Elasticity, scaled: Elasticity) -> float | None:
    """The elastic speed-up over a baseline: above 1 is better. None where a measure is zero.

    eta = ((tU_n/tU_a)(tO_n/tO_a)(TU_n/TU_a)(TO_n/TO_a))^(1/4), with the measures of n the baseline and of a
    the scaled run. Source: https://link.springer.com/article/10.1007/s00521-019-04507-z
    """
    pairs = [
        (base.under_percent, scaled.under_percent),
        (base.over_percent, scaled.over_percent),
        (base.under_time, scaled.under_time),
        (base.over_time, scaled.over_time),
    ]
    if not all(one > 0 and other > 0 for one, other in pairs):
        return None
    return math.prod(one / other for one, other in pairs) ** 0.25


def changed(endpoint: Endpoint, text: str) -> Contender:
    """The endpoint with settings of its scaling changed, as in `target=0.6,max=30`.

    `target`, `scale_out_cooldown` and `scale_in_cooldown` are those of its tracking policies; a target is
    scaled in proportion where there are several. Raises ScaleproofError.
    """
    if endpoint.target is None:
        raise ScaleproofError(f"Nothing scales {endpoint.name}, so there is nothing to change.")
    target = endpoint.target
    for part in text.split(","):
        key, equals, word = (item.strip() for item in part.partition("="))
        allowed = [*CHANGES, "min", "max"]
        if key not in allowed:
            raise ScaleproofError(f"{key!r} cannot be changed.", advice=f"It is one of {', '.join(allowed)}.")
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not equals or not math.isfinite(value) or value < 0 or (key != "target" and value != int(value)):
            raise ScaleproofError(f"{part!r} is not of the form {key}=NUMBER.")
        target = _with(target, key, value)
    if target.min > target.max or target.max < 1 or (endpoint.kind is Kind.REALTIME and target.min < 1):
        raise ScaleproofError(
            f"The bounds {target.min} to {target.max} of {text!r} are none that {endpoint.name} can have."
        )
    initial = min(max(endpoint.initial, target.min), target.max)
    return Contender(
        text, "the endpoint with this changed", replace(endpoint, target=target, initial=initial)
    )


def _with(target: ScalableTarget, key: str, value: float) -> ScalableTarget:
    if key == "min":
        return replace(target, min=int(value))
    if key == "max":
        return replace(target, max=int(value))
    tracking = [policy for policy in target.policies if policy.tracks_target]
    if not tracking:
        raise ScaleproofError(f"No policy tracks a target, so {key} has no meaning.")
    member = CHANGES[key]
    first = float(tracking[0].configuration["TargetValue"])

    def setting(configuration: Mapping[str, Any]) -> float | int:
        if key != "target":
            return int(value)
        return value * float(configuration["TargetValue"]) / first

    policies = tuple(
        replace(policy, configuration={**policy.configuration, member: setting(policy.configuration)})
        if policy.tracks_target
        else policy
        for policy in target.policies
    )
    if key == "target" and value <= 0:
        raise ScaleproofError("A target is above 0.")
    return replace(target, policies=policies)


def _summary(comparison: Comparison) -> Sequence[str]:
    mine = comparison.entries[0].outcome
    hours = mine.cost.total_hours
    is_async = comparison.endpoint.kind is Kind.ASYNC

    def pain(outcome: Outcome) -> float:
        totals = outcome.result.totals
        return totals.waiting.p95 if is_async else totals.overload_seconds

    def says(outcome: Outcome) -> str:
        gone = lost(outcome.result)
        what = "95 % waited up to" if is_async else "above capacity for"
        return f"{what} {duration(pain(outcome))}" + (f", {count(gone, 'request')} lost" if gone else "")

    found = [f"As configured: {says(mine)}, with {hours:.1f} instance-hours."]
    for entry in comparison.entries[1:]:
        name = entry.contender.name
        if name in (BASELINE, "static peak"):
            continue
        relation = _relation(entry.outcome.cost.total_hours, hours)
        shown = name if "=" in name else name[0].upper() + name[1:]
        found.append(f"{shown}: {says(entry.outcome)}, with {relation}.")
    return found


def _relation(other: float, hours: float) -> str:
    if not hours:
        return f"{other:.1f} instance-hours"
    percent = 100 * (other / hours - 1)
    if abs(percent) < 0.5:
        return "as many instance-hours"
    return f"{abs(percent):.0f} % {'more' if percent > 0 else 'fewer'} instance-hours"
