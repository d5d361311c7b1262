"""The API wins over the plan, but for what the SDK cannot tell apart."""

from __future__ import annotations

import pytest

from scaleproof.providers.aws.settle import settle
from scaleproof.providers.schema import parse_block
from scaleproof.providers.wire import UNKNOWN

TEXT = {"type": "string", "optional": True}
INNER = {"a": TEXT, "b": {"type": "number", "optional": True}}
ONE = {"a": "x", "b": None}
BLOCK = parse_block(
    {
        "attributes": {
            "text": TEXT,
            "flag": {"type": "bool", "optional": True, "default": False},
            "policy": {**TEXT, "suppress": "json"},
            "names": {"type": ["set", "string"], "optional": True},
        },
        "blocks": {kind: {"nesting": kind, "block": {"attributes": INNER}} for kind in ("list", "set")},
    }
)


def settled(old, new):
    return settle(BLOCK, {**BLOCK.empty(), **old}, {**BLOCK.empty(), **new})


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ({"text": "planned"}, {"text": "other"}, {"text": "other"}),
        ({"text": "planned"}, {"text": None}, {"text": None}),
        ({"text": None}, {"text": "surprise"}, {"text": "surprise"}),
        ({"text": None}, {"text": ""}, {"text": None}),
        ({"text": ""}, {"text": None}, {"text": ""}),
        ({"text": UNKNOWN}, {"text": None}, {"text": None}),
        ({"text": UNKNOWN}, {"text": "known"}, {"text": "known"}),
        ({"flag": None}, {"flag": False}, {"flag": False}),
        ({"flag": True}, {"flag": False}, {"flag": False}),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":1}'}, {"policy": '{"a": 1}'}),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":2}'}, {"policy": '{"a":2}'}),
        ({"names": ["b", "a"]}, {"names": ["a", "b"]}, {"names": ["b", "a"]}),
        ({"names": ["b", "a"]}, {"names": ["a"]}, {"names": ["a"]}),
        ({"list": []}, {"list": [{"a": None, "b": 0}]}, {"list": []}),
        ({"list": []}, {"list": [{"a": "x", "b": 0}]}, {"list": [{"a": "x", "b": None}]}),
        ({"list": [ONE]}, {"list": [ONE | {"b": 0}]}, {"list": [ONE]}),
        ({"list": [{"a": "x", "b": 1}]}, {"list": []}, {"list": []}),
        (
            {"set": [{"a": "y", "b": None}, {"a": "x", "b": UNKNOWN}]},
            {"set": [{"a": "x", "b": 3}, {"a": "y", "b": 0}]},
            {"set": [{"a": "y", "b": None}, {"a": "x", "b": 3}]},
        ),
        (
            {"set": [{"a": "y", "b": 1}]},
            {"set": [{"a": "y", "b": 2}]},
            {"set": [{"a": "y", "b": 2}]},
        ),
    ],
)  # fmt: skip
def test_what_is_saved(old, new, kept):
    found = settled(old, new)
    assert {name: found[name] for name in kept} == kept
