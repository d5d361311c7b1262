"""Reads the documents of models, configurations and deployments."""

from __future__ import annotations

import math

from scaleproof.emulator import Json
from scaleproof.scaling.endpoint import Pool


def containers_of(model: Json) -> list[Json]:
    """The containers of a model, as CreateModel takes them."""
    primary = [model["PrimaryContainer"]] if "PrimaryContainer" in model else []
    return [*primary, *model.get("Containers", [])]


def is_marketplace(container: Json, account: str) -> bool:
    """Whether a container runs a Marketplace product. Any package of another account counts as one."""
    package: str = container.get("ModelPackageName", "")
    return package.startswith("arn:") and package.split(":")[4] != account


def role_name(model: Json) -> str:
    """The name of a model's execution role, "" if it has none."""
    return str(model.get("ExecutionRoleArn", "")).rsplit("/", 1)[-1]


def pools_of(variant: Json) -> tuple[Pool, ...]:
    """The instance types of a ProductionVariant by priority; one InstanceType is a pool of priority 1."""
    if "InstancePools" in variant:
        pools = [Pool(pool["InstanceType"], pool["Priority"]) for pool in variant["InstancePools"]]
        return tuple(sorted(pools, key=lambda pool: pool.priority))
    return (Pool(variant["InstanceType"], 1),) if "InstanceType" in variant else ()


def models_of(variant: Json) -> list[str]:
    """The names of the models that a ProductionVariant runs: its own, and those of its instance pools."""
    pools = variant.get("InstancePools", [])
    names = [variant.get("ModelName"), *(pool.get("ModelNameOverride") for pool in pools)]
    return [name for name in names if name]


def rollback_alarms(deployment: Json) -> list[str]:
    """The names of the alarms that roll a DeploymentConfig back."""
    return [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]


def batch_size(deployment: Json, count: int) -> int:
    """The instances that a DeploymentConfig adds at a time to a variant of so many."""
    size = deployment.get("RollingUpdatePolicy", {}).get("MaximumBatchSize")
    if size is None:
        return count
    value: int = size["Value"]
    return math.ceil(count * value / 100) if size["Type"] == "CAPACITY_PERCENT" else value


def parse_tags(listed: list[Json] | None) -> dict[str, str]:
    """SageMaker's list of tags."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}
