"""Maps blocks of a provider's schema to shapes of botocore.

By default, attribute `role_arn` is the member with the same letters (`RoleARN`), or their plural. A table
entry lists exceptions by dotted path, {"metric_query.metric.namespace": "Metric.Namespace"}. A dotted target
is a nested member. "." means that the block's attributes are members of the parent's shape. None means that
there is no member.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scaleproof.service_models import Shape
from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Path, convert

Names = Mapping[str, str | None]


@dataclass(frozen=True)
class Field:
    """An attribute or block with its member. `member` is relative to the parent's shape."""

    path: str
    member: tuple[str, ...]
    schema: Attribute | NestedBlock
    shape: Shape
    children: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.schema.name


def fields(block: Block, shape: Shape, names: Names, prefix: str = "") -> tuple[Field, ...]:
    """The attributes and blocks that have a member, in the schema's order.

    `names`: the exceptions. Raises LookupError if one names a member that does not exist.
    """
    mapped = []
    for schema in block.members():
        path = prefix + schema.name
        target = names[path] if path in names else _same_letters(shape, schema.name)
        if target is None:
            continue
        member = () if target == "." else tuple(target.split("."))
        inner = shape
        for step in member:
            inner = _step(inner, step)
        nested = schema.block if isinstance(schema, NestedBlock) else schema.nested
        children: tuple[Field, ...] = ()
        if nested is not None:
            element = inner.member if inner.type_name == "list" else inner
            children = fields(nested, element, names, f"{path}.")
        mapped.append(Field(path, member, schema, inner, children))
    return tuple(mapped)


def _same_letters(shape: Shape, name: str) -> str | None:
    if shape.type_name != "structure":
        return None
    members = {member.lower(): member for member in shape.members}
    plain = name.replace("_", "")
    return members.get(plain) or members.get(plain + "s")


def _step(shape: Shape, name: str) -> Shape:
    if shape.type_name == "map":  # e.g. the attributes of an SNS topic
        return shape.value
    if shape.type_name != "structure" or name not in shape.members:
        raise LookupError(f"{shape.name} has no member {name}")
    return shape.members[name]


@dataclass(frozen=True)
class Zeros:
    """What to send for unset and zero values, by dotted path.

    `unset`: the value to send for an unset attribute. An optional number is sent as 0 only if it is listed
    here: in the SDK's state, 0 means unset. `omitted`: flags that are not sent as false.
    """

    unset: Mapping[str, Any]
    omitted: frozenset[str]


NO_ZEROS = Zeros({}, frozenset())
_ZEROS = {"string": "", "number": 0, "bool": False}


def encode(mapped: tuple[Field, ...], values: Mapping[str, Any], zeros: Zeros) -> dict[str, Any]:
    """The request for `values`, without null and empty ones. UNKNOWN stays."""
    wire: dict[str, Any] = {}
    for field in mapped:
        value = _encode(field, values.get(field.name), zeros)
        if value is None:
            continue
        if not field.member:
            # A block whose members are the request's own.
            wire.update(value if isinstance(value, Mapping) else {part.member[0]: value for part in field.children})
            continue
        target = wire
        for step in field.member[:-1]:
            target = target.setdefault(step, {})
        target[field.member[-1]] = value
    return wire


def _encode(field: Field, value: Any, zeros: Zeros) -> Any:
    if value is UNKNOWN:
        # If a computed block is unknown, the configuration leaves it to the API.
        return None if isinstance(field.schema, NestedBlock) and field.schema.computed else UNKNOWN
    if value is None:
        value = zeros.unset.get(field.path)
    if value is None or value in ("", [], {}) or (not value and field.path in zeros.omitted):
        return None
    required = isinstance(field.schema, Attribute) and field.schema.required
    if value == 0 and field.schema.cty == "number" and not required and field.path not in zeros.unset:
        return None
    if field.children:
        blocks = [{} if element is None else element for element in (value if isinstance(value, list) else [value])]
        # What is no block is unknown, or sensitive: who reads the request says so.
        encoded = [encode(field.children, block, zeros) if isinstance(block, Mapping) else block for block in blocks]
        return encoded if field.shape.type_name == "list" else encoded[0]
    return _encode_plain(value, field.shape)


