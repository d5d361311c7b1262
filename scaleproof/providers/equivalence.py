"""Decides which different values mean the same, so that a plan shows no difference (`suppress`).

Sources: internal/verify/json.go of hashicorp/terraform-provider-aws, which compares IAM policies with
github.com/hashicorp/awspolicyequivalence; for values that count as unset, internal/configs/hcl2shim of
hashicorp/terraform-plugin-sdk; for the state after a read, normalizeNullValues in
helper/schema/grpc_provider.go of the same repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Values, equal

_SETS = {"Action", "NotAction", "Resource", "NotResource"}
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def equivalent(kind: str, left: Any, right: Any) -> bool:
    """Whether two known values mean the same; `kind` is a `suppress` of the schema.

    A value that cannot be parsed equals only itself. Raises KeyError for an unknown kind.
    """
    if left == right:
        return True
    try:
        return bool(_CANONICAL[kind](left) == _CANONICAL[kind](right))
    except (TypeError, ValueError, AttributeError):
        return False


def normalized(kind: str, text: str) -> str:
    """The text that the provider plans and saves for a JSON document: compact, with sorted keys.

    Texts of other kinds, and texts that are not JSON, stay as they are.
    """
    if kind not in _DOCUMENTS:
        return text
    try:
        document = json.loads(json.dumps(json.loads(text), sort_keys=True))
    except ValueError:
        return text
    if kind == "legacy_policy" and isinstance(document, dict) and "Version" in document:
        document = {"Version": document["Version"], **document}
    return go_json(document)


def go_json(value: Any, *, indent: int | None = None) -> str:
    """JSON as Go's encoder writes it. Keys keep their order."""
    text = json.dumps(value, indent=indent, separators=(",", ": " if indent else ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def same_to_sdk(first: Any, second: Any, cty: Any, *, fill_unknown: bool = False) -> bool:
    """Whether two values of a cty type are equal to the SDK, which cannot tell null, zero and empty apart.

    `fill_unknown`: unknown values in `first` equal any value in `second`.
    """

    def same(left: Any, right: Any) -> bool:
        return (fill_unknown and left is UNKNOWN) or (_is_zero(left) and _is_zero(right))

    return equal(first, second, cty, same)


def _is_zero(value: Any) -> bool:
    """Whether the SDK treats the value as unset: null, zero, false, or empty at every level."""
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(_is_zero(item) for item in value.values())
    if isinstance(value, list):
        return all(isinstance(item, (dict, list)) and _is_zero(item) for item in value)
    return not value


def _policy(text: str) -> Any:
    document = json.loads(text) if text else {}
    return _sorted([_statement(item) for item in _as_list(document.pop("Statement", []))]), document


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement with sorted lists, no single values, and one spelling for each principal."""
    canonical: dict[str, Any] = {"Effect": "Allow"}
    for key, value in statement.items():
        if key in _SETS:
            canonical[key] = _sorted(item.lower() if key.endswith("Action") else item for item in _as_list(value))
        elif key in ("Principal", "NotPrincipal"):
            by_kind = {"AWS": "*"} if value == "*" else value
            canonical[key] = {kind: _sorted(_account(item) for item in _as_list(ids)) for kind, ids in by_kind.items()}
        elif key == "Condition":
            canonical[key] = {test: _condition(values) for test, values in value.items()}
        else:
            canonical[key] = value
    return {key: value for key, value in canonical.items() if value not in ("", None, [])}


def _condition(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key.lower(): _sorted(str(item).lower() if isinstance(item, bool) else str(item) for item in _as_list(value))
        for key, value in values.items()
    }


def _account(principal: str) -> str:
    root = _ROOT.fullmatch(principal)
    return root[1] if root else principal


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _sorted(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


_CANONICAL: dict[str, Callable[[str], Any]] = {
    "instant": datetime.fromisoformat,
    "json": json.loads,
    "key": lambda text: text.rpartition("key/")[2],
    "legacy_policy": _policy,
    "policy": _policy,
}
_DOCUMENTS = ("json", "legacy_policy", "policy")


def reconcile(block: Block, reference: Values, returned: Values, *, applied: bool) -> Values:
    """The state to save for the values that the API returned.

    `reference`: the planned values after an apply (`applied`), else the prior ones. The API's values win,
    with two exceptions. A document that means the same keeps its text. After an apply, empty collections and
    sets stay as planned; here a set must have the same elements, which the SDK does not check.
    """
    return {
        member.name: _reconciled(member, reference.get(member.name), returned.get(member.name), applied)
        for member in block.members()
    }


def _reconciled(member: Attribute | NestedBlock, old: Any, new: Any, applied: bool) -> Any:
    if isinstance(member, Attribute) and member.suppress and isinstance(new, str):
        return old if equivalent(member.suppress, old, new) else normalized(member.suppress, new)
    if not applied or old is UNKNOWN or not isinstance(new, (dict, list)):
        return new
    if isinstance(member, NestedBlock) and member.nesting == "list" and old and len(old) == len(new):
        return [reconcile(member.block, before, after, applied=True) for before, after in zip(old, new, strict=True)]
    return old if same_to_sdk(old, new, member.cty) else new
