"""Runs of drawn inputs: one with a fixed seed, or as many with new seeds as a time allows."""

import os
import secrets
import time

import pytest

from tests.contract.generation import cases, places
from tests.contract.judging import distinct, draw, judge, smallest
from tests.plan.planner import (
    ASYNC,
    MODEL,
    MONITORING,
    REALTIME,
    REPOSITORY,
    ROOT,
    command,
)

SEED = 2026
COUNTS = {MODEL: 20, REALTIME: 20, ASYNC: 20, MONITORING: 20, ROOT: 24}
"""Cases drawn at random at a time. The root plans every other module: one of its cases costs as five."""
SWEPT = (MODEL, REALTIME, ASYNC, MONITORING)
"""Modules of which `make fuzz` gives each place a value from the edges; the root passes inputs on."""
SHRINKING_SECONDS = 60.0
BUDGET = float(os.environ.get("FUZZ_SECONDS", "0"))
"""Seconds of `make fuzz` for each module, with new seeds until they are over; 0 in a normal run."""


def hold(module, planner):
    """Fails the test, with the inputs at their simplest, unless the inputs of a module keep the contract."""
    end = time.monotonic() + BUDGET
    planned = [*_run(module, planner, secrets.randbelow(10**9) if BUDGET else SEED)]
    while time.monotonic() < end:
        planned += _run(module, planner, secrets.randbelow(10**9))
    # A contract that nothing is held against is kept by everything.
    assert 0.2 < sum(planned) / len(planned) < 0.95


def sweep(module, seed):
    """Cases that give each place of the inputs a value from the edges, one place at a time."""
    directory = REPOSITORY / module
    return [
        # The first that Hypothesis draws is the simplest there is, whatever the seed.
        draw(cases(directory, module, touching=[place]), 2, seed + number)[-1]
        for number, place in enumerate(places(directory) if module in SWEPT else ())
    ]


def _run(module, planner, seed):
    """Judges what is swept and what is drawn at random, in the same plans; says which of the latter plan."""
    strategy, count = cases(REPOSITORY / module, module), COUNTS[module]
    drawn = draw(strategy, count, seed)
    outcome = judge(planner, module, [*(sweep(module, seed) if BUDGET else ()), *drawn])
    if found := distinct(outcome.breaches):
        report = f"{module}, seed {seed}: {len(found)} kinds of breaches.\n{_listed(found)}"
        # What is swept differs from what is good in one place: there is little to simplify.
        if first := next((breach for breach in found if breach.case in drawn), None):
            simplest = smallest(planner, strategy, first, count, seed, SHRINKING_SECONDS)
            report += f"\n{first.how}\nat its simplest: {command(module, simplest.inputs)}"
        pytest.fail(report, pytrace=False)
    print(
        f"{module}: seed {seed}, {len(outcome.accepted)} cases, {sum(outcome.accepted)} planned, "
        f"{len(outcome.accepted) / outcome.seconds:.1f} a second"
    )
    return outcome.accepted[-len(drawn) :]


def _listed(found):
    return "\n".join(f"- {breach}" for breach in found)
