"""Renders endpoints for people and machines: the same rows for tables, JSON, inventories and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaleproof.endpoints.documents import (
    Document,
    Documents,
    PolicyDocuments,
    is_known,
    policy,
    shown,
)
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import target_tracking
from scaleproof.scaling.endpoint import SUSPENDED, Kind, Policy, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import STEP, TRACKING
from scaleproof.scaling.target_tracking import (
    CUSTOM_PERIOD,
    MetricMath,
    PredefinedMetric,
    TargetTracking,
)
from scaleproof.translation.values import leaves

Number = float | str | None
"""A number, why it is not known, or None where there is none."""

NOT_MODELLED = "(not modelled)"
"""The text for what a policy of another kind, or on a metric of another service, would follow."""
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
    """One variant of an endpoint. `min` and `max` are null where nothing scales it.

    `suspended` is what its scalable target does not do for now, such as "scaling in, scheduled actions".
    """

    name: str
    variant: str
    kind: str
    status: str
    pools: list[PoolRow]
    initial: Number
    min: Number
    max: Number
    suspended: str
    policies: list[PolicyRow]
    schedules: list[ScheduleRow]
    alarms: list[AlarmRow]


def rows(endpoints: Iterable[Documents]) -> list[EndpointRow]:
    """One row for each variant, in their order; what is not known, or sensitive, is a text that says so."""
    return [_row(documents) for documents in endpoints]


def policy_row(policy: Policy) -> PolicyRow:
    """The row of a policy that scaling decides on."""
    if isinstance(policy, TargetTracking):
        return PolicyRow(
            policy.name,
            TRACKING,
            signal(policy),
            policy.target,
            policy.scale_out_cooldown,
            policy.scale_in_cooldown,
            not policy.disable_scale_in,
        )
    steps = f"{policy.adjustment_type} {', '.join(f'{step.adjustment:+g}' for step in policy.steps)}"
    return PolicyRow(policy.name, STEP, signal(policy), None, policy.cooldown, policy.cooldown, True, steps)


def signal(policy: Policy) -> str:
    """The signal of a policy: a predefined type, an expression, or the names of metrics."""
    match policy:
        case TargetTracking(metric=PredefinedMetric(type=name) | MetricStat(name=name)):
            return name
        case TargetTracking(metric=MetricMath(queries=queries)):
            names = (query.expression or (query.metric and query.metric.name) for query in queries if query.returned)
            return next(names, None) or ""
        case _:
            return ", ".join(sorted(_alarm_metrics(policy)))


def signals(policy: Policy) -> set[str]:
    """The signal of a policy, and every metric that the policy or its alarms read."""
    names = {signal(policy), *_alarm_metrics(policy)}
    if isinstance(policy, TargetTracking) and isinstance(policy.metric, MetricMath):
        names |= {query.metric.name for query in policy.metric.queries if query.metric is not None}
    return names


def _alarm_metrics(policy: Policy) -> set[str]:
    return {metric.name for alarm in policy.alarms.values() for metric in alarm.metrics}


def _row(documents: Documents) -> EndpointRow:
    variant = shown(documents.variant.content)
    target = shown(documents.target.content) if documents.target else {}
    policies = [_policy(policy) for policy in documents.policies] if target else []
    tracking_alarms = [alarm for policy in documents.policies for alarm in _tracking_alarms(policy, documents.states)]
    others = sorted((_alarm(alarm, documents.states) for alarm in documents.alarms), key=lambda alarm: alarm.name)
    return EndpointRow(
        name=documents.name,
        variant=variant["VariantName"],
        kind=str(Kind.ASYNC if documents.client else Kind.REALTIME),
        status=documents.status,
        pools=_pools(documents, variant),
        initial=_initial(documents.count, variant.get("InitialInstanceCount"), target.get("MinCapacity")),
        min=target.get("MinCapacity"),
        max=target.get("MaxCapacity"),
        suspended=_suspended(target),
        policies=policies,
        schedules=[_schedule(shown(schedule.content)) for schedule in documents.schedules] if target else [],
        alarms=[*(tracking_alarms if target else ()), *others],
    )


def _pools(documents: Documents, variant: Mapping[str, Any]) -> list[PoolRow]:
    def pool(instance_type: str, priority: Number) -> PoolRow:
        counts = documents.counts
        count = counts.get(instance_type, 0) if counts else None
        return PoolRow(instance_type, priority, documents.limits.get(instance_type), count)

    pools = variant.get("InstancePools")
    if isinstance(pools, list) and pools:
        rows = [pool(_member(content, "InstanceType"), _member(content, "Priority")) for content in pools]
        return sorted(rows, key=lambda row: (isinstance(row.priority, str), row.priority or 0))
    # Terraform calls it unknown where pools are configured.
    only = documents.variant.content.get("InstanceType")
    return [pool(str(only), 1)] if isinstance(only, str) else []


def _suspended(target: Mapping[str, Any]) -> str:
    """What a plan may not know counts as not suspended, as it does for `endpoint`."""
    parts = {name: _member(target, "SuspendedState", member) is True for member, name in SUSPENDED.items()}
    return Suspended(**parts).words


def _initial(count: int | None, configured: Number, minimum: Number) -> Number:
    """Instances at the start: those there are now, else those configured, else the minimum."""
    if isinstance(configured, str) or count is None:
        return configured or (minimum if isinstance(minimum, str) else max(minimum or 1, 1))
    return count


def _policy(documents: PolicyDocuments) -> PolicyRow:
    """The row of a policy. Of one that is not known as a whole, no number is shown."""
    content = shown(documents.policy.content)
    name, kind = content["PolicyName"], content.get("PolicyType") or STEP
    parsed = _parsed(documents)
    if isinstance(parsed, str):
        row = PolicyRow(name, kind, parsed, parsed, parsed, parsed, True, parsed if kind == STEP else "")
    else:
        row = policy_row(parsed)
    if kind != STEP:
        return row
    metrics = {name for alarm in documents.alarms for name in _metrics(shown(alarm.content))}
    return replace(row, scales_on=", ".join(sorted(metrics)), target=None)


def _parsed(documents: PolicyDocuments) -> Policy | str:
    """The policy without its alarms, or why it has no numbers to show."""
    try:
        return policy(PolicyDocuments(documents.policy))
    except ScaleproofError:
        hidden = (shown(leaf) for _, leaf in leaves(documents.policy.content) if not is_known(leaf))
        return next(hidden, NOT_MODELLED)


def _schedule(schedule: Mapping[str, Any]) -> ScheduleRow:
    action = schedule.get("ScalableTargetAction")
    return ScheduleRow(
        schedule["ScheduledActionName"],
        schedule["Schedule"],
        _member(schedule, "Timezone") or "UTC",
        _member(action, "MinCapacity"),
        _member(action, "MaxCapacity"),
    )


def _tracking_alarms(documents: PolicyDocuments, states: Mapping[str, str]) -> Iterator[AlarmRow]:
    """The alarms that target tracking makes for a policy; none where its metric is not one of a variant."""
    content = shown(documents.policy.content)
    parsed = _parsed(documents)
    if content.get("PolicyType") != TRACKING or parsed == NOT_MODELLED:
        return
    if isinstance(parsed, str):
        names = (f"{content['PolicyName']}: {end}" for end in ("AlarmHigh", "AlarmLow"))
        yield from (AlarmRow(name, parsed, parsed, states.get(name, "")) for name in names)
        return
    assert isinstance(parsed, TargetTracking)
    for alarm in target_tracking.alarms(parsed, {}):
        name, source, periods = f"{parsed.name}: {alarm.name}", alarm.source, alarm.evaluation_periods
        if isinstance(source, MetricStat):
            metrics, period = {source.name}, source.period
        else:
            metrics = {query.metric.name for query in source.queries if query.metric is not None}
            period = CUSTOM_PERIOD
        condition = _condition(alarm.comparison, alarm.threshold, periods, periods, period)
        yield AlarmRow(name, ", ".join(sorted(metrics)), condition, states.get(name, ""))


def _alarm(document: Document, states: Mapping[str, str]) -> AlarmRow:
    """The row of an alarm; the rule of a composite one says when it goes off."""
    alarm = shown(document.content)
    name = str(alarm["AlarmName"])
    if rule := alarm.get("AlarmRule"):
        return AlarmRow(name, str(rule), "", states.get(name, ""))
    queries = alarm.get("Metrics")
    stats = [_member(query, "MetricStat") for query in queries] if isinstance(queries, list) else []
    lengths = [alarm.get("Period"), *(_member(stat, "Period") for stat in stats)]
    threshold, periods = alarm.get("Threshold") or 0.0, alarm.get("EvaluationPeriods") or 0
    datapoints = alarm.get("DatapointsToAlarm") or periods
    condition = next((value for value in (threshold, datapoints, periods, *lengths) if isinstance(value, str)), None)
    if condition is None:
        period = max(length or 0 for length in lengths)
        condition = _condition(str(alarm.get("ComparisonOperator")), threshold, datapoints, periods, period)
    return AlarmRow(name, ", ".join(_metrics(alarm)), condition, states.get(name, ""))


def _metrics(alarm: Mapping[str, Any]) -> list[str]:
    """The names of the metrics that an alarm watches."""
    queries = alarm.get("Metrics")
    names = {
        _member(query, "MetricStat", "Metric", "MetricName") for query in (queries if isinstance(queries, list) else ())
    }
    return sorted(name for name in names if name) or [str(_member(alarm, "MetricName") or queries)]


def _condition(comparison: str, threshold: float, datapoints: int, periods: int, period: int) -> str:
    """When an alarm goes off, in one phrase."""
    comparison = COMPARISONS.get(comparison, comparison)
    return f"{comparison} {threshold:.10g} in {datapoints} of {periods} x {period} s"


def _member(value: Any, *path: str) -> Any:
    """The value at a path in what `shown` gave, None where a member is missing.

    A text on the way says why nothing below it is known.
    """
    for member in path:
        if isinstance(value, str):
            return value
        value = value.get(member) if isinstance(value, Mapping) else None
    return value
