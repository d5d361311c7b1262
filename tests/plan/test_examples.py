"""The examples are planned by the cases of examples.scaleproof.yaml; here, that none is left out."""

from __future__ import annotations

import re
from pathlib import Path

from scaleproof.hcl import Module
from scaleproof.pytest_plugin.casefile import CaseFile
from tests.plan.planner import REPOSITORY

CASES = Path(__file__).with_name("examples.scaleproof.yaml")


def test_every_example_is_counted_and_its_endpoints_are_spelt_out() -> None:
    examples = {path.parent for path in REPOSITORY.glob("examples/*/main.tf")}
    cases = CaseFile(CASES).cases()
    for section in ("counts", "endpoints"):
        assert {case.root.resolve() for case in cases if case.sections.get(section)} == examples


def test_what_is_planned_of_models_holds_for_every_example() -> None:
    """An example that takes its model as another one does needs no cases of its own for that."""
    refused = {case.root.resolve() for case in CaseFile(CASES).cases() if case.refused}
    planned = {_model(directory) for directory in refused}
    assert {_model(path.parent) for path in REPOSITORY.glob("examples/*/main.tf")} == planned


def _model(example: Path) -> tuple[object, ...]:
    """What an example asks of who chooses an image or a package, and what it does with the answer."""
    module = Module.read(example)
    (model,) = (text for one in module.calls.values() if (text := one.block.text("model")))
    handed = re.findall(r"(?m)^ *((?:image|package_arn) += .+)$", model)
    asked = [
        (one.name, one.type, one.default and one.default.text, [rule.condition for rule in one.validations])
        for name in sorted(re.findall(r"var\.(\w+)", " ".join(handed)))
        for one in [module.variables[name]]
        if name != "region"
    ]
    return (*handed, str(asked))
