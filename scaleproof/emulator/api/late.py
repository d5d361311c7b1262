"""What the instances of a deleted endpoint still do, in the role of their model, with the fault `late`.

Containers write lines until their instance has gone, and SageMaker makes the log group with the first line of
a container where the role may. Hence groups that come back after they were deleted (of clusters:
terraform-aws-modules/terraform-aws-eks issue 1019). Interfaces of a model in a VPC outlive the endpoint too
(hashicorp/terraform-provider-aws issue 34397), and go only while the role may delete them. They appear here
no earlier than the endpoint's deletion.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import threading
import time
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.state import EndpointRecord, Store

PAUSE = 0.05
"""Seconds between two lines."""


def work_on(store: Store, endpoint: EndpointRecord) -> None:
    """Starts what the instances of an endpoint do after its deletion, if a rule asks for it."""
    seconds = faults.of_account(store.account).late
    names = {name for variant in endpoint.fleet.variants.values() for name in variant.spec.models}
    for model in [store.models[name] for name in names if name in store.models]:
        if seconds:
            role = model.role.rsplit("/", 1)[-1]
            for work in (_write_lines, _leave_interfaces):
                arguments = (store, endpoint.name, role, model.document.get("VpcConfig"), seconds)
                threading.Thread(target=work, args=arguments, daemon=True).start()


def _write_lines(store: Store, endpoint: str, role: str, _: Any, seconds: float) -> None:
    group, until = f"/aws/sagemaker/Endpoints/{endpoint}", time.monotonic() + seconds
    while time.monotonic() < until:
        if _may(store, role, "logs:CreateLogGroup", store.arn("logs", f"log-group:{group}")):
            with contextlib.suppress(ClientError):  # It is there.
                store.client("logs").create_log_group(logGroupName=group)
        time.sleep(PAUSE)


def _leave_interfaces(store: Store, endpoint: str, role: str, network: Any, seconds: float) -> None:
    if not network:
        return
    ec2 = store.client("ec2")
    left = [
        ec2.create_network_interface(
            SubnetId=subnet, Groups=network["SecurityGroupIds"], Description=f"SageMaker endpoint {endpoint}"
        )["NetworkInterface"]["NetworkInterfaceId"]
        for subnet in network["Subnets"]
    ]
    time.sleep(seconds)
    for interface in left:
        arn = store.arn("ec2", f"network-interface/{interface}")
        if _may(store, role, "ec2:DeleteNetworkInterface", arn):
            ec2.delete_network_interface(NetworkInterfaceId=interface)


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


def _matches(given: str | list[str], asked: str) -> bool:
    return any(fnmatch.fnmatchcase(asked, one) for one in ([given] if isinstance(given, str) else given))
