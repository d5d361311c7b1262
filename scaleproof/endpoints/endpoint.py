"""From the API's documents of one endpoint to the `Endpoint` that scaling decides on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scaleproof import bounds
from scaleproof.endpoints.alarms import alarms
from scaleproof.endpoints.checks import check_documents
from scaleproof.endpoints.documents import (
    AFTER_APPLY,
    Document,
    Documents,
    EndpointError,
    NotKnown,
    PolicyDocuments,
    not_known_in,
    unknown,
)
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
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import CONFIGURATIONS, STEP, TRACKING, parse_alarm, parse_policy
from scaleproof.scaling.target_tracking import CUSTOM_PERIOD, TargetTracking
from scaleproof.terraform.sensitive import Hidden
from scaleproof.translation.values import UNKNOWN

_METRIC = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")


def endpoint(documents: Documents) -> Endpoint:
    """The endpoint of its documents. Raises ScaleproofError for what cannot be read or AWS refuses."""
    if not documents.variant.to_show:
        check_documents(documents)
    target = _target(documents) if documents.target else None
    found = Endpoint(
        name=documents.name,
        variant=documents.variant.part("VariantName"),
        kind=Kind.ASYNC if documents.is_async else Kind.REALTIME,
        pools=_pools(documents),
        initial=_initial(documents, target),
        target=target,
        max_concurrent_invocations=documents.max_concurrent_invocations,
        provision_timeout=_provision_timeout(documents.variant),
        status=documents.status,
        instances=documents.counts,
    )
    return replace(found, alarms=tuple(alarms(found, documents.alarms, documents.states)))


def _initial(documents: Documents, target: ScalableTarget | None) -> int:
    if documents.count is not None:
        return documents.count
    count = documents.variant.part("InitialInstanceCount")
    return _whole(count) if count else max(target.min if target else 1, 1)


def _provision_timeout(variant: Document) -> float | None:
    # Terraform calls it unknown where it is not configured, as the API might fill it in.
    given = variant.content.get("VariantInstanceProvisionTimeoutInSeconds")
    return None if given is None or given is UNKNOWN or isinstance(given, Hidden) else float(given)


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
        suspended=Suspended(**{name: suspended.get(member) is True for member, name in SUSPENDED.items()}),
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
    if hidden := next(not_known_in([configuration.get(member) for member in _METRIC]), None):
        stands = {"Namespace": "", "MetricName": hidden, "Statistic": ""}
        configuration = {**configuration, _METRIC[0]: None, _METRIC[1]: stands}
    if kind != TRACKING and (hidden := next(not_known_in(configuration.get("StepAdjustments")), None)):
        configuration = {**configuration, "StepAdjustments": [{"ScalingAdjustment": hidden}]}
    alarms = {}
    for alarm in invoking:
        settings = _settings(alarm)
        if next(not_known_in(settings), None) is None:
            with suppress(ScaleproofError):  # an alarm of a kind that is not modelled
                alarms[str(alarm.part("AlarmName"))] = parse_alarm(settings)
    try:
        return parse_policy(name, kind, configuration, alarms)
    except ScaleproofError:  # for a choice that is not known
        return _not_known(name, next(not_known_in(configuration), AFTER_APPLY))


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
    """A time of the API, which has a time zone, or of Terraform (RFC 3339), which is UTC without one."""
    # Terraform's are computed where they are not configured.
    value = document.content.get(member)
    if value is None or value is UNKNOWN or isinstance(value, Hidden):
        return None
    if isinstance(value, str):
        try:
            return bounds.instant(value, UTC)
        except ValueError as error:
            if document.to_show:
                return None
            raise EndpointError(f"{document.origin}: {member} is {value!r}; expected is {error}.") from None
    moment: datetime = value
    return moment
