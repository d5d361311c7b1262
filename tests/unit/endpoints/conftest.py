"""Plans of the project's modules and examples, read as endpoints."""

from collections.abc import Callable
from functools import cache

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, REPOSITORY

Example = Callable[[str], Plan]


@pytest.fixture(scope="session")
def example(plan):
    """The plan of an example, made once."""
    return cache(lambda name: plan(REPOSITORY / "examples" / name, region="us-east-1", image=IMAGE))


@pytest.fixture
def root_of(tmp_path, plan):
    """Plans a configuration given as text."""

    def planned(text):
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
