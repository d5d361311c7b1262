"""The API's documents of an endpoint, and the `Endpoint` that scaling decides on, which is made of them.

A document is what the API takes and describes: the names and nesting of CreateEndpointConfig,
RegisterScalableTarget, PutScalingPolicy, PutScheduledAction, PutMetricAlarm and PutCompositeAlarm. In it,
`UNKNOWN` stands for what Terraform knows only after an apply, and `HIDDEN` for a sensitive number or block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaleproof.errors import ScaleproofError
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
from scaleproof.terraform.sensitive import Hidden
from scaleproof.times import instant
from scaleproof.translation.values import UNKNOWN, change_leaves, leaves, place

AFTER_APPLY = "(known after apply)"
"""The text that is shown for `UNKNOWN`."""
_LISTED = 6
"""How many unknown values an error names before it only counts them."""


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


@dataclass(frozen=True)
class Document:
    """One document and where it comes from, for errors: an address in Terraform, or a name in the API."""

    origin: str
    content: Mapping[str, Any]

    def part(self, *path: str) -> Any:
        """The value at a path of members, None where one of them is missing.

        Raises EndpointError where it, or anything in it, is known only after an apply, or sensitive.
        """
        value: Any = self.content  # may be UNKNOWN itself
        for member in path:
            if isinstance(value, Mapping):
                value = value.get(member)
        names = [place((*path, *inner)) for inner, leaf in leaves(value) if not is_known(leaf)]
        if names:
            raise unknown([f"{self.origin}: {name}" for name in names])
        return value


@dataclass(frozen=True)
class PolicyDocuments:
    """A scaling policy with the alarms that invoke it; target tracking makes its own, which are not here."""

    policy: Document
    alarms: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Documents:
    """All documents of one variant.

    `client`: AsyncInferenceConfig's ClientConfig, None for a real-time endpoint. `count`: instances that it
    is to have now, None where there are none yet. `counts`: instances by type, as far as the API tells.
    `limits`: what one instance of a type sustains (requests in flight), as far as somebody has said so.
    `alarms`: all on the endpoint but those that target tracking makes. `states`: those of alarms by name; an
    alarm of target tracking is named after its policy, as in "policy: AlarmHigh". `refusal`: why the engine
    cannot have this endpoint, where its documents do not even show what belongs to it.
    """

    name: str
    variant: Document
    client: Document | None = None
    count: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    target: Document | None = None
    policies: tuple[PolicyDocuments, ...] = ()
    schedules: tuple[Document, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    alarms: tuple[Document, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    refusal: EndpointError | None = None


def unknown(names: Iterable[str]) -> EndpointError:
    """The error for values that a plan does not know or must not show."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return EndpointError(
        f"Known only after an apply, or sensitive: {', '.join(listed[:_LISTED])}{more}.",
        advice="Use a value that is known at plan and not sensitive.",
    )


def is_known(value: Any) -> bool:
    """Whether a value is neither UNKNOWN nor HIDDEN; what is in it may be."""
    return value is not UNKNOWN and not isinstance(value, Hidden)


def shown(value: Any) -> Any:
    """A value with texts for UNKNOWN and HIDDEN, at any depth."""
    return change_leaves(value, lambda leaf: AFTER_APPLY if leaf is UNKNOWN else leaf)


def endpoint(documents: Documents) -> Endpoint:
    """The endpoint of its documents. Raises ScaleproofError for what cannot be read or AWS refuses."""
    if documents.refusal:
        raise documents.refusal
    target = _target(documents, documents.target) if documents.target else None
    client = documents.client
    # Terraform calls it unknown where it is not configured, as the API might fill it in.
    timeout = documents.variant.content.get("VariantInstanceProvisionTimeoutInSeconds")
    return Endpoint(
        name=documents.name,
        variant=documents.variant.part("VariantName"),
        kind=Kind.ASYNC if client else Kind.REALTIME,
        pools=_pools(documents),
        initial=_initial(documents, target),
        target=target,
        max_concurrent_invocations=client.part("MaxConcurrentInvocationsPerInstance") if client else None,
        provision_timeout=float(timeout) if timeout is not None and is_known(timeout) else None,
        status=documents.status,
        instances=documents.counts,
    )


def _initial(documents: Documents, target: ScalableTarget | None) -> int:
    if documents.count is not None and target is None:
        return documents.count
    count = documents.variant.part("InitialInstanceCount")
    return int(count) if count else max(target.min if target else 1, 1)


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
        raise EndpointError(f"{document.origin} is of type {kind}, which SageMaker does not support.")
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
            return instant(value, UTC)
        except ValueError as error:
            raise EndpointError(f"{document.origin}: {member} is {value!r}; expected is {error}.") from None
    moment: datetime = value
    return moment
