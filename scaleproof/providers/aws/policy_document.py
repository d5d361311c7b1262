"""The data source aws_iam_policy_document, which writes the same bytes as the provider.

One value is a string. Several are sorted in reverse, except in a condition. Go's encoder sorts the keys of
maps and escapes <, > and &. Sources: internal/service/iam/policy_document_data_source.go and policy_model.go
of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

from scaleproof.providers.equivalence import go_json
from scaleproof.providers.standin import ProviderError
from scaleproof.translation.values import Values

DEFAULT_VERSION = "2012-10-17"
_KEYS = (
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal",
    "Condition",
)  # fmt: skip

Document = dict[str, Any]


def policy_document(config: Values) -> Values:
    """The values of the data source. Raises ProviderError for duplicate Sids and unreadable documents."""
    version = config["version"] or DEFAULT_VERSION
    merged: Document = {"Version": "", "Id": "", "Statement": []}
    for index, text in enumerate(config["source_policy_documents"] or []):
        _merge(merged, _parse(text, "source", index), unique=f"merging source document {index}: ")
    own: Document = {
        "Version": version,
        "Id": config["policy_id"] or "",
        "Statement": [_statement(block, version) for block in config["statement"] or []],
    }
    _check_unique(own["Statement"], "")
    _merge(merged, own)
    for index, text in enumerate(config["override_policy_documents"] or []):
        _merge(merged, _parse(text, "override", index))
    document = {key: value for key, value in merged.items() if value}
    pretty = _written(document, indent=2)
    return config | {
        "id": str(zlib.crc32(pretty.encode())),
        "json": pretty,
        "minified_json": _written(document, indent=None),
        "version": version,
        "statement": [block | {"effect": block["effect"] or "Allow"} for block in config["statement"] or []],
    }


def _parse(text: str | None, kind: str, index: int) -> Document:
    if not text:
        return {}
    try:
        document = json.loads(text)
        statements = document.get("Statement") or []
    except (ValueError, AttributeError) as error:
        raise ProviderError(
            f"writing IAM Policy Document: merging {kind} document {index}: {error}"
        ) from error
    if isinstance(statements, dict):
        statements = [statements]
    return {**document, "Statement": [{key: one[key] for key in _KEYS if one.get(key)} for one in statements]}


def _merge(merged: Document, new: Document, *, unique: str = "") -> None:
    """Takes the newer version and the last id. A statement replaces one of the same Sid, or is appended."""
    merged["Id"] = new.get("Id") or merged["Id"]
    merged["Version"] = max(merged["Version"], new.get("Version") or "")
    if unique:
        _check_unique([*merged["Statement"], *new.get("Statement", [])], unique)
    for statement in new.get("Statement", []):
        sid = statement.get("Sid")
        places = [index for index, one in enumerate(merged["Statement"]) if sid and one.get("Sid") == sid]
        if places:
            merged["Statement"][places[0]] = statement
        else:
            merged["Statement"].append(statement)


def _check_unique(statements: Iterable[Document], context: str) -> None:
    seen = set()
    for sid in filter(None, (statement.get("Sid") for statement in statements)):
        if sid in seen:
            raise ProviderError(
                f"writing IAM Policy Document: {context}duplicate Sid ({sid}). "
                "Remove the Sid or ensure the Sid is unique."
            )
        seen.add(sid)


def _statement(block: Values, version: str) -> Document:
    found = {
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
    return {key: value for key, value in found.items() if value}


def _collapsed(items: list[str] | None) -> str | list[str] | None:
    """A single item as a string, several in reverse order, None for none."""
    if not items:
        return None
    return items[0] if len(items) == 1 else sorted(items, reverse=True)


def _variables(items: list[str] | None, version: str) -> list[str]:
    """Replaces &{...} by IAM's ${...}, which a configuration cannot contain."""
    if version == "2008-10-17" and any("&{" in item for item in items or []):
        raise ProviderError(
            f"found &{{ sequence in ({items}), which is not supported in document version 2008-10-17"
        )
    return [item.replace("&{", "${") for item in items or []]


def _principals(blocks: list[Values] | None, version: str) -> Any:
    found: dict[str, Any] = {}
    for block in blocks or []:
        identifiers = _variables(block["identifiers"], version)
        if len(blocks or []) == 1 and block["type"] == "*" and identifiers == ["*"]:
            return "*"
        known = found.get(block["type"])
        if known is None and len(identifiers) == 1:
            found[block["type"]] = identifiers[0]
        else:
            first = [known] if isinstance(known, str) else known or []
            found[block["type"]] = first + sorted(identifiers, reverse=True)
    return found


def _conditions(blocks: list[Values] | None, version: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for block in blocks or []:
        values = _variables(block["values"], version)
        [variable] = _variables([block["variable"]], version)
        tests = found.setdefault(block["test"], {})
        if len(values) == 1 and variable not in tests:
            tests[variable] = values[0]
        else:
            known = tests.get(variable)
            tests[variable] = ([known] if isinstance(known, str) else known or []) + values
    return found


def _written(document: Document, *, indent: int | None) -> str:
    ordered = {
        key: [
            {name: _sorted_maps(one[name]) for name in _KEYS if one.get(name)} for one in value
        ] if key == "Statement" else value
        for key, value in document.items()
    }  # fmt: skip
    return go_json(ordered, indent=indent)


def _sorted_maps(value: Any) -> Any:
    return {key: _sorted_maps(value[key]) for key in sorted(value)} if isinstance(value, dict) else value
