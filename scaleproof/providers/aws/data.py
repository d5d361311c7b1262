"""Reads the data sources of hashicorp/aws that the stand-in knows.

Sources: internal/service/meta, sts and servicequotas of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from scaleproof.providers.aws.client import Client
from scaleproof.providers.aws.settings import Settings
from scaleproof.providers.equivalence import go_json
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
    client = Client(require_connection(scope.connection, region, data=True), "service-quotas")
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


DEFAULT_VERSION = "2012-10-17"


def policy_document(config: Values) -> Values:
    """The values of aws_iam_policy_document. Raises ProviderError for duplicate Sids and documents to merge.

    They have the same bytes as the provider's: one value is a string, several are sorted in reverse, except in a
    condition. Sources: internal/service/iam/policy_document_data_source.go and policy_model.go of the provider.
    """
    for argument in ("source_policy_documents", "override_policy_documents"):
        if config[argument]:
            raise ProviderError(
                f"The stand-in for hashicorp/aws does not support {argument} of aws_iam_policy_document",
                "Write the statements into one data source, or set SCALEPROOF_PROVIDERS=registry.",
            )
    version = config["version"] or DEFAULT_VERSION
    statements = [_statement(block, version) for block in config["statement"] or []]
    _check_unique(statements)
    members = {"Version": version, "Id": config["policy_id"], "Statement": statements}
    document = {key: value for key, value in members.items() if value}
    pretty = go_json(document, indent=2)
    return config | {
        "id": str(zlib.crc32(pretty.encode())),
        "json": pretty,
        "minified_json": go_json(document),
        "version": version,
        "statement": [block | {"effect": block["effect"] or "Allow"} for block in config["statement"] or []],
    }


def _check_unique(statements: list[dict[str, Any]]) -> None:
    sids = [statement["Sid"] for statement in statements if "Sid" in statement]
    for index, sid in enumerate(sids):
        if sid in sids[:index]:
            raise ProviderError(
                f"writing IAM Policy Document: duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique."
            )


def _statement(block: Values, version: str) -> dict[str, Any]:
    statement = {
        "Sid": block["sid"],
        "Effect": block["effect"] or "Allow",
        "Action": _collapsed(block["actions"]),
        "NotAction": _collapsed(block["not_actions"]),
        "Resource": _collapsed(_variables(block["resources"], version)),
        "NotResource": _collapsed(_variables(block["not_resources"], version)),
        "Principal": _principals(block["principals"], version),
        "NotPrincipal": _principals(block["not_principals"], version),
        "Condition": _conditions(block["condition"], version),
    }
    return {key: value for key, value in statement.items() if value}


def _collapsed(items: list[str] | None) -> str | list[str] | None:
    """A single item as a string, several in reverse order, None for none."""
    if not items:
        return None
    return items[0] if len(items) == 1 else sorted(items, reverse=True)


def _variables(items: list[str] | None, version: str) -> list[str]:
    """Replaces &{...} by IAM's ${...}, which a configuration cannot contain."""
    items = items or []
    for element in items:
        if version == "2008-10-17" and "&{" in element:
            raise ProviderError(
                f"found &{{ sequence in ({element}), which is not supported in document version 2008-10-17"
            )
    return [element.replace("&{", "${") for element in items]


def _principals(blocks: list[Values] | None, version: str) -> Any:
    principals: dict[str, Any] = {}
    for block in blocks or []:
        identifiers = _variables(block["identifiers"], version)
        if len(blocks or []) == 1 and block["type"] == "*" and identifiers == ["*"]:
            return "*"
        _add(principals, block["type"], sorted(identifiers, reverse=True))
    return dict(sorted(principals.items()))


def _conditions(blocks: list[Values] | None, version: str) -> dict[str, dict[str, Any]]:
    conditions: dict[str, dict[str, Any]] = {}
    for block in blocks or []:
        [variable] = _variables([block["variable"]], version)
        _add(conditions.setdefault(block["test"], {}), variable, _variables(block["values"], version))
    return {test: dict(sorted(conditions[test].items())) for test in sorted(conditions)}


def _add(values_by_key: dict[str, Any], key: str, values: list[str]) -> None:
    """Adds values to those of a key. The first is a string if it is alone."""
    if key not in values_by_key and len(values) == 1:
        values_by_key[key] = values[0]
    else:
        known = values_by_key.get(key, [])
        values_by_key[key] = ([known] if isinstance(known, str) else known) + values
