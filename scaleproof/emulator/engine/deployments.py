"""What an endpoint configuration becomes once deployed: variants, their instances, and how they are shown."""

from __future__ import annotations

from dataclasses import replace

from scaleproof.emulator.api.sagemaker_rules import containers_of, is_marketplace, pools_of
from scaleproof.emulator.engine import faults as injection
from scaleproof.emulator.engine import model_faults
from scaleproof.emulator.engine.state import Fleet, Json, Store, StoredResource, Variant
from scaleproof.scaling.endpoint import place


def build(store: Store, config: StoredResource) -> Fleet:
    """The fleet of a configuration, with nothing running yet."""
    variants = {}
    for spec in config.properties["ProductionVariants"]:
        pools = spec.get("InstancePools", [])
        names = [spec.get("ModelName"), *(pool.get("ModelNameOverride") for pool in pools)]
        models = [store.models[name] for name in names if name in store.models]
        containers = [container for model in models for container in containers_of(model.properties)]
        failing = [
            container.get("Environment", {}).get(model_faults.VARIABLE, "") for container in containers
        ]
        variants[spec["VariantName"]] = Variant(
            spec=spec,
            pools=pools_of(spec),
            weight=spec["InitialVariantWeight"],
            desired=spec.get("InitialInstanceCount", 0),
            faults=replace(model_faults.parse(failing), denied=_denied(store, models)),
            marketplace=any(is_marketplace(container, store.account) for container in containers),
        )
    return Fleet(config.name, config.properties, variants)


def _denied(store: Store, models: list[StoredResource]) -> str:
    """Why an image cannot be pulled: IAM has not spread the permissions of the model's role yet."""
    for model in models:
        role = model.properties.get("ExecutionRoleArn", "")
        images = [one["Image"] for one in containers_of(model.properties) if "Image" in one]
        if images and not injection.of(store.account).permits(role.rsplit("/", 1)[-1]):
            return model_faults.no_image(role, images[0])
    return ""


def retain(old: Fleet, new: Fleet, excluded: list[str]) -> None:
    """RetainAllVariantProperties: the live ones are taken over, but for the excluded VariantPropertyTypes."""
    for name in old.variants.keys() & new.variants.keys():
        if "DesiredInstanceCount" not in excluded:
            new.variants[name].desired = old.variants[name].desired
        if "DesiredWeight" not in excluded:
            new.variants[name].weight = old.variants[name].weight
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in old.config:
        new.config = {**new.config, "DataCaptureConfig": old.config["DataCaptureConfig"]}


def launch(fleet: Fleet, injected: model_faults.Faults) -> str | None:
    """Brings every variant to its desired count; where one cannot be, changes nothing and says why.

    `injected` goes wrong beside what the models of a variant want to go wrong.
    """
    placed = {}
    for name, variant in fleet.variants.items():

        def available(kind: str, variant: Variant = variant) -> int | None:
            running = variant.running.get(kind, 0)
            found = [one.available(kind, running) for one in (variant.faults, injected)]
            return min((count for count in found if count is not None), default=None)

        placed[name] = place(variant.pools, variant.running, variant.desired, available)
        if variant.pools and sum(placed[name].values()) < variant.desired:
            return model_faults.NO_CAPACITY
        if sum(placed[name].values()) <= variant.count:
            continue
        if variant.faults.denied:
            return variant.faults.denied
        if variant.faults.startup or injected.startup:
            return model_faults.unhealthy(name)
    for name, running in placed.items():
        fleet.variants[name].running = running
    return None


def summary(variant: Variant) -> Json:
    """A ProductionVariantSummary or a PendingProductionVariantSummary."""
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


def capture(config: Json | None) -> Json | None:
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
