"""An output is what its name says, and not its neighbour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.static.directories import read

RENAMED = {"execution_role_arn": "model", "execution_role_name": "model"}
"""Outputs of the root module that do not begin with what they come from."""
OUTPUT = re.compile(r'^output "(\w+)" \{\n.*?^\}', re.MULTILINE | re.DOTALL)


def outputs(file: Path) -> dict[str, str]:
    return {found[1]: found[0] for found in OUTPUT.finditer(file.read_text(encoding="utf-8"))}


def test_an_output_of_the_root_module_is_that_of_the_module_it_names(root: Path) -> None:
    seen = 0
    for name, text in outputs(root / "outputs.tf").items():
        for module, attribute in re.findall(r"value += one\(module\.(\w+)\[\*\]\.(\w+)\)", text):
            seen += 1
            assert name == (attribute if RENAMED.get(name) == module else f"{module}_{attribute}")
        for document in re.findall(r"data\.aws_iam_policy_document\.(\w+)\.json", text):
            seen += 1
            assert name == f"{document}_policy_json"
    assert seen >= 15


@pytest.mark.parametrize("kind", ["realtime", "async"])
def test_monitored_endpoints_are_told_apart(root: Path, kind: str) -> None:
    text = outputs(root / "outputs.tf")["monitoring_alarm_arns"]
    assert f'for monitoring in module.{kind}_monitoring : "{kind}" => monitoring.alarm_arns' in text


@pytest.mark.parametrize("kind", ["realtime", "async"])
def test_an_output_of_an_endpoint_is_that_of_the_endpoint_module(root: Path, kind: str) -> None:
    seen = 0
    for name, text in outputs(root / "modules" / kind / "outputs.tf").items():
        for attribute in re.findall(r"value += module\.endpoint\.(\w+)$", text, re.MULTILINE):
            seen += 1
            assert name in (attribute, f"endpoint_{attribute}")
    assert seen == 4


@pytest.mark.parametrize("kind", ["endpoint", "realtime", "async"])
def test_policy_arns_has_every_policy_that_is_made(root: Path, kind: str) -> None:
    """Whoever looks for a policy by name finds it, however it came about."""
    module = read(root / "modules" / kind)
    made = {address for address in module.resources if address.startswith("aws_appautoscaling_policy.")}
    made |= {f"module.{call}.policy_arns" for call in module.calls}
    named = re.findall(
        r"(?:aws_appautoscaling_policy|module)(?:\.[a-z_]+)+", module.outputs["policy_arns"].value
    )
    assert {name.removesuffix(".arn") for name in named} == made
    assert len(made) >= 2
