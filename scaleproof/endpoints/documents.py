"""From the API's documents of one endpoint to the `Endpoint` that scaling decides on.

A document is what the API takes and describes: the names and nesting of CreateEndpointConfig,
RegisterScalableTarget, PutScalingPolicy, PutScheduledAction and PutMetricAlarm. Values that Terraform knows
only after an apply are `UNKNOWN` in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import (
    Endpoint,
    Kind,
    Policy,
    Pool,
    ScalableTarget,
    ScheduledAction,
    Suspended,
)
from scaleproof.scaling.parsing import CONFIGURATIONS, STEP, parse_alarm, parse_policy
from scaleproof.translation.values import UNKNOWN

_LISTED = 6
"""How many unknown values an error names before it only counts them."""


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


@dataclass(frozen=True)
class Document:
    """One document and where it comes from, for errors: an address in Terraform, or a name of the API's."""

    origin: str
    content: Mapping[str, Any]

    def part(self, *path: str) -> Any:
        """The value at a path of members, None where one of them is missing.

        Raises EndpointError where it, or anything in it, is known only after an apply, or sensitive.
        """
        value: Any = self.content
        for index, member in enumerate(path):
            if value is UNKNOWN:
                raise unknown([f"{self.origin}: {'.'.join(path[:index])}"])
            value = None if value is None else value.get(member)
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
    """All documents of one variant. `counts`: instances that it has now, None where there are none yet.

    `limits`: what one instance of a type sustains (requests in flight), as far as somebody has said so.
    """

    name: str
    variant: Document
    is_async: bool
    max_concurrent_invocations: int | None = None
    count: int | None = None
    target: Document | None = None
    policies: tuple[PolicyDocuments, ...] = ()
    schedules: tuple[Document, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


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
    pools = _pools(documents)
    return Endpoint(
        name=documents.name,
        variant=documents.variant.part("VariantName"),
        kind=Kind.ASYNC if documents.is_async else Kind.REALTIME,
        pools=pools,
        initial=_initial(documents, target),
        target=target,
        max_concurrent_invocations=documents.max_concurrent_invocations,
    )


def _initial(documents: Documents, target: ScalableTarget | None) -> int:
    if documents.count is not None:
        return documents.count
    count = documents.variant.part("InitialInstanceCount")
    return int(count) if count else max(target.min if target else 1, 1)


def _pools(documents: Documents) -> tuple[Pool, ...]:
    variant, limits = documents.variant, documents.limits
    # Terraform calls the one of the two that is not configured unknown, as the API might fill it in.
    given = variant.content.get("InstancePools")
    if given is not UNKNOWN and given:
        pools = [
            Pool(pool["InstanceType"], int(pool["Priority"]), limits.get(pool["InstanceType"]))
            for pool in (
                {name: Document(variant.origin, item).part(name) for name in ("InstanceType", "Priority")}
                for item in given
            )
        ]
        return tuple(sorted(pools, key=lambda pool: pool.priority))
    only = variant.content.get("InstanceType")
    if only is not UNKNOWN and only:
        return (Pool(only, 1, limits.get(only)),)
    if only is UNKNOWN or given is UNKNOWN:
        raise unknown([f"{variant.origin}: the instance types"])
    raise EndpointError(
        f"{variant.origin} names no instance type.",
        advice="Serverless variants and inference components are not modelled.",
    )


def _target(documents: Documents) -> ScalableTarget:
    target = documents.target
    assert target is not None
    state = target.part("SuspendedState") or {}
    return ScalableTarget(
        min=int(target.part("MinCapacity")),
        max=int(target.part("MaxCapacity")),
        policies=tuple(_policy(item) for item in documents.policies),
        schedules=tuple(_schedule(item) for item in documents.schedules),
        suspended=Suspended(
            scale_in=bool(state.get("DynamicScalingInSuspended")),
            scale_out=bool(state.get("DynamicScalingOutSuspended")),
            scheduled=bool(state.get("ScheduledScalingSuspended")),
        ),
    )


def _policy(documents: PolicyDocuments) -> Policy:
    document = documents.policy
    name, kind = document.part("PolicyName"), document.part("PolicyType") or STEP
    member = CONFIGURATIONS.get(kind)
    if member is None:
        raise EndpointError(f"{document.origin} is of type {kind}, which SageMaker does not offer.")
    configuration = document.part(member)
    if configuration is None:
        raise EndpointError(f"{document.origin} is of type {kind} but has no {member}.")
    alarms = {alarm.part("AlarmName"): parse_alarm(_alarm(alarm)) for alarm in documents.alarms}
    return parse_policy(name, kind, configuration, alarms)


def _alarm(document: Document) -> dict[str, Any]:
    """What bears on the state of an alarm: neither actions nor tags, and nothing that is left to the API."""
    skipped = {"AlarmActions", "OKActions", "InsufficientDataActions", "AlarmDescription", "Tags"}
    defaults = {"EvaluateLowSampleCountPercentile"}  # computed where it is not configured
    return {
        name: document.part(name)
        for name, value in document.content.items()
        if name not in skipped and not (name in defaults and value is UNKNOWN)
    }


def _schedule(document: Document) -> ScheduledAction:
    action = document.part("ScalableTargetAction") or {}
    return ScheduledAction(
        name=document.part("ScheduledActionName"),
        schedule=document.part("Schedule"),
        timezone=document.part("Timezone") or "UTC",
        min=action.get("MinCapacity"),
        max=action.get("MaxCapacity"),
        start=_instant(document, "StartTime"),
        end=_instant(document, "EndTime"),
    )


def _instant(document: Document, member: str) -> datetime | None:
    """A time of the API (a datetime) or of Terraform (RFC 3339); in UTC where it has no time zone."""
    # Terraform's are computed where they are not configured.
    value = document.content.get(member)
    if value is None or value is UNKNOWN:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
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
