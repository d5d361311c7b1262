"""Roots that use every type the aws stand-in carries, run by real Terraform."""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from scaleproof.terraform.root import Root

ROOTS = Path(__file__).parent / "roots"
REQUIRED = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}


@pytest.fixture(scope="session")
def aws(standins):
    """The stand-ins; these tests are about them and nothing else."""
    if standins is None:
        pytest.skip("SCALEPROOF_PROVIDERS=registry: the real provider is not under test here")
    return standins


@pytest.fixture
def variables():
    """By root: variables that must not be the same in two tests. Names of buckets are global."""
    return {"storage": {"bucket": f"nova-{uuid.uuid4().hex[:12]}"}}


@pytest.fixture
def run(aws, cloud, variables, connection):
    """Gives one of the roots in the test's own account; what is left is destroyed unless it goes anyway."""
    with ExitStack() as stack:

        def opened(name):
            root = stack.enter_context(
                Root(ROOTS / name, standins=aws, connection=connection, variables=variables.get(name))
            )
            if cloud.external:
                stack.callback(root.destroy)
            return root

        yield opened


@pytest.fixture
def planned(aws, tmp_path):
    """Plans a configuration, in Terraform's JSON syntax, without any cloud."""

    def plan(configuration):
        text = json.dumps({"terraform": REQUIRED, "provider": {"aws": {}}, **configuration})
        (tmp_path / "main.tf.json").write_text(text, encoding="utf-8")
        with Root(tmp_path, standins=aws) as root:
            return root.plan()

    return plan


def changes(calls):
    """The names of the operations that change something, in order."""
    reads = ("Get", "List", "Describe", "Head")
    return [call.operation for call in calls if not call.operation.startswith(reads)]
