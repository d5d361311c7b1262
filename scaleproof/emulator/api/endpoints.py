"""SageMaker: endpoints, their fleets and the time their changes take."""

from __future__ import annotations

import os
import time
from collections import Counter

from scaleproof.emulator.api import policies, quotas, sagemaker, sagemaker_rules
from scaleproof.emulator.delay import VARIABLE, seconds
from scaleproof.emulator.engine import deployments, model_faults
from scaleproof.emulator.engine import faults as injection
from scaleproof.emulator.engine.state import EndpointRecord, Json, Store, now
from scaleproof.emulator.errors import AwsError, already_exists, in_progress, not_found, validation


def delay() -> float:
    """Seconds an endpoint stays Creating, Updating or Deleting: SCALEPROOF_ENDPOINT_SECONDS, default 0."""
    try:
        return seconds(os.environ.get(VARIABLE))
    except ValueError as error:
        raise AwsError("InternalFailure", str(error), 501) from None


def settle(store: Store) -> None:
    """Completes every change whose time has come; called before each operation instead of by a timer."""
    for endpoint in list(store.endpoints.values()):
        if endpoint.busy and endpoint.busy_until <= time.time():
            _complete(store, endpoint)


def create_endpoint(store: Store, request: Json) -> Json:
    """CreateEndpoint."""
    name = request["EndpointName"]
    arn = store.arn("sagemaker", f"endpoint/{name}")
    if name in store.endpoints:
        raise already_exists("endpoint", arn)
    fleet = deployments.build(store, sagemaker.find_config(store, request["EndpointConfigName"]))
    deployment = request.get("DeploymentConfig")
    sagemaker_rules.check(deployment, fleet)
    quotas.require(store, quotas.instances(fleet))
    time_ = now()
    endpoint = EndpointRecord(name, arn, time_, time_, fleet, deployment=deployment)
    store.endpoints[name] = endpoint
    sagemaker.tag(store, arn, request.get("Tags"))
    _start(store, endpoint, "Creating")
    return {"EndpointArn": arn}


def describe_endpoint(store: Store, request: Json) -> Json:
    """DescribeEndpoint."""
    endpoint = find(store, request["EndpointName"])
    fleet = endpoint.fleet
    result = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": fleet.config_name,
        "EndpointStatus": endpoint.status,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "FailureReason": endpoint.failure,
        "LastDeploymentConfig": endpoint.deployment,
        "AsyncInferenceConfig": fleet.config.get("AsyncInferenceConfig"),
        "ExplainerConfig": fleet.config.get("ExplainerConfig"),
        "MetricsConfig": fleet.config.get("MetricsConfig"),
        "DataCaptureConfig": deployments.capture(fleet.config.get("DataCaptureConfig")),
    }
    if endpoint.status not in ("Creating", "Failed"):
        result["ProductionVariants"] = [deployments.summary(variant) for variant in fleet.variants.values()]
    if endpoint.pending:
        result["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.pending.config_name,
            "StartTime": endpoint.modified,
            "ProductionVariants": [
                deployments.summary(variant) for variant in endpoint.pending.variants.values()
            ],
        }
    return {key: value for key, value in result.items() if value is not None}


