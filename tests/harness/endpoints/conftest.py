"""Plans of the project's modules and examples, read as endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REPOSITORY, Planner

Example = Callable[[str], Plan]


@pytest.fixture(scope="session")
def planner(tmp_path_factory: pytest.TempPathFactory, standins: StandIns | None) -> Planner:
    return Planner(tmp_path_factory.mktemp("plans"), standins)


@pytest.fixture(scope="session")
def example(standins: StandIns | None) -> Iterator[Example]:
    """The plan of an example, made once."""
    made: dict[str, Plan] = {}

    def plan(name: str) -> Plan:
        if name not in made:
            variables = {"region": "us-east-1", "image": IMAGE}
            with Root(REPOSITORY / "examples" / name, standins=standins, variables=variables) as root:
                made[name] = root.plan()
        return made[name]

    return plan


@pytest.fixture
def root_of(tmp_path: Path, standins: StandIns | None) -> Callable[[str], Any]:
    """Plans a configuration given as text."""

    def plan(text: str) -> Plan:
        (tmp_path / "main.tf").write_text(PROVIDERS + text, encoding="utf-8")
        with Root(tmp_path, standins=standins) as root:
            return root.plan()

    return plan


PROVIDERS = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws" }
    awscc = { source = "hashicorp/awscc" }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}
"""
