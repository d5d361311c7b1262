"""The fault `rewritten`: AWS returns a document in another form than it was sent.

No public source says what AWS does. Here members that were left out get a value, some members with their
default are left out, keys are named by their ARN, and a list without a meaningful order is reversed.
"""

from __future__ import annotations

import uuid
from typing import Any

from scaleproof.emulator import Json
from scaleproof.emulator.engine.documents import containers_of
from scaleproof.emulator.engine.state import Store

_KEY = "KmsKeyId"
_METRICS: Json = {"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 60}
_VARIANT: Json = {
    "ContainerStartupHealthCheckTimeoutInSeconds": 600,
    "ModelDataDownloadTimeoutInSeconds": 3600,
    "RoutingConfig": {"RoutingStrategy": "RANDOM"},
}
_CONTAINER: Json = {"ImageConfig": {"RepositoryAccessMode": "Platform"}}


def config(store: Store, properties: Json) -> Json:
    """The properties of an endpoint configuration as DescribeEndpointConfig returns them."""
    if not store.injected.asks("rewritten"):
        return properties
    variants = [{**_VARIANT, **variant} for variant in properties["ProductionVariants"]]
    described: Json = _by_arn(store, {**properties, "ProductionVariants": variants})
    if capture := described.get("DataCaptureConfig"):
        capture["CaptureOptions"].reverse()
    if metrics := described.get("MetricsConfig"):
        described["MetricsConfig"] = {name: value for name, value in metrics.items() if value != _METRICS.get(name)}
    return described


def model(store: Store, properties: Json) -> Json:
    """The properties of a model as DescribeModel returns them."""
    if not store.injected.asks("rewritten"):
        return properties
    containers = [{**_CONTAINER, **container} for container in containers_of(properties)]
    if "PrimaryContainer" in properties:
        return {**properties, "PrimaryContainer": containers[0]}
    return {**properties, "Containers": containers}


def _by_arn(store: Store, value: Any) -> Any:
    if isinstance(value, list):
        return [_by_arn(store, element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: _key(store, element) if name == _KEY else _by_arn(store, element) for name, element in value.items()}


def _key(store: Store, key: str) -> str:
    """The ARN of a key that is given by id, by alias or by ARN."""
    if ":key/" in key:
        return key
    return store.arn("kms", f"key/{uuid.uuid5(uuid.NAMESPACE_URL, key)}")
