"""Functions of resource types for which an entry in the type table is not enough."""

from __future__ import annotations

import re
import uuid
from typing import Any

from botocore.exceptions import ClientError

from scaleproof.providers.standin import Problem, ProviderError
from scaleproof.times import attempts
from scaleproof.translation.values import UNKNOWN


def check_alarm(values: dict[str, Any]) -> list[Problem]:
    """Checks several values of a planned alarm together. What is required counts as missing while it is unknown.

    Source: CustomizeDiff in internal/service/cloudwatch/metric_alarm.go of hashicorp/terraform-provider-aws.
    """
    problems = []
    name, queries = values.get("metric_name"), values.get("metric_query")
    statistics = [values.get("statistic"), values.get("extended_statistic")]
    if all(value is not UNKNOWN for value in (name, queries, *statistics)):
        for required in ("comparison_operator", "evaluation_periods"):
            if (name or queries) and not _is_set(values.get(required)):
                problems.append(Problem(f"{required} is required for traditional metric alarms", path=(required,)))
        if name and sum(map(bool, statistics)) != 1:
            problems.append(
                Problem("One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
            )
    for query in queries if isinstance(queries, list) else []:
        if query is not UNKNOWN and _is_set(query.get("expression")) and _is_set(query.get("metric")):
            problems.append(Problem("No metric_query may have both `expression` and a `metric` specified"))
    return problems


def check_topic(values: dict[str, Any]) -> list[Problem]:
    """Checks the name of a planned topic: CustomizeDiff in internal/service/sns/topic.go."""
    name = values.get("name")
    if not isinstance(name, str) or re.fullmatch(r"[0-9A-Za-z_-]{1,256}(\.fifo)?", name):
        return []
    return [Problem(f"invalid topic name: {name}", path=("name",))]


def _is_set(value: Any) -> bool:
    return value is not UNKNOWN and bool(value)


def bucket_request(request: dict[str, Any], values: dict[str, Any]) -> None:
    """S3 requires the region in the request, but refuses us-east-1."""
    if values.get("region") not in (None, "us-east-1"):
        request["CreateBucketConfiguration"] = {"LocationConstraint": values["region"]}


def lifecycle_request(request: dict[str, Any], values: dict[str, Any]) -> None:
    """A transition without a date needs a number of days, 0 if unset."""
    rules = request.get("LifecycleConfiguration", {}).get("Rules")
    for rule in rules if isinstance(rules, list) else ():
        transitions = rule.get("Transitions")
        for transition in transitions if isinstance(transitions, list) else ():
            if "Date" not in transition:
                transition.setdefault("Days", 0)


def empty_bucket(client: Any, values: dict[str, Any]) -> None:
    """With force_destroy, deletes all versions of all objects."""
    if values.get("force_destroy") is not True:
        return
    for page in client.get_paginator("list_object_versions").paginate(Bucket=values["id"]):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            keys = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            client.delete_objects(Bucket=values["id"], Delete={"Objects": keys, "Quiet": True})


def read_inline_policies(client: Any, values: dict[str, Any]) -> None:
    """Reads all inline policies of a role, also those of aws_iam_role_policy."""
    names = client.list_role_policies(RoleName=values["id"])["PolicyNames"]
    policies = [client.get_role_policy(RoleName=values["id"], PolicyName=name) for name in names]
    values["inline_policy"] = [
        {"name": policy["PolicyName"], "policy": policy["PolicyDocument"]} for policy in policies
    ]


def release_role(client: Any, values: dict[str, Any]) -> None:
    """Removes a role from its instance profiles, and all policies of a kind that the state knows.

    A refresh fills both attributes, so policies that somebody else attached go as well. Source: deleteRole in
    internal/service/iam/role.go.
    """
    role = values["id"]
    for profile in client.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]:
        client.remove_role_from_instance_profile(RoleName=role, InstanceProfileName=profile["InstanceProfileName"])
    forced = values.get("force_detach_policies") is True
    if forced or values.get("managed_policy_arns") not in (None, []):
        for policy in client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            client.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    if forced or values.get("inline_policy") not in (None, []):
        for name in client.list_role_policies(RoleName=role)["PolicyNames"]:
            client.delete_role_policy(RoleName=role, PolicyName=name)


def await_endpoint(client: Any, values: dict[str, Any]) -> None:
    """Waits until an endpoint is in service, or gone. Raises `ProviderError` if it comes to neither.

    Source: waitEndpointInService in internal/service/sagemaker/endpoint.go, which waits an hour.
    """
    status, reason = "", ""
    for _ in attempts(3600, pause=0.2, longest=0.2):
        try:
            endpoint = client.describe_endpoint(EndpointName=values["id"])
        except ClientError as error:
            if "Could not find" in error.response["Error"]["Message"]:
                return
            raise
        status, reason = endpoint["EndpointStatus"], endpoint.get("FailureReason", "")
        if status not in ("Creating", "Deleting", "RollingBack", "SystemUpdating", "Updating"):
            break
    if status != "InService":
        raise ProviderError(f"waiting for SageMaker AI Endpoint ({values['id']}): it is {status}. {reason}")


def name_variants(request: dict[str, Any], values: dict[str, Any]) -> None:
    """The provider makes up the names of variants that have none."""
    variants = request.get("ProductionVariants")
    for variant in variants if isinstance(variants, list) else ():
        if isinstance(variant, dict):  # else it is not known yet, as all of them may be
            variant.setdefault("VariantName", f"terraform-{uuid.uuid4().hex[:26]}")
