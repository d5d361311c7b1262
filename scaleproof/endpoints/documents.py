"""From the API's documents of one endpoint to the `Endpoint` that scaling decides on.

A document is what the API takes and describes: the names and nesting of CreateEndpointConfig,
RegisterScalableTarget, PutScalingPolicy, PutScheduledAction, PutMetricAlarm and PutCompositeAlarm. Values
that Terraform knows only after an apply are `UNKNOWN` in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.scaling import target_tracking
from scaleproof.scaling.endpoint import (
    Endpoint,
    EndpointAlarm,
    Kind,
    Policy,
    Pool,
    ScalableTarget,
    ScheduledAction,
    Suspended,
)
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import CONFIGURATIONS, STEP, TRACKING, parse_alarm, parse_policy
from scaleproof.scaling.target_tracking import CUSTOM_PERIOD, MetricMath, TargetTracking
from scaleproof.terraform.sensitive import Hidden
from scaleproof.translation.values import UNKNOWN

_LISTED = 6
"""How many unknown values an error names before it only counts them."""
_METRIC = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


class NotKnown(float):
    """Stands, in an endpoint that is read to be shown, for a value that is not known or is sensitive.

    Where a number belongs it is none (NaN); as a text it says why. Only `render` takes endpoints with it.
    """

    text: str

    def __new__(cls, text: str) -> NotKnown:
        """`text` is what is shown."""
        number = super().__new__(cls, "nan")
        number.text = text
        return number

    def __str__(self) -> str:
        """Why it is not known."""
        return self.text

    def __mul__(self, _other: float) -> NotKnown:
        """What follows from it is not known either, as the threshold of an alarm from its policy's target."""
        return self

    __rmul__ = __mul__

    def __round__(self, _digits: Any = None) -> Any:
        """Itself."""
        return self


AFTER_APPLY = NotKnown("(known after apply)")


@dataclass(frozen=True)
class Document:
    """One document and where it comes from, for errors: an address in Terraform, or a name of the API's.

    `to_show`: what is not known is `NotKnown` in its parts, and no error.
    """

    origin: str
    content: Mapping[str, Any]
    to_show: bool = False

    def part(self, *path: str) -> Any:
        """The value at a path of members, None where one of them is missing.

        Raises EndpointError where it, or anything in it, is known only after an apply, or sensitive.
        """
        value: Any = self.content  # UNKNOWN, where a part of a document is read as one
        for index, member in enumerate(path):
            if value is UNKNOWN and not self.to_show:
                raise unknown([f"{self.origin}: {'.'.join(path[:index])}"])
            value = value.get(member) if isinstance(value, Mapping) else value if value is UNKNOWN else None
        if self.to_show:
            return _shown(value)
        if found := list(_unknown(value, ".".join(path))):
            raise unknown([f"{self.origin}: {name}" for name in found])
        return value


