"""What the aws provider saves of what an API returned.

The API wins, but for two things that are no differences to terraform-plugin-sdk: it cannot tell null from a
zero value ("", 0, false, nothing in it), and keeps the text of a document that only looks different.
"""

from __future__ import annotations

from typing import Any

from scaleproof.providers.equivalence import equivalent
from scaleproof.providers.schema import Attribute, Block, NestedBlock
from scaleproof.providers.standin import Values
from scaleproof.providers.wire import UNKNOWN, equal


def settle(block: Block, reference: Values, returned: Values) -> Values:
    """The state to save for `returned`, given the planned or prior values (`reference`)."""
    return {
        member.name: _member(member, reference.get(member.name), returned.get(member.name))
        for member in block.members()
    }


def _member(member: Attribute | NestedBlock, old: Any, new: Any) -> Any:
    if isinstance(member, Attribute):
        return _attribute(member, old, new)
    if old is UNKNOWN:
        return new
    if not old and is_zero(new):
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        return settle(member.block, old, new)
    if not isinstance(old, list) or not isinstance(new, list):
        return new
    if member.nesting == "set":
        return _set(member, old, new)
    missing = [member.block.empty()] * len(new)
    return [settle(member.block, one, other) for one, other in zip(old + missing, new, strict=False)]


def _attribute(attribute: Attribute, old: Any, new: Any) -> Any:
    if old is UNKNOWN:
        return new
    if attribute.suppress and equivalent(attribute.suppress, old, new):
        return old
    if (old is None or (new is None and is_zero(old))) and is_zero(new):
        return old if old is not None or attribute.default is None else new
    return old if old is not None and equal(old, new, attribute.cty) else new


def _set(member: NestedBlock, old: list[Values], new: list[Values]) -> list[Values]:
    """Each element as the element of `old` that it matches, in the order of `old`; the rest as returned."""
    rest = list(new)
    found = []
    for one in old:
        for index, other in enumerate(rest):
            settled = settle(member.block, one, other)
            if equal(settled, _with_known(one, settled), member.block.cty):
                found.append(settled)
                del rest[index]
                break
    return found + rest


def _with_known(planned: Any, settled: Any) -> Any:
    """The planned value with what was unknown in it as it turned out."""
    if planned is UNKNOWN:
        return settled
    if isinstance(planned, dict) and isinstance(settled, dict):
        return {name: _with_known(value, settled.get(name)) for name, value in planned.items()}
    if isinstance(planned, list) and isinstance(settled, list) and len(planned) == len(settled):
        return [_with_known(one, other) for one, other in zip(planned, settled, strict=True)]
    return planned


def is_zero(value: Any) -> bool:
    """Whether the value is what the SDK takes for unset: null, zero, false, or empty all through."""
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(is_zero(item) for item in value.values())
    if isinstance(value, list):
        return all(isinstance(item, (dict, list)) and is_zero(item) for item in value)
    return not value
