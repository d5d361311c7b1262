"""Deployments of endpoints: fleets, quotas, how long they take, and what rolls them back."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial

from scaleproof.emulator import ENDPOINT_SECONDS, Json, endpoint_seconds, errors
from scaleproof.emulator.engine import container, documents, faults
from scaleproof.emulator.engine.alarms import in_alarm
from scaleproof.emulator.engine.state import ENDPOINT, Endpoint, Fleet, Resource, Store, Variant
from scaleproof.emulator.errors import AwsError, in_progress, validation
from scaleproof.scaling.endpoint import place

MIXED = "UpdateRollbackFailed"
"""The status of an endpoint in service with a mix of two configurations. DescribeEndpoint names the old one
here; which one AWS names is not documented."""


def build(store: Store, config: Resource) -> Fleet:
    """The fleet of a configuration, with nothing running yet."""
    variants = {}
    for document in config.document["ProductionVariants"]:
        models = [store.models[name].document for name in documents.models_of(document) if name in store.models]
        variants[document["VariantName"]] = Variant(
            document,
            document["InitialVariantWeight"],
            document.get("InitialInstanceCount", 0),
            models=models,
            denied=_denied(store, models),
            marketplace=any(
                documents.is_marketplace(container, store.account)
                for model in models
                for container in documents.containers_of(model)
            ),
        )
    return Fleet(config, variants, capturing=config)


def _denied(store: Store, models: Sequence[Json]) -> str:
    for model in models:
        containers = documents.containers_of(model)
        image = next((container["Image"] for container in containers if "Image" in container), "")
        if image and not store.injected.permits(documents.role_name(model)):
            return errors.no_image(model.get("ExecutionRoleArn", ""), image)
    return ""


def retain(old: Fleet, new: Fleet, excluded: Sequence[str]) -> None:
    """RetainAllVariantProperties: keeps the live properties, except the excluded VariantPropertyTypes.

    DataCaptureConfig is one of them, and to exclude it is "not currently supported". So a capture stays as
    it is. What becomes of one where there was none is not documented; here it begins.
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VariantProperty.html
    """
    if "DataCaptureConfig" in excluded:
        raise validation("The variant property DataCaptureConfig cannot be excluded: it is not supported.")
    for name in old.variants.keys() & new.variants.keys():
        if "DesiredInstanceCount" not in excluded:
            new.variants[name].desired = old.variants[name].desired
        if "DesiredWeight" not in excluded:
            new.variants[name].weight = old.variants[name].weight
    if "DataCaptureConfig" in old.capturing.document:
        new.capturing = old.capturing


def ready(store: Store, name: str) -> Endpoint:
    """The endpoint of that name. Raises AwsError if there is none, or if it cannot be updated now."""
    endpoint: Endpoint = store.find(ENDPOINT, name)
    require_idle(store, endpoint)
    if endpoint.status == "Failed":
        # See EndpointStatus; the wording is this project's own.
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
        raise validation(f'Cannot update failed endpoint "{endpoint.arn}": it can only be deleted.')
    return endpoint


def require_idle(store: Store, endpoint: Endpoint) -> None:
    """Raises AwsError if an endpoint can be neither updated nor deleted now."""
    if endpoint.busy or is_maintained(store, endpoint):
        raise in_progress(endpoint.arn)


def is_maintained(store: Store, endpoint: Endpoint) -> bool:
    """Whether an endpoint is SystemUpdating. Source: EndpointStatus of DescribeEndpoint, as in `ready`."""
    return endpoint.status == "InService" and store.injected.asks("maintenance")


def set_desired(store: Store, name: str, changes: Sequence[Json]) -> Endpoint:
    """Sets the desired instance counts and weights of an endpoint's variants, and starts the update.

    `changes` are DesiredWeightsAndCapacities. Raises AwsError, and changes nothing, if SageMaker or a quota
    refuses one of them.
    """
    endpoint = ready(store, name)
    if endpoint.status == MIXED:
        # Not documented; the wording is this project's own.
        raise validation(f'Cannot scale endpoint "{endpoint.arn}": its rollback has failed.')
    variants = endpoint.fleet.variants
    more: Counter[str] = Counter()
    for change in changes:
        name, count = change["VariantName"], change.get("DesiredInstanceCount")
        if name not in variants:
            raise validation(f'Endpoint "{endpoint.arn}" has no variant {name}.')
        if count == 0 and not endpoint.is_async:
            raise validation(f"Variant {name} of a real-time endpoint needs an instance.")
        added = 0 if count is None else max(count - variants[name].desired, 0)
        more.update({pool.instance_type: added for pool in variants[name].pools})
    require_quota(store, more)
    for change in changes:
        variant = variants[change["VariantName"]]
        variant.desired = change.get("DesiredInstanceCount", variant.desired)
        variant.weight = change.get("DesiredWeight", variant.weight)
    start(store, endpoint, "Updating")
    return endpoint


def start(store: Store, endpoint: Endpoint, status: str) -> None:
    """Starts a change: the endpoint is Creating, Updating or Deleting for `delay` seconds."""
    endpoint.status, endpoint.failure = status, None
    endpoint.modified = store.now()
    endpoint.busy_until = store.time() + delay()
    if status != "Deleting":  # until the instances that are missing would be ready
        missing = _lacking(endpoint.pending or endpoint.fleet)
        containers = [container.of_account(store.account, variant.container) for variant in missing]
        endpoint.busy_until += max((described.startup for described in containers), default=0.0)
    complete_due(store)


def _lacking(fleet: Fleet) -> list[Variant]:
    return [variant for variant in fleet.variants.values() if variant.desired > variant.count]


def delay() -> float:
    """Seconds that a change of an endpoint takes: SCALEPROOF_ENDPOINT_SECONDS, default 0."""
    try:
        return endpoint_seconds(os.environ.get(ENDPOINT_SECONDS))
    except ValueError as error:
        raise AwsError("InternalFailure", str(error), 501) from None


def complete_due(store: Store) -> None:
    """Completes every change that is due. Each operation calls it first, so that no timer is needed."""
    if store.injected.asks("lasting"):
        return
    for endpoint in list(store.endpoints.values()):
        if endpoint.busy and endpoint.busy_until <= store.time():
            _complete(store, endpoint)


def _complete(store: Store, endpoint: Endpoint) -> None:
    if endpoint.status == "Deleting":
        del store.endpoints[endpoint.name]
        store.tags.pop(endpoint.arn, None)
        store.backlog = [job for job in store.backlog if job.endpoint != endpoint.name]
        return
    created, pending = endpoint.status == "Creating", endpoint.pending
    injected = store.injected.rules
    problem = launch(pending or endpoint.fleet, injected) or (_alarm(store, endpoint) if pending else None)
    if problem == errors.NO_CAPACITY and not created and not pending and _is_retried(store, endpoint):
        return
    endpoint.pending, endpoint.modified = None, store.now()
    endpoint.status = "Failed" if created and problem else "InService"
    if problem is None:
        endpoint.fleet = pending or endpoint.fleet
        return
    rules = [*injected, *pending.faults] if pending else []
    endpoint.failure = None if faults.requested("silent", rules) else problem
    if "RollingUpdatePolicy" in endpoint.deployment and faults.requested("stuck", rules):
        # Source: EndpointStatus of DescribeEndpoint, as in `ready`.
        endpoint.status = MIXED
    if not created and not pending:  # short of instances: the count goes back as well
        for variant in endpoint.fleet.variants.values():
            variant.desired = variant.count


def _is_retried(store: Store, endpoint: Endpoint) -> bool:
    """Whether a scale-out without capacity goes on (`single_type_shortage`): it has one type to try."""
    assumed = store.injected.assumptions.autoscaling
    single = all(len(variant.pools) == 1 for variant in _lacking(endpoint.fleet))
    return single and assumed.single_type_shortage == "retried"


def launch(fleet: Fleet, injected: list[faults.FaultRule]) -> str | None:
    """Brings every variant to its desired count. If one fails, changes nothing and returns the reason.

    `injected` are the account's fault rules; those of the models apply as well.
    """
    placed = {}
    for name, variant in fleet.variants.items():
        rules = [*variant.faults, *injected]
        available = partial(faults.available, rules, variant.running)
        placed[name] = place(variant.pools, variant.running, variant.desired, available)
        if variant.pools and sum(placed[name].values()) < variant.desired:
            return errors.NO_CAPACITY
        if sum(placed[name].values()) <= variant.count:
            continue
        if variant.denied:
            return variant.denied
        if faults.requested("startup", rules):
            return errors.unhealthy(name)
    for name, running in placed.items():
        fleet.variants[name].running = running
    return None


def _alarm(store: Store, endpoint: Endpoint) -> str | None:
    """The reason if alarms of the AutoRollbackConfiguration roll the deployment back.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    names = documents.rollback_alarms(endpoint.deployment)
    tripped = in_alarm(names, store.time(), store.cloudwatch, store.injected.assumptions)
    return errors.alarmed(tripped) if tripped else None


