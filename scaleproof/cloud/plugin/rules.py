"""What SageMaker refuses beyond its service model: relations between members, and rules about names.

Each rule raises ValidationException. Where the text has no public source, its wording is this project's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scaleproof.cloud.plugin import faults
from scaleproof.cloud.plugin.errors import validation
from scaleproof.cloud.plugin.state import Json
from scaleproof.scaling.fleet import Pool

_LOCAL_STORAGE = re.compile(r"ml\.(g4dn|g5|g6e?|g7e?|p4de?|p5e?|p5en|p6[\w-]*|trn1n?|trn2|dl1|[cmr]\d+g?d)\.")
"""Families with instance storage: the accelerated ones with NVMe, and those whose name ends in "d"."""


def pools_of(variant: Json) -> tuple[Pool, ...]:
    """The instance types of a ProductionVariant by priority; one InstanceType is a pool of priority 1."""
    if "InstancePools" in variant:
        pools = [Pool(pool["InstanceType"], pool["Priority"]) for pool in variant["InstancePools"]]
        return tuple(sorted(pools, key=lambda pool: pool.priority))
    return (Pool(variant["InstanceType"], 1),) if "InstanceType" in variant else ()


def containers_of(model: Json) -> list[Json]:
    """The containers of a model, as CreateModel takes them."""
    primary = [model["PrimaryContainer"]] if "PrimaryContainer" in model else []
    return [*primary, *model.get("Containers", [])]


def is_marketplace(container: Json, account: str) -> bool:
    """Whether a container runs a Marketplace product: any package of another account is taken for one."""
    package: str = container.get("ModelPackageName", "")
    return package.startswith("arn:") and package.split(":")[4] != account


def check_model(request: Json, account: str) -> None:
    """Rules of CreateModel: each container has an image or a package; Marketplace packages are isolated.

    Source of the latter: https://developers.deepgram.com/docs/deploy-amazon-sagemaker.
    """
    containers = containers_of(request)
    if "PrimaryContainer" in request and len(containers) > 1:
        raise validation("Both PrimaryContainer and Containers cannot be specified in the same request.")
    if not containers:
        raise validation("A model needs a PrimaryContainer or Containers.")
    for container in containers:
        package = container.get("ModelPackageName", "")
        if ("Image" in container) == bool(package):
            raise validation("A container needs exactly one of Image and ModelPackageName.")
        if package and ("ModelDataUrl" in container or "ModelDataSource" in container):
            raise validation("ModelDataUrl and ModelDataSource cannot be combined with ModelPackageName.")
        if is_marketplace(container, account) and not request.get("EnableNetworkIsolation"):
            raise validation(
                f"Model package {package} is a Marketplace product: EnableNetworkIsolation must be true."
            )
    faults.parse(container.get("Environment", {}).get(faults.VARIABLE, "") for container in containers)


def check_config(request: Json) -> None:
    """Rules of CreateEndpointConfig that need nothing but the request."""
    variants: Sequence[Json] = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise validation(f"Production variant names must be unique, not {names}.")
    for variant in [*variants, *request.get("ShadowProductionVariants", [])]:
        _check_variant(variant)
    types = [pool.instance_type for variant in variants for pool in pools_of(variant)]
    stored = [kind for kind in types if _LOCAL_STORAGE.match(kind)]
    if request.get("KmsKeyId") and stored:
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html, KmsKeyId
        raise validation(
            f"KmsKeyId cannot be used with {', '.join(stored)}: their local instance storage is encrypted by "
            "a hardware module on the instance."
        )
    if "AsyncInferenceConfig" in request:
        if any(variant.get("EnableSSMAccess") for variant in variants):
            raise validation("AsyncInferenceConfig cannot be combined with EnableSSMAccess.")
        if len(variants) > 1 or any("ServerlessConfig" in variant for variant in variants):
            raise validation("AsyncInferenceConfig needs exactly one production variant, on instances.")
        if request.get("ShadowProductionVariants"):
            raise validation("AsyncInferenceConfig cannot be combined with ShadowProductionVariants.")


def _check_variant(variant: Json) -> None:
    name = variant["VariantName"]
    kinds = [kind for kind in ("InstanceType", "InstancePools", "ServerlessConfig") if kind in variant]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise validation(
            f"Variant {name} needs exactly one of InstanceType, InstancePools and ServerlessConfig, "
            f"not {found}."
        )
    if "ManagedInstanceScaling" in variant and "ModelName" in variant:
        # hashicorp/terraform-provider-aws PR 45926
        raise validation("ManagedInstanceScaling is only supported for inference component endpoints.")
    if "ServerlessConfig" in variant:
        if "InitialInstanceCount" in variant:
            raise validation(f"Variant {name} is serverless and cannot have an InitialInstanceCount.")
        return
    if "ModelName" in variant and "InitialInstanceCount" not in variant:
        raise validation(f"Variant {name} needs an InitialInstanceCount.")
    pools = pools_of(variant)
    for what, values in (
        ("instance types", [pool.instance_type for pool in pools]),
        ("priorities", [pool.priority for pool in pools]),
    ):
        # Not among the documented rules; priorities that tie and types listed twice have no defined meaning.
        if len(set(values)) < len(values):
            raise validation(f"The {what} of variant {name}'s InstancePools must be unique, not {values}.")
