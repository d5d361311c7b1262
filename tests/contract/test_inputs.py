"""What plans suits AWS, and what does not is refused in the module's words."""

from __future__ import annotations

import pytest

from tests.contract.runs import COUNTS, hold
from tests.plan.planner import Planner


@pytest.mark.parametrize("module", COUNTS)
def test_contract_of_inputs(module: str, planner: Planner) -> None:
    hold(module, planner)
