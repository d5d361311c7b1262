"""The examples are planned by the cases of examples.scaleproof.yaml; here, that none is left out."""

from pathlib import Path

from scaleproof.pytest_plugin.casefile import CaseFile
from tests.plan.planner import REPOSITORY
from tools.terraform_module import Module

CASES = Path(__file__).with_name("examples.scaleproof.yaml")


def test_every_example_is_counted_and_its_endpoints_are_spelt_out():
    examples = {path.parent for path in REPOSITORY.glob("examples/*/main.tf")}
    cases = CaseFile(CASES).cases()
    for section in ("counts", "endpoints"):
        assert {case.root.resolve() for case in cases if case.sections.get(section)} == examples


def test_every_example_is_refused_without_what_it_needs():
    examples = {path.parent for path in REPOSITORY.glob("examples/*/main.tf")}
    assert {case.root.resolve() for case in CaseFile(CASES).cases() if case.refused} == examples


def test_no_example_brings_a_model():
    """So that each is refused without one: what its variables default to would be somebody else's."""
    brought = [
        variable.location
        for path in REPOSITORY.glob("examples/*/main.tf")
        for name, variable in Module.read(path.parent).variables.items()
        if name in ("image", "model_package_arn") and variable.has_default and variable.default.text != "null"
    ]
    assert brought == []
