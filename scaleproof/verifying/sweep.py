"""Removes what a run has made and no state knows of: a killed Terraform may not have written it down.

Everything is found by the run's prefix, which no other name begins with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.endpoints.live import Clients, pages, scalable_target, scope
from scaleproof.errors import FailedError

CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States in which an endpoint can be neither updated nor deleted."""
_POLL = 1.0


def remove_alarms(cloudwatch: Any, prefix: str) -> None:
    """Deletes the alarms whose names begin so."""
    found = pages(cloudwatch, "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
    names = [str(alarm["AlarmName"]) for alarm in found]
    for first in range(0, len(names), 100):
        cloudwatch.delete_alarms(AlarmNames=names[first : first + 100])


def settled(clients: Clients, endpoint: str, patience: float) -> None:
    """Waits until an endpoint can be deleted, or is not there. Raises FailedError after `patience` s."""
    _until(clients, endpoint, lambda status: status not in CHANGING, patience)


def sweep(clients: Clients, run: str, endpoint: str, variant: str, patience: float) -> None:
    """Removes what is left of a run. Raises FailedError where an endpoint is there after `patience` s."""
    sagemaker = clients("sagemaker")
    scaling = clients("application-autoscaling")
    if scalable_target(scaling, endpoint, variant) is not None:
        with _unless_gone():
            scaling.deregister_scalable_target(**scope(endpoint, variant))
    for one in pages(sagemaker, "list_endpoints", "Endpoints", NameContains=run):
        with _unless_gone():
            sagemaker.delete_endpoint(EndpointName=one["EndpointName"])
            _until(clients, one["EndpointName"], lambda _: False, patience)
    for one in pages(sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains=run):
        with _unless_gone():
            sagemaker.delete_endpoint_config(EndpointConfigName=one["EndpointConfigName"])
    for one in pages(sagemaker, "list_models", "Models", NameContains=run):
        with _unless_gone():
            sagemaker.delete_model(ModelName=one["ModelName"])
    logs, prefix = clients("logs"), f"/aws/sagemaker/Endpoints/{run}"
    for one in pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
        with _unless_gone():
            logs.delete_log_group(logGroupName=one["logGroupName"])
    iam = clients("iam")
    for one in pages(iam, "list_roles", "Roles"):
        if one["RoleName"].startswith(run):
            with _unless_gone():
                for policy in iam.list_role_policies(RoleName=one["RoleName"])["PolicyNames"]:
                    iam.delete_role_policy(RoleName=one["RoleName"], PolicyName=policy)
                iam.delete_role(RoleName=one["RoleName"])


@contextmanager
def _unless_gone() -> Iterator[None]:
    """AWS's lists have for a while what was deleted just now; whoever deletes it again is refused."""
    try:
        yield
    except ClientError as error:
        if not _is_gone(error):
            raise


def _is_gone(error: ClientError) -> bool:
    found = error.response["Error"]
    if found["Code"] == "ValidationException":  # what SageMaker says of everything
        return found["Message"].startswith("Could not find")
    return found["Code"] in ("NoSuchEntity", "ObjectNotFoundException", "ResourceNotFoundException")


def _until(clients: Clients, endpoint: str, done: Callable[[str], bool], patience: float) -> None:
    """Waits until the status of an endpoint is so, or it is not there."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            found = clients("sagemaker").describe_endpoint(EndpointName=endpoint)
        except ClientError as error:
            if _is_gone(error):
                return
            raise
        if done(found["EndpointStatus"]):
            return
        time.sleep(_POLL)
    raise FailedError(f"{endpoint} is still being changed after {patience:.0f} s.")
