"""Planning as the two toolkits do it."""

import pytest

from scaleproof.providers.planning import plan_framework, plan_sdk
from scaleproof.providers.validation import validate
from scaleproof.translation.schema import load, parse_block
from scaleproof.translation.values import UNKNOWN

TARGET = load("aws").resources["aws_appautoscaling_target"]
MODEL = load("aws").resources["aws_sagemaker_model"]


def config(block, **values):
    return {**block.empty(), **values}


def created(block, **values):
    return plan_sdk(block, None, config(block, **values), config(block, **values), region="us-east-1")


def test_the_region_is_planned_and_a_change_replaces():
    planned = created(TARGET, min_capacity=1).state
    assert planned["region"] == "us-east-1"
    prior = {**planned, "id": "x"}
    moved = {**prior, "region": "eu-west-1"}
    assert plan_sdk(TARGET, prior, moved, moved, region="us-east-1").replace == [("region",)]
    assert plan_sdk(TARGET, prior, config(TARGET), prior, region="us-east-1").replace == []
    assert plan_sdk(TARGET, prior, config(TARGET), prior, region="eu-west-1").replace == [("region",)]
    old = {**prior, "region": None}
    assert plan_sdk(TARGET, old, config(TARGET), old, region="us-east-1").replace == []


@pytest.mark.parametrize(
    ("tags", "defaults", "tags_all"),
    [
        ({"a": "1"}, {"a": "0", "b": "2"}, {"a": "1", "b": "2"}),
        (None, {"b": "2"}, {"b": "2"}),
        (None, {}, UNKNOWN),
        ({"a": UNKNOWN}, {"b": "2"}, UNKNOWN),
        (UNKNOWN, {}, UNKNOWN),
        ({"a": ""}, {}, UNKNOWN),
    ],
)
def test_tags_all_at_create(tags, defaults, tags_all):
    values = config(TARGET, tags=tags)
    planned = plan_sdk(TARGET, None, values, values, default_tags=defaults).state["tags_all"]
    assert planned is tags_all if tags_all is UNKNOWN else planned == tags_all


@pytest.mark.parametrize(
    ("before", "tags", "defaults", "tags_all"),
    [
        ((None, {}), None, {}, {}),
        ((None, {"b": "2"}), None, {}, {"b": "2"}),
        ((None, {"b": "2"}), None, {"b": "3"}, {"b": "3"}),
        ((None, {"b": ""}), None, {"b": ""}, {"b": ""}),
        ((None, {"b": "2"}), None, {"b": ""}, UNKNOWN),
        (({"a": ""}, {"a": "", "b": "2"}), {"a": ""}, {"b": "2"}, {"a": "", "b": "2"}),
        (({"a": ""}, {"a": "", "b": "2"}), {"a": ""}, {"b": "3"}, UNKNOWN),
        (({"a": "1"}, {"a": "1"}), {"a": ""}, {}, UNKNOWN),
        (({"a": "1"}, {"a": "1"}), {"a": "2"}, {}, {"a": "2"}),
        (({"a": "1"}, {"a": "1"}), None, {}, UNKNOWN),
    ],
)
def test_tags_all_at_update(before, tags, defaults, tags_all):
    """setTagsAll in internal/provider/sdkv2/tags_interceptor.go: an empty value alone is no change."""
    prior = {**created(TARGET).state, "tags": before[0], "tags_all": before[1]}
    values = config(TARGET, tags=tags)
    planned = plan_sdk(TARGET, prior, values, {**prior, "tags": tags}, default_tags=defaults).state["tags_all"]
    assert planned is tags_all if tags_all is UNKNOWN else planned == tags_all


def test_force_new_on_a_block_of_the_sdk_applies_to_the_number_of_blocks():
    """helper/schema/schema.go diffList: so a change of subnets does not replace a model."""
    network = {"security_group_ids": ["sg-1"], "subnets": ["subnet-1"]}
    prior = created(MODEL, vpc_config=[network]).state
    changed = {**prior, "vpc_config": [{**network, "subnets": ["subnet-2"]}]}
    removed = {**prior, "vpc_config": []}
    assert plan_sdk(MODEL, prior, changed, changed).replace == []
    assert plan_sdk(MODEL, prior, removed, removed).replace == [("vpc_config",)]


