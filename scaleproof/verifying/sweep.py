"""Removes what a run has made and no state knows of: a killed Terraform may not have written it down.

Everything is found by the run's prefix, which no other name begins with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.endpoints.live import DIMENSION, NAMESPACE, Clients
from scaleproof.errors import FailedError

_POLL = 1.0
IN_SERVICE = ("InService", "Failed", "OutOfService")
"""States in which an endpoint can be deleted."""


def remove_alarms(cloudwatch: Any, prefix: str) -> None:
    """Deletes the alarms whose names begin so; those that are gone are none."""
    found = _listed(cloudwatch, "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
    names = [str(alarm["AlarmName"]) for alarm in found]
    for first in range(0, len(names), 100):
        cloudwatch.delete_alarms(AlarmNames=names[first : first + 100])


def settled(
    clients: Clients, endpoint: str, patience: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Waits until an endpoint can be deleted, or is not there. Raises FailedError after `patience` s."""
    _until(clients, endpoint, IN_SERVICE, patience, sleep)


def sweep(
    clients: Clients,
    run: str,
    endpoint: str,
    variant: str,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Removes what is left of a run. Raises FailedError where an endpoint is there after `patience` s."""
    sagemaker = clients("sagemaker")
    scaling = clients("application-autoscaling")
    target = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": DIMENSION,
    }
    listed = scaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[target["ResourceId"]], ScalableDimension=DIMENSION
    )
    if listed["ScalableTargets"]:
        scaling.deregister_scalable_target(**target)
    for one in _listed(sagemaker, "list_endpoints", "Endpoints", NameContains=run):
        sagemaker.delete_endpoint(EndpointName=one["EndpointName"])
        _until(clients, one["EndpointName"], (), patience, sleep)
    for one in _listed(sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains=run):
        sagemaker.delete_endpoint_config(EndpointConfigName=one["EndpointConfigName"])
    for one in _listed(sagemaker, "list_models", "Models", NameContains=run):
        sagemaker.delete_model(ModelName=one["ModelName"])
    logs, prefix = clients("logs"), f"/aws/sagemaker/Endpoints/{run}"
    for one in _listed(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
        logs.delete_log_group(logGroupName=one["logGroupName"])
    iam = clients("iam")
    for one in _listed(iam, "list_roles", "Roles"):
        if one["RoleName"].startswith(run):
            for policy in iam.list_role_policies(RoleName=one["RoleName"])["PolicyNames"]:
                iam.delete_role_policy(RoleName=one["RoleName"], PolicyName=policy)
            iam.delete_role(RoleName=one["RoleName"])


def _listed(client: Any, operation: str, member: str, **request: Any) -> list[Any]:
    pages: Iterator[Any] = client.get_paginator(operation).paginate(**request)
    return [item for page in pages for item in page[member]]


def _until(
    clients: Clients, endpoint: str, states: tuple[str, ...], patience: float, sleep: Callable[[float], None]
) -> None:
    """Waits until an endpoint is in one of these states, or is not there."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            found = clients("sagemaker").describe_endpoint(EndpointName=endpoint)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                return
            raise
        if found["EndpointStatus"] in states:
            return
        sleep(_POLL)
    raise FailedError(f"{endpoint} is still being changed after {patience:.0f} s.")
