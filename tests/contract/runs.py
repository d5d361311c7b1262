"""Runs of drawn inputs: one with a fixed seed, or as many with new seeds as a time allows."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable

import pytest

from tests.contract.generation import Case, cases, places
from tests.contract.judging import Breach, Outcome, distinct, draw, judge, smallest
from tests.plan.batches import Batches
from tests.plan.planner import ASYNC, ENDPOINT, MODEL, MONITORING, REALTIME, REPOSITORY, ROOT

SEED = 2026
COUNTS = {MODEL: 40, ENDPOINT: 60, REALTIME: 40, ASYNC: 40, MONITORING: 40, ROOT: 60}
"""Cases drawn at random at a time. The root plans every other module: one of its cases costs as five."""
SWEPT = (MODEL, ENDPOINT, REALTIME, ASYNC, MONITORING)
"""Modules of which each place gets values from the edges in every run; the root hands its inputs to them."""
EACH = 2
SHRINKING_SECONDS = 60.0
BUDGET = float(os.environ.get("FUZZ_SECONDS", "0"))
"""Seconds of `make fuzz` for each module, with new seeds until they are over; 0 in a normal run."""


def hold(module: str, batches: Callable[[str], Batches]) -> None:
    """Fails the test, with the inputs at their simplest, unless the inputs of a module keep the contract."""
    if module in SWEPT:
        found = distinct(judge(batches(module), sweep(module)).breaches)
        if found:
            pytest.fail(f"{module}: {len(found)} kinds of breaches.\n" + _listed(found), pytrace=False)
    seed, end = SEED, time.monotonic() + BUDGET
    while True:
        seed = secrets.randbelow(10**9) if BUDGET else seed
        outcome = _run(module, batches(module), seed)
        print(
            f"{module}: seed {seed}, {outcome.cases} cases, {outcome.accepted} planned, "
            f"{outcome.cases / outcome.seconds:.1f} a second"
        )
        # A contract that nothing is held against is kept by everything.
        assert 0.2 < outcome.accepted / outcome.cases < 0.95
        if time.monotonic() >= end:
            return


def sweep(module: str) -> list[Case]:
    """Cases that give each place of the inputs values from the edges, one place at a time."""
    directory = REPOSITORY / module
    return [
        case
        for number, place in enumerate(places(directory))
        for case in draw(cases(directory, module, touching=[place]), EACH, SEED + number)
    ]


def _listed(found: list[Breach]) -> str:
    return "\n".join(f"- {breach}" for breach in found)


def _run(module: str, planner: Batches, seed: int) -> Outcome:
    strategy, count = cases(REPOSITORY / module, module), COUNTS[module]
    outcome = judge(planner, draw(strategy, count, seed))
    found = distinct(outcome.breaches)
    if found:
        simplest = smallest(planner, strategy, found[0], count, seed, SHRINKING_SECONDS)
        pytest.fail(
            f"{module}, seed {seed}: {len(found)} kinds of breaches.\n{_listed(found)}\n"
            f"The first at its simplest: {simplest.inputs}",
            pytrace=False,
        )
    return outcome
