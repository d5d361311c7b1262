"""Plans a resource of any type, as do terraform-plugin-sdk and terraform-plugin-framework, the toolkits of providers.

`plan_sdk` follows terraform-plugin-sdk v2, helper/schema/schema.go. All types of hashicorp/aws here use it
but one. `plan_framework` follows terraform-plugin-framework as awscc's generator uses it: every optional
attribute is also computed and has UseStateForUnknown (hashicorp/terraform-provider-awscc
internal/provider/generators/shared/codegen/emitter.go).

The SDK plans through a flat map of strings, which has no null. Core would reject such a plan, so the SDK sets
the flag of the legacy type system (`standin.Provider.legacy`), with which core accepts any plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from scaleproof.providers.equivalence import equivalent, normalized, same_to_sdk
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

    A computed value that the configuration leaves out is unknown at create. At update it keeps the prior
    value, null included. A value that the SDK cannot tell from the prior one keeps the prior value as well.
    """
    planned = _planned(block, prior, proposed, creating=prior is None)
    if "region" in block.attributes and config["region"] is None:
        planned["region"] = region
    if "tags_all" in block.attributes:
        planned["tags_all"] = _tags_all(planned["tags"], default_tags or {}, prior)
    replace = [] if prior is None else _replacements(block, prior, planned, config)
    if prior is not None and not prior.get("region") and planned.get("region") == region:
        # The state is older than the attribute `region`: the resource stays in its region.
        replace = [path for path in replace if path != ("region",)]
    return Planned(planned, replace)


def plan_framework(block: Block, prior: Values | None, config: Values, proposed: Values) -> Planned:
    """Plans a type of the framework.

    At create, computed values that are not configured are unknown, at any depth. At update UseStateForUnknown
    restores their prior values, null included, so the plan equals core's proposed value. A new element of a
    list has no prior value, so what it leaves out is planned as null.
    """
    if prior is None:
        return Planned(_unknown_where_open(block, proposed))
    return Planned(proposed, _replacements(block, prior, proposed, config))


def _replacements(block: Block, prior: Values, planned: Values, config: Values, path: Path = ()) -> list[Path]:
    """The paths whose planned change replaces the resource.

    Compares final values: core drops a path whose values are equal. In the SDK, force-new on a nested block
    applies to the number of blocks; the attributes inside have their own flag.
    """
    paths = [
        (*path, name)
        for name, attribute in block.attributes.items()
        if (attribute.force_new or (attribute.replace_if_configured and config.get(name) is not None))
        and not equal(prior[name], planned[name], attribute.cty)
    ]
    for name, nested in block.blocks.items():
        old, new = prior[name], planned[name]
        if equal(old, new, nested.cty):
            continue
        if nested.nesting == "list" and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            configured = config.get(name)
            for index, (before, after) in enumerate(zip(old, new, strict=True)):
                written = configured[index] if isinstance(configured, list) else {}
                paths += _replacements(nested.block, before, after, written, (*path, name, index))
        elif _counts_differ(nested, old, new) or _forces_new(nested.block):
            paths.append((*path, name))
    return paths


def _counts_differ(nested: NestedBlock, old: Any, new: Any) -> bool:
    counts = [len(value) if isinstance(value, list) else value for value in (old, new)]
    return nested.force_new and counts[0] != counts[1]


def _forces_new(block: Block) -> bool:
    return any(attribute.force_new for attribute in block.attributes.values()) or any(
        nested.force_new or _forces_new(nested.block) for nested in block.blocks.values()
    )


def _planned(block: Block, prior: Values | None, proposed: Values, *, creating: bool, in_set: bool = False) -> Values:
    """The SDK's plan of one block. Inside a set, zero values stand for null."""
    planned = {}
    for member in block.members():
        value = proposed[member.name]
        if isinstance(member, NestedBlock):
            planned[member.name] = _planned_blocks(member, prior, value, creating, in_set)
            continue
        value = _planned_value(member, value, creating, in_set)
        planned[member.name] = value if prior is None else _prior_if_same(member, prior[member.name], value)
    return planned


def _planned_value(attribute: Attribute, value: Any, creating: bool, in_set: bool) -> Any:
    kind = attribute.type if isinstance(attribute.type, str) else attribute.type[0]
    if value is None:
        value = attribute.default
    if value is None and attribute.computed and creating:
        return UNKNOWN
    if isinstance(value, str):
        return normalized(attribute.suppress, value)
    if kind in ("map", "set") and contains_unknown(value):
        return UNKNOWN  # as a whole: the SDK has no stable addresses for the elements
    if in_set and value is None:
        return {"string": "", "list": [], "set": []}.get(kind)
    return None if value == {} or (kind == "set" and value == [] and not in_set) else value


def _prior_if_same(attribute: Attribute, old: Any, value: Any) -> Any:
    """The prior value if the new one is equal to the SDK. An unset collection becomes empty, not null."""
    same = attribute.suppress and equivalent(attribute.suppress, old, value)
    if same or same_to_sdk(old, value, attribute.cty):
        return old
    return type(old)() if value is None and isinstance(old, (dict, list)) else value


def _planned_blocks(nested: NestedBlock, prior: Values | None, value: Any, creating: bool, in_set: bool) -> Any:
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
        blocks = [_planned(nested.block, None, block, creating=creating, in_set=True) for block in value]
        blocks = [
            next((prior_block for prior_block in before if same_to_sdk(prior_block, block, nested.block.cty)), block)
            for block in blocks
        ]
    else:
        pairs = zip_longest(before[: len(value)], value)
        blocks = [
            _planned(nested.block, prior_block, block, creating=creating, in_set=in_set) for prior_block, block in pairs
        ]
    same = len(before) == len(blocks) and same_to_sdk(before, blocks, nested.cty)
    return before if same else blocks


def _unknown_where_open(block: Block, value: Values) -> Values:
    filled = dict(value)
    for name, attribute in block.attributes.items():
        if value[name] is None:
            filled[name] = UNKNOWN if attribute.computed else None
        elif attribute.nested is not None:
            filled[name] = _map_objects(value[name], partial(_unknown_where_open, attribute.nested))
    return filled


def _map_objects(value: Any, change: Callable[[Values], Values]) -> Any:
    """Applies `change` to an object, or to each object of a list. Null and unknown values stay."""
    if isinstance(value, list):
        return [_map_objects(member, change) for member in value]
    return change(value) if isinstance(value, dict) else value


def _tags_all(tags: Any, default_tags: Mapping[str, str], prior: Values | None) -> Any:
    """setTagsAll in internal/provider/sdkv2/tags_interceptor.go of hashicorp/terraform-provider-aws."""
    if contains_unknown(tags) or contains_unknown(default_tags):
        return UNKNOWN
    tags = tags or {}
    merged = {**default_tags, **tags}
    before, prior_tags = (UNKNOWN, {}) if prior is None else (prior["tags_all"], prior["tags"] or {})
    if tags != prior_tags:
        return merged if merged and all(tags.values()) else UNKNOWN
    if all(merged.values()):
        return merged or before
    return before if before == merged else UNKNOWN
