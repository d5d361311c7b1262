"""Which values mean the same, and what the state keeps of the values that an API returns."""

import json

import pytest

from scaleproof.providers.equivalence import equivalent, reconcile
from scaleproof.translation.mapping import with_zeros
from scaleproof.translation.schema import parse_block
from scaleproof.translation.values import UNKNOWN

TEXT = {"type": "string", "optional": True}
INNER = {"a": TEXT, "b": {"type": "number", "optional": True}, "m": {"type": ["map", "string"]}}
ZERO = {"a": "", "b": 0, "m": {}}
ONE = {"a": "x", "b": None, "m": None}
BLOCK = parse_block(
    {
        "attributes": {
            "text": TEXT,
            "flag": {"type": "bool", "optional": True},
            "policy": TEXT,
            "names": {"type": ["set", "string"], "optional": True},
            "tags": {"type": ["map", "string"], "optional": True},
        },
        "block_types": {kind: {"nesting_mode": kind, "block": {"attributes": INNER}} for kind in ("list", "set")},
    },
    {"attributes": {"flag": {"default": False}, "policy": {"suppress": "json"}}},
)


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def secure(value):
    return policy(Condition={"Bool": {"aws:SecureTransport": value}})


READ = policy(Sid="", Action=["s3:GetObject", "s3:ListBucket"], Resource=["arn:aws:s3:::a"])


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("policy", READ, policy(Action=["s3:ListBucket", "s3:GetObject"], Resource="arn:aws:s3:::a"), True),
        ("policy", secure("false"), secure([False]), True),
        ("policy", '{"Statement": {"Action": "s3:*"}}', '{"Statement": [{"Action": ["s3:*"]}]}', True),
        ("policy", READ, policy(Action=["s3:GetObject"], Resource=["arn:aws:s3:::a"]), False),
        ("policy", READ, READ.replace("Allow", "Deny"), False),
        ("policy", READ, READ.replace("arn:aws:s3:::a", "arn:aws:s3:::A"), False),
        ("policy", READ, "not a policy", False),
        ("policy", READ, "", False),
        ("policy", READ, READ.replace("2012-10-17", "2008-10-17"), False),
        ("json", '{"a": [1, 2], "b": null}', '{"b":null,"a":[1,2]}', True),
        ("json", "[1, 2]", "[2, 1]", False),
        ("instant", "2026-11-25T07:30:00Z", "2026-11-25T08:30:00+01:00", True),
        ("instant", "2026-11-25T07:30:00Z", "2026-11-25T07:30:01Z", False),
        ("key", "1234-ab", "arn:aws:kms:us-east-1:123456789012:key/1234-ab", True),
        ("key", "1234-ab", "1234-ac", False),
    ],
)
def test_equivalent_values(kind, one, other, same):
    assert equivalent(kind, one, other) is same


def reconciled(old, new, *, applied):
    new = {name: with_zeros(value, BLOCK.member(name).cty) for name, value in new.items()}
    found = reconcile(BLOCK, {**BLOCK.empty(), **old}, {**BLOCK.empty(), **new}, applied=applied)
    return {name: found[name] for name in new}


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ({"text": "planned"}, {"text": "other"}, {"text": "other"}),
        ({"text": "planned"}, {"text": None}, {"text": ""}),
        ({"text": None}, {"text": "surprise"}, {"text": "surprise"}),
        ({"text": None}, {"text": None}, {"text": ""}),
        ({"text": UNKNOWN}, {"text": None}, {"text": ""}),
        ({"text": UNKNOWN}, {"text": "known"}, {"text": "known"}),
        ({"flag": None}, {"flag": None}, {"flag": False}),
        ({"flag": True}, {"flag": False}, {"flag": False}),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":1}'}, {"policy": '{"a": 1}'}),
        ({"policy": '{"a": 1}'}, {"policy": '{ "b": 2, "a": "<" }'}, {"policy": '{"a":"\\u003c","b":2}'}),
        ({"names": ["b", "a"]}, {"names": ["a", "b"]}, {"names": ["b", "a"]}),
        ({"names": ["b", "a"]}, {"names": ["a"]}, {"names": ["a"]}),
        ({"names": None}, {"names": None}, {"names": None}),
        ({"names": UNKNOWN}, {"names": None}, {"names": []}),
        ({"tags": None}, {"tags": {}}, {"tags": None}),
        ({"list": []}, {"list": [{"a": None, "b": 0}]}, {"list": []}),
        ({"list": []}, {"list": [{"a": "x"}]}, {"list": [ZERO | {"a": "x"}]}),
        ({"list": [ONE]}, {"list": [ONE]}, {"list": [{"a": "x", "b": 0, "m": None}]}),
        ({"list": [{"a": "x", "b": 1}]}, {"list": []}, {"list": []}),
        ({"set": [ONE]}, {"set": [ONE]}, {"set": [ONE]}),
        (
            {"set": [{"a": "y", "b": None}, {"a": "x", "b": UNKNOWN}]},
            {"set": [{"a": "x", "b": 3}, {"a": "y", "b": 0}]},
            {"set": [{"a": "x", "b": 3, "m": {}}, {"a": "y", "b": 0, "m": {}}]},
        ),
        ({"set": [{"a": "y", "b": 1}]}, {"set": [{"a": "y", "b": 2}]}, {"set": [{"a": "y", "b": 2, "m": {}}]}),
    ],
)
def test_the_state_after_an_apply(old, new, kept):
    assert reconciled(old, new, applied=True) == kept


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ({"names": None, "tags": None}, {"names": None, "tags": None}, {"names": [], "tags": {}}),
        ({"list": [ONE]}, {"list": [ONE]}, {"list": [ZERO | {"a": "x"}]}),
        ({"set": [ONE]}, {"set": [ONE]}, {"set": [ZERO | {"a": "x"}]}),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":1}'}, {"policy": '{"a": 1}'}),
    ],
)
def test_the_state_after_a_refresh(old, new, kept):
    assert reconciled(old, new, applied=False) == kept