def test_an_unknown_block_that_forces_new_replaces():
    prior = created(MODEL).state
    unknown = {**prior, "vpc_config": UNKNOWN}
    planned = plan_sdk(MODEL, prior, unknown, unknown)
    assert planned.state["vpc_config"] is UNKNOWN
    assert planned.replace == [("vpc_config",)]


def test_a_set_of_blocks_replaces_where_one_of_their_attributes_does():
    """Nobody can say which block of a set became which."""
    parts = {"attributes": optional(text="string", size="number")}
    for rules, replace in (({"part.text": {"force_new": True}}, [("part",)]), ({}, [])):
        block = parse_block({"block_types": {"part": {"nesting_mode": "set", "block": parts}}}, {"attributes": rules})
        prior, changed = ({"part": [{"text": "a", "size": size}]} for size in (1, 2))
        assert plan_framework(block, prior, changed, changed).replace == replace


def optional(**types):
    return {name: {"type": type_, "optional": True} for name, type_ in types.items()}


INNER = optional(text="string", size="number", names=["set", "string"])
PART = {"attributes": INNER, "block_types": {"found": {"nesting_mode": "list", "block": {}}}}
THING = parse_block(
    {
        "attributes": INNER
        | optional(list=["list", "string"], map=["map", "string"], policy="string", legacy="string"),
        "block_types": {
            "part": {"nesting_mode": "list", "block": PART},
            "member": {"nesting_mode": "set", "block": PART},
            "plain": {"nesting_mode": "list", "block": {"attributes": optional(on="bool")}},
            "found": {"nesting_mode": "set", "block": PART},
        },
    },
    {
        "attributes": {
            "policy": {"suppress": "policy"},
            "legacy": {"suppress": "legacy_policy"},
            **{path: {"computed": True} for path in ("part.found", "member.found", "found", "found.found")},
        }
    },
)
POLICY = '{ "Version": "2012-10-17", "Statement": [ { "Sid": "<" } ] }'
INSIDE = {"text": None, "size": None, "names": None, "found": []}
WRITTEN = {"text": "", "size": None, "names": [], "found": UNKNOWN}
"""INSIDE as planned inside a set."""


@pytest.mark.parametrize(
    ("config_values", "planned"),
    [
        ({"text": "", "size": 0}, {"text": "", "size": 0}),
        ({"names": ["a", UNKNOWN], "map": {"a": "b", "c": UNKNOWN}}, {"names": UNKNOWN, "map": UNKNOWN}),
        ({"list": ["a", UNKNOWN]}, {"list": ["a", UNKNOWN]}),
        ({"names": [], "map": {}, "list": []}, {"names": None, "map": None, "list": []}),
        ({"policy": POLICY}, {"policy": '{"Statement":[{"Sid":"\\u003c"}],"Version":"2012-10-17"}'}),
        ({"legacy": POLICY}, {"legacy": '{"Version":"2012-10-17","Statement":[{"Sid":"\\u003c"}]}'}),
        ({"policy": "no document"}, {"policy": "no document"}),
        ({}, {"found": UNKNOWN, "member": []}),
        ({"part": [INSIDE]}, {"part": [INSIDE | {"found": UNKNOWN}]}),
        ({"plain": [{"on": False}]}, {"plain": [{"on": False}]}),
        ({"member": [INSIDE]}, {"member": [WRITTEN]}),
        ({"found": [INSIDE | {"text": UNKNOWN}]}, {"found": [WRITTEN | {"text": UNKNOWN}]}),
    ],
)
def test_a_create_is_planned_through_a_flat_map_of_strings(config_values, planned):
    """terraform-plugin-sdk, helper/schema/schema.go (diffString, diffMap, diffSet) and terraform/diff.go."""
    found = created(THING, **config_values).state
    assert {name: found[name] for name in planned} == planned


