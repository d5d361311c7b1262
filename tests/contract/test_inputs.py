"""Whatever the inputs are, what plans suits AWS, and what does not is refused in the module's words.

The planner checks that of all that it plans (tests/contract/judging.py).
"""

import os
import secrets
import time
from random import Random

import pytest

from tests.contract.generation import case, changes
from tests.plan.planner import ASYNC, MODEL, MONITORING, REALTIME, SMALLEST

MODULES = (MODEL, REALTIME, ASYNC, MONITORING)
"""The root passes inputs on to these; one of its cases costs as much as five."""
NONE = {(ASYNC, "predefined_metric_type")}
"""Where no value is good: asynchronous endpoints publish none of the predefined metrics."""
DRAWN = 20
BUDGET = float(os.environ.get("FUZZ_SECONDS", "0"))
"""Seconds of `make fuzz` for each module, with new seeds until they are over; 0 in a normal run."""


def good(module):
    """A case for each place of the inputs, with a good value there."""
    return [case(module, change) for change in changes(module) if change.good and (module, change.path[-1]) not in NONE]


def drawn(module, seed):
    """Cases in which one or two places have values from the edges."""
    random = Random(seed)
    edges = [change for change in changes(module) if not change.good]
    return [case(module, *random.sample(edges, random.choice((1, 1, 2)))) for _ in range(DRAWN)]


@pytest.mark.parametrize("module", SMALLEST)
def test_contract_of_inputs(module, planner):
    end = time.monotonic() + BUDGET
    planner.judge(module, drawn(module, 2026))
    while time.monotonic() < end:
        seed = secrets.randbelow(10**9)
        print(f"{module}: seed {seed}")
        planner.judge(module, drawn(module, seed))


@pytest.mark.parametrize("module", MODULES)
def test_contract_of_good_values(module, planner):
    cases = Random(2026).sample(good(module), DRAWN)
    assert all(verdict.accepted for verdict in planner.judge(module, cases))


@pytest.mark.nightly
@pytest.mark.parametrize("module", MODULES)
def test_contract_of_every_good_value(module, planner):
    assert all(verdict.accepted for verdict in planner.judge(module, good(module)))
