"""Plans need no cloud and no credentials."""

from __future__ import annotations

import pytest

from scaleproof.providers.session import StandIns
from tests.plan.planner import Planner


@pytest.fixture(scope="session")
def planner(tmp_path_factory: pytest.TempPathFactory, standins: StandIns | None) -> Planner:
    """Plans modules of the project."""
    return Planner(tmp_path_factory.mktemp("plans"), standins)
