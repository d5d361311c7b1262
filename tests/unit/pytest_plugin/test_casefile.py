"""Files in YAML that do not say what they should end in words, never in a traceback."""

import json
import re
from inspect import isfunction
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.casefile import KEYS, CaseFile
from scaleproof.pytest_plugin.expectations import ExpectedEndpoint
from scaleproof.pytest_plugin.simulated import SETTINGS, STATEMENTS, keywords

CASE = "root: ../infra\ncounts: {resources: 1}\n"


def simulation(text):
    """A file with simulations."""
    return f"root: infra\nsimulate: {text}\n"


BAD = [
    ("empty", "", "is not a mapping"),
    ("a list", "- root: infra\n", "is not a mapping"),
    ("no YAML", "root: [infra\n", "is not YAML"),
    ("a tab", "root: ../infra\ncounts:\n\tresources: 1\n", "is not YAML"),
    ("two documents", f"{CASE}---\n{CASE}", "is not YAML"),
    ("a key twice", f"{CASE}root: other\n", "is not YAML"),
    ("a misspelt key", f"{CASE}output: {{a: 1}}\n", r"no key output\. Did you mean outputs\?"),
    ("a key that is no text", f"{CASE}1: 2\n", r"no key 1\. There are root"),
    ("no root", "counts: {resources: 1}\n", "root is not a directory"),
    ("a root that is no text", "root: [infra]\ncounts: {resources: 1}\n", "root is not a directory"),
    ("an empty root", "root:\ncounts: {resources: 1}\n", "root is not a directory"),
    ("nothing expected", "root: ../infra\nvariables: {a: 1}\n", "no key checks the plan"),
    ("variables in a list", f"{CASE}variables: [a]\n", r"got `array` - at `\$\.variables`"),
    ("files in a mapping", f"{CASE}tfvars: {{a: 1}}\n", "tfvars is neither a text nor a list"),
    ("no file", f"{CASE}tfvars: []\n", "tfvars is neither a text nor a list"),
    ("counts in words", "root: infra\ncounts: {resources: one}\n", r"Expected `int`, got `str` - at `\$\.counts"),
    (
        "half a count",
        "root: infra\ncounts: {resources: 1.5}\n",
        r"Expected `int`, got `float` - at `\$\.counts",
    ),
    (
        "a count that is true",
        "root: infra\ncounts: {resources: true}\n",
        r"Expected `int`, got `bool` - at `\$\.counts",
    ),
    ("values in a list", "root: infra\nvalues: [a]\n", r"got `array` - at `\$\.values`"),
    ("refused and counted", f"{CASE}refused: no\n", "refused cannot be combined with counts"),
    ("refused without words", "root: infra\nrefused:\n", "refused is neither a text nor a list"),
    ("refused with a number", "root: infra\nrefused: [1]\n", "refused is neither a text nor a list"),
    (
        "refused and simulated",
        "root: infra\nrefused: no\nsimulate: {a: {}}\n",
        "refused cannot be combined with simulate",
    ),
    ("no simulation", "root: infra\nsimulate: {}\n", "no key checks the plan"),
    ("a simulation in words", simulation("{a: day}"), "simulate: a: a is not a mapping"),
    ("a misspelt key of one", simulation("{a: {traffik: day}}"), "simulate: a: there is no key traffik"),
    ("no traffic", simulation("{a: {holds: true}}"), "simulate: a: traffic is not a text"),
    ("nothing expected of one", simulation("{a: {traffic: day}}"), "simulate: a: no statement checks"),
    ("a false verdict", simulation("{a: {traffic: day, holds: false}}"), "holds is not true"),
    ("half a seed", simulation("{a: {traffic: day, seed: 0.5, holds: true}}"), "seed is not a whole number"),
    (
        "a wait in words",
        simulation("{a: {traffic: day, waits_at_most: short}}"),
        "waits_at_most is not a num",
    ),
    (
        "other needs",
        simulation("{a: {traffic: day, needs_at_most: {eur: 1}}}"),
        "at_most has other keys",
    ),
    ("needs in words", simulation("{a: {traffic: day, needs_at_most: {usd: no}}}"), "usd is not a number"),
    ("a price alone", simulation("{a: {traffic: day, price: 3, holds: true}}"), "price is not a mapping"),
    ("no case", "root: infra\ncases: {}\n", "cases has no case"),
    ("cases in a list", "root: infra\ncases: [a]\n", r"got `array` - at `\$\.cases`"),
    ("a case that is a text", "root: infra\ncases: {a: b}\n", r"got `str` - at `\$\.cases"),
    ("an empty case", "root: infra\ncases: {a: }\n", r"got `null` - at `\$\.cases"),
    ("a misspelt key of a case", "root: infra\ncases: {a: {count: {}}}\n", r"a: there is no key count\."),
    ("cases and counts", f"{CASE}cases: {{a: {{refused: no}}}}\n", "no key counts"),
    ("cases within cases", "root: infra\ncases: {a: {cases: {}}}\n", "a: there is no key cases"),
    ("a case without root", "cases: {a: {refused: no}}\n", "a: root is not a directory"),
]


