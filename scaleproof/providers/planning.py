"""What providers do at plan whatever the type, for the two toolkits that providers are written with.

`plan_sdk` is terraform-plugin-sdk v2 (all of hashicorp/aws that is used here, but for one type):
helper/schema/schema.go. `plan_framework` is terraform-plugin-framework under awscc's generator: every
optional attribute is computed as well and carries UseStateForUnknown
(hashicorp/terraform-provider-awscc internal/provider/generators/shared/codegen/emitter.go).

What the SDK makes of a configuration is not what core expects of a plan: it goes through a flat map of
strings, which has no null. Hence the flag of the legacy type system (`standin.Provider.legacy`), with which
core takes a plan as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from scaleproof.providers.equivalence import alike, equivalent, normal
from scaleproof.providers.standin import Planned
from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Path, Values, contains_unknown, equal


def plan_sdk(
    block: Block,
    prior: Values | None,
    config: Values,
    proposed: Values,
    *,
    region: str = "",
    default_tags: Mapping[str, str] | None = None,
) -> Planned:
    """Plans a type of the SDK: defaults, computed values, region, tags_all, suppression, replacement.

    A computed value that the configuration leaves open is unknown at create and kept at update; when there is
    none to keep it stays null. So is what differs from the prior value in nothing that the SDK can tell.
    """
    planned = _planned(block, prior, proposed, creating=prior is None)
    if "region" in block.attributes and config["region"] is None:
        planned["region"] = region
    if "tags_all" in block.attributes:
        planned["tags_all"] = _tags_all(planned["tags"], default_tags or {}, prior)
    replace = [] if prior is None else _replacements(block, prior, planned, config)
    if prior is not None and not prior.get("region") and planned.get("region") == region:
        # A state from before the provider knew regions: all is where it was.
        replace = [path for path in replace if path != ("region",)]
    return Planned(planned, replace)


def plan_framework(block: Block, prior: Values | None, config: Values, proposed: Values) -> Planned:
    """Plans a type of the framework.

    At create everything computed that is not configured is unknown, at any depth. At update
    UseStateForUnknown puts back the prior value for all of it, a prior null included, which is core's
    proposed value exactly: an element that is new in a list has no prior, so what it leaves open is
    planned as null.
    """
    if prior is None:
        return Planned(_unknown_where_open(block, proposed))
    return Planned(proposed, _replacements(block, prior, proposed, config))


def _replacements(
    block: Block, prior: Values, planned: Values, config: Values, path: Path = ()
) -> list[Path]:
    """The paths whose planned change replaces the resource.

    Compares final values, as core drops a path whose values are equal. In the SDK force-new on a nested block
    is about the number of blocks, and its members have their own.
    """
    found = [
        (*path, name)
        for name, attribute in block.attributes.items()
        if _replaces(attribute, config.get(name)) and not equal(prior[name], planned[name], attribute.cty)
    ]
    for name, nested in block.blocks.items():
        old, new = prior[name], planned[name]
        if equal(old, new, nested.cty):
            continue
        if (
            nested.nesting == "list"
            and isinstance(old, list)
            and isinstance(new, list)
            and len(old) == len(new)
        ):
            configured = config.get(name)
            for index, (one, other) in enumerate(zip(old, new, strict=True)):
                written = configured[index] if isinstance(configured, list) else {}
                found += _replacements(nested.block, one, other, written, (*path, name, index))
        elif _counts_differ(nested, old, new) or _forces_new(nested.block):
            found.append((*path, name))
    return found


def _replaces(attribute: Attribute, configured: Any) -> bool:
    return attribute.force_new or (attribute.replace_if_configured and configured is not None)


def _counts_differ(nested: NestedBlock, old: Any, new: Any) -> bool:
    counts = [len(value) if isinstance(value, list) else value for value in (old, new)]
    return nested.force_new and counts[0] != counts[1]


def _forces_new(block: Block) -> bool:
    return any(attribute.force_new for attribute in block.attributes.values()) or any(
        nested.force_new or _forces_new(nested.block) for nested in block.blocks.values()
    )


def _planned(
    block: Block, prior: Values | None, proposed: Values, *, creating: bool, in_set: bool = False
) -> Values:
    """The SDK's plan of one block; what is inside a set is written out whole, in zero values."""
    planned = {}
    for item in block.members():
        value = proposed[item.name]
        if isinstance(item, NestedBlock):
            planned[item.name] = _planned_blocks(item, prior, value, creating, in_set)
            continue
        value = _planned_value(item, value, creating, in_set)
        planned[item.name] = value if prior is None else _kept(item, prior[item.name], value)
    return planned


def _planned_value(attribute: Attribute, value: Any, creating: bool, in_set: bool) -> Any:
    kind = attribute.type if isinstance(attribute.type, str) else attribute.type[0]
    if value is None:
        value = attribute.default
    if value is None and attribute.computed and creating:
        return UNKNOWN
    if isinstance(value, str):
        return normal(attribute.suppress, value)
    if kind in ("map", "set") and contains_unknown(value):
        return UNKNOWN  # as a whole: its members have no addresses, or none that the SDK keeps
    if in_set and value is None:
        return {"string": "", "list": [], "set": []}.get(kind)
    return None if value == {} or (kind == "set" and value == [] and not in_set) else value


def _kept(attribute: Attribute, old: Any, value: Any) -> Any:
    """The prior value where the new one is the same to the SDK; a collection is emptied, not unset."""
    same = attribute.suppress and equivalent(attribute.suppress, old, value)
    if same or alike(old, value, attribute.cty):
        return old
    return type(old)() if value is None and isinstance(old, (dict, list)) else value


def _planned_blocks(
    nested: NestedBlock, prior: Values | None, value: Any, creating: bool, in_set: bool
) -> Any:
    old = None if prior is None else prior[nested.name]
    if nested.computed and value in (None, []):
        if prior is not None:
            return old
        return UNKNOWN if creating or not in_set else []
    if isinstance(value, dict):
        return _planned(nested.block, old, value, creating=creating)
    if not isinstance(value, list):
        return value
    before = old if isinstance(old, list) else []
    if nested.nesting == "set":
        found = [_planned(nested.block, None, item, creating=creating, in_set=True) for item in value]
        found = [next((one for one in before if alike(one, item, nested.block.cty)), item) for item in found]
    else:
        pairs = zip_longest(before[: len(value)], value)
        found = [_planned(nested.block, one, item, creating=creating, in_set=in_set) for one, item in pairs]
    return before if alike(before, found, nested.cty) else found


def _unknown_where_open(block: Block, value: Values) -> Values:
    filled = dict(value)
    for name, attribute in block.attributes.items():
        if value[name] is None:
            filled[name] = UNKNOWN if attribute.computed else None
        elif attribute.nested is not None:
            filled[name] = _each(value[name], partial(_unknown_where_open, attribute.nested))
    return filled


def _each(value: Any, change: Callable[[Values], Values]) -> Any:
    """Applies `change` to an object, or to each object of a list; null and unknown stay."""
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return change(value) if isinstance(value, dict) else value


def _tags_all(tags: Any, default_tags: Mapping[str, str], prior: Values | None) -> Any:
    """hashicorp/terraform-provider-aws internal/provider/sdkv2/tags_interceptor.go, at plan."""
    if contains_unknown(tags) or (tags and not all(tags.values())):
        return UNKNOWN
    merged = {**default_tags, **(tags or {})}
    if merged:
        return merged
    before = prior["tags_all"] if prior is not None else UNKNOWN
    return UNKNOWN if before is UNKNOWN or before else before
