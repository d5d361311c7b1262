"""When two different values mean the same, so that a provider shows no difference (the schema's `suppress`).

Sources: suppressEquivalentPolicyDocuments and its siblings in internal/verify of
hashicorp/terraform-provider-aws, which compare IAM policies with github.com/hashicorp/awspolicyequivalence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

_SETS = {"Action", "NotAction", "Resource", "NotResource"}
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def equivalent(kind: str, one: Any, other: Any) -> bool:
    """Whether two known values are the same "json", IAM "policy", "instant" or KMS "key".

    A value that cannot be read as its kind is equivalent only to itself. Raises KeyError for another kind.
    """
    if one == other:
        return True
    try:
        return bool(_CANONICAL[kind](one) == _CANONICAL[kind](other))
    except (TypeError, ValueError, AttributeError):
        return False


def _policy(text: str) -> Any:
    document = json.loads(text) if text else {}
    return _sorted([_statement(item) for item in _as_list(document.pop("Statement", []))]), document


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement in which order, single values and spellings of principals no longer differ."""
    found: dict[str, Any] = {"Effect": "Allow"}
    for key, value in statement.items():
        if key in _SETS:
            found[key] = _sorted(item.lower() if key.endswith("Action") else item for item in _as_list(value))
        elif key in ("Principal", "NotPrincipal"):
            named = {"AWS": "*"} if value == "*" else value
            found[key] = {
                kind: _sorted(_account(item) for item in _as_list(ids)) for kind, ids in named.items()
            }
        elif key == "Condition":
            found[key] = {test: _condition(values) for test, values in value.items()}
        else:
            found[key] = value
    return {key: value for key, value in found.items() if value not in ("", None, [])}


def _condition(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key.lower(): _sorted(
            str(item).lower() if isinstance(item, bool) else str(item) for item in _as_list(value)
        )
        for key, value in values.items()
    }


def _account(principal: str) -> str:
    root = _ROOT.fullmatch(principal)
    return root[1] if root else principal


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _sorted(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _key(text: str) -> str:
    return text.rpartition("key/")[2]


_CANONICAL: dict[str, Callable[[str], Any]] = {
    "instant": _instant,
    "json": json.loads,
    "key": _key,
    "policy": _policy,
}
