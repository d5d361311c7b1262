"""Plans of the project's modules and examples, read as endpoints."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scaleproof.pytest_plugin.fixtures import PlanRoot
from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, REPOSITORY

Example = Callable[[str], Plan]


@pytest.fixture(scope="session")
def example(plan: PlanRoot) -> Example:
    """The plan of an example, made once."""
    return cache(lambda name: plan(REPOSITORY / "examples" / name, region="us-east-1", image=IMAGE))


@pytest.fixture
def root_of(tmp_path: Path, plan: PlanRoot) -> Callable[[str], Any]:
    """Plans a configuration given as text."""

    def planned(text: str) -> Plan:
        (tmp_path / "main.tf").write_text(PROVIDERS + text, encoding="utf-8")
        return plan(tmp_path)

    return planned


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
