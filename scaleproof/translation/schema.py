"""Provider schemas as typed objects: what Terraform says of each provider, and the provider's rules beyond that.

schemas/aws.json and schemas/awscc.json have the form of `terraform providers schema -json`; tools/provider_schemas.py
writes them. schemas/rules.json has what a schema does not say, by the dotted path of a member: replacement, defaults,
validators. Checks are the provider's own validators, one key for each (scaleproof/providers/validation.py runs them):

    {"length": [1, 63]}  {"range": [0, null]}  {"items": [1, 16]}     inclusive bounds, null for none
    {"enum": [...]}  {"enum_ignore_case": [...]}  {"multiple_of": 60}  {"pattern": "..."}
    {"each": check}  {"any": [check, ...]}                             per element; at least one holds
    {"configured": true}                                               must not be null once the parent is set
    {"format": "arn"}  {"shape": ["cloudwatch", "StandardUnit"]}       a named rule; a botocore shape
    {"conflicts_with": [...]}  {"required_with": [...]}  {"exactly_one_of": [...]}  {"at_least_one_of": [...]}
                                                 names of siblings; null and an empty list count as absent
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

CtyType = Any
"""A cty type in Terraform's JSON form: "string", ["list", "string"], ["object", {"a": "bool"}]."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a plain cty `type`, or with `nested` attributes in a `nesting`.

    `force_new`: a change replaces the resource. `replace_if_configured`: only if the configuration sets it.
    `write_only`: CloudFormation never returns it (Terraform's state keeps it).
    `property_name`: its CloudFormation name.
    `suppress`: two values are equal if they are the same "json", IAM "policy", "instant" or KMS "key".
    A "legacy_policy" is a policy whose version comes first.
    """

    name: str
    type: CtyType = None
    nested: Block | None = None
    nesting: str | None = None
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    deprecated: bool = False
    write_only: bool = False
    force_new: bool = False
    replace_if_configured: bool = False
    suppress: str = ""
    default: Any = None
    checks: tuple[dict[str, Any], ...] = ()
    property_name: str = ""

    @property
    def cty(self) -> CtyType:
        """The cty type of the value."""
        if self.nested is None:
            return self.type
        return _nest(self.nesting or "single", self.nested.cty)


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A block type inside a block. `nesting` is list, set, map or single. `max_items` 0 means no limit.

    `computed`: the provider sets the blocks if the configuration has none.
    """

    name: str
    block: Block
    nesting: str
    min_items: int = 0
    max_items: int = 0
    force_new: bool = False
    computed: bool = False
    checks: tuple[dict[str, Any], ...] = ()

    @property
    def cty(self) -> CtyType:
        """The cty type of the value."""
        return _nest(self.nesting, self.block.cty)


@dataclass(frozen=True, slots=True)
class Block:
    """The body of a resource, a data source, a provider block or a nested block.

    Only top-level blocks have the last three fields. `timeouts` are minutes by operation.
    """

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, NestedBlock] = field(default_factory=dict)
    version: int = 0
    cloudformation_type: str = ""
    timeouts: dict[str, int] = field(default_factory=dict)

    @property
    def cty(self) -> CtyType:
        """The cty object type of the body."""
        return ["object", {member.name: member.cty for member in self.members()}]

    def members(self) -> Iterator[Attribute | NestedBlock]:
        """Attributes, then nested blocks."""
        yield from self.attributes.values()
        yield from self.blocks.values()

    def member(self, name: str) -> Attribute | NestedBlock | None:
        """The attribute or nested block of that name."""
        return self.attributes.get(name) or self.blocks.get(name)

    def empty(self) -> dict[str, Any]:
        """A value with nothing set: null attributes, no nested blocks."""
        value: dict[str, Any] = dict.fromkeys(self.attributes)
        for name, nested in self.blocks.items():
            value[name] = None if nested.nesting == "single" else {} if nested.nesting == "map" else []
        return value


@dataclass(frozen=True, slots=True)
class ProviderSchema:
    """All schemas of a provider. `source` and `version` name the real provider."""

    source: str
    version: str
    provider: Block
    resources: dict[str, Block]
    data_sources: dict[str, Block]


def _nest(nesting: str, element: CtyType) -> CtyType:
    return element if nesting == "single" else [nesting, element]


_NO_RULES: Mapping[str, Any] = {}


def parse_block(raw: Mapping[str, Any], rules: Mapping[str, Any] = _NO_RULES) -> Block:
    """A block from Terraform's JSON form.

    `rules` has `attributes`, the fields of members by dotted path, and for a type of CloudFormation its name as
    `cloudformation_type` and its `timeouts`.
    """
    block = _block(raw, rules.get("attributes", {}), "", named="cloudformation_type" in rules)
    return replace(block, cloudformation_type=rules.get("cloudformation_type", ""), timeouts=rules.get("timeouts", {}))


def _block(raw: Mapping[str, Any], rules: Mapping[str, Any], path: str, *, named: bool) -> Block:
    def fields(name: str, source: Mapping[str, Any], flags: tuple[str, ...]) -> dict[str, Any]:
        rule = {key: value for key, value in rules.get(path + name, {}).items() if key != "source"}
        return {
            "name": name,
            **{flag: source[flag] for flag in flags if flag in source},
            **rule,
            "checks": tuple(rule.get("checks", ())),
        }

    attributes = {}
    for name, source in raw.get("attributes", {}).items():
        values = fields(name, source, ("type", "required", "optional", "computed", "sensitive", "deprecated"))
        if "nested_type" in source:
            nested = source["nested_type"]
            values["nested"] = _block(nested, rules, f"{path}{name}.", named=named)
            values["nesting"] = nested["nesting_mode"]
        if named:
            values.setdefault("property_name", "".join(word.capitalize() for word in name.split("_")))
        attributes[name] = Attribute(**values)
    blocks = {}
    for name, source in raw.get("block_types", {}).items():
        values = fields(name, source, ("min_items", "max_items"))
        inner = _block(source["block"], rules, f"{path}{name}.", named=named)
        blocks[name] = NestedBlock(block=inner, nesting=source["nesting_mode"], **values)
    return Block(attributes=attributes, blocks=blocks)


@cache
def load(name: str) -> ProviderSchema:
    """The schema of the provider "aws" or "awscc"."""
    raw, rules = _document(name), _document("rules")[name]

    def blocks(kind: str) -> dict[str, Block]:
        return {
            type_name: replace(
                parse_block(schema["block"], rules[kind].get(type_name, _NO_RULES)), version=schema["version"]
            )
            for type_name, schema in raw[kind].items()
        }

    return ProviderSchema(
        source=raw["source"],
        version=raw["version"],
        provider=parse_block(raw["provider"]["block"]),
        resources=blocks("resource_schemas"),
        data_sources=blocks("data_source_schemas"),
    )


def _document(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath("schemas", f"{name}.json").read_text("utf-8"))
