"""The fault `late`: containers of a deleted endpoint still write logs, in the role of their model.

Containers write lines until their instance has gone, and SageMaker makes the log group with the first line of
a container where the role may. Hence groups that come back after they were deleted (of clusters:
terraform-aws-modules/terraform-aws-eks issue 1019).
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import threading
import time

from botocore.exceptions import ClientError

from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.state import EndpointRecord, Store

PAUSE = 0.05
"""Seconds between two lines."""


def work_on(store: Store, endpoint: EndpointRecord) -> None:
    """Starts what the instances of an endpoint do after its deletion, if a rule asks for it."""
    seconds = faults.of_account(store.account).seconds("late")
    names = {name for variant in endpoint.fleet.variants.values() for name in variant.spec.models}
    for model in [store.models[name] for name in names if name in store.models]:
        if seconds:
            role = model.role.rsplit("/", 1)[-1]
            arguments = (store, endpoint.name, role, seconds)
            threading.Thread(target=_write_lines, args=arguments, daemon=True).start()


def _write_lines(store: Store, endpoint: str, role: str, seconds: float) -> None:
    group, until = f"/aws/sagemaker/Endpoints/{endpoint}", time.monotonic() + seconds
    while time.monotonic() < until:
        if _may(store, role, "logs:CreateLogGroup", store.arn("logs", f"log-group:{group}")):
            with contextlib.suppress(ClientError):  # It is there.
                store.client("logs").create_log_group(logGroupName=group)
        time.sleep(PAUSE)


def _may(store: Store, role: str, action: str, resource: str) -> bool:
    """Whether an inline policy of a role allows an action, whatever its conditions. No role may nothing."""
    iam = store.client("iam")
    try:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    except ClientError:
        return False
    return any(
        statement["Effect"] == "Allow"
        and _matches(statement["Action"], action)
        and _matches(statement["Resource"], resource)
        for policy in policies
        for statement in (json.loads(policy) if isinstance(policy, str) else policy)["Statement"]
    )


def _matches(patterns: str | list[str], name: str) -> bool:
    return any(
        fnmatch.fnmatchcase(name, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    )