def update_endpoint(store: Store, request: Json) -> Json:
    """UpdateEndpoint: to a new fleet, or back to the old one where that does not come up (see `faults`).

    Refused while a scalable target is registered for a variant that loses or changes its instance types.
    RetainAllVariantProperties keeps the live counts and weights, else those of the new configuration win.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    endpoint = _ready(store, request["EndpointName"])
    fleet = deployments.build(store, sagemaker.find_config(store, request["EndpointConfigName"]))
    bound = [
        name
        for name in [target.variant for target in store.targets_of(endpoint.name)]
        if name not in fleet.variants or fleet.variants[name].pools != endpoint.fleet.variants[name].pools
    ]
    if bound:
        # The wording is this project's own: AWS's has no public source.
        raise validation(
            f"The variants {bound} of endpoint {endpoint.name} must be deregistered as scalable targets "
            "before they can be removed or their instance types updated."
        )
    if request.get("RetainAllVariantProperties"):
        excluded = [
            item["VariantPropertyType"] for item in request.get("ExcludeRetainedVariantProperties", [])
        ]
        deployments.retain(endpoint.fleet, fleet, excluded)
    retained = request.get("RetainDeploymentConfig")
    deployment = endpoint.deployment if retained else request.get("DeploymentConfig")
    sagemaker_rules.check(deployment, fleet, endpoint.fleet)
    quotas.require(store, quotas.instances(fleet, deployment))
    endpoint.pending, endpoint.deployment = fleet, deployment
    _start(store, endpoint, "Updating")
    return {"EndpointArn": endpoint.arn}


def update_endpoint_weights_and_capacities(store: Store, request: Json) -> Json:
    """UpdateEndpointWeightsAndCapacities."""
    endpoint = _ready(store, request["EndpointName"])
    changes = request["DesiredWeightsAndCapacities"]
    for change in changes:
        if change["VariantName"] not in endpoint.fleet.variants:
            raise validation(f'Endpoint "{endpoint.arn}" has no variant {change["VariantName"]}.')
        if change.get("DesiredInstanceCount") == 0 and not endpoint.is_async:
            raise validation(f"Variant {change['VariantName']} of a real-time endpoint needs an instance.")
    more: Counter[str] = Counter()
    for change in changes:
        variant = endpoint.fleet.variants[change["VariantName"]]
        added = change.get("DesiredInstanceCount", variant.desired) - variant.desired
        more.update({pool.instance_type: max(added, 0) for pool in variant.pools})
    quotas.require(store, more)
    for change in changes:
        variant = endpoint.fleet.variants[change["VariantName"]]
        variant.weight = change.get("DesiredWeight", variant.weight)
        variant.desired = change.get("DesiredInstanceCount", variant.desired)
    _start(store, endpoint, "Updating")
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(store: Store, request: Json) -> Json:
    """DeleteEndpoint. Scalable targets of its variants are deregistered on the caller's behalf.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
    """
    endpoint = find(store, request["EndpointName"])
    if endpoint.busy:
        raise in_progress(endpoint.arn)
    for target in store.targets_of(endpoint.name):
        policies.deregister(store, target)
    _start(store, endpoint, "Deleting")
    return {}


def list_endpoints(store: Store, request: Json) -> Json:
    """ListEndpoints."""
    rows = [
        {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
            "EndpointStatus": endpoint.status,
        }
        for endpoint in store.endpoints.values()
    ]
    return sagemaker.page(request, "Endpoints", "EndpointName", rows)


def find(store: Store, name: str) -> EndpointRecord:
    """The endpoint of that name; raises AwsError if there is none."""
    if name not in store.endpoints:
        raise not_found("endpoint", store.arn("sagemaker", f"endpoint/{name}"))
    return store.endpoints[name]


def _ready(store: Store, name: str) -> EndpointRecord:
    endpoint = find(store, name)
    if endpoint.busy:
        raise in_progress(endpoint.arn)
    if endpoint.status == "Failed":
        # See EndpointStatus; the wording is this project's own.
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
        raise validation(f'Cannot update failed endpoint "{endpoint.arn}": it can only be deleted.')
    return endpoint


def _start(store: Store, endpoint: EndpointRecord, status: str) -> None:
    endpoint.status, endpoint.failure = status, None
    endpoint.modified = now()
    endpoint.busy_until = time.time() + delay()
    settle(store)


def _complete(store: Store, endpoint: EndpointRecord) -> None:
    if endpoint.status == "Deleting":
        del store.endpoints[endpoint.name]
        store.tags.pop(endpoint.arn, None)
        store.backlog = [job for job in store.backlog if job.endpoint != endpoint.name]
        return
    created, pending = endpoint.status == "Creating", endpoint.pending
    endpoint.pending, endpoint.modified = None, now()
    injected = injection.of(store.account).deployments
    problem = deployments.launch(pending or endpoint.fleet, injected) or (
        _alarm(store, endpoint) if pending else None
    )
    endpoint.status = "Failed" if created and problem else "InService"
    if problem is None:
        endpoint.fleet = pending or endpoint.fleet
        return
    endpoint.failure = None if pending and (pending.silent or injected.silent) else problem
    if not created and not pending:  # more instances than can be had: the count goes back as well
        for variant in endpoint.fleet.variants.values():
            variant.desired = variant.count


def _alarm(store: Store, endpoint: EndpointRecord) -> str | None:
    """Why the alarms of a deployment's AutoRollbackConfiguration demand a rollback, if they do.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    rollback = (endpoint.deployment or {}).get("AutoRollbackConfiguration", {})
    names = [alarm["AlarmName"] for alarm in rollback.get("Alarms", [])]
    if not names:
        return None
    found = store.client("cloudwatch").describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    tripped = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]
    return model_faults.alarmed(tripped) if tripped else None