@pytest.mark.parametrize(("text", "words"), [pytest.param(*rest, id=name) for name, *rest in BAD])
def test_a_bad_file_says_what_is_wrong(tmp_path, text, words):
    path = tmp_path / "speech.scaleproof.yaml"
    path.write_text(text)
    with pytest.raises(ScaleproofError, match=words) as failed:
        CaseFile(path).cases()
    assert str(path) in str(failed.value)


@pytest.mark.parametrize(
    "value",
    [
        '!!int ""',
        '!!float ""',
        "!!int one",
        "!!bool maybe",
        "!!binary YQ==",
        "!!set {a: }",
        "{? [a, {b: c}] : 1}",
        "{? {a: b} : 1}",
        f"0x{'f' * 20000}",
        "9" * 20000,
        "1e999",
        ".inf",
        "-.Inf",
        ".nan",
    ],
)
@pytest.mark.parametrize("place", ["variables: {a: %s}", "counts: {a: %s}", "simulate: {a: {price: {b: %s}}}"])
def test_a_value_that_json_has_not_is_refused(tmp_path, place, value):
    path = tmp_path / "speech.scaleproof.yaml"
    path.write_text(f"root: infra\n# {{}}\n{place % value}\n")
    with pytest.raises(ScaleproofError, match=r"is not YAML with values of JSON: "):
        CaseFile(path)


def test_a_file_may_be_thirty_levels_deep(tmp_path):
    path = tmp_path / "speech.yaml"
    path.write_text(f"root: .\nvalues: {{a: {'[a: ' * 14}{']' * 14}}}")
    (case,) = CaseFile(path).cases()
    assert list(case.sections) == ["values"]


def test_json_has_a_character_as_a_pair(tmp_path):
    """As Python's json writes it."""
    path = tmp_path / "speech.yaml"
    expected = {"values": {"\U00010000": ["\ufeff\U0001f600", "\U0010ffff"]}}
    path.write_text(json.dumps({"root": ".", **expected}))
    (case,) = CaseFile(path).cases()
    assert case.sections == expected


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"root: \x00\n", b"\x80"])
def test_a_file_that_is_no_text(tmp_path, content):
    path = tmp_path / "speech.scaleproof.yaml"
    path.write_bytes(content)
    with pytest.raises(ScaleproofError, match=r"is not YAML|cannot be read"):
        CaseFile(path).cases()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ScaleproofError, match="cannot be read"):
        CaseFile(tmp_path / "speech.yaml")


def test_cases_share_what_stands_above_them(tmp_path):
    path = tmp_path / "speech.scaleproof.yaml"
    path.write_text(
        "root: ../infra\n"
        "tfvars: production.tfvars\n"
        "variables: {a: 1, b: {c: [2, 'x']}}\n"
        "cases:\n"
        "  first:\n"
        "    variables: {a: 3}\n"
        "    refused: no\n"
        "  second:\n"
        "    root: ../other\n"
        "    tfvars: [staging.tfvars, more.tfvars]\n"
        "    counts: {resources: 2}\n"
    )
    first, second = CaseFile(path).cases()
    assert (first.name, second.name) == ("first", "second")
    assert first.variables == {"a": 3, "b": {"c": [2, "x"]}}
    assert second.variables == {"a": 1, "b": {"c": [2, "x"]}}
    assert (first.root, second.root) == (tmp_path / "../infra", tmp_path / "../other")
    assert [str(file) for file in first.tfvars] == ["production.tfvars"]
    assert [str(file) for file in second.tfvars] == ["staging.tfvars", "more.tfvars"]
    assert (first.refused, second.refused) == (("no",), None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("2026-11-25", "2026-11-25"),
        ("2026-03-02T08:00:00+01:00", "2026-03-02T08:00:00+01:00"),
        ("~", None),
        ("'1'", "1"),
        ("1.50", 1.5),
        ("true", True),
    ],
)
def test_values_are_what_terraform_takes(tmp_path, text, value):
    """Variables travel as JSON: texts, numbers, booleans and nulls. A time is a text."""
    path = tmp_path / "speech.scaleproof.yaml"
    path.write_text(f"{CASE}variables: {{a: {text}}}\n")
    (case,) = CaseFile(path).cases()
    assert case.variables["a"] == value
    assert type(case.variables["a"]) is type(value)


def test_every_key_and_every_sentence_is_documented():
    """docs/ci.md: two tables have a row for each key, in the order of the code; sentences are in a table or a list."""
    page = (Path(__file__).parents[3] / "docs" / "ci.md").read_text(encoding="utf-8")
    tables = [re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) for table in page.split("\n\n")]
    assert sorted(KEYS) in map(sorted, tables)
    assert [*SETTINGS, *STATEMENTS] in tables
    assert [f"`{keyword}`" for name in STATEMENTS for keyword in keywords(name) if f"`{keyword}`" not in page] == []
    methods = {name for name, member in vars(ExpectedEndpoint).items() if isfunction(member) and name[0] != "_"}
    assert [name for name in (*sorted(methods), *STATEMENTS) if f"`{name}(" not in page] == []
