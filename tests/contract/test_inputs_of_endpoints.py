"""What plans suits AWS, and what does not is refused in the module's words: modules of the endpoints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.runs import hold
from tests.plan.batches import Batches
from tests.plan.planner import ASYNC, REALTIME, ROOT


@pytest.mark.parametrize("module", [REALTIME, ASYNC, ROOT])
def test_contract_of_inputs(module: str, batches: Callable[[str], Batches]) -> None:
    hold(module, batches)
