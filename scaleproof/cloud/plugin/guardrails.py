"""Deployment guardrails: which DeploymentConfig an endpoint takes.

The rules are those of the API reference (BlueGreenUpdatePolicy, TrafficRoutingConfig, RollingUpdatePolicy,
CapacitySize) and of https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html.
That page says of Marketplace containers and Inf1 that guardrails cannot be used and that the endpoint falls
back to all-at-once without baking; whether a request for more is refused or ignored it leaves open. Refused
is the stricter of the two. The texts have no public source; their wording is this project's own.

Whether the alarms of an AutoRollbackConfiguration have to exist is not documented, and not asked.
"""

from __future__ import annotations

from scaleproof.cloud.plugin.errors import validation
from scaleproof.cloud.plugin.state import Fleet, Json, Variant

_SIZES = {"CANARY": ("CanarySize", 0), "LINEAR": ("LinearStepSize", 10)}
"""By type of traffic routing: the member for its size, and the least it may be in percent."""


def check(deployment: Json | None, fleet: Fleet, old: Fleet | None = None) -> None:
    """Raises ValidationException where `fleet` cannot be deployed so, in place of `old` at an update."""
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
    """Whether it asks for no more than all at once."""
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
    wanted, low = _SIZES.get(kind, (None, 0))
    for member in ("CanarySize", "LinearStepSize"):
        if (member in routing) != (member == wanted):
            needs = f"needs {wanted} and no other size" if wanted else "takes no size"
            raise validation(f"Traffic routing of type {kind} {needs}.")
    if wanted:
        _check_size(wanted, routing[wanted], variants, low, 50)
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
    """Bounds are percent of a variant's instance count, whichever way the size is given."""
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
