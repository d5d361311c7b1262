"""What the aws provider saves of what an API returned.

The API wins, but for what the provider and terraform-plugin-sdk make of it (normalizeNullValues in
helper/schema/grpc_provider.go): a document that only looks different keeps its text, and after an apply an
empty collection and a set are as they were planned. A set here only if it is the same; the SDK does not look.
"""

from __future__ import annotations

from typing import Any

from scaleproof.providers.equivalence import alike, equivalent, normal
from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Values


def settle(block: Block, reference: Values, returned: Values, *, applied: bool) -> Values:
    """The state to save for `returned`, given the planned (`applied`) or prior values (`reference`)."""
    return {
        member.name: _member(member, reference.get(member.name), returned.get(member.name), applied)
        for member in block.members()
    }


def _member(member: Attribute | NestedBlock, old: Any, new: Any, applied: bool) -> Any:
    if isinstance(member, Attribute) and member.suppress and isinstance(new, str):
        return old if equivalent(member.suppress, old, new) else normal(member.suppress, new)
    if not applied or old is UNKNOWN or not isinstance(new, (dict, list)):
        return new
    if not new and old is None:
        return None
    if isinstance(member, NestedBlock) and member.nesting == "list" and old and len(old) == len(new):
        return [settle(member.block, one, other, applied=True) for one, other in zip(old, new, strict=True)]
    return old if alike(old, new, member.cty) else new
