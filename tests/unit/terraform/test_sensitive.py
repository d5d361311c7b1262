"""Values that Terraform marks as sensitive."""

import pytest

from scaleproof.terraform.sensitive import masked


@pytest.mark.parametrize(
    ("value", "mark", "shown"),
    [
        ("a", None, "a"),
        ("a", False, "a"),
        ("a", True, "(sensitive value)"),
        (5, True, "hidden"),
        (None, True, None),
        ({"a": 1}, True, "hidden"),
        ({"a": "x", "b": "y"}, {"b": True, "gone": True}, {"a": "x", "b": "(sensitive value)"}),
        ({"a": {"b": [1, 2]}, "c": 3}, {"a": {"b": [False, True]}}, {"a": {"b": [1, "hidden"]}, "c": 3}),
        (["a", "b", "c"], [False, True], ["a", "(sensitive value)", "c"]),
        ([{"a": 1}], [{"a": True}], [{"a": "hidden"}]),
        ({"a": "x"}, [True], "hidden"),  # marks of another shape are of all of it
        ({"a": "x"}, [False], {"a": "x"}),
        (["a"], {"a": True}, "hidden"),
        ("a", [True], "(sensitive value)"),
        ("a", {"a": {}}, "a"),
    ],
)
def test_marks_have_the_shape_of_the_value(value, mark, shown):
    assert masked(value, mark, "hidden") == shown
