"""SageMaker's documents, parsed into what the engine works on."""

from __future__ import annotations

from scaleproof.emulator import Json
from scaleproof.emulator.api import container_rules, fault_rules
from scaleproof.emulator.engine import resources
from scaleproof.emulator.engine.state import now
from scaleproof.scaling.endpoint import Pool


def parse_model(document: Json, name: str, arn: str, account: str) -> resources.Model:
    """A model. Raises ValidationException for fault rules and containers that are not valid."""
    containers = containers_of(document)
    return resources.Model(
        document,
        name,
        arn,
        now(),
        role=document.get("ExecutionRoleArn", ""),
        image=next((container["Image"] for container in containers if "Image" in container), ""),
        marketplace=any(is_marketplace(container, account) for container in containers),
        faults=tuple(fault_rules.of_containers(containers)),
        container=container_rules.of_containers(containers),
    )


def containers_of(model: Json) -> list[Json]:
    """The containers of a model, as CreateModel takes them."""
    primary = [model["PrimaryContainer"]] if "PrimaryContainer" in model else []
    return [*primary, *model.get("Containers", [])]


def is_marketplace(container: Json, account: str) -> bool:
    """Whether a container runs a Marketplace product. Any package of another account counts as one."""
    package: str = container.get("ModelPackageName", "")
    return package.startswith("arn:") and package.split(":")[4] != account


def parse_config(document: Json, name: str, arn: str) -> resources.EndpointConfig:
    """An endpoint configuration, whose variants have weights."""
    return resources.EndpointConfig(
        document,
        name,
        arn,
        now(),
        tuple(_variant(variant) for variant in document["ProductionVariants"]),
        _inference(document["AsyncInferenceConfig"]) if "AsyncInferenceConfig" in document else None,
        "DataCaptureConfig" in document,
    )


def _variant(variant: Json) -> resources.ProductionVariant:
    return resources.ProductionVariant(
        variant["VariantName"],
        variant["InitialVariantWeight"],
        variant.get("InitialInstanceCount", 0),
        pools_of(variant),
        tuple(models_of(variant)),
        variant.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM"),
    )


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


def _inference(config: Json) -> resources.AsyncInference:
    output = config["OutputConfig"]
    topics = output.get("NotificationConfig", {})
    return resources.AsyncInference(
        output.get("S3OutputPath"),
        output.get("S3FailurePath"),
        topics.get("SuccessTopic"),
        topics.get("ErrorTopic"),
        tuple(topics.get("IncludeInferenceResponseIn", ())),
    )


def parse_deployment(document: Json | None) -> resources.Deployment | None:
    """A DeploymentConfig."""
    if document is None:
        return None
    alarms = document.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    batch = document.get("RollingUpdatePolicy", {}).get("MaximumBatchSize")
    return resources.Deployment(
        document,
        tuple(alarm["AlarmName"] for alarm in alarms),
        resources.BatchSize(int(batch["Value"]), batch["Type"] == "CAPACITY_PERCENT") if batch else None,
    )


def parse_tags(listed: list[Json] | None) -> dict[str, str]:
    """SageMaker's list of tags."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}
