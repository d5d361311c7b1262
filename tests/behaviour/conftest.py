"""The endpoints that the module's examples plan, to be simulated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.pytest_plugin.fixtures import PlanRoot
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, REPOSITORY

ExamplePlan = Callable[[str], Plan]
Planned = Callable[..., Endpoint]


@pytest.fixture(scope="session")
def example_plan(plan: PlanRoot) -> ExamplePlan:
    """Plans an example, once."""
    return cache(lambda example: plan(REPOSITORY / "examples" / example, region="us-east-1", image=IMAGE))


@pytest.fixture(scope="session")
def planned(example_plan: ExamplePlan) -> Planned:
    """Gives the endpoint of a kind that an example plans."""

    def endpoint(example: str, kind: Kind = Kind.REALTIME) -> Endpoint:
        (found,) = [one for one in from_plan(example_plan(example)) if one.kind is kind]
        return found

    return endpoint
