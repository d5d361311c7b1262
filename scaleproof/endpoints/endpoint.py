"""Turns the API's documents of an endpoint into the `Endpoint` that scaling decides on, or refuses them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scaleproof import bounds
from scaleproof.endpoints.checks import check_documents
from scaleproof.endpoints.documents import (
    Document,
    Documents,
    EndpointError,
    PolicyDocuments,
    is_known,
    unknown,
)
from scaleproof.scaling.endpoint import (
    SUSPENDED,
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


def endpoint(documents: Documents) -> Endpoint:
    """The endpoint of its documents. Raises ScaleproofError for what cannot be read or AWS refuses."""
    if documents.refusal:
        raise documents.refusal
    check_documents(documents)
    target = _target(documents, documents.target) if documents.target else None
    client = documents.client
    return Endpoint(
        name=documents.name,
        variant=documents.variant.part("VariantName"),
        kind=Kind.ASYNC if client else Kind.REALTIME,
        pools=_pools(documents),
        initial=_initial(documents, target),
        target=target,
        max_concurrent_invocations=client.part("MaxConcurrentInvocationsPerInstance") if client else None,
        provision_timeout=_provision_timeout(documents.variant),
        status=documents.status,
        instances=documents.counts,
    )


def _initial(documents: Documents, target: ScalableTarget | None) -> int:
    if documents.count is not None:
        return documents.count
    count = documents.variant.part("InitialInstanceCount")
    return int(count) if count else max(target.min if target else 1, 1)


def _provision_timeout(variant: Document) -> float | None:
    # Terraform calls it unknown where it is not configured, as the API might fill it in.
    timeout = variant.content.get("VariantInstanceProvisionTimeoutInSeconds")
    return float(timeout) if timeout is not None and is_known(timeout) else None


def _pools(documents: Documents) -> tuple[Pool, ...]:
    variant, limits = documents.variant, documents.limits
    # Terraform calls the one of the two that is not configured unknown, as the API might fill it in.
    contents, instance_type = variant.content.get("InstancePools"), variant.content.get("InstanceType")
    if isinstance(contents, list) and contents:
        pools = []
        for content in contents:
            document = Document(variant.origin, content)
            kind = document.part("InstanceType")
            pools.append(Pool(str(kind), int(document.part("Priority")), limits.get(kind)))
        return tuple(sorted(pools, key=lambda pool: pool.priority))
    if not is_known(instance_type) or (instance_type is None and not is_known(contents)):
        raise unknown([f"{variant.origin}: the instance types"])
    if isinstance(instance_type, str):
        return (Pool(instance_type, 1, limits.get(instance_type)),)
    raise EndpointError(
        f"{variant.origin} names no instance type.",
        advice="Serverless variants and inference components are not modelled.",
    )


def _target(documents: Documents, target: Document) -> ScalableTarget:
    suspended = target.part("SuspendedState") or {}
    return ScalableTarget(
        min=int(target.part("MinCapacity")),
        max=int(target.part("MaxCapacity")),
        policies=tuple(map(policy, documents.policies)),
        schedules=tuple(map(_schedule, documents.schedules)),
        suspended=Suspended(**{name: suspended.get(member) is True for member, name in SUSPENDED.items()}),
    )


def policy(documents: PolicyDocuments) -> Policy:
    """The policy of its documents. Raises ScaleproofError for what cannot be read or AWS refuses."""
    document = documents.policy
    name, kind = document.part("PolicyName"), document.part("PolicyType") or STEP
    member = CONFIGURATIONS.get(kind)
    if member is None:
        raise EndpointError(f"{document.origin} is of type {kind}, which SageMaker does not offer.")
    configuration = document.part(member)
    if configuration is None:
        raise EndpointError(f"{document.origin} is of type {kind} but has no {member}.")
    alarms = {alarm.part("AlarmName"): parse_alarm(_settings(alarm)) for alarm in documents.alarms}
    return parse_policy(name, kind, configuration, alarms)


def _settings(document: Document) -> dict[str, Any]:
    """What bears on the state of an alarm: neither actions nor tags, and nothing that is left to the API."""
    skipped = {"AlarmActions", "OKActions", "InsufficientDataActions", "AlarmDescription", "Tags"}
    defaults = {"EvaluateLowSampleCountPercentile"}  # computed where it is not configured
    return {
        name: document.part(name)
        for name, value in document.content.items()
        if name not in skipped and not (name in defaults and value is UNKNOWN)
    }


def _schedule(document: Document) -> ScheduledAction:
    return ScheduledAction(
        name=str(document.part("ScheduledActionName")),
        schedule=str(document.part("Schedule")),
        timezone=str(document.part("Timezone") or "UTC"),
        min=document.part("ScalableTargetAction", "MinCapacity"),
        max=document.part("ScalableTargetAction", "MaxCapacity"),
        start=_instant(document, "StartTime"),
        end=_instant(document, "EndTime"),
    )


def _instant(document: Document, member: str) -> datetime | None:
    """A time of the API, which has a time zone, or of Terraform (RFC 3339), which is UTC without one."""
    # Terraform's are computed where they are not configured.
    value = document.content.get(member)
    if value is None or not is_known(value):
        return None
    if isinstance(value, str):
        try:
            return bounds.instant(value, UTC)
        except ValueError as error:
            raise EndpointError(f"{document.origin}: {member} is {value!r}; expected is {error}.") from None
    moment: datetime = value
    return moment
