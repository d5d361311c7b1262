"""Endpoints as people and machines read them: the same rows for tables, JSON, inventories and messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scaleproof.endpoints.documents import NotKnown
from scaleproof.scaling.endpoint import Endpoint, EndpointAlarm, Policy
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import STEP, TRACKING
from scaleproof.scaling.target_tracking import MetricMath, PredefinedMetric, TargetTracking

Number = float | str | None
"""A number, why it is not known, or None where there is none."""

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


@dataclass(frozen=True)
class PoolRow:
    """One instance type; `instances` is how many there are now, null before an apply."""

    instance_type: str
    priority: Number
    max_concurrency: float | None
    instances: int | None


@dataclass(frozen=True)
class PolicyRow:
    """One policy: its PolicyType, what it follows, the value it keeps that at, and its cooldowns (seconds).

    `steps` are the adjustments of step scaling, which has no target.
    """

    name: str
    type: str
    scales_on: str
    target: Number
    scale_out_cooldown: Number
    scale_in_cooldown: Number
    scale_in: bool
    steps: str = ""


@dataclass(frozen=True)
class AlarmRow:
    """One alarm: the metrics that it watches, or the rule of a composite one, and when it goes off.

    `state` is CloudWatch's, empty before an apply.
    """

    name: str
    watches: str
    condition: str
    state: str


@dataclass(frozen=True)
class ScheduleRow:
    """One scheduled action; a bound that it leaves alone is null."""

    name: str
    schedule: str
    timezone: str
    min: Number
    max: Number


@dataclass(frozen=True)
class EndpointRow:
    """One variant of an endpoint. `min` and `max` are null where nothing scales it."""

    name: str
    variant: str
    kind: str
    status: str
    pools: list[PoolRow]
    initial: Number
    min: Number
    max: Number
    policies: list[PolicyRow]
    schedules: list[ScheduleRow]
    alarms: list[AlarmRow]


def rows(endpoints: Iterable[Endpoint]) -> list[EndpointRow]:
    """One row for each endpoint, in their order; what is not known is a text that says so."""
    return [_row(endpoint) for endpoint in endpoints]


def policy_row(policy: Policy) -> PolicyRow:
    """The row of one policy."""
    if isinstance(policy, TargetTracking):
        return PolicyRow(
            policy.name,
            TRACKING,
            signal(policy),
            number(policy.target),
            number(policy.scale_out_cooldown),
            number(policy.scale_in_cooldown),
            not policy.disable_scale_in,
        )
    cooldown = number(policy.cooldown)
    steps = f"{policy.adjustment_type} {', '.join(_signed(step.adjustment) for step in policy.steps)}"
    return PolicyRow(policy.name, STEP, signal(policy), None, cooldown, cooldown, True, steps)


def signal(policy: Policy) -> str:
    """What a policy follows: a predefined type, an expression, or the names of metrics."""
    match policy:
        case TargetTracking(metric=PredefinedMetric(type=name) | MetricStat(name=name)):
            return name
        case TargetTracking(metric=MetricMath(queries=queries)):
            found = (
                query.expression or (query.metric and query.metric.name)
                for query in queries
                if query.returned
            )
            return next(found, None) or ""
        case _:
            return ", ".join(sorted(_alarm_metrics(policy)))


def signals(policy: Policy) -> set[str]:
    """What a policy follows, and every metric that it or its alarms read."""
    found = {signal(policy), *_alarm_metrics(policy)}
    if isinstance(policy, TargetTracking) and isinstance(policy.metric, MetricMath):
        found |= {query.metric.name for query in policy.metric.queries if query.metric is not None}
    return found


def number(value: Any) -> Number:
    """A number of an endpoint; the text of one that is not known."""
    return str(value) if isinstance(value, NotKnown) else value


def _row(endpoint: Endpoint) -> EndpointRow:
    target = endpoint.target
    return EndpointRow(
        name=endpoint.name,
        variant=str(endpoint.variant),
        kind=str(endpoint.kind),
        status=endpoint.status,
        pools=[
            PoolRow(
                pool.instance_type,
                number(pool.priority),
                pool.max_concurrency,
                endpoint.instances.get(pool.instance_type, 0) if endpoint.instances else None,
            )
            for pool in endpoint.pools
        ],
        initial=number(endpoint.initial),
        min=number(target.min) if target else None,
        max=number(target.max) if target else None,
        policies=[policy_row(policy) for policy in target.policies] if target else [],
        schedules=[
            ScheduleRow(one.name, one.schedule, one.timezone, number(one.min), number(one.max))
            for one in (target.schedules if target else ())
        ],
        alarms=[
            AlarmRow(alarm.name, ", ".join(alarm.watches), _condition(alarm), alarm.state)
            for alarm in endpoint.alarms
        ],
    )


def _condition(alarm: EndpointAlarm) -> str:
    """When an alarm goes off, in one phrase; nothing for a composite one, whose rule says it."""
    if not alarm.comparison:
        return ""
    numbers = (alarm.threshold, alarm.datapoints, alarm.periods, alarm.period)
    if hidden := [str(value) for value in numbers if isinstance(value, NotKnown)]:
        return hidden[0]
    comparison = COMPARISONS.get(alarm.comparison, alarm.comparison)
    return f"{comparison} {alarm.threshold:.10g} in {alarm.datapoints} of {alarm.periods} x {alarm.period} s"


def _signed(adjustment: float) -> str:
    return str(adjustment) if isinstance(adjustment, NotKnown) else f"{adjustment:+g}"


def _alarm_metrics(policy: Policy) -> set[str]:
    return {metric.name for alarm in policy.alarms.values() for metric in alarm.metrics}
