"""Sensitive texts inside other texts."""

import json
from dataclasses import dataclass
from hashlib import sha256

import pytest

from scaleproof.terraform.diagnostics import from_output, from_text
from scaleproof.terraform.sensitive import Secrets


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        (["abcd", "abcdef"], "abcdefg abcde", "(sensitive)g (sensitive)e"),  # the longest first
        (["abcd", "abcdef"], "xabcde", "x(sensitive)e"),  # though the end is near
        (["abcd", "cdefgh", "efgh"], "abcdefghi", "(sensitive)i"),  # as far as they overlap
        (["abcd", "cdefgh"], "abcde", "(sensitive)e"),
        (["abcde", "abcdX"], "abcdabcdX", "abcd(sensitive)"),
        (["abcd"], "abcdabcd", "(sensitive)(sensitive)"),
        (["abcd", "abcde", "abcdefgX", "abcdeXX"], "abcdefgh", "(sensitive)fgh"),  # what longer ones begin with
        (["abc", "a.cd"], "abc abcd a.cd", "abc abcd (sensitive)"),  # three characters are too short
        (["abc"], "abc", "abc"),
        (['a\\"b\n'], r'parsing "a\\\"b\n": no', 'parsing "(sensitive)": no'),  # as Go quotes it
        (["a<&>"], r'{"a":"a\u003c\u0026\u003e"}', '{"a":"(sensitive)"}'),  # as jsonencode writes it
        (["abcd"], "abc", "abc"),
    ],
)
def test_sensitive_texts_inside_another(secrets, text, shown):
    assert Secrets([(secrets, True)]).masked(text) == shown


@pytest.mark.parametrize("secrets", [Secrets([]), Secrets([("hunter2", True)])])
@pytest.mark.parametrize(
    ("value", "mark", "shown"),
    [
        ("a", None, "a"),
        ("a", False, "a"),
        ("a", True, "(sensitive)"),
        (5, True, "hidden"),
        (None, True, None),
        ({"a": 1}, True, "hidden"),
        ({"a": "x", "b": "y"}, {"b": True, "gone": True}, {"a": "x", "b": "(sensitive)"}),
        ({"a": {"b": [1, 2]}, "c": 3}, {"a": {"b": [False, True]}}, {"a": {"b": [1, "hidden"]}, "c": 3}),
        (["a", "b", "c"], [False, True], ["a", "(sensitive)", "c"]),
        (("a", "b"), [True], ("(sensitive)", "b")),
        ([{"a": 1}], [{"a": True}], [{"a": "hidden"}]),
        ({"a": "x"}, [True], "hidden"),  # marks of another shape are of all of it
        ({"a": "x"}, [False], {"a": "x"}),
        (["a"], {"a": True}, "hidden"),
        ("a", [True], "(sensitive)"),
        ("a", {"a": {}}, "a"),
        ({"a": "x", "b": "y"}, {"a": 1, "b": "true"}, {"a": "(sensitive)", "b": "(sensitive)"}),
    ],
)
def test_marks_have_the_shape_of_the_value(secrets, value, mark, shown):
    assert secrets.masked(value, mark, "hidden") == shown


@pytest.mark.parametrize(
    ("value", "mark", "secret"),
    [
        ("hunter2", True, True),
        ("hunter2", False, False),
        ({"a": "hunter2", "b": "plain"}, {"a": True}, True),
        ({"a": "hunter2", "b": "plain"}, {"b": True, "gone": True}, False),
        ({"a": ["plain", {"b": "hunter2"}]}, {"a": [False, {"b": True}]}, True),
        ({"a": ["hunter2", {"b": "plain"}]}, {"a": [False, {"b": True}]}, False),
        ({"hunter2": 1}, True, True),
        ([["hunter2"]], True, True),
        ({"a": "hunter2"}, [True], True),
        (["hunter2"], {"a": True}, True),
        (["hunter2", "plain"], [True], True),
        ({"a": "hunter2"}, {"a": "true"}, True),
        ({"a": "hunter2"}, {"a": [[], {}]}, False),
    ],
)
def test_marked_texts_are_found_elsewhere(value, mark, secret):
    shown = "(sensitive)" if secret else "hunter2"
    assert Secrets([(value, mark)]).masked({"text": ["my hunter2"]}) == {"text": [f"my {shown}"]}


@dataclass
class Note:
    text: str


def test_the_texts_of_an_object():
    secrets = Secrets([("hunter2", True)])
    assert secrets.masked([Note("my hunter2"), Note, 5]) == [Note("my (sensitive)"), Note, 5]


def test_many_secrets_and_a_long_text():
    """Trying each secret at each character would take many minutes."""
    secrets = [sha256(str(number).encode()).hexdigest() for number in range(50_000)]
    text = " ".join(secret[1:] for secret in secrets)
    assert Secrets([(secrets, True)]).masked([text, secrets[-1] + text]) == [text, f"(sensitive){text}"]


def test_many_secrets_that_start_alike():
    """Trying each length at each character would take many minutes."""
    secrets = [f"{'a' * length}b" for length in range(4, 2_000)]
    text = "a" * 200_000
    assert Secrets([(secrets, True)]).masked([text, f"{text[:1_999]}b"]) == [text, "(sensitive)"]


def test_lines_for_machines_are_shown_to_nobody():
    """Their escapes would hide a text from its mask; a text may have line ends that JSON does not escape."""
    event = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": 'a "b\x85c"'}}
    text = f"{json.dumps(event, ensure_ascii=False)}\n"
    assert [str(diagnostic) for diagnostic in from_output(text)] == ['a "b\\x85c"']
    assert [diagnostic.summary for diagnostic in from_text(f"{text}over")] == ["over"]


def test_the_texts_of_two():
    """Of two masks in turn the first would leave the rest of a longer text."""
    short, long = Secrets([("hunter", True)]), Secrets([(["hunter2long"], True)])
    assert (short | long).masked("hunter hunter2long") == "(sensitive) (sensitive)"
