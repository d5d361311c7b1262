"""What SageMaker refuses beyond its service model: relations between members, names, deployment guardrails.

Each rule raises ValidationException. If a text has no public source, its wording is this project's own.

The rules of guardrails are from the API reference (BlueGreenUpdatePolicy, TrafficRoutingConfig,
RollingUpdatePolicy, CapacitySize) and from
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html. That page says that
Marketplace containers and Inf1 cannot use guardrails and fall back to all-at-once without baking. It does not
say whether SageMaker refuses or ignores a request for more. The emulator refuses it, which is stricter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scaleproof.emulator import Json
from scaleproof.emulator.engine.documents import containers_of, is_marketplace, pools_of
from scaleproof.emulator.engine.state import Fleet, Variant
from scaleproof.emulator.errors import validation

LOCAL_STORAGE = re.compile(
    r"^ml\.(g4dn|g5|g6|g6e|g7|g7e|p4de?|p5[a-z]*|p6[a-z0-9-]*|trn[0-9][a-z]*|dl1|[cmr][0-9][a-z]*d[a-z]*)\."
)
"""Types with local NVMe storage. modules/endpoint/main.tf has the same expression, which a test compares."""


def check_model(request: Json, account: str) -> None:
    """Rules of CreateModel: each container has an image or a package, and Marketplace packages are isolated.

    Source of the second rule: https://developers.deepgram.com/docs/deploy-amazon-sagemaker. Those of private
    registries and several models are in the service model (ImageConfig, ModelDataSource) and on
    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-containers-inference-private.html.
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
            raise validation(f"Model package {package} is a Marketplace product: EnableNetworkIsolation must be true.")
        if container.get("Mode") == "MultiModel" and "ModelDataSource" in container:
            raise validation("ModelDataSource cannot be used for a multi-model endpoint.")
        _check_registry(container.get("ImageConfig", {}), "VpcConfig" in request)


def _check_registry(config: Json, in_vpc: bool) -> None:
    private = config.get("RepositoryAccessMode") == "Vpc"
    if private and not in_vpc:
        raise validation("RepositoryAccessMode Vpc needs a VpcConfig.")
    if "RepositoryAuthConfig" in config and not private:
        raise validation("RepositoryAuthConfig can be specified only with RepositoryAccessMode Vpc.")


def check_config(request: Json) -> None:
    """Rules of CreateEndpointConfig that need only the request."""
    variants: Sequence[Json] = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise validation(f"Production variant names must be unique, not {names}.")
    for variant in [*variants, *request.get("ShadowProductionVariants", [])]:
        _check_variant(variant)
    types = [pool.instance_type for variant in variants for pool in pools_of(variant)]
    stored = [kind for kind in types if LOCAL_STORAGE.match(kind)]
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
        present = " and ".join(kinds) or "none"
        raise validation(
            f"Variant {name} needs exactly one of InstanceType, InstancePools and ServerlessConfig, not {present}."
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
    for noun, values in (
        ("instance types", [pool.instance_type for pool in pools]),
        ("priorities", [pool.priority for pool in pools]),
    ):
        # Not a documented rule: equal priorities and repeated types have no defined meaning.
        if len(set(values)) < len(values):
            raise validation(f"The {noun} of variant {name}'s InstancePools must be unique, not {values}.")


_SIZES = {"CANARY": ("CanarySize", 0), "LINEAR": ("LinearStepSize", 10)}
"""By type of traffic routing: the member for its size, and the minimum in percent."""


def check_deployment(deployment: Json, fleet: Fleet, old: Fleet | None = None) -> None:
    """Raises ValidationException if `fleet` cannot be deployed so, in place of `old` at an update."""
    if not deployment:
        return
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise validation("A DeploymentConfig has a BlueGreenUpdatePolicy or a RollingUpdatePolicy, not both.")
    if old and old.variants.keys() != fleet.variants.keys():
        raise validation(
            f"A deployment with guardrails keeps the names of the variants: {sorted(old.variants)}, "
            f"not {sorted(fleet.variants)}."
        )
    variants = list(fleet.variants.values())
    for variant in variants:
        why = _excluded(variant)
        if why and not _is_plain(deployment):
            raise validation(
                f"Variant {variant.name} runs on {why}: it is deployed all at once, without a baking period "
                "and without alarms that roll back."
            )
    if blue_green:
        _check_blue_green(blue_green, variants)
    if rolling:
        _check_rolling(rolling, variants)


def _excluded(variant: Variant) -> str | None:
    if variant.marketplace:
        return "a Marketplace model package"
    return "Inf1" if any(pool.instance_type.startswith("ml.inf1.") for pool in variant.pools) else None


def _is_plain(deployment: Json) -> bool:
    """Whether it asks only for all at once."""
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    return (
        "RollingUpdatePolicy" not in deployment
        and not deployment.get("AutoRollbackConfiguration", {}).get("Alarms")
        and routing.get("Type", "ALL_AT_ONCE") == "ALL_AT_ONCE"
        and not routing.get("WaitIntervalInSeconds")
    )


def _check_blue_green(policy: Json, variants: list[Variant]) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    kind = routing["Type"]
    size, low = _SIZES.get(kind, (None, 0))
    for member in ("CanarySize", "LinearStepSize"):
        if (member in routing) != (member == size):
            needs = f"needs {size} and no other size" if size else "takes no size"
            raise validation(f"Traffic routing of type {kind} {needs}.")
    if size:
        _check_size(size, routing[size], variants, low, 50)
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    if limit is not None and limit <= waits:
        raise validation(
            f"MaximumExecutionTimeoutInSeconds {limit} must be more than the {waits} s of "
            "WaitIntervalInSeconds and TerminationWaitInSeconds together."
        )


def _check_rolling(policy: Json, variants: list[Variant]) -> None:
    if len(variants) > 1:
        raise validation("An endpoint with several variants cannot be updated with a RollingUpdatePolicy.")
    if not variants[0].pools:
        raise validation("A serverless endpoint cannot be updated with a RollingUpdatePolicy.")
    _check_size("MaximumBatchSize", policy["MaximumBatchSize"], variants, 5, 50)
    if "RollbackMaximumBatchSize" in policy:
        _check_size("RollbackMaximumBatchSize", policy["RollbackMaximumBatchSize"], variants, 0, 100)


def _check_size(member: str, size: Json, variants: list[Variant], low: int, high: int) -> None:
    """Bounds are percent of a variant's instance count, also for sizes in instances."""
    bounds = f"between {low} and {high} %" if low else f"at most {high} %"
    if size["Type"] == "CAPACITY_PERCENT":
        if not low <= size["Value"] <= high:
            raise validation(f"{member} must be {bounds}, not {size['Value']} %.")
        return
    for variant in variants:
        if variant.desired and not low <= 100 * size["Value"] / variant.desired <= high:
            raise validation(
                f"{member} must be {bounds} of the {variant.desired} instances of variant {variant.name}, "
                f"not {size['Value']} instances."
            )
