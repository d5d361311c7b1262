"""Encodes and decodes what Terraform's plugin protocol 6 carries: values, schemas, paths and problems.

Values are cty in msgpack, in the format of go-cty's msgpack package. Every attribute of an object is
present. Null is nil, and a set is an array. An unknown value is an extension: 0 for a plain one, 12 for one
with refinements. A number that does not fit is a decimal string.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgpack  # type: ignore[import-untyped,unused-ignore]
from tfplugin_proto import tfplugin6_5_pb2 as pb

from scaleproof.providers.standin import Problem, ProviderError
from scaleproof.translation.schema import Attribute, Block, ProviderSchema
from scaleproof.translation.values import UNKNOWN, Exact, Path, convert, from_plain, mismatch

_UNKNOWN_EXTENSIONS = (0, 12)
_ENCODED_UNKNOWN = msgpack.ExtType(0, b"\x00")
_INT64 = range(-(2**63), 2**64)


def encode(value: Any, cty: Any) -> bytes:
    """Encodes a value of the cty type as msgpack. Raises TypeError if the value is of another type."""
    packed: bytes = msgpack.packb(convert(value, cty, _to_wire))
    return packed


def decode(data: bytes, cty: Any) -> Any:
    """Decodes msgpack to a plain value of the cty type."""
    return from_plain(msgpack.unpackb(data, ext_hook=_extension, strict_map_key=False), cty)


def _extension(code: int, data: bytes) -> Any:
    if code in _UNKNOWN_EXTENSIONS:
        return UNKNOWN
    raise ValueError(f"Terraform has no values of the msgpack extension {code}")


def _to_wire(value: Any, cty: Any, path: Path) -> Any:
    if value is UNKNOWN:
        return _ENCODED_UNKNOWN
    if value is None or (cty == "string" and isinstance(value, str)) or (cty == "bool" and isinstance(value, bool)):
        return value
    if cty == "number" and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        if isinstance(value, Exact):
            return value.text
        if value == int(value):
            value = int(value)
        return value if not isinstance(value, int) or value in _INT64 else str(value)
    raise mismatch(cty, path)


def provider_schema(schema: ProviderSchema) -> pb.GetProviderSchema.Response:
    """The response with all schemas of a provider."""
    return pb.GetProviderSchema.Response(
        provider=_schema(schema.provider),
        resource_schemas={name: _schema(block) for name, block in schema.resources.items()},
        data_source_schemas={name: _schema(block) for name, block in schema.data_sources.items()},
    )


def dynamic(value: Any, cty: Any) -> pb.DynamicValue:
    """The protocol's form of a value of the cty type."""
    return pb.DynamicValue(msgpack=encode(value, cty))


def plain(value: pb.DynamicValue, cty: Any) -> Any:
    """The plain value in the protocol's form, None if there is none."""
    return decode(value.msgpack, cty) if value.msgpack else None


def diagnostics(problems: Iterable[Problem], cty: Any) -> list[pb.Diagnostic]:
    """The diagnostics for problems with a value of the cty type."""
    return [
        pb.Diagnostic(
            severity=pb.Diagnostic.ERROR,
            summary=problem.summary,
            detail=problem.detail,
            attribute=attribute_path(problem.path, cty),
        )
        for problem in problems
    ]


def failure(error: ProviderError) -> list[pb.Diagnostic]:
    """The diagnostic of a failed operation."""
    return diagnostics([Problem(error.summary, error.detail)], "dynamic")


def attribute_path(path: Path, cty: Any) -> pb.AttributePath:
    """The protocol's form of a path. It ends at a set: the protocol cannot name elements of sets."""
    steps = []
    for step in path:
        kind, inner = cty if isinstance(cty, (list, tuple)) else ("", {})
        if kind == "object" and step in inner:
            steps.append(pb.AttributePath.Step(attribute_name=str(step)))
            cty = inner[step]
        elif kind == "map":
            steps.append(pb.AttributePath.Step(element_key_string=str(step)))
            cty = inner
        elif kind == "list" and isinstance(step, int):
            steps.append(pb.AttributePath.Step(element_key_int=step))
            cty = inner
        else:
            break
    return pb.AttributePath(steps=steps)


def _schema(block: Block) -> pb.Schema:
    return pb.Schema(version=block.version, block=_block(block))


def _block(block: Block) -> pb.Schema.Block:
    nested = [
        pb.Schema.NestedBlock(
            type_name=name,
            block=_block(inner.block),
            nesting=inner.nesting.upper(),
            min_items=inner.min_items,
            max_items=inner.max_items,
        )
        for name, inner in block.blocks.items()
    ]
    return pb.Schema.Block(attributes=map(_attribute, block.attributes.values()), block_types=nested)


def _attribute(attribute: Attribute) -> pb.Schema.Attribute:
    if attribute.nested is None:
        kind: dict[str, Any] = {"type": json.dumps(attribute.type).encode()}
    else:
        members = map(_attribute, attribute.nested.attributes.values())
        nesting = (attribute.nesting or "").upper()
        kind = {"nested_type": pb.Schema.Object(nesting=nesting, attributes=members)}
    return pb.Schema.Attribute(
        name=attribute.name,
        required=attribute.required,
        optional=attribute.optional,
        computed=attribute.computed,
        sensitive=attribute.sensitive,
        deprecated=attribute.deprecated,
        **kind,
    )
