"""Computes the data source aws_iam_policy_document, to the same bytes as the provider.

One value is a string. Several are sorted in reverse, except in a condition. Go's encoder sorts the keys of
maps and escapes <, > and &. Sources: internal/service/iam/policy_document_data_source.go and policy_model.go
of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

import zlib
from typing import Any

from scaleproof.providers.equivalence import go_json
from scaleproof.providers.standin import ProviderError
from scaleproof.translation.values import Values

DEFAULT_VERSION = "2012-10-17"


def policy_document(config: Values) -> Values:
    """The values of the data source. Raises ProviderError for duplicate Sids and documents to merge."""
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
    if version == "2008-10-17" and any("&{" in element for element in items or []):
        raise ProviderError(f"found &{{ sequence in ({items}), which is not supported in document version 2008-10-17")
    return [element.replace("&{", "${") for element in items or []]


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
