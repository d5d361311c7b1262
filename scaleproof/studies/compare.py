"""Simulates contenders on the same traffic and seed, and compares their outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from scaleproof.simulation import Elasticity
from scaleproof.studies.inputs import configured, targets
from scaleproof.studies.outcome import Outcome, columns
from scaleproof.studies.rivals import CONSTANT_FLEET, NO_SCALING, Contender
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import lost
from scaleproof.studies.wording import count, duration, hours, money, per_day
from scaleproof.texts import number
from scaleproof.workers import TaskMap, with_progress

CONFIGURED = "as configured"
CHANGES = {
    "target": "policy_target",
    "target_utilization": "target",
    "backlog_per_instance": "target",
    "scale_out_cooldown": "scale_out_cooldown",
    "scale_in_cooldown": "scale_in_cooldown",
    "min": "min",
    "max": "max",
    "initial_instance_count": "initial",
}
"""What `changed` accepts, with the names that `configured` has for it."""
_AIMS = ("target", "policy_target")
"""Those of them that are one thing in two units."""
FAR = 10.0
"""A target that changes by more than this factor is taken for one in another unit."""


@dataclass(frozen=True)
class Entry:
    """One way to scale an endpoint, and its outcome."""

    name: str
    about: str
    outcome: Outcome
    elastic_speedup: float | None = None
    """Compared to no scaling; above 1 is better. None where a measure is zero."""


@dataclass(frozen=True)
class Comparison:
    """The ways to scale one endpoint; as configured comes first."""

    endpoint: Endpoint
    traffic: str
    summary: tuple[str, ...]
    """The comparison in a few sentences."""
    contenders: tuple[Entry, ...]

    @classmethod
    def from_contenders(cls, endpoint: Endpoint, traffic: str, contenders: Sequence[Entry]) -> Self:
        """The comparison of contenders on some traffic, named by its words."""
        return cls(endpoint, traffic, tuple(_summary(endpoint.kind, contenders)), tuple(contenders))

    @property
    def bare(self) -> Comparison:
        """This comparison with bare outcomes."""
        return replace(self, contenders=tuple(replace(entry, outcome=entry.outcome.bare) for entry in self.contenders))

    @property
    def priced(self) -> bool:
        """Whether every contender has a cost in USD."""
        return all(entry.outcome.cost.usd is not None for entry in self.contenders)

    @property
    def rows(self) -> list[dict[str, str]]:
        """A table of the contenders: the cells of each, by heading."""
        return [_row(entry, self.priced) for entry in self.contenders]


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
    setting.check_created(endpoint)
    everyone = [Contender(CONFIGURED, "the endpoint as configured", endpoint), *contenders]
    outcomes = with_progress(tasks(partial(_outcome, setting, traffic), everyone), len(everyone), progress)
    pairs = zip(everyone, outcomes, strict=True)
    entries = [Entry(contender.name, contender.about, outcome) for contender, outcome in pairs]
    if unscaled := next((entry for entry in entries if entry.name == NO_SCALING), None):
        base = unscaled.outcome.result.totals.elasticity
        entries = [
            replace(entry, elastic_speedup=speedup(base, entry.outcome.result.totals.elasticity)) for entry in entries
        ]
    return Comparison.from_contenders(endpoint, traffic.spec, entries)


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


def parse_change(text: str) -> dict[str, float]:
    """The settings of a change by name, each one of CHANGES. Raises ScaleproofError."""
    settings: dict[str, float] = {}
    for part in text.split(","):
        key, _, word = (side.strip() for side in part.partition("="))
        if key not in CHANGES:
            raise ScaleproofError(f"{key!r} cannot be changed.", advice=f"Change one of {', '.join(CHANGES)}.")
        value = number(word)
        aim = CHANGES[key] in _AIMS
        if not value >= 0 or (not aim and value != int(value)):
            raise ScaleproofError(f"{part!r} is not of the form {key}=NUMBER.")
        if key in settings or (aim and any(CHANGES[other] in _AIMS for other in settings)):
            raise ScaleproofError(f"{text!r} sets {'the target' if aim else key} twice.", advice="Leave one out.")
        settings[key] = value
    return settings


def changed(endpoint: Endpoint, text: str) -> Contender:
    """The endpoint with settings of its scaling changed, as in `target_utilization=0.6,max=30`.

    `target` is that of the policy, in requests per instance where it has that unit; `target_utilization` and
    `backlog_per_instance` are the module's inputs. Raises ScaleproofError.
    """
    settings = parse_change(text)
    now = targets(endpoint)
    for key in settings:
        if CHANGES[key] == "target" and (not now or now[0].input != key):
            own = [axis.input if axis.input in CHANGES else "target" for axis in now]
            raise ScaleproofError(f"{endpoint.name} has no {key}.", advice=f"It has {own[0]}." if own else "")
    altered = configured(endpoint, {CHANGES[key]: value for key, value in settings.items()})
    return Contender(text, _about(endpoint, altered), altered)


def _about(endpoint: Endpoint, altered: Endpoint) -> str:
    """What changed of the target, with its unit, and a warning where that is far off; empty if it is the same."""
    (before, unit), (after, _) = _aimed(endpoint), _aimed(altered)
    if before == after:
        return ""
    text = f"a target of {after:g} instead of {before:g} {unit}"
    far = not 1 / FAR < after / before < FAR
    return f"{text}, which is far from it: is the unit right?" if far else text


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
        "Scaled by": entry.name,
        "Verdict": outcome.verdict.level.value,
        **columns(outcome),
        "Instance-hours": hours(outcome.cost.total_hours),
        **({"Cost": money(outcome.cost.usd or 0.0)} if priced else {}),
        "Changes": f"{totals.scale_outs + totals.scale_ins}",
        "Speed-up": "-" if entry.elastic_speedup is None else f"{entry.elastic_speedup:.2f}",
    }


def _summary(kind: Kind, contenders: Sequence[Entry]) -> Iterator[str]:
    mine = contenders[0].outcome
    total = mine.cost.total_hours

    def says(outcome: Outcome) -> str:
        gone, cut = lost(outcome.result), outcome.verdict.cut_per_day
        harm = "95 % waited up to" if kind is Kind.ASYNC else "above capacity for"
        harms = [f"{harm} {duration(outcome.delay_or_overload)}"]
        if gone:
            harms.append(f"{count(gone, 'request')} lost")
        if cut:
            harms.append(f"{per_day(cut)} cut off a day")
        return ", ".join(harms)

    yield f"As configured: {says(mine)}, with {total:.1f} instance-hours."
    for entry in contenders[1:]:
        if entry.name not in (NO_SCALING, CONSTANT_FLEET):
            relation = _relation(entry.outcome.cost.total_hours, total)
            shown = entry.name[0].upper() + entry.name[1:]
            if "=" in entry.name:
                shown = f"{entry.name} ({entry.about})" if entry.about else entry.name
            yield f"{shown}: {says(entry.outcome)}, with {relation}."


def _relation(other: float, total: float) -> str:
    if not total:
        return f"{other:.1f} instance-hours"
    percent = 100 * (other / total - 1)
    if abs(percent) < 0.5:
        return "as many instance-hours"
    return f"{abs(percent):.0f} % {'more' if percent > 0 else 'fewer'} instance-hours"
