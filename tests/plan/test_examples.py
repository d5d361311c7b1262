"""The examples are planned by the cases of examples.scaleproof.yaml; here, that none is left out."""

from pathlib import Path

from scaleproof.pytest_plugin.casefile import CaseFile
from tests.plan.planner import REPOSITORY

CASES = Path(__file__).with_name("examples.scaleproof.yaml")


def test_every_example_is_counted_and_its_endpoints_are_spelt_out():
    examples = {path.parent for path in REPOSITORY.glob("examples/*/main.tf")}
    cases = CaseFile(CASES).cases()
    for section in ("counts", "endpoints"):
        assert {case.root.resolve() for case in cases if case.sections.get(section)} == examples


def test_every_example_is_refused_without_what_it_needs():
    examples = {path.parent for path in REPOSITORY.glob("examples/*/main.tf")}
    assert {case.root.resolve() for case in CaseFile(CASES).cases() if case.refused} == examples
