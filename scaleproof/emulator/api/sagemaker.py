"""Answers SageMaker's calls about models, endpoint configurations and tags."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from scaleproof.emulator import Json
from scaleproof.emulator.api import paging, sagemaker_rules
from scaleproof.emulator.engine import container, faults
from scaleproof.emulator.engine.documents import containers_of, models_of, parse_tags, role_name
from scaleproof.emulator.engine.state import CONFIG, MODEL, Endpoint, Kind, Resource, Store
from scaleproof.emulator.errors import already_exists, model_data_not_readable, role_not_assumable, validation

PAGE = 100
"""The longest page of a listing (MaxResults of the service model)."""


def create_model(store: Store, request: Json) -> Json:
    """CreateModel."""
    sagemaker_rules.check_model(request, store.account)
    containers = containers_of(request)
    faults.of_containers(containers)
    container.of_containers(containers)
    require_new(store, MODEL, request)
    _check_role(store, request.get("ExecutionRoleArn"))
    _check_model_data(store, request)
    for described in containers:
        described.setdefault("Mode", "SingleModel")
    return _create(store, MODEL, request)


def create_endpoint_config(store: Store, request: Json) -> Json:
    """CreateEndpointConfig."""
    sagemaker_rules.check_config(request)
    require_new(store, CONFIG, request)
    variants = [{"InitialVariantWeight": 1.0, **variant} for variant in request["ProductionVariants"]]
    for variant in variants:
        for model in models_of(variant):
            store.find(MODEL, model)
    _check_role(store, request.get("ExecutionRoleArn"))
    return _create(store, CONFIG, {**request, "ProductionVariants": variants})


def require_new(store: Store, kind: Kind, request: Json) -> str:
    """The ARN that a request will make. Raises AwsError if its name is taken."""
    name = request[f"{kind.name}Name"]
    if name in store.resources_of(kind):
        raise already_exists(kind.noun, store.arn_of(kind, name))
    return store.arn_of(kind, name)


def _create(store: Store, kind: Kind, request: Json) -> Json:
    name, arn = request[f"{kind.name}Name"], store.arn_of(kind, request[f"{kind.name}Name"])
    members = {key: value for key, value in request.items() if key not in (f"{kind.name}Name", "Tags")}
    document = {"EnableNetworkIsolation": False, **members}
    store.resources_of(kind)[name] = Resource(document, name, arn, store.now())
    store.tag(arn, parse_tags(request.get("Tags")))
    return {f"{kind.name}Arn": arn}


def add_tags(store: Store, request: Json) -> Json:
    """AddTags."""
    arn = _taggable(store, request["ResourceArn"])
    store.tag(arn, parse_tags(request["Tags"]))
    return {"Tags": _tag_list(store, arn)}


def list_tags(store: Store, request: Json) -> Json:
    """ListTags."""
    return {"Tags": _tag_list(store, _taggable(store, request["ResourceArn"]))}


def delete_tags(store: Store, request: Json) -> Json:
    """DeleteTags."""
    tags = store.tags.get(_taggable(store, request["ResourceArn"]), {})
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def summary(kind: Kind, resource: Resource | Endpoint) -> Json:
    """The members that every answer about a resource has."""
    return {f"{kind.name}Name": resource.name, f"{kind.name}Arn": resource.arn, "CreationTime": resource.created}


def page(request: Json, kind: Kind, rows: list[Json]) -> Json:
    """One page of a listing, filtered and sorted as the request asks; newest first by default."""
    name = f"{kind.name}Name"
    key = {"Name": name, "Status": "EndpointStatus"}.get(request.get("SortBy", ""), "CreationTime")
    before, after = request.get("CreationTimeBefore"), request.get("CreationTimeAfter")
    matching = [
        row
        for row in rows
        if request.get("NameContains", "") in row[name]
        and request.get("StatusEquals") in (None, row.get("EndpointStatus"))
        and (before is None or row["CreationTime"] < before)
        and (after is None or row["CreationTime"] > after)
    ]
    matching.sort(key=lambda row: row[key], reverse=request.get("SortOrder", "Descending") == "Descending")
    return paging.page(request, f"{kind.name}s", matching, PAGE, "ValidationException")


def _check_role(store: Store, arn: str | None) -> None:
    if arn is None:
        return
    try:
        role = store.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except (ClientError, ParamValidationError):  # no such role, or no name behind the last slash
        raise role_not_assumable(arn) from None
    spread = store.injected.trusts(role["RoleName"])
    if role["Arn"] != arn or not spread or not _trusts_sagemaker(role["AssumeRolePolicyDocument"]):
        raise role_not_assumable(arn)


def _check_model_data(store: Store, request: Json) -> None:
    if store.injected.permits(role_name(request)):
        return
    for described in containers_of(request):
        sources = [described.get("ModelDataSource", {}), *described.get("AdditionalModelDataSources", ())]
        uris = [source["S3DataSource"]["S3Uri"] for source in sources if "S3DataSource" in source]
        if uri := described.get("ModelDataUrl") or next(iter(uris), None):
            raise model_data_not_readable(uri, request["ExecutionRoleArn"], store.region)


def _trusts_sagemaker(document: Any) -> bool:
    policy = json.loads(document) if isinstance(document, str) else document
    return any(
        statement["Effect"] == "Allow"
        and {"sts:AssumeRole", "sts:*", "*"} & set(_listed(statement.get("Action")))
        and "sagemaker.amazonaws.com" in _services(statement.get("Principal"))
        for statement in _listed(policy.get("Statement"))
    )


def _services(principal: Any) -> list[Any]:
    return _listed(principal.get("Service")) if isinstance(principal, dict) else []


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _taggable(store: Store, arn: str) -> str:
    if arn not in store.tags:
        raise validation(f"Could not find resource {arn}.")
    return arn


def _tag_list(store: Store, arn: str) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in store.tags.get(arn, {}).items()]


def _describe(kind: Kind, returned: Callable[[Store, Json], Json], store: Store, request: Json) -> Json:
    resource = store.find(kind, request[f"{kind.name}Name"])
    return {**summary(kind, resource), **returned(store, resource.document)}


def _delete(kind: Kind, store: Store, request: Json) -> Json:
    resource = store.find(kind, request[f"{kind.name}Name"])
    del store.resources_of(kind)[resource.name]
    store.tags.pop(resource.arn, None)
    return {}


def _list(kind: Kind, store: Store, request: Json) -> Json:
    return page(request, kind, [summary(kind, resource) for resource in store.resources_of(kind).values()])


# What the fault `rewritten` adds to documents, or leaves out of them. No public source says what AWS does.
_KEY = "KmsKeyId"
_METRICS: Json = {"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 60}
_VARIANT: Json = {
    "ContainerStartupHealthCheckTimeoutInSeconds": 600,
    "ModelDataDownloadTimeoutInSeconds": 3600,
    "RoutingConfig": {"RoutingStrategy": "RANDOM"},
}
_CONTAINER: Json = {"ImageConfig": {"RepositoryAccessMode": "Platform"}}


def _returned_config(store: Store, properties: Json) -> Json:
    """As DescribeEndpointConfig returns them: `rewritten` names keys by their ARN, and reverses a list without a
    meaningful order."""
    if not store.injected.asks("rewritten"):
        return properties
    variants = [{**_VARIANT, **variant} for variant in properties["ProductionVariants"]]
    described: Json = _by_arn(store, {**properties, "ProductionVariants": variants})
    if capture := described.get("DataCaptureConfig"):
        capture["CaptureOptions"].reverse()
    if metrics := described.get("MetricsConfig"):
        described["MetricsConfig"] = {name: value for name, value in metrics.items() if value != _METRICS.get(name)}
    return described


def _returned_model(store: Store, properties: Json) -> Json:
    if not store.injected.asks("rewritten"):
        return properties
    containers = [{**_CONTAINER, **container} for container in containers_of(properties)]
    if "PrimaryContainer" in properties:
        return {**properties, "PrimaryContainer": containers[0]}
    return {**properties, "Containers": containers}


def _by_arn(store: Store, value: Any) -> Any:
    if isinstance(value, list):
        return [_by_arn(store, element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: _key(store, element) if name == _KEY else _by_arn(store, element) for name, element in value.items()}


def _key(store: Store, key: str) -> str:
    """The ARN of a key that is given by id, by alias or by ARN."""
    if ":key/" in key:
        return key
    return store.arn("kms", f"key/{uuid.uuid5(uuid.NAMESPACE_URL, key)}")


describe_model = partial(_describe, MODEL, _returned_model)
describe_endpoint_config = partial(_describe, CONFIG, _returned_config)
# Endpoints that run a model keep running. A configuration in use can be deleted: AWS only advises against it.
delete_model, delete_endpoint_config = partial(_delete, MODEL), partial(_delete, CONFIG)
list_models, list_endpoint_configs = partial(_list, MODEL), partial(_list, CONFIG)
