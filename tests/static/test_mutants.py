"""The faults of `make mutants` are such that a run says something."""

from collections import Counter

import pytest

from tests.mutants import faults, sampled
from tests.mutants.faults import Fault

FAULTS = faults.faults()
AREAS = {
    "auditing",
    "emulator",
    "hcl",
    "lifecycles",
    "plugin",
    "readers",
    "recording",
    "report",
    "scaling",
    "studies",
    "supply",
    "workers",
}


def test_there_are_faults_in_all_that_decides():
    assert {fault.area for fault in FAULTS} == AREAS


def test_every_fault_is_another_one():
    assert [name for name, number in Counter(map(str, FAULTS)).items() if number > 1] == []


@pytest.mark.parametrize("area", sorted(AREAS))
def test_a_fault_can_be_put_into_one_place(root, area):
    wrong = []
    for fault in (one for one in FAULTS if one.area == area):
        text = (root / fault.file).read_text(encoding="utf-8")
        places = fault.places(text)
        if not places or set(places) != {1}:
            wrong.append(f"{fault}: its text is there {places} times")
        elif fault.applied(text) == text:
            wrong.append(f"{fault}: nothing changes")
    assert wrong == []


def test_somebody_should_notice_each_fault():
    wrong = [
        f"{fault}: {test or 'no tests'}"
        for fault in FAULTS
        for test in fault.tests or ("",)
        if not test or not sampled.exists(test)
    ]
    assert wrong == []


def test_every_part_of_a_life_cycle_has_its_test():
    """A new one needs its line in lifecycles.txt, with the tests that fail without it."""
    standing = {f"{file} {what}" for file, what in faults.life_cycle_parts()}
    assert faults.listed_lifecycles().keys() == standing


def test_a_fault_changes_what_it_names_and_nothing_else():
    text = "def level(limit):\n    low  = 1\n    if limit > low:\n        return low\n"
    fault = Fault("scaling", "level.py", "at the limit", (("    if limit > low:", "    if limit >= low:"),), ())
    assert fault.places(text) == [1]
    assert fault.applied(text) == text.replace(">", ">=")
    aligned = Fault("hcl", "a.tf", "one more", (("low = 1", "low = 2"),), ())
    assert aligned.applied(text) == text.replace("low  = 1", "low = 2")
