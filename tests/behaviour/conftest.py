"""The endpoints that the module's examples plan, to be simulated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REPOSITORY

Planned = Callable[..., Endpoint]


@pytest.fixture(scope="session")
def example_plan(standins: StandIns | None) -> Callable[[str], Plan]:
    """Plans an example, once."""
    plans: dict[str, Plan] = {}

    def plan(example: str) -> Plan:
        if example not in plans:
            variables = {"region": "us-east-1", "image": IMAGE}
            with Root(REPOSITORY / "examples" / example, standins=standins, variables=variables) as root:
                plans[example] = root.plan()
        return plans[example]

    return plan


@pytest.fixture(scope="session")
def planned(example_plan: Callable[[str], Plan]) -> Planned:
    """Gives the endpoint of a kind that an example plans."""

    def endpoint(example: str, kind: Kind = Kind.REALTIME) -> Endpoint:
        (found,) = [one for one in from_plan(example_plan(example)) if one.kind is kind]
        return found

    return endpoint