@dataclass(frozen=True)
class PolicyDocuments:
    """A scaling policy with the alarms that invoke it; target tracking makes its own, which are not here."""

    policy: Document
    alarms: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Documents:
    """All documents of one variant. `count`: instances that it is to have now, None where there are none yet.

    `counts`: instances by type, as far as the API tells. `limits`: what one instance of a type sustains
    (requests in flight), as far as somebody has said so. `alarms`: all on the endpoint but those that target
    tracking makes, to be shown. `states`: of alarms by name, of those of a policy by its name and theirs.
    """

    name: str
    variant: Document
    is_async: bool
    max_concurrent_invocations: int | None = None
    count: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    target: Document | None = None
    policies: tuple[PolicyDocuments, ...] = ()
    schedules: tuple[Document, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    alarms: tuple[Document, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)


def unknown(names: Iterable[str]) -> EndpointError:
    """The error for values that a plan does not know or must not show."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return EndpointError(
        f"Known only after an apply, or sensitive: {', '.join(listed[:_LISTED])}{more}.",
        advice="Give it a value that is known at plan time and that nothing marks as sensitive.",
    )


def endpoint(documents: Documents) -> Endpoint:
    """The endpoint of its documents. Raises ScaleproofError for what cannot be read or AWS refuses."""
    target = _target(documents) if documents.target else None
    found = Endpoint(
        name=documents.name,
        variant=documents.variant.part("VariantName"),
        kind=Kind.ASYNC if documents.is_async else Kind.REALTIME,
        pools=_pools(documents),
        initial=_initial(documents, target),
        target=target,
        max_concurrent_invocations=documents.max_concurrent_invocations,
        status=documents.status,
        instances=documents.counts,
    )
    return replace(found, alarms=tuple(_alarms(documents, found)))


def _initial(documents: Documents, target: ScalableTarget | None) -> int:
    if documents.count is not None:
        return documents.count
    count = documents.variant.part("InitialInstanceCount")
    return _whole(count) if count else max(target.min if target else 1, 1)


def _whole(value: Any) -> Any:
    return value if isinstance(value, NotKnown) else int(value)


def _pools(documents: Documents) -> tuple[Pool, ...]:
    variant, limits = documents.variant, documents.limits
    # Terraform calls the one of the two that is not configured unknown, as the API might fill it in.
    given = variant.content.get("InstancePools")
    if isinstance(given, list) and len(given):
        found = []
        for item in given:
            pool = Document(variant.origin, item, variant.to_show)
            kind = pool.part("InstanceType")
            found.append(Pool(str(kind), _whole(pool.part("Priority")), limits.get(kind)))
        return tuple(sorted(found, key=lambda pool: pool.priority))
    only = variant.content.get("InstanceType")
    if isinstance(only, str):
        return (Pool(only, 1, limits.get(only)),)
    if variant.to_show:
        return ()
    if only is UNKNOWN or given is UNKNOWN:
        raise unknown([f"{variant.origin}: the instance types"])
    raise EndpointError(
        f"{variant.origin} names no instance type.",
        advice="Serverless variants and inference components are not modelled.",
    )


def _target(documents: Documents) -> ScalableTarget:
    target = documents.target
    assert target is not None
    state = target.part("SuspendedState")
    suspended = state if isinstance(state, Mapping) else {}
    return ScalableTarget(
        min=_whole(target.part("MinCapacity")),
        max=_whole(target.part("MaxCapacity")),
        policies=tuple(_policy(item) for item in documents.policies),
        schedules=tuple(_schedule(item) for item in documents.schedules),
        suspended=Suspended(
            scale_in=suspended.get("DynamicScalingInSuspended") is True,
            scale_out=suspended.get("DynamicScalingOutSuspended") is True,
            scheduled=suspended.get("ScheduledScalingSuspended") is True,
        ),
    )


def _policy(documents: PolicyDocuments) -> Policy:
    document = documents.policy
    name, kind = document.part("PolicyName"), document.part("PolicyType") or STEP
    member = CONFIGURATIONS.get(kind)
    if isinstance(kind, NotKnown):
        return _not_known(str(name), kind)
    if member is None:
        raise EndpointError(f"{document.origin} is of type {kind}, which SageMaker does not offer.")
    configuration = document.part(member)
    if configuration is None:
        raise EndpointError(f"{document.origin} is of type {kind} but has no {member}.")
    if document.to_show:
        return _policy_to_show(str(name), kind, configuration, documents.alarms)
    alarms = {alarm.part("AlarmName"): parse_alarm(_settings(alarm)) for alarm in documents.alarms}
    return parse_policy(name, kind, configuration, alarms)


def _policy_to_show(name: str, kind: str, configuration: Any, invoking: Iterable[Document]) -> Policy:
    """The policy as far as it is known: what is not stands for itself."""
    if isinstance(configuration, NotKnown):
        return _not_known(name, configuration)
    if hidden := next(_not_known_in([configuration.get(member) for member in _METRIC]), None):
        stands = {"Namespace": "", "MetricName": hidden, "Statistic": ""}
        configuration = {**configuration, _METRIC[0]: None, _METRIC[1]: stands}
    if kind != TRACKING and (hidden := next(_not_known_in(configuration.get("StepAdjustments")), None)):
        configuration = {**configuration, "StepAdjustments": [{"ScalingAdjustment": hidden}]}
    alarms = {}
    for alarm in invoking:
        settings = _settings(alarm)
        if next(_not_known_in(settings), None) is None:
            with suppress(ScaleproofError):  # an alarm of a kind that is not modelled
                alarms[str(alarm.part("AlarmName"))] = parse_alarm(settings)
    try:
        return parse_policy(name, kind, configuration, alarms)
    except ScaleproofError:  # for a choice that is not known
        return _not_known(name, next(_not_known_in(configuration), AFTER_APPLY))


def _not_known(name: str, why: NotKnown) -> TargetTracking:
    return TargetTracking(name, MetricStat("", str(why), (), "", CUSTOM_PERIOD), why, why, why)


def _settings(document: Document) -> dict[str, Any]:
    """What bears on the state of an alarm: neither actions nor tags, and nothing that is left to the API."""
    skipped = {"AlarmActions", "OKActions", "InsufficientDataActions", "AlarmDescription", "Tags"}
    defaults = {"EvaluateLowSampleCountPercentile"}  # computed where it is not configured
    return {
        name: document.part(name)
        for name, value in document.content.items()
        if name not in skipped and not (name in defaults and value is UNKNOWN)
    }


def _alarms(documents: Documents, found: Endpoint) -> Iterator[EndpointAlarm]:
    states = documents.states
    policies = found.target.policies if found.target else ()
    for policy in (one for one in policies if isinstance(one, TargetTracking)):
        for made in target_tracking.alarms(policy, found.dimensions):
            name = f"{policy.name}: {made.name}"
            metrics, period = _watched(made.source)
            periods = made.evaluation_periods
            yield EndpointAlarm(
                name, metrics, made.comparison, made.threshold, periods, periods, period, states.get(name, "")
            )
    for document in sorted(documents.alarms, key=lambda one: str(one.part("AlarmName"))):
        yield _alarm(document, states)


def _watched(source: MetricStat | MetricMath) -> tuple[tuple[str, ...], int]:
    """The metrics that an alarm of target tracking watches, and its period (seconds)."""
    if isinstance(source, MetricStat):
        return (source.name,), source.period
    found = {query.metric.name for query in source.queries if query.metric is not None}
    return tuple(sorted(found)), CUSTOM_PERIOD


def _alarm(document: Document, states: Mapping[str, str]) -> EndpointAlarm:
    name = str(document.part("AlarmName"))
    if (rule := document.part("AlarmRule")) is not None:
        return EndpointAlarm(name, (str(rule),), state=states.get(name, ""))
    queries = document.part("Metrics")
    parts = [query for query in queries if isinstance(query, Mapping)] if isinstance(queries, list) else []
    stats = [stat for query in parts if isinstance(stat := query.get("MetricStat"), Mapping)]
    found = [metric for stat in stats if isinstance(metric := stat.get("Metric"), Mapping)]
    metrics = sorted({str(metric.get("MetricName", AFTER_APPLY)) for metric in found})
    periods = document.part("EvaluationPeriods") or 0
    threshold = document.part("Threshold")
    return EndpointAlarm(
        name,
        tuple(metrics) or (str(document.part("MetricName") or queries),),
        str(document.part("ComparisonOperator")),
        0.0 if threshold is None else threshold,
        document.part("DatapointsToAlarm") or periods,
        periods,
        document.part("Period") or max((stat.get("Period", 0) for stat in stats), default=0),
        states.get(name, ""),
    )


def _schedule(document: Document) -> ScheduledAction:
    def bound(member: str) -> Any:
        return document.part("ScalableTargetAction", member)

    return ScheduledAction(
        name=str(document.part("ScheduledActionName")),
        schedule=str(document.part("Schedule")),
        timezone=str(document.part("Timezone") or "UTC"),
        min=bound("MinCapacity"),
        max=bound("MaxCapacity"),
        start=_instant(document, "StartTime"),
        end=_instant(document, "EndTime"),
    )


def _instant(document: Document, member: str) -> datetime | None:
    """A time of the API (a datetime) or of Terraform (RFC 3339); in UTC where it has no time zone."""
    # Terraform's are computed where they are not configured.
    value = document.content.get(member)
    if value is None or value is UNKNOWN or isinstance(value, Hidden):
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            if document.to_show:
                return None
            raise EndpointError(f"{document.origin}: {member} is no point in time: {value!r}.") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _unknown(value: Any, path: str) -> Iterator[str]:
    if value is UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unknown(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _unknown(item, f"{path}[{index}]")


def _shown(value: Any) -> Any:
    """A value of a document that is shown: what is not known stands for itself, at any depth."""
    if value is UNKNOWN:
        return AFTER_APPLY
    if isinstance(value, Hidden):
        return NotKnown(value)
    if isinstance(value, Mapping):
        return {name: _shown(item) for name, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def _not_known_in(value: Any) -> Iterator[NotKnown]:
    if isinstance(value, NotKnown):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _not_known_in(item)