def _encode_plain(value: Any, shape: Shape) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if isinstance(value, dict) and shape.type_name == "list":
        key, value_name = pair_names(shape)
        return [{key: name, value_name: _encode_plain(value[name], shape.member)} for name in sorted(value)]
    if isinstance(value, dict):
        return {name: _encode_plain(element, shape.value) for name, element in value.items()}
    if isinstance(value, list):
        return [_encode_plain(element, shape.member) for element in value]
    if isinstance(value, bool) and shape.type_name == "string":
        return str(value).lower()
    try:  # the provider has some numbers as strings, to tell 0 from unset
        if shape.type_name in ("integer", "long"):
            return int(value)
        if shape.type_name in ("double", "float"):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        return value  # the check against the model reports it
    return value


def pair_names(shape: Shape) -> tuple[str, str]:
    """The two members of a list of pairs that represents a map, such as ("Name", "Value")."""
    key, value_name = shape.member.members
    return key, value_name


def decode(mapped: tuple[Field, ...], wire: Mapping[str, Any]) -> dict[str, Any]:
    """The values of mapped attributes in a response: null, or no block, if it has none."""
    return {field.name: _decode(field, _follow(wire, field.member)) for field in mapped}


def _follow(wire: Any, member: tuple[str, ...]) -> Any:
    for step in member:
        wire = wire.get(step) if wire else None
    return wire


def _decode(field: Field, wire: Any) -> Any:
    if not field.children:
        return _decode_plain(wire, field.schema.cty, field.shape)
    elements = wire if isinstance(wire, list) else [] if wire is None else [wire]
    blocks = [decode(field.children, element) for element in elements]
    if not field.member:  # the parent's members: the block exists only if one of them is set
        blocks = [block for block in blocks if any(value is not None for value in block.values())]
    if _nesting(field.schema) == "single":
        return blocks[0] if blocks else None
    return blocks


def _nesting(schema: Attribute | NestedBlock) -> str:
    return schema.nesting or "single"


def _decode_plain(wire: Any, cty: Any, shape: Shape) -> Any:
    if wire is None:
        return None
    if isinstance(cty, list) and cty[0] == "map":
        if shape.type_name == "list":
            key, value_name = pair_names(shape)
            return {pair[key]: pair.get(value_name, "") for pair in wire}
        return dict(wire)
    if isinstance(cty, list) and cty[0] in ("list", "set"):
        return [_decode_plain(element, cty[1], shape.member) for element in wire]
    return scalar(wire, cty)


def scalar(wire: Any, cty: Any) -> Any:
    """A value in a response, converted to the cty type "string", "number" or "bool"."""
    if cty == "bool" and isinstance(wire, str):
        return wire.lower() == "true"
    if cty == "number" and isinstance(wire, str):
        return float(wire) if "." in wire else int(wire)
    if cty != "string" or isinstance(wire, str):
        return wire
    if isinstance(wire, datetime):
        return wire.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(wire, float) and wire.is_integer():
        return str(int(wire))
    return json.dumps(wire, separators=(",", ":"))


def with_zeros(value: Any, cty: Any) -> Any:
    """A value as the SDK stores it: zero values stand for null, at any depth."""

    def leaf(value: Any, kind: Any, _path: Path) -> Any:
        if value is not None:
            return scalar(value, kind)
        return _ZEROS[kind] if isinstance(kind, str) else {} if kind[0] == "map" else []

    return convert(value, cty, leaf)


def locate(mapped: tuple[Field, ...], wire_path: Path) -> Path:
    """The attribute path for a path in a request. It ends at the last step that is mapped."""
    for field in sorted(mapped, key=lambda field: -len(field.member)):
        size = len(field.member)
        if wire_path[:size] != field.member or (not size and not locate(field.children, wire_path)):
            continue
        rest = wire_path[size:]
        if not field.children:
            return (field.name,)
        index: Path = ()
        if field.shape.type_name == "list":
            index, rest = rest[:1], rest[1:]
        elif _nesting(field.schema) != "single":
            index = (0,)
        if _nesting(field.schema) == "set":  # elements of a set have no stable address
            return (field.name,)
        return (field.name, *index, *locate(field.children, rest))
    return ()
