"""SageMaker: endpoints, their fleets and the time their changes take."""

from __future__ import annotations

import os
import time

from scaleproof.cloud.plugin import policies, sagemaker
from scaleproof.cloud.plugin.errors import AwsError, already_exists, in_progress, not_found, validation
from scaleproof.cloud.plugin.rules import pools_of
from scaleproof.cloud.plugin.state import Endpoint, Fleet, Json, Named, Store, Variant, now
from scaleproof.scaling.fleet import place


def delay() -> float:
    """Seconds an endpoint stays Creating, Updating or Deleting: SCALEPROOF_ENDPOINT_SECONDS, default 0."""
    value = os.environ.get("SCALEPROOF_ENDPOINT_SECONDS") or "0"
    try:
        return float(value)
    except ValueError:
        message = f"SCALEPROOF_ENDPOINT_SECONDS must be a number of seconds, not {value!r}."
        raise AwsError("InternalFailure", message, 501) from None


def settle(store: Store) -> None:
    """Completes every change whose time has come; called before each operation instead of by a timer."""
    for endpoint in list(store.endpoints.values()):
        if endpoint.status in ("Creating", "Updating", "Deleting") and endpoint.busy_until <= time.time():
            _complete(store, endpoint)


def create_endpoint(store: Store, request: Json) -> Json:
    """CreateEndpoint."""
    name = request["EndpointName"]
    arn = store.arn("sagemaker", f"endpoint/{name}")
    if name in store.endpoints:
        raise already_exists("endpoint", arn)
    config = sagemaker.find_config(store, request["EndpointConfigName"])
    time_ = now()
    endpoint = Endpoint(name, arn, time_, time_, _fleet(config), deployment=request.get("DeploymentConfig"))
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
        "DataCaptureConfig": _capture(fleet.config.get("DataCaptureConfig")),
    }
    if endpoint.status != "Creating":
        result["ProductionVariants"] = [_summary(variant) for variant in fleet.variants.values()]
    if endpoint.pending:
        result["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.pending.config_name,
            "StartTime": endpoint.modified,
            "ProductionVariants": [_summary(variant) for variant in endpoint.pending.variants.values()],
        }
    return {key: value for key, value in result.items() if value is not None}


def update_endpoint(store: Store, request: Json) -> Json:
    """UpdateEndpoint.

    Refused while a scalable target is registered for a variant that loses or changes its instance types.
    RetainAllVariantProperties keeps the live counts and weights, else those of the new configuration win.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    endpoint = _ready(store, request["EndpointName"])
    fleet = _fleet(sagemaker.find_config(store, request["EndpointConfigName"]))
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
        _retain(endpoint.fleet, fleet, excluded)
    if not request.get("RetainDeploymentConfig"):
        endpoint.deployment = request.get("DeploymentConfig")
    endpoint.pending = fleet
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
    if endpoint.status in ("Creating", "Updating", "Deleting"):
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


def find(store: Store, name: str) -> Endpoint:
    """The endpoint of that name; raises AwsError if there is none."""
    if name not in store.endpoints:
        raise not_found("endpoint", store.arn("sagemaker", f"endpoint/{name}"))
    return store.endpoints[name]


def _ready(store: Store, name: str) -> Endpoint:
    endpoint = find(store, name)
    if endpoint.status in ("Creating", "Updating", "Deleting"):
        raise in_progress(endpoint.arn)
    return endpoint


def _start(store: Store, endpoint: Endpoint, status: str) -> None:
    endpoint.status = status
    endpoint.modified = now()
    endpoint.busy_until = time.time() + delay()
    settle(store)


def _complete(store: Store, endpoint: Endpoint) -> None:
    if endpoint.status == "Deleting":
        del store.endpoints[endpoint.name]
        store.tags.pop(endpoint.arn, None)
        store.backlog = [job for job in store.backlog if job.endpoint != endpoint.name]
        return
    endpoint.fleet, endpoint.pending = endpoint.pending or endpoint.fleet, None
    for variant in endpoint.fleet.variants.values():
        variant.running = place(variant.pools, variant.running, variant.desired)
    endpoint.status = "InService"
    endpoint.modified = now()


def _fleet(config: Named) -> Fleet:
    variants = {}
    for spec in config.properties["ProductionVariants"]:
        variants[spec["VariantName"]] = Variant(
            spec=spec,
            pools=pools_of(spec),
            weight=spec["InitialVariantWeight"],
            desired=spec.get("InitialInstanceCount", 0),
        )
    return Fleet(config.name, config.properties, variants)


def _retain(old: Fleet, new: Fleet, excluded: list[str]) -> None:
    for name in old.variants.keys() & new.variants.keys():
        if "DesiredInstanceCount" not in excluded:
            new.variants[name].desired = old.variants[name].desired
        if "DesiredWeight" not in excluded:
            new.variants[name].weight = old.variants[name].weight
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in old.config:
        new.config = {**new.config, "DataCaptureConfig": old.config["DataCaptureConfig"]}


def _summary(variant: Variant) -> Json:
    result: Json = {
        "VariantName": variant.name,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
    }
    serverless = variant.spec.get("ServerlessConfig")
    if serverless:
        return {**result, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    result |= {"CurrentInstanceCount": variant.count, "DesiredInstanceCount": variant.desired}
    if "InstancePools" in variant.spec:
        result["InstancePools"] = [
            {
                "InstanceType": pool.instance_type,
                "CurrentInstanceCount": variant.running.get(pool.instance_type, 0),
            }
            for pool in variant.pools
        ]
    kept = ("ManagedInstanceScaling", "RoutingConfig")
    return result | {key: variant.spec[key] for key in kept if key in variant.spec}


def _capture(config: Json | None) -> Json | None:
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
