"""What plans suits AWS, and what does not is refused in the module's words."""

import pytest

from tests.contract.runs import COUNTS, hold


@pytest.mark.parametrize("module", COUNTS)
def test_contract_of_inputs(module, planner):
    hold(module, planner)
