"""Reads the data sources of hashicorp/aws that the stand-in knows.

Sources: internal/service/meta, sts and servicequotas of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from scaleproof.providers.aws.client import Client
from scaleproof.providers.aws.policy_document import policy_document
from scaleproof.providers.aws.settings import Settings
from scaleproof.providers.standin import ConnectionGetter, ProviderError, require_connection
from scaleproof.service_models import session
from scaleproof.translation.schema import ProviderSchema
from scaleproof.translation.values import Values

PLACEHOLDER_ACCOUNT = "123456789012"
"""The account in plans without a cloud. AWS's documentation uses it as an example."""


@dataclass(frozen=True)
class Scope:
    """What a data source may use."""

    connection: ConnectionGetter
    settings: Settings


@cache
def _regions() -> dict[str, tuple[str, str]]:
    """Each region's description, and its endpoint of EC2."""
    endpoints = session().get_data("endpoints")
    return {
        name: (region["description"], f"ec2.{name}.{partition['dnsSuffix']}")
        for partition in endpoints["partitions"]
        for name, region in partition["regions"].items()
    }


def _region(scope: Scope, config: Values) -> Values:
    if config["endpoint"]:
        raise ProviderError("The stand-in for hashicorp/aws finds no region by its endpoint; name the region")
    region = config["region"] or config["name"] or scope.settings.region
    if region not in _regions():
        raise ProviderError(f"no matching Region found: {region}")
    description, endpoint = _regions()[region]
    known = {"description": description, "endpoint": endpoint}
    return config | known | dict.fromkeys(("id", "name", "region"), region)


def _partition(scope: Scope, config: Values) -> Values:
    suffix = scope.settings.dns_suffix
    return config | {
        "dns_suffix": suffix,
        "id": scope.settings.partition,
        "partition": scope.settings.partition,
        "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
    }


def _caller_identity(scope: Scope, config: Values) -> Values:
    """Asks STS. Without a cloud it returns PLACEHOLDER_ACCOUNT, so that plans need no credentials."""
    connection = scope.connection()
    if connection is None:
        account = PLACEHOLDER_ACCOUNT
        identity = {
            "Account": account,
            "Arn": f"arn:{scope.settings.partition}:iam::{account}:root",
            "UserId": account,
        }
    else:
        client = Client(connection, "sts")
        identity = client.send("GetCallerIdentity", {}, "reading STS Caller Identity") or {}
    return config | {
        "account_id": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "user_id": identity["UserId"],
    }


def _default_tags(scope: Scope, config: Values) -> Values:
    return config | {
        "id": scope.settings.partition,
        "tags": scope.settings.visible(dict(scope.settings.default_tags)),
    }


def _service_quota(scope: Scope, config: Values) -> Values:
    """The applied value of a quota, or its default if none is applied. LocalStack's have no usage_metric."""
    service, code, name = config["service_code"], config["quota_code"], config["quota_name"]
    region = config["region"] or scope.settings.region
    client = Client(require_connection(scope.connection, region), "service-quotas")
    action = f"reading Service Quotas Service Quota ({service}/{code or name})"
    by_code = {"ServiceCode": service, "QuotaCode": code}
    if code:
        answer = client.send("GetAWSDefaultServiceQuota", by_code, action) or {}
        default = answer.get("Quota")
    else:
        answer = client.send("ListAWSDefaultServiceQuotas", {"ServiceCode": service}, action) or {}
        default = next((quota for quota in answer.get("Quotas", []) if quota["QuotaName"] == name), None)
    if default is None:
        raise ProviderError("no matching Service Quotas Service Quota found")
    by_code["QuotaCode"] = default["QuotaCode"]
    applied = client.send("GetServiceQuota", by_code, action, absent=("NoSuchResourceException",))
    quota = (applied or {}).get("Quota") or default
    return config | {
        "adjustable": quota.get("Adjustable"),
        "arn": quota["QuotaArn"],
        "default_value": default["Value"],
        "global_quota": quota.get("GlobalQuota"),
        "id": quota["QuotaArn"],
        "quota_code": quota["QuotaCode"],
        "quota_name": quota["QuotaName"],
        "region": region,
        "service_name": quota.get("ServiceName"),
        "value": quota["Value"],
    }


DATA_SOURCES: dict[str, Callable[[Scope, Values], Values]] = {
    "aws_caller_identity": _caller_identity,
    "aws_default_tags": _default_tags,
    "aws_iam_policy_document": lambda _scope, config: policy_document(config),
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_servicequotas_service_quota": _service_quota,
}


def unreadable(schema: ProviderSchema) -> dict[str, str]:
    """The data sources that are in the schema and not above; see `Provider.unreadable`."""
    return {
        name: "region" if "region" in block.attributes else "id"
        for name, block in schema.data_sources.items()
        if name not in DATA_SOURCES
    }