def require_alarms(store: Store, deployment: Json) -> None:
    """Raises ValidationException if an alarm that is to roll a deployment back does not exist.

    AWS does not document whether SageMaker checks this. `unchecked_alarms` in `faults` is the other answer.
    """
    names = documents.rollback_alarms(deployment)
    missing = sorted(set(names) - store.cloudwatch.states(names).keys())
    if missing and not store.injected.asks("unchecked_alarms"):
        raise validation(f"The alarms {missing} of AutoRollbackConfiguration do not exist.")


def instances(fleet: Fleet, deployment: Json | None = None) -> Counter[str]:
    """The instances of each type that a deployment adds while the old fleet still runs.

    Each type of a variant's instance pools counts the variant's instances, whichever type they run on. A
    quota does not fall back to the next pool as capacity does
    (https://developers.deepgram.com/docs/deploy-amazon-sagemaker), and a fleet holds the quota of every type
    in its list (observed in https://github.com/xbill9/sagemaker-gemma). A blue/green update needs the quota
    of both fleets, a rolling one that of the old fleet and a batch.
    """
    added: Counter[str] = Counter()
    for variant in fleet.variants.values():
        count = documents.batch_size(deployment or {}, variant.desired)
        added.update({pool.instance_type: count for pool in variant.pools})
    return added


def require_quota(store: Store, added: Counter[str]) -> None:
    """Raises ResourceLimitExceeded if a quota does not allow so many more instances.

    A quota is what was set; where none was, every number of instances is allowed.
    """
    used: Counter[str] = Counter()
    for endpoint in store.endpoints.values():
        if endpoint.status != "Failed":
            used.update(instances(endpoint.fleet))
            used.update(instances(endpoint.pending) if endpoint.pending else {})
    for instance_type, count in added.items():
        quota = store.quotas.get(quota_name(instance_type), math.inf)
        if count and used[instance_type] + count > quota:
            raise errors.quota_exceeded(quota_name(instance_type), quota, used[instance_type], count)


def quota_name(instance_type: str) -> str:
    """The quota of an instance type, as Service Quotas names it."""
    return f"{instance_type} for endpoint usage"
