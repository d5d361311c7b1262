"""The grid beside which the search is measured is tried as a whole."""

import pytest

from benchmarks.choosing import CASES, everything, made
from scaleproof.scaling.endpoint import Kind
from tests.unit.studies.made import plan


def test_there_are_cases_of_both_kinds_and_of_several_types():
    spaces = [made(name, plan)[0] for name in CASES]
    assert {space.kind for space in spaces} == set(Kind)
    assert {len(space.pools) for space in spaces} == {1, 2}


@pytest.mark.nightly
def test_the_best_of_the_grid_holds_and_is_the_cheapest_that_was_tried():
    _, search, goal = made("step", plan)
    best = everything(search, goal)
    assert best is not None
    whole = [one for one in search.known(goal) if not one.distance and one.price < best.price]
    assert (best.distance, whole) == (0, [])
    assert search.simulations > 100
