"""What plans suits AWS, and what does not is refused in the module's words: what endpoints are made of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.runs import hold
from tests.plan.batches import Batches
from tests.plan.planner import ENDPOINT, MODEL, MONITORING


@pytest.mark.parametrize("module", [MODEL, ENDPOINT, MONITORING])
def test_contract_of_inputs(module: str, batches: Callable[[str], Batches]) -> None:
    hold(module, batches)
