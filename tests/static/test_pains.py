"""docs/traps.md answers all twenty pains, and every answer has a test that is named after the pain."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TRAPS = REPOSITORY / "docs" / "traps.md"
NAMED = re.compile(r"^def test_pain_(\d\d)_", re.MULTILINE)


@pytest.fixture(scope="module")
def rows():
    """The files of the tests by the number of the pain."""
    found = re.findall(r"^\| (\d+) \| .+ \| .+ \| (.+) \|$", TRAPS.read_text(), flags=re.MULTILINE)
    return {
        int(number): [(TRAPS.parent / link).resolve() for link in re.findall(r"\]\((.+?)\)", links)]
        for number, links in found
    }


def test_all_twenty_are_answered(rows):
    assert list(rows) == list(range(1, 21))


def test_each_has_a_test_named_after_it_where_the_table_says(rows):
    for number, files in rows.items():
        named = [file for file in files if f"{number:02}" in NAMED.findall(file.read_text())]
        assert named, f"pain {number}: no test is named after it in {files}"


def test_every_test_of_a_pain_is_in_the_table(rows):
    for file in sorted(REPOSITORY.glob("tests/*/test_*.py")):
        for number in NAMED.findall(file.read_text()):
            assert file in rows[int(number)], f"{file.name} shows pain {number}: link it in docs/traps.md"
