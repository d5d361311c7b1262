"""The data sources of hashicorp/aws that the stand-in carries.

Sources: internal/service/meta, sts and servicequotas of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from scaleproof.providers.aws.client import Client
from scaleproof.providers.aws.entry import Call
from scaleproof.providers.aws.policy_document import policy_document
from scaleproof.providers.aws.settings import Settings
from scaleproof.providers.standin import ConnectionGetter, ProviderError, connected
from scaleproof.service_models import session
from scaleproof.translation.schema import ProviderSchema
from scaleproof.translation.values import Values

PLACEHOLDER_ACCOUNT = "123456789012"
"""The account that plans speak of when no cloud is connected; AWS's documentation uses it as an example."""


@dataclass(frozen=True)
class Scope:
    """What a data source may look at."""

    connection: ConnectionGetter
    settings: Settings


@cache
def _region_names() -> dict[str, str]:
    endpoints = session().get_data("endpoints")
    return {
        name: region["description"]
        for partition in endpoints["partitions"]
        for name, region in partition["regions"].items()
    }


def _region(scope: Scope, config: Values) -> Values:
    region = config["region"] or config["name"] or scope.settings.region
    if region not in _region_names():
        raise ProviderError(f"finding Region using {region}: no matching Region found")
    endpoint = f"ec2.{region}.{scope.settings.dns_suffix}"
    return config | {
        "description": _region_names()[region],
        "endpoint": endpoint,
        "id": region,
        "name": region,
        "region": region,
    }


def _partition(scope: Scope, config: Values) -> Values:
    suffix = scope.settings.dns_suffix
    return config | {
        "dns_suffix": suffix,
        "id": scope.settings.partition,
        "partition": scope.settings.partition,
        "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
    }


def _caller_identity(scope: Scope, config: Values) -> Values:
    """Asks STS; without a cloud it answers PLACEHOLDER_ACCOUNT, so that plans need no credentials."""
    connection = scope.connection()
    if connection is None:
        account = PLACEHOLDER_ACCOUNT
        found = {
            "Account": account,
            "Arn": f"arn:{scope.settings.partition}:iam::{account}:root",
            "UserId": account,
        }
    else:
        client = Client(connection, "sts")
        found = client.send("GetCallerIdentity", {}, "reading STS Caller Identity") or {}
    return config | {
        "account_id": found["Account"],
        "arn": found["Arn"],
        "id": found["Account"],
        "user_id": found["UserId"],
    }


def _default_tags(scope: Scope, config: Values) -> Values:
    return config | {
        "id": scope.settings.partition,
        "tags": scope.settings.visible(dict(scope.settings.default_tags)),
    }


def _service_quota(scope: Scope, config: Values) -> Values:
    """The applied value of a quota, its default where none was applied."""
    service, code, name = config["service_code"], config["quota_code"], config["quota_name"]
    region = config["region"] or scope.settings.region
    client = Client(connected(scope.connection, region), "service-quotas")
    doing = f"reading Service Quotas Service Quota ({service}/{code or name})"
    if code:
        default = client.call(
            Call("GetAWSDefaultServiceQuota", {"ServiceCode": service, "QuotaCode": code}, "Quota"), {}, doing
        )
    else:
        quotas = client.call(
            Call("ListAWSDefaultServiceQuotas", {"ServiceCode": service}, "Quotas"), {}, doing
        )
        default = next((quota for quota in quotas or [] if quota["QuotaName"] == name), None)
    if default is None:
        raise ProviderError(f"no matching Service Quotas Service Quota found: {service}/{code or name}")
    applied = client.call(
        Call(
            "GetServiceQuota",
            {"ServiceCode": service, "QuotaCode": default["QuotaCode"]},
            "Quota",
            absent=("NoSuchResourceException",),
        ),
        {},
        doing,
    )
    found = applied or default
    return config | {
        "adjustable": found.get("Adjustable"),
        "arn": found["QuotaArn"],
        "default_value": default["Value"],
        "global_quota": found.get("GlobalQuota"),
        "id": found["QuotaArn"],
        "quota_code": found["QuotaCode"],
        "quota_name": found["QuotaName"],
        "region": region,
        "service_name": found.get("ServiceName"),
        "usage_metric": [_usage_metric(found["UsageMetric"])] if found.get("UsageMetric") else [],
        "value": found["Value"],
    }


def _usage_metric(found: dict[str, Any]) -> Values:
    dimensions = found.get("MetricDimensions") or {}
    return {
        "metric_dimensions": [
            {key.lower(): dimensions.get(key) for key in ("Class", "Resource", "Service", "Type")}
        ],
        "metric_name": found.get("MetricName"),
        "metric_namespace": found.get("MetricNamespace"),
        "metric_statistic_recommendation": found.get("MetricStatisticRecommendation"),
    }


DATA_SOURCES: dict[str, Callable[[Scope, Values], Values]] = {
    "aws_caller_identity": _caller_identity,
    "aws_default_tags": _default_tags,
    "aws_iam_policy_document": lambda _scope, config: policy_document(config),
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_servicequotas_service_quota": _service_quota,
}


def unread(schema: ProviderSchema) -> dict[str, str]:
    """The data sources that only a cloud can answer, in the schema and not above; see `Provider.unread`."""
    return {
        name: "region" if "region" in block.attributes else "id"
        for name, block in schema.data_sources.items()
        if name not in DATA_SOURCES
    }
