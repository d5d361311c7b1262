"""Simulates contenders on the same traffic and seed, and compares their outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from scaleproof.simulation import Elasticity, Totals
from scaleproof.studies.assumptions import StartUp
from scaleproof.studies.inputs import configured, targets
from scaleproof.studies.outcome import Cost, Outcome, compared
from scaleproof.studies.rivals import Contender
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Verdict, lost
from scaleproof.studies.wording import count, duration, hours, money
from scaleproof.texts import number
from scaleproof.workers import TaskMap, with_progress

CONFIGURED = "as configured"
BASELINE = "no scaling"
CHANGES = {
    "target": "policy_target",
    "target_utilization": "target",
    "backlog_per_instance": "target",
    "scale_out_cooldown": "scale_out_cooldown",
    "scale_in_cooldown": "scale_in_cooldown",
    "min": "min",
    "max": "max",
}
"""What `changed` accepts, with the names that `configured` has for it."""
FAR = 10.0
"""A target that changes by more than this factor is taken for one in another unit."""


class ContenderDocument(TypedDict):
    """One way to scale an endpoint, and its outcome."""

    name: str
    about: str
    verdict: Verdict
    cost: Cost
    elastic_speedup: float | None
    """Compared to no scaling; above 1 is better. Null where a measure is zero."""
    totals: Totals


class ComparisonDocument(TypedDict):
    """The ways to scale one endpoint; as configured comes first."""

    endpoint: str
    traffic: str
    summary: list[str]
    start_up: StartUp
    contenders: list[ContenderDocument]


@dataclass(frozen=True)
class Entry:
    """One contender and its outcome. `speedup`: compared to no scaling, None where a measure is zero."""

    contender: Contender
    outcome: Outcome
    speedup: float | None = None

    def to_dict(self) -> ContenderDocument:
        """The JSON document; without the timeline."""
        return {
            "name": self.contender.name,
            "about": self.contender.about,
            "verdict": self.outcome.verdict,
            "cost": self.outcome.cost,
            "elastic_speedup": self.speedup,
            "totals": self.outcome.result.totals,
        }


@dataclass(frozen=True)
class Comparison:
    """All contenders for one endpoint; as configured comes first."""

    endpoint: Endpoint
    traffic: TrafficSpec
    entries: tuple[Entry, ...]

    def named(self, name: str) -> Entry | None:
        """The entry of a contender, None if it did not take part."""
        return next((entry for entry in self.entries if entry.contender.name == name), None)

    @property
    def priced(self) -> bool:
        """Whether every contender has a cost in USD."""
        return all(entry.outcome.cost.usd is not None for entry in self.entries)

    @property
    def rows(self) -> list[dict[str, str]]:
        """A table of the contenders: the cells of each, by heading."""
        return [_row(entry, self.priced) for entry in self.entries]

    @property
    def summary(self) -> tuple[str, ...]:
        """The comparison in a few sentences."""
        return tuple(_summary(self))

    def to_dict(self) -> ComparisonDocument:
        """The JSON document."""
        return {
            "endpoint": self.endpoint.name,
            "traffic": self.traffic.spec,
            "summary": list(self.summary),
            "start_up": self.entries[0].outcome.start_up,
            "contenders": [entry.to_dict() for entry in self.entries],
        }


def compare(
    endpoint: Endpoint,
    traffic: TrafficSpec,
    contenders: Iterable[Contender],
    setting: Setting,
    progress: Progress | None = None,
    tasks: TaskMap = map,
) -> Comparison:
    """Simulates the endpoint and each contender; `tasks` is who does it.

    Raises ScaleproofError for what cannot be simulated.
    """
    everyone = [Contender(CONFIGURED, "the endpoint as configured", endpoint), *contenders]
    outcomes = with_progress(tasks(partial(_outcome, setting, traffic), everyone), len(everyone), progress)
    entries = [Entry(contender, outcome) for contender, outcome in zip(everyone, outcomes, strict=True)]
    baseline = next((entry for entry in entries if entry.contender.name == BASELINE), None)
    if baseline is not None:
        base = baseline.outcome.result.totals.elasticity
        entries = [replace(entry, speedup=speedup(base, entry.outcome.result.totals.elasticity)) for entry in entries]
    return Comparison(endpoint, traffic, tuple(entries))


def _outcome(setting: Setting, traffic: TrafficSpec, contender: Contender) -> Outcome:
    return setting.outcome(contender.endpoint, traffic)


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
    if not all(baseline > 0 and measure > 0 for baseline, measure in pairs):
        return None
    return math.prod(baseline / measure for baseline, measure in pairs) ** 0.25


def changed(endpoint: Endpoint, text: str) -> Contender:
    """The endpoint with settings of its scaling changed, as in `target_utilization=0.6,max=30`.

    `target` is that of the policy, in requests per instance where it has that unit; `target_utilization` and
    `backlog_per_instance` are the module's inputs. Raises ScaleproofError.
    """
    settings: dict[str, float] = {}
    now = targets(endpoint)
    for part in text.split(","):
        key, _, word = (item.strip() for item in part.partition("="))
        if key not in CHANGES:
            raise ScaleproofError(f"{key!r} cannot be changed.", advice=f"It is one of {', '.join(CHANGES)}.")
        value = number(word)
        aim = CHANGES[key] in ("target", "policy_target")
        if not value >= 0 or (not aim and value != int(value)):
            raise ScaleproofError(f"{part!r} is not of the form {key}=NUMBER.")
        if CHANGES[key] == "target" and (not now or now[0].input != key):
            raise ScaleproofError(f"{endpoint.name} has no {key}.", advice=f"It has {now[0].input}." if now else "")
        settings[CHANGES[key]] = value
    altered = configured(endpoint, settings)
    return Contender(text, _about(endpoint, altered), altered)


def _about(endpoint: Endpoint, altered: Endpoint) -> str:
    """What changed of the target, with its unit, and a warning where that is far off."""
    (before, unit), (after, _) = _aimed(endpoint), _aimed(altered)
    if before == after or not before:
        return "the endpoint with this change"
    text = f"the endpoint with a target of {after:g} instead of {before:g} {unit}"
    far = not 1 / FAR < after / before < FAR
    return f"{text}; that is far from what it was: is the unit right?" if far else text


def _aimed(endpoint: Endpoint) -> tuple[float, str]:
    tracking = (
        [policy for policy in endpoint.target.policies if isinstance(policy, TargetTracking)] if endpoint.target else []
    )
    if not tracking:
        return 0.0, ""
    per_instance = not isinstance(tracking[0].metric, MetricMath)
    return tracking[0].target, "requests per instance" if per_instance else "(a share, or the metric's unit)"


def _row(entry: Entry, priced: bool) -> dict[str, str]:
    outcome, totals = entry.outcome, entry.outcome.result.totals
    return {
        "Scaled by": entry.contender.name,
        "Verdict": outcome.verdict.level.value,
        **compared(outcome),
        "Instance-hours": hours(outcome.cost.total_hours),
        **({"Cost": money(outcome.cost.usd or 0.0)} if priced else {}),
        "Changes": f"{totals.scale_outs + totals.scale_ins}",
        "Speed-up": "-" if entry.speedup is None else f"{entry.speedup:.2f}",
    }


def _summary(comparison: Comparison) -> Sequence[str]:
    mine = comparison.entries[0].outcome
    total = mine.cost.total_hours
    is_async = comparison.endpoint.kind is Kind.ASYNC

    def says(outcome: Outcome) -> str:
        gone = lost(outcome.result)
        harm = "95 % waited up to" if is_async else "above capacity for"
        return f"{harm} {duration(outcome.delay_or_overload)}" + (f", {count(gone, 'request')} lost" if gone else "")

    sentences = [f"As configured: {says(mine)}, with {total:.1f} instance-hours."]
    for entry in comparison.entries[1:]:
        name = entry.contender.name
        if name in (BASELINE, "static peak"):
            continue
        relation = _relation(entry.outcome.cost.total_hours, total)
        shown = name if "=" in name else name[0].upper() + name[1:]
        sentences.append(f"{shown}: {says(entry.outcome)}, with {relation}.")
    return sentences


def _relation(other: float, total: float) -> str:
    if not total:
        return f"{other:.1f} instance-hours"
    percent = 100 * (other / total - 1)
    if abs(percent) < 0.5:
        return "as many instance-hours"
    return f"{abs(percent):.0f} % {'more' if percent > 0 else 'fewer'} instance-hours"
