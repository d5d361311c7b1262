"""The HCL that the READMEs show plans as it stands, and the commands that they name exist."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from scaleproof.cli.app import group
from scaleproof.pytest_plugin.fixtures import PlanRoot
from tests.plan.planner import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("modules/*/README.md"))]
PROVIDERS = """
provider "aws" { region = "us-east-1" }
provider "awscc" { region = "us-east-1" }
variable "model_package_arn" { default = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3" }
"""


def blocks(page: Path) -> list[str]:
    """The HCL of the page that is written for a root configuration: its module blocks."""
    found = re.findall(r"^```hcl\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [block for block in found if block.startswith("module ")]


def commands(page: Path, program: str) -> set[str]:
    """The subcommands of `program` in the console blocks of the page."""
    text = "".join(re.findall(r"^```console\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL))
    return set(re.findall(rf"^\$ {program} ([a-z]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_module_blocks_plan(page: Path, tmp_path: Path, plan: PlanRoot) -> None:
    (block,) = blocks(page)
    source = os.path.relpath(page.parent, tmp_path.resolve())
    block, replaced = re.subn(r'^(  source\s*= )".*"$', rf'\1"{source}"', block, flags=re.MULTILINE)
    assert replaced == 1
    (tmp_path / "main.tf").write_text(block + PROVIDERS)
    changes = plan(tmp_path).changes
    assert changes
    assert {change.actions for change in changes} == {("create",)}


def test_make_commands_of_the_readme_exist() -> None:
    targets = set(
        re.findall(r"^([a-z]+(?: [a-z]+)*):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    )
    named = commands(PAGES[0], "make")
    assert {"demo", "test"} <= named
    assert named <= {target for line in targets for target in line.split()}


def test_scaleproof_commands_of_the_readme_exist() -> None:
    named = commands(PAGES[0], "scaleproof")
    assert {"doctor", "plan", "up", "apply", "down"} <= named
    assert named <= set(group.commands)
