"""What providers do at plan whatever the type, for the two toolkits that providers are written with.

`plan_sdk` is terraform-plugin-sdk v2 (all of hashicorp/aws that is used here, but for one type):
helper/schema/schema.go. `plan_framework` is terraform-plugin-framework under awscc's generator: every
optional attribute is computed as well and carries UseStateForUnknown
(hashicorp/terraform-provider-awscc internal/provider/generators/shared/codegen/emitter.go).

The real aws provider answers everything with the flag of the legacy type system, and core then only logs
what is wrong. Here results of an apply never carry it, so that core checks them to the letter, and a plan
does only where the SDK departs from what core allows: a default for an argument that is not computed, and a
difference that is suppressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from scaleproof.providers.equivalence import equivalent
from scaleproof.providers.schema import Attribute, Block, NestedBlock
from scaleproof.providers.standin import Path, Planned, Values
from scaleproof.providers.wire import UNKNOWN, contains_unknown, equal

Adjust = Callable[[Values], None]


def plan_sdk(
    block: Block,
    prior: Values | None,
    config: Values,
    proposed: Values,
    *,
    region: str = "",
    default_tags: Mapping[str, str] | None = None,
    adjust: Adjust | None = None,
) -> Planned:
    """Plans a type of the SDK: defaults, computed values, region, tags_all, suppression, replacement.

    A computed value that the configuration leaves open is unknown at create and kept at update; when there is
    none to keep it stays null. `adjust` changes the planned values in place before replacement is decided.
    """
    planned = _filled(block, proposed, creating=prior is None)
    if "region" in block.attributes and config["region"] is None:
        planned["region"] = region
    if "tags_all" in block.attributes:
        planned["tags_all"] = _tags_all(planned["tags"], default_tags or {}, prior)
    if adjust is not None:
        adjust(planned)
    if prior is not None:
        _suppress(block, prior, planned)
    replace = replacements(block, prior, planned, config)
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
    return Planned(proposed, replacements(block, prior, proposed, config))


def replacements(block: Block, prior: Values | None, planned: Values, config: Values) -> list[Path]:
    """The paths whose planned change replaces the resource.

    Compares final values, as core drops a path whose values are equal. In the SDK force-new on a nested block
    is about the number of blocks, and its members have their own.
    """
    return [] if prior is None else _replacements(block, prior, planned, config, ())


def departs(block: Block, proposed: Values, planned: Values) -> bool:
    """Whether a default or a suppressed difference makes the plan other than core allows."""
    for name, attribute in block.attributes.items():
        special = attribute.default is not None or attribute.suppress
        if special and not attribute.computed and not equal(proposed[name], planned[name], attribute.cty):
            return True
    return any(
        departs(nested.block, one, other)
        for name, nested in block.blocks.items()
        if isinstance(proposed[name], list) and isinstance(planned[name], list)
        for one, other in zip(proposed[name], planned[name], strict=False)
        if isinstance(one, dict) and isinstance(other, dict)
    )


def _replacements(block: Block, prior: Values, planned: Values, config: Values, path: Path) -> list[Path]:
    found = [
        (*path, name)
        for name, attribute in block.attributes.items()
        if _replaces(attribute, config.get(name)) and not equal(prior[name], planned[name], attribute.cty)
    ]
    for name, nested in block.blocks.items():
        old, new = prior[name], planned[name]
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
        elif not equal(old, new, nested.cty) and (
            _counts_differ(nested, old, new) or _forces_new(nested.block)
        ):
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


def _filled(block: Block, value: Values, *, creating: bool) -> Values:
    """The value with defaults, and with unknown for what is computed at create."""
    filled = dict(value)
    for name, attribute in block.attributes.items():
        if value[name] is None and attribute.default is not None:
            filled[name] = attribute.default
        elif value[name] is None and attribute.computed and creating:
            filled[name] = UNKNOWN
    for name, nested in block.blocks.items():
        filled[name] = _each(value[name], partial(_filled, nested.block, creating=creating))
    return filled


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


def _suppress(block: Block, prior: Values, planned: Values) -> None:
    for name, attribute in block.attributes.items():
        if attribute.suppress and equivalent(attribute.suppress, prior[name], planned[name]):
            planned[name] = prior[name]
