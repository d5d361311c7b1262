"""Reads endpoints from the API as they are now, with calls that only read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints.documents import Document, Documents, EndpointError, PolicyDocuments, endpoint
from scaleproof.endpoints.terraform import alarms_in, recorded, watched
from scaleproof.errors import FailedError
from scaleproof.localstack.connection import Connection
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.target_tracking import called
from scaleproof.terraform.state import State

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service: `Connection.client`, or that of a boto3 session."""
Answer = Mapping[str, Any]


def from_api(clients: Clients, names: Iterable[str] | None = None) -> list[Endpoint]:
    """The endpoints in `names`, or all of an account in alphabetical order; one entry for each variant.

    Calls ListEndpoints, DescribeEndpoint, DescribeEndpointConfig, DescribeScalableTargets,
    DescribeScalingPolicies, DescribeScheduledActions and DescribeAlarms. What one instance sustains is
    nowhere in the API: `max_concurrency` is None throughout. Raises EndpointError,
    FailedError where the API cannot be read.
    """
    return list(map(endpoint, documents_of(clients, names)))


def endpoint_of(clients: Clients, name: str) -> Endpoint:
    """The endpoint of a name, as from `from_api`. Raises EndpointError where it has several variants as well."""
    variants = from_api(clients, [name])
    check_one_variant(name, [endpoint.variant for endpoint in variants])
    return variants[0]


def check_one_variant(name: str, variants: Sequence[str]) -> None:
    """Raises EndpointError where an endpoint has not exactly one production variant."""
    if len(variants) != 1:
        raise EndpointError(
            f"{name} has {len(variants)} variants: {', '.join(variants) or 'none'}.",
            advice="Name an endpoint that has one.",
        )


def documents_of(clients: Clients, names: Iterable[str] | None = None) -> list[Documents]:
    """The documents of the same endpoints. Raises as `from_api`."""
    with describing("endpoints"):
        reader = _Reader(clients)
        names = endpoint_names(clients) if names is None else names
        return [documents for name in names for documents in reader.documents(name)]


@contextmanager
def describing(subject: str) -> Iterator[None]:
    """Raises EndpointError for an endpoint that is not there, FailedError where the API cannot be read."""
    try:
        yield
    except ClientError as error:
        kind = EndpointError if error.response["Error"]["Code"] == "ValidationException" else FailedError
        raise kind(f"The API refuses to describe {subject}: {str(error).rstrip('.')}.") from error
    except BotoCoreError as error:
        raise FailedError(f"The API cannot be read: {error}.") from error


