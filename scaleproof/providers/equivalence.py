"""Decides which different values mean the same, so that a plan shows no difference (`suppress`).

Sources: internal/verify/json.go of hashicorp/terraform-provider-aws; for values that count as unset,
internal/configs/hcl2shim of hashicorp/terraform-plugin-sdk; for the state after a read, normalizeNullValues in
helper/schema/grpc_provider.go of the same repository.

The provider knows more spellings of the same IAM policy (github.com/hashicorp/awspolicyequivalence). LocalStack
returns a policy as it was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Values, equal


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


def same_to_sdk(first: Any, second: Any, cty: Any) -> bool:
    """Whether two values of a cty type are equal to the SDK, which cannot tell null, zero and empty apart."""
    return equal(first, second, cty, lambda left, right: _is_zero(left) and _is_zero(right))


def _is_zero(value: Any) -> bool:
    """Whether the SDK treats the value as unset: null, zero, false, or empty at every level."""
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(_is_zero(element) for element in value.values())
    if isinstance(value, list):
        return all(isinstance(element, (dict, list)) and _is_zero(element) for element in value)
    return not value


def _policy(text: str) -> Any:
    """The document with sorted lists, no lists of one item, and no empty members."""
    return _policy_part(json.loads(text) if text else {})


def _policy_part(value: Any) -> Any:
    if isinstance(value, dict):
        parts = {key: _policy_part(element) for key, element in value.items()}
        return {key: part for key, part in parts.items() if part not in ("", None, [])}
    if isinstance(value, list):
        parts_in_order = sorted(map(_policy_part, value), key=lambda part: json.dumps(part, sort_keys=True))
        return parts_in_order[0] if len(parts_in_order) == 1 else parts_in_order
    return str(value).lower() if isinstance(value, bool) else value


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
