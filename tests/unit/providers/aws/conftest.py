"""Roots with every type that the aws stand-in applies, and plans without a cloud."""

import json
from pathlib import Path

import pytest

from scaleproof.terraform.root import Root

ROOTS = Path(__file__).parent / "roots"
REQUIRED = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}


@pytest.fixture(scope="session")
def aws(standins):
    """The stand-ins, which these tests are about."""
    if standins is None:
        pytest.skip("SCALEPROOF_PROVIDERS=registry: these tests are about the stand-ins")
    return standins


@pytest.fixture
def planned(aws, tmp_path):
    """Plans a configuration in Terraform's JSON syntax, without a cloud."""

    def plan(configuration):
        text = json.dumps({"terraform": REQUIRED, "provider": {"aws": {}}, **configuration})
        (tmp_path / "main.tf.json").write_text(text, encoding="utf-8")
        with Root(tmp_path, standins=aws) as root:
            return root.plan()

    return plan
