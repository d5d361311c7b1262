"""The endpoints that the module's examples plan, to be simulated."""

from collections.abc import Callable
from functools import cache

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.scaling.endpoint import Endpoint, Kind
from tests.plan.planner import IMAGE, REPOSITORY

Planned = Callable[..., Endpoint]


@pytest.fixture(scope="session")
def planned(plan):
    """Gives the endpoint of a kind that an example plans; plans each example once."""

    @cache
    def endpoints(example):
        return from_plan(plan(REPOSITORY / "examples" / example, region="us-east-1", image=IMAGE))

    def endpoint(example, kind=Kind.REALTIME):
        (match,) = [candidate for candidate in endpoints(example) if candidate.kind is kind]
        return match

    return endpoint