@pytest.mark.parametrize(
    ("prior", "config_values", "planned"),
    [
        ({"text": "", "size": 0}, {"text": None, "size": None}, {"text": "", "size": 0}),
        ({"text": "x", "size": 1}, {"text": None, "size": None}, {"text": None, "size": None}),
        ({"names": [], "map": {}}, {"names": None, "map": None}, {"names": [], "map": {}}),
        ({"names": ["a"], "map": {"a": "b"}}, {"names": None, "map": {}}, {"names": [], "map": {}}),
        ({"policy": '{"Version":"1"}'}, {"policy": '{ "Version": "1" }'}, {"policy": '{"Version":"1"}'}),
        ({"found": [WRITTEN | {"found": []}]}, {"found": []}, {"found": [WRITTEN | {"found": []}]}),
        ({"part": [INSIDE | {"text": ""}]}, {"part": []}, {"part": []}),
        ({"part": []}, {"part": [INSIDE | {"size": 1}]}, {"part": [INSIDE | {"size": 1, "found": UNKNOWN}]}),
        (
            {"member": [WRITTEN | {"size": 0, "found": []}]},
            {"member": [INSIDE, INSIDE | {"size": 2}]},
            {"member": [WRITTEN | {"size": 0, "found": []}, WRITTEN | {"size": 2, "found": []}]},
        ),
    ],
)
def test_an_update_keeps_prior_values_that_are_equal_to_the_sdk(prior, config_values, planned):
    before = config(THING, **prior)
    new = config(THING, **config_values)
    found = plan_sdk(THING, before, new, new).state
    assert {name: found[name] for name in planned} == planned


def test_the_framework_keeps_prior_values_and_plans_new_elements_as_null():
    block = load("awscc").resources["awscc_sagemaker_endpoint_config"]
    variant = dict.fromkeys(block.attributes["production_variants"].nested.attributes)
    prior = config(block, production_variants=[{**variant, "variant_name": "a"}], id="arn")
    values = config(block, production_variants=[{**variant, "variant_name": name} for name in "ab"])
    proposed = {**prior, "production_variants": values["production_variants"]}
    planned = plan_framework(block, prior, values, proposed)
    assert planned.state == proposed
    assert planned.replace == [("production_variants",)]


CHECKS = {
    "a": [{"conflicts_with": ["b"]}, {"length": [2, 3]}],
    "b": [{"enum_ignore_case": ["On", "Off"]}],
    "c": [{"exactly_one_of": ["c", "d"]}],
    "d": [{"any": [{"enum": [10, 20, 30]}, {"multiple_of": 60}]}],
    "e": [{"items": [1, 2]}, {"each": {"pattern": "^x"}}],
    "f": [{"required_with": ["e"]}, {"format": "json"}],
    "g": [{"shape": ["cloudwatch", "StandardUnit"]}],
}
TYPES = {"d": "number", "e": ["list", "string"]}
CHECKED = parse_block(
    {"attributes": {name: {"type": TYPES.get(name, "string"), "optional": True} for name in CHECKS}},
    {"attributes": {name: {"checks": checks} for name, checks in CHECKS.items()}},
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"c": "1"}, []),
        ({"c": "1", "d": 10}, ["exactly one of c, d must be specified, got: c, d"]),
        ({}, ["exactly one of c, d must be specified"]),
        ({"c": UNKNOWN, "a": UNKNOWN, "b": UNKNOWN, "e": UNKNOWN, "f": UNKNOWN, "g": UNKNOWN}, []),
        ({"c": "1", "a": "aa", "b": UNKNOWN}, []),
        ({"c": "1", "a": "aa", "b": "off"}, ['"a": conflicts with b']),
        ({"c": "1", "b": "x"}, ["Attribute b value must be one of: On, Off, got: x"]),
        ({"c": "1", "a": "aaaa"}, ["Attribute a string length must be between 2 and 3, got: 4"]),
        ({"d": 120}, []),
        ({"d": 7}, ["Attribute d value must be one of: 10, 20, 30 or value must be a multiple of 60, got: 7"]),
        ({"c": "1", "e": ["x", UNKNOWN]}, []),
        ({"c": "1", "e": []}, ["Attribute e number of elements must be between 1 and 2, got: 0"]),
        ({"c": "1", "e": ["y"]}, ["Attribute e[0] value must match the regular expression ^x, got: y"]),
        ({"c": "1", "f": "{}"}, ['"f": all of e must be specified']),
    ],
)
def test_checks(values, expected):
    assert [problem.detail for problem in validate(CHECKED, config(CHECKED, **values))] == expected


def test_formats_and_shapes_are_checked():
    problems = validate(CHECKED, config(CHECKED, c="1", e=["x"], f="{", g="Furlongs"))
    assert [problem.path for problem in problems] == [("f",), ("g",)]
