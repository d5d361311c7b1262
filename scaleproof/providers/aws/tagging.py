"""Tags of a resource, whatever shape its service gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jmespath  # type: ignore[import-untyped]

from scaleproof.providers.aws.client import Client
from scaleproof.providers.aws.entry import Tagging


def tag_members(tagging: Tagging, tags: Mapping[str, Any]) -> Any:
    """Tags as the API takes them: a map, or a list of pairs by key."""
    if tagging.pair is None:
        return dict(tags)
    key, value = tagging.pair
    return [{key: name, value: tags[name]} for name in sorted(tags)]


def read_tags(
    tagging: Tagging, client: Client, values: Mapping[str, Any], wire: Any, doing: str
) -> dict[str, str]:
    """The tags a resource has now; `wire` is what its own read has just returned."""
    if isinstance(tagging.read, str):
        found = jmespath.search(tagging.read, wire) or {}
    else:
        found = client.call(tagging.read, values, doing) or {}
    if tagging.pair is None:
        return dict(found)
    key, value = tagging.pair
    return {item[key]: item.get(value, "") for item in found}


def change_tags(
    tagging: Tagging,
    client: Client,
    values: Mapping[str, Any],
    old: Mapping[str, str],
    new: Mapping[str, str],
    doing: str,
) -> None:
    """Removes the tags that are no longer wanted, then sets those that are new or different."""
    removed = sorted(set(old) - set(new))
    added = (
        dict(new) if tagging.whole else {key: value for key, value in new.items() if old.get(key) != value}
    )
    if new == old:
        return
    if removed and not (tagging.whole and new):
        client.call(tagging.remove, {**values, "keys": removed}, doing)
    if added:
        client.call(tagging.add, {**values, "tags": tag_members(tagging, added)}, doing)
