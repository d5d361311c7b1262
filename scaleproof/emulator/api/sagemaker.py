"""SageMaker: models, endpoint configurations, model packages and tags."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.emulator.api import paging, rewriting, sagemaker_rules
from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.deployments import containers_of, models_of
from scaleproof.emulator.engine.state import Json, Store, StoredResource, now
from scaleproof.emulator.errors import (
    already_exists,
    model_data_not_readable,
    role_not_assumable,
    validation,
)

PAGE = 100
"""The longest page of a listing (MaxResults of the service model)."""


def create_model(store: Store, request: Json) -> Json:
    """CreateModel."""
    name = request["ModelName"]
    arn = store.arn("sagemaker", f"model/{name}")
    sagemaker_rules.check_model(request, store.account)
    if name in store.models:
        raise already_exists("model", arn)
    _check_role(store, request.get("ExecutionRoleArn"))
    _check_model_data(store, request)
    properties = _without(request, "ModelName", "Tags")
    for container in containers_of(properties):
        container.setdefault("Mode", "SingleModel")
    properties.setdefault("EnableNetworkIsolation", False)
    store.models[name] = StoredResource(name, arn, now(), properties)
    store.tag(arn, request.get("Tags"))
    return {"ModelArn": arn}


def describe_model(store: Store, request: Json) -> Json:
    """DescribeModel."""
    model = store.find_model(request["ModelName"])
    return {
        "ModelName": model.name,
        "ModelArn": model.arn,
        "CreationTime": model.created,
        **rewriting.model(store, model.properties),
    }


def delete_model(store: Store, request: Json) -> Json:
    """DeleteModel. Endpoints that run the model keep running."""
    model = store.find_model(request["ModelName"])
    del store.models[model.name]
    store.tags.pop(model.arn, None)
    return {}


def list_models(store: Store, request: Json) -> Json:
    """ListModels."""
    rows = [
        {"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created}
        for model in store.models.values()
    ]
    return page(request, "Models", "ModelName", rows)


def create_endpoint_config(store: Store, request: Json) -> Json:
    """CreateEndpointConfig."""
    name = request["EndpointConfigName"]
    arn = store.arn("sagemaker", f"endpoint-config/{name}")
    sagemaker_rules.check_config(request)
    if name in store.configs:
        raise already_exists("endpoint configuration", arn)
    for variant in request["ProductionVariants"]:
        for model in models_of(variant):
            store.find_model(model)
    _check_role(store, request.get("ExecutionRoleArn"))
    properties = _without(request, "EndpointConfigName", "Tags")
    properties["ProductionVariants"] = [
        {"InitialVariantWeight": 1.0, **variant} for variant in request["ProductionVariants"]
    ]
    properties.setdefault("EnableNetworkIsolation", False)
    store.configs[name] = StoredResource(name, arn, now(), properties)
    store.tag(arn, request.get("Tags"))
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(store: Store, request: Json) -> Json:
    """DescribeEndpointConfig."""
    config = store.find_config(request["EndpointConfigName"])
    return {
        "EndpointConfigName": config.name,
        "EndpointConfigArn": config.arn,
        "CreationTime": config.created,
        **rewriting.config(store, config.properties),
    }


def delete_endpoint_config(store: Store, request: Json) -> Json:
    """DeleteEndpointConfig. One in use can be deleted: AWS only asks not to."""
    config = store.find_config(request["EndpointConfigName"])
    del store.configs[config.name]
    store.tags.pop(config.arn, None)
    return {}


def list_endpoint_configs(store: Store, request: Json) -> Json:
    """ListEndpointConfigs."""
    rows = [
        {"EndpointConfigName": config.name, "EndpointConfigArn": config.arn, "CreationTime": config.created}
        for config in store.configs.values()
    ]
    return page(request, "EndpointConfigs", "EndpointConfigName", rows)


def describe_model_package(store: Store, request: Json) -> Json:
    """DescribeModelPackage: any package ARN is one that is subscribed to and approved."""
    arn = request["ModelPackageName"]
    if not arn.startswith("arn:"):
        arn = store.arn("sagemaker", f"model-package/{arn}")
    return {
        "ModelPackageName": arn.split("/")[1],
        "ModelPackageArn": arn,
        "CreationTime": now(),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "CertifyForMarketplace": arn.split(":")[4] != store.account,
    }


def add_tags(store: Store, request: Json) -> Json:
    """AddTags."""
    arn = _taggable(store, request["ResourceArn"])
    store.tag(arn, request["Tags"])
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


def page(request: Json, result: str, name: str, rows: list[Json]) -> Json:
    """One page of a listing, filtered and sorted as the request asks; newest first by default."""
    key = name if request.get("SortBy") == "Name" else "CreationTime"
    if request.get("SortBy") == "Status":
        key = "EndpointStatus"
    before, after = request.get("CreationTimeBefore"), request.get("CreationTimeAfter")
    found = [
        row
        for row in rows
        if request.get("NameContains", "") in row[name]
        and request.get("StatusEquals") in (None, row.get("EndpointStatus"))
        and (before is None or row["CreationTime"] < before)
        and (after is None or row["CreationTime"] > after)
    ]
    found.sort(key=lambda row: row[key], reverse=request.get("SortOrder", "Descending") == "Descending")
    return paging.page(request, result, found, PAGE, "ValidationException")


def _check_role(store: Store, arn: str | None) -> None:
    if arn is None:
        return
    try:
        role = store.client("iam").get_role(RoleName=arn.rsplit("/", 1)[1])["Role"]
    except ClientError:
        raise role_not_assumable(arn) from None
    spread = faults.of_account(store.account).trusts(role["RoleName"])
    if role["Arn"] != arn or not spread or not _trusts_sagemaker(role["AssumeRolePolicyDocument"]):
        raise role_not_assumable(arn)


def _check_model_data(store: Store, request: Json) -> None:
    arn = request.get("ExecutionRoleArn", "")
    if faults.of_account(store.account).permits(arn.rsplit("/", 1)[-1]):
        return
    for container in containers_of(request):
        if "ModelDataUrl" in container:
            raise model_data_not_readable(container["ModelDataUrl"], arn, store.region)


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


def _without(request: Json, *names: str) -> Json:
    return {key: value for key, value in request.items() if key not in names}
