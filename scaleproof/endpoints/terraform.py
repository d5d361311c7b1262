"""From Terraform's resources to the API's documents: what plans and states have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scaleproof.endpoints.documents import (
    Document,
    Documents,
    EndpointError,
    PolicyDocuments,
    endpoint,
    unknown,
)
from scaleproof.endpoints.references import Place
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.translation import aws_requests
from scaleproof.translation.cloudformation import to_document
from scaleproof.translation.schema import load
from scaleproof.translation.values import UNKNOWN

ENDPOINT, CONFIG = "awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"
TARGET, POLICY = "aws_appautoscaling_target", "aws_appautoscaling_policy"
SCHEDULE, ALARM = "aws_appautoscaling_scheduled_action", "aws_cloudwatch_metric_alarm"
POOLS = "terraform_data.instance_pools"
"""Where the module says what one instance of each type sustains, beside the endpoint itself."""

_OTHER = ("aws_sagemaker_endpoint", "aws_sagemaker_endpoint_configuration")


@dataclass(frozen=True)
class Item:
    """A resource instance with its values; what only an apply will tell is UNKNOWN in them.

    `shown`: the same without what is sensitive: a text says so, anything else is UNKNOWN. What belongs
    together is found by `values`, and what is known of it is what is shown.
    """

    address: str
    type: str
    values: Mapping[str, Any]
    shown: Mapping[str, Any]


Names = Callable[[Item, str, Item], bool]
"""Whether an argument of the first resource names the second one, though its value is not known."""


def endpoints(items: Iterable[Item], names: Names, where: str) -> list[Endpoint]:
    """The endpoints among the resources of a plan or state, `where`, in the order of their names.

    Raises EndpointError where there is none, or where one needs a value that is not known.
    """
    by_type: dict[str, list[Item]] = {}
    for item in items:
        by_type.setdefault(item.type, []).append(item)
    if not by_type.get(ENDPOINT):
        raise EndpointError(f"There is no endpoint in {where}.", advice=_advice(by_type))
    found = [
        endpoint(documents) for item in by_type[ENDPOINT] for documents in _documents(item, by_type, names)
    ]
    return sorted(found, key=lambda one: (one.name, one.variant))


def _advice(by_type: Mapping[str, list[Item]]) -> str:
    if other := [kind for kind in _OTHER if by_type.get(kind)]:
        return f"It has {' and '.join(other)}: apply it and read the endpoint through the API."
    return f"Endpoints are resources of type {ENDPOINT}."


def document(item: Item) -> Document:
    """A resource of the aws or the awscc provider as the API has it."""
    if item.type.startswith("awscc_"):
        block = load("awscc").resources[item.type]
        return Document(item.address, to_document(block, dict(item.shown), unknown=True))
    return Document(item.address, aws_requests.document(item.type, item.shown))


def _documents(item: Item, by_type: Mapping[str, list[Item]], names: Names) -> list[Documents]:
    name = item.values.get("endpoint_name")
    if name is UNKNOWN or name is None:
        raise unknown([f"{item.address}: endpoint_name"])
    found_config = _config(item, by_type.get(CONFIG, []), names)
    config = document(found_config)
    # Unknown as a whole where it is not configured, since the API might fill it in; known in part otherwise.
    asynchronous = config.content.get("AsyncInferenceConfig")
    is_async = isinstance(asynchronous, Mapping)
    invocations = (
        Document(config.origin, asynchronous).part("ClientConfig", "MaxConcurrentInvocationsPerInstance")
        if isinstance(asynchronous, Mapping) and isinstance(asynchronous.get("ClientConfig"), Mapping)
        else None
    )
    result = []
    variants = config.content.get("ProductionVariants", [])
    if variants is UNKNOWN:
        raise unknown([f"{config.origin}: ProductionVariants"])
    for place, content in enumerate(variants):
        variant = Document(config.origin, content)
        variant.part("VariantName")
        variant_name = found_config.values["production_variants"][place]["variant_name"]
        resource_id = f"endpoint/{name}/variant/{variant_name}"
        target = next(iter(_of(by_type, TARGET, resource_id)), None)
        result.append(
            Documents(
                name=item.shown["endpoint_name"],
                variant=variant,
                is_async=is_async,
                max_concurrent_invocations=invocations,
                target=document(target) if target else None,
                policies=tuple(
                    _policy(found, by_type.get(ALARM, []), names)
                    for found in _of(by_type, POLICY, resource_id)
                ),
                schedules=tuple(document(found) for found in _of(by_type, SCHEDULE, resource_id)),
                limits=_limits(item, by_type.get("terraform_data", [])),
            )
        )
    return result


def _of(by_type: Mapping[str, list[Item]], kind: str, resource_id: str) -> list[Item]:
    found = [item for item in by_type.get(kind, ()) if item.values.get("service_namespace") == "sagemaker"]
    if hidden := [f"{item.address}: resource_id" for item in found if item.values["resource_id"] is UNKNOWN]:
        raise unknown(hidden)
    return [item for item in found if item.values["resource_id"] == resource_id]


def _config(item: Item, configs: list[Item], names: Names) -> Item:
    named = item.values.get("endpoint_config_name")
    for config in configs:
        known = named is not UNKNOWN and named == config.values.get("endpoint_config_name")
        if known or (named is UNKNOWN and names(item, "endpoint_config_name", config)):
            return config
    if named is UNKNOWN:
        raise unknown([f"{item.address}: endpoint_config_name"])
    raise EndpointError(
        f"{item.address} uses the endpoint configuration {item.shown['endpoint_config_name']}, which is not "
        "managed here.",
        advice=f"Manage it as {CONFIG} in the same root, or read the endpoint through the API.",
    )


def _policy(item: Item, alarms: list[Item], names: Names) -> PolicyDocuments:
    if item.values.get("policy_type") == "TargetTrackingScaling":
        return PolicyDocuments(document(item))
    return PolicyDocuments(
        document(item), tuple(document(alarm) for alarm in alarms if _invokes(alarm, item, names))
    )


def _invokes(alarm: Item, policy: Item, names: Names) -> bool:
    actions = alarm.values.get("alarm_actions")
    if actions is None or alarm.values.get("actions_enabled") is False:
        return False
    arn = policy.values.get("arn", UNKNOWN)
    if actions is not UNKNOWN and arn is not UNKNOWN and arn in actions:
        return True
    # A set is unknown as a whole where one of its members is.
    return (actions is UNKNOWN or UNKNOWN in actions) and names(alarm, "alarm_actions", policy)


def _limits(item: Item, data: list[Item]) -> dict[str, float]:
    """What the module's own record beside the endpoint says that an instance of each type sustains."""
    place = Place.of(item.address)
    for found in data:
        other = Place.of(found.address)
        pools = found.shown.get("input")
        if other.module != place.module or other.resource != POOLS or not isinstance(pools, list):
            continue
        return {
            pool["instance_type"]: float(pool["max_concurrency"])
            for pool in pools
            if isinstance(pool, Mapping)
            and isinstance(pool.get("max_concurrency"), int | float)
            and isinstance(pool.get("instance_type"), str)
        }
    return {}
