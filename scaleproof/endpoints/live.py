"""Endpoints as the API describes them now; nothing but reads is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints.documents import Document, Documents, EndpointError, PolicyDocuments, endpoint
from scaleproof.errors import FailedError
from scaleproof.scaling.endpoint import Endpoint

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service: `Connection.client`, or that of a boto3 session."""


def from_api(clients: Clients, names: Iterable[str] | None = None) -> list[Endpoint]:
    """The endpoints in `names`, or all of an account in alphabetical order; one entry for each variant.

    Calls ListEndpoints, DescribeEndpoint, DescribeEndpointConfig, DescribeScalableTargets,
    DescribeScalingPolicies, DescribeScheduledActions and DescribeAlarms. What one instance sustains is
    nowhere in the API: `max_concurrency` is None throughout. Raises EndpointError,
    FailedError where the API cannot be read.
    """
    try:
        sagemaker = clients("sagemaker")
        wanted = list(names) if names is not None else None
        if wanted is None:
            pages = sagemaker.get_paginator("list_endpoints").paginate()
            wanted = sorted(item["EndpointName"] for page in pages for item in page["Endpoints"])
        return [found for name in wanted for found in _endpoints(clients, sagemaker, name)]
    except ClientError as error:
        # An endpoint that is not there is a validation error of SageMaker's; everything else is a failure.
        kind = EndpointError if error.response["Error"]["Code"] == "ValidationException" else FailedError
        raise kind(f"The API refuses to describe endpoints: {str(error).rstrip('.')}.") from error
    except BotoCoreError as error:
        raise FailedError(f"The API cannot be read: {error}.") from error


def _endpoints(clients: Clients, sagemaker: Any, name: str) -> list[Endpoint]:
    described = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    live = {variant["VariantName"]: variant for variant in described.get("ProductionVariants", ())}
    return [
        endpoint(_documents(clients, name, variant, live.get(variant["VariantName"], {}), config))
        for variant in config["ProductionVariants"]
    ]


def _documents(
    clients: Clients,
    name: str,
    variant: Mapping[str, Any],
    live: Mapping[str, Any],
    config: Mapping[str, Any],
) -> Documents:
    resource_id = f"endpoint/{name}/variant/{variant['VariantName']}"
    scaling = clients("application-autoscaling")
    targets = scaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[resource_id], ScalableDimension=DIMENSION
    )["ScalableTargets"]
    scope = {"ServiceNamespace": NAMESPACE, "ResourceId": resource_id, "ScalableDimension": DIMENSION}
    policies = _pages(scaling, "describe_scaling_policies", "ScalingPolicies", scope)
    schedules = _pages(scaling, "describe_scheduled_actions", "ScheduledActions", scope)
    client = config.get("AsyncInferenceConfig", {}).get("ClientConfig", {})
    return Documents(
        name=name,
        variant=Document(f"The endpoint {name}", variant),
        is_async="AsyncInferenceConfig" in config,
        max_concurrent_invocations=client.get("MaxConcurrentInvocationsPerInstance"),
        count=live.get("DesiredInstanceCount", live.get("CurrentInstanceCount")),
        target=Document(f"The scalable target {resource_id}", targets[0]) if targets else None,
        policies=tuple(_policy(clients, policy) for policy in policies),
        schedules=tuple(
            Document(f"The scheduled action {item['ScheduledActionName']}", item) for item in schedules
        ),
    )


def _pages(client: Any, operation: str, member: str, scope: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    pages = client.get_paginator(operation).paginate(**scope)
    return [item for page in pages for item in page[member]]


def _policy(clients: Clients, policy: Mapping[str, Any]) -> PolicyDocuments:
    document = Document(f"The policy {policy['PolicyName']}", policy)
    if policy["PolicyType"] != "StepScaling":
        return PolicyDocuments(document)
    pages = clients("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    alarms = tuple(
        Document(f"The alarm {alarm['AlarmName']}", alarm)
        for page in pages
        for alarm in page["MetricAlarms"]
        if policy["PolicyARN"] in alarm.get("AlarmActions", ()) and alarm.get("ActionsEnabled", True)
    )
    return PolicyDocuments(document, alarms)
