"""Answers SageMaker's calls that create, describe, update, list and delete endpoints."""

from __future__ import annotations

from scaleproof.emulator import Json, without_none
from scaleproof.emulator.api import sagemaker, sagemaker_rules
from scaleproof.emulator.engine import deployments, targets
from scaleproof.emulator.engine.documents import parse_tags
from scaleproof.emulator.engine.state import CONFIG, ENDPOINT, Endpoint, Store, Variant
from scaleproof.emulator.errors import validation


def create_endpoint(store: Store, request: Json) -> Json:
    """CreateEndpoint."""
    name, arn = request["EndpointName"], sagemaker.require_new(store, ENDPOINT, request)
    fleet = deployments.build(store, store.find(CONFIG, request["EndpointConfigName"]))
    deployment = request.get("DeploymentConfig", {})
    sagemaker_rules.check_deployment(deployment, fleet)
    deployments.require_alarms(store, deployment)
    deployments.require_quota(store, deployments.instances(fleet))
    time = store.now()
    endpoint = Endpoint(name, arn, time, time, fleet, deployment=deployment)
    store.endpoints[name] = endpoint
    store.tag(arn, parse_tags(request.get("Tags")))
    deployments.start(store, endpoint, "Creating")
    return {"EndpointArn": arn}


def describe_endpoint(store: Store, request: Json) -> Json:
    """DescribeEndpoint."""
    endpoint: Endpoint = store.find(ENDPOINT, request["EndpointName"])
    fleet, pending = endpoint.fleet, endpoint.pending
    result = {
        **_summary(store, endpoint),
        "EndpointConfigName": fleet.config.name,
        "FailureReason": endpoint.failure,
        "LastDeploymentConfig": endpoint.deployment or None,
        **{member: fleet.config.document.get(member) for member in _SHOWN},
        "DataCaptureConfig": _capture(fleet.capturing.document.get("DataCaptureConfig")),
    }
    if endpoint.status not in ("Creating", "Failed"):
        result["ProductionVariants"] = [_variant(variant) for variant in fleet.variants.values()]
    if pending:
        result["PendingDeploymentSummary"] = {
            "EndpointConfigName": pending.config.name,
            "StartTime": endpoint.modified,
            "ProductionVariants": [_variant(variant) for variant in pending.variants.values()],
        }
    return without_none(result)


def update_endpoint(store: Store, request: Json) -> Json:
    """UpdateEndpoint: to a new fleet, or back to the old one if the new one fails (see `faults`).

    Refused while a scalable target is registered for a variant that is removed or changes its instance types.
    RetainAllVariantProperties keeps the live counts and weights. Otherwise the new configuration sets them.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    endpoint = deployments.ready(store, request["EndpointName"])
    fleet = deployments.build(store, store.find(CONFIG, request["EndpointConfigName"]))
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
            excluded_property["VariantPropertyType"]
            for excluded_property in request.get("ExcludeRetainedVariantProperties", [])
        ]
        deployments.retain(endpoint.fleet, fleet, excluded)
    deployment = request.get("DeploymentConfig", {})
    if request.get("RetainDeploymentConfig"):
        deployment = endpoint.deployment
    sagemaker_rules.check_deployment(deployment, fleet, endpoint.fleet)
    deployments.require_alarms(store, deployment)
    deployments.require_quota(store, deployments.instances(fleet, deployment))
    endpoint.pending, endpoint.deployment = fleet, deployment
    deployments.start(store, endpoint, "Updating")
    return {"EndpointArn": endpoint.arn}


def update_endpoint_weights_and_capacities(store: Store, request: Json) -> Json:
    """UpdateEndpointWeightsAndCapacities."""
    endpoint = deployments.set_desired(store, request["EndpointName"], request["DesiredWeightsAndCapacities"])
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(store: Store, request: Json) -> Json:
    """DeleteEndpoint. Scalable targets of its variants are deregistered as well.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
    """
    endpoint: Endpoint = store.find(ENDPOINT, request["EndpointName"])
    deployments.require_idle(store, endpoint)
    for target in store.targets_of(endpoint.name):
        targets.deregister(store, target)
    deployments.start(store, endpoint, "Deleting")
    return {}


def list_endpoints(store: Store, request: Json) -> Json:
    """ListEndpoints."""
    rows = [_summary(store, endpoint) for endpoint in store.endpoints.values()]
    return sagemaker.page(request, ENDPOINT, rows)


_SHOWN = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig")
"""Members of the endpoint configuration that DescribeEndpoint repeats."""


def _summary(store: Store, endpoint: Endpoint) -> Json:
    return {
        **sagemaker.summary(ENDPOINT, endpoint),
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": "SystemUpdating" if deployments.is_maintained(store, endpoint) else endpoint.status,
    }


def _variant(variant: Variant) -> Json:
    """A ProductionVariantSummary or a PendingProductionVariantSummary."""
    result: Json = {
        "VariantName": variant.name,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
    }
    if serverless := variant.document.get("ServerlessConfig"):
        return {**result, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    result |= {"CurrentInstanceCount": variant.count, "DesiredInstanceCount": variant.desired}
    if "InstancePools" in variant.document:
        result["InstancePools"] = [
            {
                "InstanceType": pool.instance_type,
                "CurrentInstanceCount": variant.running.get(pool.instance_type, 0),
            }
            for pool in variant.pools
        ]
    optional = ("ManagedInstanceScaling", "RoutingConfig")
    return result | {key: variant.document[key] for key in optional if key in variant.document}


def _capture(config: Json | None) -> Json | None:
    """The DataCaptureConfigSummary of a DataCaptureConfig."""
    if config is None:
        return None
    enabled = config.get("EnableCapture", False)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
