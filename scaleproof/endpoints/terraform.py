"""Reads endpoints from a Terraform plan or state, or a file of one: turns resources into the API's documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

from scaleproof.endpoints.documents import (
    AFTER_APPLY,
    Document,
    Documents,
    EndpointError,
    PolicyDocuments,
    endpoint,
    unknown,
)
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.references import Address, referenced_resources
from scaleproof.terraform.state import State, is_data
from scaleproof.translation import aws_requests
from scaleproof.translation.cloudformation import to_document
from scaleproof.translation.schema import load
from scaleproof.translation.values import UNKNOWN, leaves

ENDPOINT, CONFIG = "awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"
TARGET, POLICY = "aws_appautoscaling_target", "aws_appautoscaling_policy"
SCHEDULE = "aws_appautoscaling_scheduled_action"
ALARM, COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
POOLS = "terraform_data.instance_pools"
"""Where the module says what one instance of each type sustains, beside the endpoint itself."""

_EXPECTED = "Expected is a directory, or the output of `terraform show -json` for a plan or a state."
_OTHER = ("aws_sagemaker_endpoint", "aws_sagemaker_endpoint_configuration")


@dataclass(frozen=True)
class Item:
    """A resource instance with its values; what only an apply will tell is UNKNOWN in them.

    `shown`: the same without what is sensitive: a text says so, anything else is HIDDEN. What belongs
    together is found by `values`, and documents are made of what is shown.
    """

    address: str
    type: str
    values: Mapping[str, Any]
    shown: Mapping[str, Any]


def from_plan(plan: Plan) -> list[Endpoint]:
    """The endpoints of a plan with their pools, bounds, policies, alarms and schedules; one for each variant.

    `max_concurrency` is what the module records of its pools, None where it does not. A step policy's alarms
    are followed through references where the plan does not know ARNs yet. Raises EndpointError where there is
    no endpoint, and where a value that bears on scaling is known only after the apply: it names the value.
    """
    return _Reader(plan).endpoints()


def planned(plan: Plan) -> list[Documents]:
    """The documents of the endpoints of a plan, one for each variant, by name; none where it has none."""
    return _Reader(plan).all_documents()


def from_state(state: State) -> list[Endpoint]:
    """The endpoints of a state with pools, bounds, policies, alarms and schedules; one for each variant.

    The initial count is that of the configuration: what scaling has made of it is not in a state. Raises
    EndpointError where there is no endpoint, or a value that bears on scaling is sensitive.
    """
    return _Reader(state).endpoints()


def recorded(state: State) -> list[tuple[Item, list[Documents]]]:
    """The endpoints of a state with the documents of their variants, in the order of their real names."""
    reader = _Reader(state)
    items = sorted(
        reader.of_type(ENDPOINT), key=lambda resource: (str(resource.values["endpoint_name"]), resource.address)
    )
    return [(resource, list(reader.documents(resource))) for resource in items]


def from_file(path: Path) -> list[Endpoint]:
    """The endpoints in a plan or a state as JSON. Raises EndpointError for anything else."""
    try:
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and "resource_changes" in content:
            return from_plan(Plan(content))
        if isinstance(content, dict) and "format_version" in content and "values" in content:
            return from_state(State(content))
    except OSError as error:
        raise EndpointError(f"{path} cannot be read: {error.strerror}.") from error
    except (AttributeError, LookupError, TypeError) as error:
        raise EndpointError(f"{path} is not what Terraform prints: {error!r}.", advice=_EXPECTED) from error
    except ValueError as error:
        advice = _show(path, "plan") if _is_saved_plan(path) else _EXPECTED
        raise EndpointError(f"{path} is not JSON: {error}.", advice=advice) from error
    if isinstance(content, dict) and "terraform_version" in content and "lineage" in content:
        raise EndpointError(f"{path} is a state in Terraform's own format.", advice=_show(path, "state"))
    raise EndpointError(f"{path} is neither a plan nor a state.", advice=_EXPECTED)


def _show(path: Path, kind: str) -> str:
    """How Terraform shows what it has saved."""
    root = quote(str(path.parent))
    return f"Terraform saved it: terraform -chdir={root} show -json {quote(path.name)} > {kind}.json"


def _is_saved_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"  # Terraform saves plans as zip archives


def document(resource: Item) -> Document:
    """A resource of the aws or the awscc provider as the API has it."""
    if resource.type.startswith("awscc_"):
        content = to_document(load("awscc").resources[resource.type], dict(resource.shown), unknown=True)
    else:
        content = aws_requests.document(resource.type, resource.shown)
    return Document(resource.address, content)


def _variant_name(config: Item | None, place: int) -> Any:
    """The name of a variant, sensitive or not."""
    variants = config.values.get("production_variants") if config else None
    variant = variants[place] if isinstance(variants, list) else None
    return variant.get("variant_name") if isinstance(variant, Mapping) else UNKNOWN


def _client(config: Document) -> Document | None:
    """ClientConfig of an asynchronous endpoint, None of a real-time one."""
    asynchronous = config.content.get("AsyncInferenceConfig")
    # Unknown as a whole where it is not configured, since the API might fill it in.
    if asynchronous is None or asynchronous is UNKNOWN:
        return None
    client = asynchronous.get("ClientConfig") if isinstance(asynchronous, Mapping) else None
    return Document(config.origin, client if isinstance(client, Mapping) else {})


class _Reader:
    """The resources of one plan or state, by type."""

    def __init__(self, source: Plan | State) -> None:
        self.source = source
        self.status = "planned" if isinstance(source, Plan) else "applied"
        shown = source.shown()
        self._references: dict[tuple[str, str], list[Address]] = {}
        self.by_type: dict[str, list[Item]] = {}
        for address, resource in source.resources.items():
            if not resource.leaves and not is_data(address):
                values, masked = resource.overlaid(UNKNOWN), shown[address].overlaid(UNKNOWN)
                self.by_type.setdefault(resource.type, []).append(Item(address, resource.type, values, masked))

    def endpoints(self) -> list[Endpoint]:
        """The endpoints in the order of their names. Raises ScaleproofError, as `from_plan` does."""
        if not self.of_type(ENDPOINT):
            advice = f"Endpoints are resources of type {ENDPOINT}."
            if other := [kind for kind in _OTHER if self.of_type(kind)]:
                advice = f"It has {' and '.join(other)}: apply it and read the endpoint through the API."
            raise EndpointError(f"There is no endpoint in the {self.source.called}.", advice=advice)
        return [endpoint(documents) for documents in self.all_documents()]

    def all_documents(self) -> list[Documents]:
        """The documents of every variant, in the order of their names."""
        unordered = [documents for endpoint in self.of_type(ENDPOINT) for documents in self.documents(endpoint)]
        return sorted(unordered, key=lambda documents: (documents.name, str(documents.variant.content["VariantName"])))

    def of_type(self, kind: str) -> list[Item]:
        return self.by_type.get(kind, [])

    def documents(self, resource: Item) -> Iterator[Documents]:
        """The documents of each variant of an endpoint."""
        refusals: list[EndpointError] = []
        name = resource.values.get("endpoint_name")
        if name is UNKNOWN or name is None:
            refusals.append(unknown([f"{resource.address}: endpoint_name"]))
        config_resource = self._config(resource, refusals)
        config = document(config_resource) if config_resource else Document(resource.address, {})
        variants = config.content.get("ProductionVariants", [] if config_resource else UNKNOWN)
        if not isinstance(variants, list):
            refusals.append(unknown([f"{config.origin}: ProductionVariants"]))
            variants = [UNKNOWN]
        for place, content in enumerate(variants):
            if not isinstance(content, Mapping):
                refusals.append(unknown([f"{config.origin}: ProductionVariants[{place}]"]))
                content = {}
            resource_id = f"endpoint/{name}/variant/{_variant_name(config_resource, place)}"
            target = next(iter(self._scaling(TARGET, resource_id, refusals)), None)
            policies = self._scaling(POLICY, resource_id, refusals)
            schedules = self._scaling(SCHEDULE, resource_id, refusals)
            yield Documents(
                name=AFTER_APPLY if name is UNKNOWN else str(resource.shown.get("endpoint_name")),
                variant=Document(config.origin, {"VariantName": UNKNOWN, **content}),
                client=_client(config),
                target=document(target) if target else None,
                policies=tuple(PolicyDocuments(document(policy), self._invoking(policy)) for policy in policies),
                schedules=tuple(map(document, schedules)),
                limits=self._limits(resource),
                status=self.status,
                alarms=tuple(map(document, self._alarms(name, policies))),
                refusal=next(iter(refusals), None),
            )

    def _config(self, resource: Item, refusals: list[EndpointError]) -> Item | None:
        named = resource.values.get("endpoint_config_name")
        if named is not UNKNOWN and named in self._configs:
            return self._configs[named]
        for config in self.of_type(CONFIG) if named is UNKNOWN else ():
            if self._names(resource, "endpoint_config_name", config):
                return config
        if named is UNKNOWN:
            refusals.append(unknown([f"{resource.address}: endpoint_config_name"]))
        else:
            refusals.append(
                EndpointError(
                    f"{resource.address} uses the endpoint configuration {resource.shown['endpoint_config_name']}, "
                    "which is not managed here.",
                    advice=f"Manage it as {CONFIG} in the same root, or read the endpoint through the API.",
                )
            )
        return None

    @cached_property
    def _configs(self) -> dict[Any, Item]:
        """The first configuration of each name."""
        return {config.values.get("endpoint_config_name"): config for config in reversed(self.of_type(CONFIG))}

    def _scaling(self, kind: str, resource_id: str, refusals: list[EndpointError]) -> list[Item]:
        """The targets, policies or schedules of a variant."""
        if kind in self._unscaled:
            refusals.append(self._unscaled[kind])
        return self._scaled.get((kind, resource_id), [])

    @cached_property
    def _scaled(self) -> dict[tuple[str, Any], list[Item]]:
        """The targets, policies and schedules by their types and the ids of what they scale."""
        scaled: dict[tuple[str, Any], list[Item]] = {}
        for kind in (TARGET, POLICY, SCHEDULE):
            for resource in self.of_type(kind):
                if resource.values.get("service_namespace") == "sagemaker":
                    scaled.setdefault((kind, resource.values["resource_id"]), []).append(resource)
        return scaled

    @cached_property
    def _unscaled(self) -> dict[str, EndpointError]:
        """The refusals, by type, where it is not known what some resources scale."""
        return {
            kind: unknown([f"{resource.address}: resource_id" for resource in resources])
            for (kind, resource_id), resources in self._scaled.items()
            if resource_id is UNKNOWN
        }

    def _invoking(self, policy: Item) -> tuple[Document, ...]:
        """The alarms that invoke a policy; target tracking makes its own."""
        if policy.values.get("policy_type") == "TargetTrackingScaling":
            return ()
        alarms = self.of_type(ALARM)
        return tuple(document(alarms[place]) for place in sorted(self._invokers(policy)))

    def _invokers(self, policy: Item) -> set[int]:
        """The places of the metric alarms that invoke a policy."""
        arn = policy.values.get("arn", UNKNOWN)
        alarms = self.of_type(ALARM)
        # A set is unknown as a whole where one of its members is.
        referring = {
            place for place in self._by_action.get(UNKNOWN, ()) if self._names(alarms[place], "alarm_actions", policy)
        }
        return referring if arn is UNKNOWN else referring.union(self._by_action.get(arn, ()))

    @cached_property
    def _by_action(self) -> dict[Any, list[int]]:
        """The places of the metric alarms by what they invoke, those with an unknown action by UNKNOWN."""

        def actions(alarm: Item) -> Iterable[Any]:
            invoked = alarm.values.get("alarm_actions")
            if invoked is None or alarm.values.get("actions_enabled") is False:
                return ()
            return (UNKNOWN,) if invoked is UNKNOWN else invoked

        return self._places(ALARM, actions)

    @cached_property
    def _by_endpoint(self) -> dict[Any, list[int]]:
        """The places of the metric alarms by the names of the endpoints that they watch."""
        return self._places(ALARM, lambda alarm: watched(aws_requests.document(ALARM, alarm.values)))

    @cached_property
    def _by_rule(self) -> dict[Any, list[int]]:
        """The places of the composite alarms by the names in their rules, unknown rules by UNKNOWN."""

        def names(composite: Item) -> Iterable[Any]:
            rule = composite.values.get("alarm_rule")
            return (UNKNOWN,) if rule is UNKNOWN else alarms_in(rule)

        return self._places(COMPOSITE, names)

    def _places(self, kind: str, keys: Callable[[Item], Iterable[Any]]) -> dict[Any, list[int]]:
        """The places of the resources of a type, by the keys that each has."""
        places: dict[Any, list[int]] = {}
        for place, resource in enumerate(self.of_type(kind)):
            for key in keys(resource):
                places.setdefault(key, []).append(place)
        return places

    def _alarms(self, endpoint_name: Any, policies: list[Item]) -> list[Item]:
        """The alarms on an endpoint: on its metrics, those that invoke its policies, and those on these."""
        metric, composite = self.of_type(ALARM), self.of_type(COMPOSITE)
        places = set(self._by_endpoint.get(endpoint_name, ())).union(*map(self._invokers, policies))
        metric_alarms = [metric[place] for place in sorted(places)]
        names = {alarm.values.get("alarm_name") for alarm in metric_alarms} - {UNKNOWN}
        referring = {
            place
            for place in self._by_rule.get(UNKNOWN, ())
            if any(self._names(composite[place], "alarm_rule", alarm) for alarm in metric_alarms)
        }
        places = referring.union(*(self._by_rule.get(name, ()) for name in names))
        return metric_alarms + [composite[place] for place in sorted(places)]

    def _names(self, resource: Item, argument: str, other: Item) -> bool:
        """Whether an argument, whose value is not known, refers to another resource."""
        own, place = Address.parse(resource.address), Address.parse(other.address)
        key = resource.address, argument
        if (references := self._references.get(key)) is None:
            references = self._references[key] = referenced_resources(self.source.raw, *key)
        return any(reference.matches(place) for reference in references) and _same_instance(own, place)

    def _limits(self, resource: Item) -> dict[str, float]:
        """What the module's own record beside the endpoint says that an instance of each type sustains."""
        record = self._records.get(Address.parse(resource.address).module)
        if record is None:
            return {}
        return {
            pool["instance_type"]: pool["max_concurrency"]
            for pool in record.shown["input"]
            if isinstance(pool, Mapping)
            and isinstance(pool.get("max_concurrency"), int | float)
            and isinstance(pool.get("instance_type"), str)
        }

    @cached_property
    def _records(self) -> dict[tuple[tuple[str, str], ...], Item]:
        """The first record of pools in each module."""
        records: dict[tuple[tuple[str, str], ...], Item] = {}
        for record in self.of_type("terraform_data"):
            place = Address.parse(record.address)
            if place.resource == POOLS and isinstance(record.shown.get("input"), list):
                records.setdefault(place.module, record)
        return records


def _same_instance(address: Address, other: Address) -> bool:
    """Whether two resource instances belong together where keys were left open.

    As far as their modules are the same, so are the instances of these; and resources of one module that are
    made with the same keys refer to each other key by key.
    """
    for (name, key), (other_name, other_key) in zip(address.module, other.module, strict=False):
        if name != other_name:
            break
        if key != other_key:
            return False
    textual = address.key.startswith('["') and other.key.startswith('["')
    return not textual or address.module != other.module or address.key == other.key


def watched(alarm: Mapping[str, Any]) -> set[Any]:
    """The names of the endpoints whose metrics an alarm, in PutMetricAlarm's names, reads."""
    values = dict(leaves(alarm))
    return {
        value
        for path, value in values.items()
        if path[-1] == "Value" and values.get((*path[:-1], "Name")) == "EndpointName"
    }


def alarms_in(rule: Any) -> set[str]:
    """The names of alarms in the rule of a composite alarm, with quotes or without.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    if not isinstance(rule, str):
        return set()
    return {name.strip(" \"'") for name in re.findall(r"\(([^()]*)\)", rule)}