def scope(endpoint: str, variant: str) -> dict[str, str]:
    """The members that name the scalable target of a variant in calls of Application Auto Scaling."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def scalable_target(scaling: Any, endpoint: str, variant: str) -> Answer | None:
    """The scalable target of a variant; None if nothing scales it. `scaling`: the boto3 client."""
    own = scope(endpoint, variant)
    targets = pages(
        scaling,
        "describe_scalable_targets",
        "ScalableTargets",
        ServiceNamespace=own["ServiceNamespace"],
        ResourceIds=[own["ResourceId"]],
        ScalableDimension=own["ScalableDimension"],
    )
    return next(iter(targets), None)


def pages(client: Any, operation: str, member: str, **request: Any) -> list[Any]:
    """The elements of all pages of an operation."""
    answers = client.get_paginator(operation).paginate(**request)
    return [resource for page in answers for resource in page[member]]


def applied(connection: Connection, state: State) -> list[tuple[Documents, Documents]]:
    """The documents of each endpoint of a state, first to be shown, then as the API has them now.

    Only a state knows what is sensitive and what an instance sustains: the first are the state's with status,
    counts and alarm states from the API, the second are the API's with the state's limits. They are in the
    order of the names. Raises as `from_api`.
    """
    pairs = []
    for entry, variants in recorded(state):
        region = entry.values["endpoint_arn"].split(":")[3]
        live = documents_of(replace(connection, region=region).client, [entry.values["endpoint_name"]])
        for documents, now in zip(variants, live, strict=False):
            shown = replace(documents, status=now.status, count=now.count, counts=now.counts, states=now.states)
            pairs.append((shown, replace(now, limits=documents.limits)))
    return pairs


def endpoint_names(clients: Clients) -> list[str]:
    """The names of all endpoints of an account, in alphabetical order. Raises what boto3 raises."""
    return sorted(endpoint["EndpointName"] for endpoint in pages(clients("sagemaker"), "list_endpoints", "Endpoints"))


def describe(clients: Clients, name: str) -> Answer:
    """DescribeEndpoint. Raises EndpointError for an endpoint that is not there, else what boto3 raises."""
    try:
        answer: Answer = clients("sagemaker").describe_endpoint(EndpointName=name)
        return answer
    except ClientError as error:
        # SageMaker answers so to a name without an endpoint, and to one that no endpoint can have.
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise EndpointError(f"There is no endpoint {name}.", advice=_others(clients)) from error


def _others(clients: Clients) -> str:
    try:
        known = endpoint_names(clients)
    except (ClientError, BotoCoreError):
        return "Check another account or region."
    if not known:
        return "There are no endpoints. Check the account and the region."
    return f"Known endpoints: {', '.join(known)}. Or check another account or region."


class _Reader:
    """The API of one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def documents(self, name: str) -> Iterator[Documents]:
        """The documents of each variant of an endpoint."""
        sagemaker = self._clients("sagemaker")
        described = describe(self._clients, name)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        live = {variant["VariantName"]: variant for variant in described.get("ProductionVariants", ())}
        for variant in config["ProductionVariants"]:
            current = live.get(variant["VariantName"], {})
            yield self._documents(name, described["EndpointStatus"], config, variant, current)

    def _documents(self, name: str, status: str, config: Answer, variant: Answer, live: Answer) -> Documents:
        scaling = self._clients("application-autoscaling")
        origin, own = f"The endpoint {name}", scope(name, variant["VariantName"])
        target = scalable_target(scaling, name, variant["VariantName"])
        policies = pages(scaling, "describe_scaling_policies", "ScalingPolicies", **own)
        schedules = pages(scaling, "describe_scheduled_actions", "ScheduledActions", **own)
        asynchronous = config.get("AsyncInferenceConfig")
        alarms = self._alarms_of(name, policies)
        return Documents(
            name=name,
            variant=Document(origin, variant),
            client=None if asynchronous is None else Document(origin, asynchronous.get("ClientConfig", {})),
            count=live.get("DesiredInstanceCount", live.get("CurrentInstanceCount")),
            counts=_counts(variant, live),
            target=Document(f"The scalable target {own['ResourceId']}", target) if target else None,
            policies=tuple(self._policy(policy) for policy in policies),
            schedules=tuple(
                Document(f"The scheduled action {entry['ScheduledActionName']}", entry) for entry in schedules
            ),
            status=status,
            alarms=tuple(map(_alarm, alarms)),
            states={alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms} | self._made_by(policies),
        )

    @cached_property
    def _alarms(self) -> tuple[list[Answer], list[Answer]]:
        """All metric alarms, and all composite alarms."""
        both = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        listed = self._clients("cloudwatch").get_paginator("describe_alarms").paginate(**both)
        answers = [(page.get("MetricAlarms", ()), page.get("CompositeAlarms", ())) for page in listed]
        return [alarm for metric, _ in answers for alarm in metric], [
            alarm for _, composite in answers for alarm in composite
        ]

    def _policy(self, policy: Answer) -> PolicyDocuments:
        document = Document(f"The policy {policy['PolicyName']}", policy)
        if policy["PolicyType"] != "StepScaling":
            return PolicyDocuments(document)
        return PolicyDocuments(document, tuple(_alarm(alarm) for alarm in self._alarms[0] if _invokes(alarm, policy)))

    def _alarms_of(self, name: str, policies: list[Answer]) -> list[Answer]:
        """The alarms on an endpoint but those that target tracking makes."""
        tracking_arns = {
            alarm["AlarmARN"]
            for policy in policies
            for alarm in policy.get("Alarms", ())
            if policy["PolicyType"] == "TargetTrackingScaling"
        }
        metric, composite = self._alarms
        metric_alarms = [
            alarm
            for alarm in metric
            if alarm["AlarmArn"] not in tracking_arns
            and (name in watched(alarm) or any(_invokes(alarm, policy) for policy in policies))
        ]
        names = {alarm["AlarmName"] for alarm in metric_alarms}
        return [*metric_alarms, *(alarm for alarm in composite if alarms_in(alarm["AlarmRule"]) & names)]

    def _made_by(self, policies: list[Answer]) -> dict[str, str]:
        """The states of the alarms that target tracking has made, by policy and AlarmHigh or AlarmLow."""
        states = {alarm["AlarmArn"]: alarm["StateValue"] for alarm in self._alarms[0]}
        return {
            name: states[alarm["AlarmARN"]]
            for policy in policies
            for alarm in policy.get("Alarms", ())
            if (name := called(policy["PolicyName"], alarm["AlarmName"])) and alarm["AlarmARN"] in states
        }


def _alarm(alarm: Answer) -> Document:
    return Document(f"The alarm {alarm['AlarmName']}", alarm)


def _invokes(alarm: Answer, policy: Answer) -> bool:
    return policy["PolicyARN"] in alarm.get("AlarmActions", ()) and alarm.get("ActionsEnabled", True)


def _counts(variant: Answer, live: Answer) -> dict[str, int]:
    """Instances by type, as far as the API tells."""
    if "InstancePools" not in variant:
        count = live.get("CurrentInstanceCount")
        return {} if count is None else {variant["InstanceType"]: count}
    pools = live.get("InstancePools", ())
    return {pool["InstanceType"]: pool["CurrentInstanceCount"] for pool in pools if "CurrentInstanceCount" in pool}
