"""Schemas, paths and problems as the messages of Terraform's plugin protocol, version 6."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tfplugin_proto import tfplugin6_5_pb2 as pb

from scaleproof.providers import wire
from scaleproof.providers.standin import Problem, ProviderError
from scaleproof.translation.schema import Attribute, Block, ProviderSchema
from scaleproof.translation.values import Path, from_plain


def provider_schema(schema: ProviderSchema) -> pb.GetProviderSchema.Response:
    """All schemas of a provider."""
    return pb.GetProviderSchema.Response(
        provider=_schema(schema.provider),
        resource_schemas={name: _schema(block) for name, block in schema.resources.items()},
        data_source_schemas={name: _schema(block) for name, block in schema.data_sources.items()},
    )


def dynamic(value: Any, cty: Any) -> pb.DynamicValue:
    """A value of a cty type."""
    return pb.DynamicValue(msgpack=wire.encode(value, cty))


def plain(value: pb.DynamicValue, cty: Any) -> Any:
    """The plain form of a value."""
    if value.json:
        return from_plain(json.loads(value.json), cty)
    return wire.decode(value.msgpack, cty) if value.msgpack else None


def diagnostics(problems: Iterable[Problem], cty: Any) -> list[pb.Diagnostic]:
    """Problems with a value of the cty type."""
    return [
        pb.Diagnostic(
            severity=pb.Diagnostic.WARNING if problem.warning else pb.Diagnostic.ERROR,
            summary=problem.summary,
            detail=problem.detail,
            attribute=attribute_path(problem.path, cty),
        )
        for problem in problems
    ]


def failure(error: ProviderError, cty: Any = "dynamic") -> list[pb.Diagnostic]:
    """The diagnostic of a failed operation."""
    return diagnostics([Problem(error.summary, error.detail, error.path)], cty)


def attribute_path(path: Path, cty: Any) -> pb.AttributePath:
    """The path in a value of the cty type, up to a set: the protocol cannot name elements of sets."""
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
