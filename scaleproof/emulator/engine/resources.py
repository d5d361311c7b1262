"""Immutable records of what users create through the API, read from their documents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.engine.faults import FaultRule
from scaleproof.scaling.endpoint import Policy, Pool, ScheduledAction


@dataclass(frozen=True)
class Record:
    """A resource, with the document that Describe answers with. Its tags are in the store."""

    document: Json
    name: str
    arn: str
    created: datetime


@dataclass(frozen=True)
class Model(Record):
    """A model. `marketplace`: it runs a Marketplace product. `container`: the members of `Container` that
    it sets.
    """

    marketplace: bool
    faults: tuple[FaultRule, ...]
    container: Mapping[str, Any]

    @property
    def role(self) -> str:
        """The ARN of its execution role, "" if it has none."""
        return str(self.document.get("ExecutionRoleArn", ""))

    @property
    def image(self) -> str:
        """The image of its first container that has one."""
        return next((item["Image"] for item in containers_of(self.document) if "Image" in item), "")


@dataclass(frozen=True)
class ProductionVariant:
    """A variant of an endpoint configuration, with its initial weight and instance count."""

    name: str
    weight: float
    count: int
    pools: tuple[Pool, ...]
    models: tuple[str, ...]
    routing: str
    """RoutingStrategy."""


@dataclass(frozen=True)
class EndpointConfig(Record):
    """An endpoint configuration, whose variants have weights."""

    @cached_property
    def variants(self) -> tuple[ProductionVariant, ...]:
        """Its production variants."""
        return tuple(
            ProductionVariant(
                variant["VariantName"],
                variant["InitialVariantWeight"],
                variant.get("InitialInstanceCount", 0),
                pools_of(variant),
                models_of(variant),
                variant.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM"),
            )
            for variant in self.document["ProductionVariants"]
        )

    @property
    def output(self) -> Json | None:
        """The OutputConfig of an asynchronous endpoint, None for a real-time one."""
        output: Json | None = self.document.get("AsyncInferenceConfig", {}).get("OutputConfig")
        return output


@dataclass(frozen=True)
class PolicyRecord(Record):
    """A scaling policy; its document is the configuration. `alarms`: those that it made, ARNs by name."""

    alarms: Mapping[str, str]
    policy: Policy


@dataclass(frozen=True)
class ScheduledActionRecord(Record):
    """A scheduled action."""

    action: ScheduledAction


def containers_of(model: Json) -> list[Json]:
    """The containers of a model, as CreateModel takes them."""
    primary = [model["PrimaryContainer"]] if "PrimaryContainer" in model else []
    return [*primary, *model.get("Containers", [])]


def is_marketplace(container: Json, account: str) -> bool:
    """Whether a container runs a Marketplace product. Any package of another account counts as one."""
    package: str = container.get("ModelPackageName", "")
    return package.startswith("arn:") and package.split(":")[4] != account


def pools_of(variant: Json) -> tuple[Pool, ...]:
    """The instance types of a ProductionVariant by priority; one InstanceType is a pool of priority 1."""
    if "InstancePools" in variant:
        pools = [Pool(pool["InstanceType"], pool["Priority"]) for pool in variant["InstancePools"]]
        return tuple(sorted(pools, key=lambda pool: pool.priority))
    return (Pool(variant["InstanceType"], 1),) if "InstanceType" in variant else ()


def models_of(variant: Json) -> tuple[str, ...]:
    """The names of the models that a ProductionVariant runs: its own, and those of its instance pools."""
    pools = variant.get("InstancePools", [])
    names = [variant.get("ModelName"), *(pool.get("ModelNameOverride") for pool in pools)]
    return tuple(name for name in names if name)


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
