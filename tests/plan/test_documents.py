"""The HCL of the documents plans as it stands, and the commands in them are ones that there are."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scaleproof.cli.app import group
from scaleproof.pytest_plugin.fixtures import PlanRoot
from tests.plan.planner import REPOSITORY

PAGES = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *REPOSITORY.glob("modules/*/README.md"),
        *REPOSITORY.glob("examples/*/README.md"),
    ]
)
PROVIDERS = """
provider "aws" { region = "us-east-1" }
provider "awscc" { region = "us-east-1" }
variable "model_package_arn" { default = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3" }
"""
TESTED_ELSEWHERE = {
    # Run in the repository of examples/user-ci.
    "python": "tests/harness/user_ci",
    "yaml": "tests/harness/user_ci",
    # What a program prints, and a diagram.
    "text": "",
    "mermaid": "",
}
PROGRAMS = {
    "make": set(
        " ".join(re.findall(r"^([a-z ]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)).split()
    ),
    "aws": {"application-autoscaling"},
    "cd": set(),
    "terraform": {"apply", "destroy", "init", "plan"},
    "pip": {"install"},
    "python3": {"-m"},
    "pytest": set(),
}
"""Programs that the documents call, and what may follow."""


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of every block of a page that was written by hand."""
    text = re.sub(r"<!-- BEGIN_TF_DOCS -->.*?<!-- END_TF_DOCS -->", "", page.read_text(), flags=re.DOTALL)
    yield from re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def written_in(language: str) -> list[object]:
    """Every block in a language, as a parameter named after its place."""
    return [
        pytest.param(page, text, id=f"{page.relative_to(REPOSITORY)}-{number}")
        for page in PAGES
        for number, (found, text) in enumerate(blocks(page))
        if found == language
    ]


def commands(text: str) -> list[list[str]]:
    """The words of each command of a console block."""
    lines = re.findall(r"^\$ ((?:.*\\\n)*.*)", text, flags=re.MULTILINE)
    return [shlex.split(line.replace("\\\n", " "), comments=True) for line in lines]


def test_every_block_is_in_a_language_that_is_tested() -> None:
    found = {language for page in PAGES for language, _ in blocks(page)}
    assert found <= {"hcl", "console", *TESTED_ELSEWHERE}


@pytest.mark.parametrize(("page", "block"), written_in("hcl"))
def test_hcl_plans(page: Path, block: str, tmp_path: Path, plan: PlanRoot) -> None:
    module = page.parent if page.parent.parent.name == "modules" else REPOSITORY
    source = os.path.relpath(module, tmp_path.resolve())
    block, replaced = re.subn(r'^(  source\s*= )".*"$', rf'\1"{source}"', block, flags=re.MULTILINE)
    assert replaced == 1
    (tmp_path / "main.tf").write_text(block + PROVIDERS)
    changes = plan(tmp_path).changes
    assert changes
    assert {change.actions for change in changes} == {("create",)}


@pytest.mark.parametrize(("page", "block"), written_in("console"))
def test_commands_exist(page: Path, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    found = commands(block)
    assert found
    for name, *words in found:
        program = name.rpartition("/")[2]
        if program == "scaleproof":
            parsed(words, tmp_path)
        else:
            known = PROGRAMS[program]
            assert not known or words[0] in known, f"{program} {words[0]}"


def parsed(words: list[str], scratch: Path) -> None:
    """Takes a command of ours apart as a run would, with files that a user has where words stand for some."""
    name, *arguments = words
    command = group.commands[name]
    present = [str(scratch) if word in ("DIR", "plan.json", "calls.csv") else word for word in arguments]
    try:
        command.make_context(name, present)
    except click.UsageError as error:
        pytest.fail(f"scaleproof {name}: {error.format_message()}")


def test_the_readme_has_the_two_commands() -> None:
    named = {
        tuple(words[:2])
        for language, text in blocks(REPOSITORY / "README.md")
        if language == "console"
        for words in commands(text)
    }
    assert {("make", "demo"), ("make", "test"), ("scaleproof", "plan"), ("scaleproof", "apply")} <= named
