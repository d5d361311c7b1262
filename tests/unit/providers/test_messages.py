"""Values to Terraform and back, unknown ones included."""

import msgpack
import pytest

from scaleproof.providers import messages
from scaleproof.translation.values import UNKNOWN, Exact, equal, with_exact_numbers

TYPE = [
    "object",
    {
        "count": "number",
        "names": ["set", "string"],
        "parts": ["list", ["object", {"on": "bool", "weight": "number"}]],
        "by_key": ["map", "number"],
    },
]


@pytest.mark.parametrize(
    "value",
    [
        None,
        UNKNOWN,
        {"count": 1, "names": ["a", "b"], "parts": [{"on": True, "weight": 0.5}], "by_key": {"k": -3}},
        {"count": 2**70, "names": [], "parts": [], "by_key": {}},
        {"count": None, "names": None, "parts": None, "by_key": None},
        {
            "count": UNKNOWN,
            "names": [UNKNOWN, "a"],
            "parts": [UNKNOWN, {"on": UNKNOWN, "weight": 1}],
            "by_key": UNKNOWN,
        },
    ],
)
def test_round_trip(value):
    assert messages.decode(messages.encode(value, TYPE), TYPE) == value


@pytest.mark.parametrize(
    ("value", "cty", "encoded"),
    [
        (UNKNOWN, "string", b"\xd4\x00\x00"),  # the bytes of go-cty
        ({"on": True}, ["object", {"on": "bool", "off": "bool"}], msgpack.packb({"on": True, "off": None})),
        (3.0, "number", b"\x03"),
        (2**64, "number", msgpack.packb(str(2**64))),
    ],
)
def test_how_values_are_encoded(value, cty, encoded):
    assert messages.encode(value, cty) == encoded


def test_texts_of_numbers_and_unknown_values_with_refinements_are_decoded():
    assert messages.decode(msgpack.packb("2.5"), "number") == 2.5
    assert messages.decode(msgpack.packb(msgpack.ExtType(12, b"\x81\x01\xc2")), "string") is UNKNOWN


def test_an_exact_number_keeps_its_text():
    text = "28.800000000000000000000000000000000001"
    number = messages.decode(msgpack.packb(text), "number")
    assert number == 28.8
    assert msgpack.unpackb(messages.encode(number, "number")) == text


def test_a_rounded_number_becomes_exact_again_and_a_changed_one_does_not():
    kept = Exact("28.800000000000000000000000000000000001")
    source = {"target": kept, "steps": [{"by": kept}, {"by": 2}], "gone": kept}
    answer = {"target": 28.8, "steps": [{"by": 28.9}, {"by": 2}], "gone": None}
    found = with_exact_numbers(answer, source)
    assert found["target"] is kept
    assert found == answer


@pytest.mark.parametrize(
    ("value", "cty", "message"),
    [
        ({"a": {"b": 1}}, ["object", {"a": ["map", "string"]}], "a.b: expected is a string"),
        ({"a": [True]}, ["object", {"a": ["list", "number"]}], r"a\[0\]: expected is a number"),
        ({"b": 1}, ["object", {"a": "number"}], "value: no attribute b"),
        ("x", ["list", "string"], "value: expected is a list"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_path(value, cty, message):
    with pytest.raises(TypeError, match=message):
        messages.encode(value, cty)


@pytest.mark.parametrize(
    ("left", "right", "cty", "same"),
    [
        (1, 1.0, "number", True),
        (["a", "b"], ["b", "a"], ["set", "string"], True),
        (["a", "a"], ["a", "b"], ["set", "string"], False),
        (["a", "b"], ["b", "a"], ["list", "string"], False),
        ([{"x": ["p", "q"]}], [{"x": ["q", "p"]}], ["set", ["object", {"x": ["set", "string"]}]], True),
        (None, [], ["list", "string"], False),
        (UNKNOWN, UNKNOWN, "string", True),
        (UNKNOWN, "a", "string", False),
    ],
)
def test_equality_is_terraforms(left, right, cty, same):
    assert equal(left, right, cty) is same


def test_unknown_is_neither_true_nor_false():
    with pytest.raises(TypeError, match="not known yet"):
        bool(UNKNOWN)
