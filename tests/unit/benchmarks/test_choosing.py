"""The best of all settings is that of all settings: what is left out has the same result, or costs more."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from benchmarks.choosing import cases, summary
from benchmarks.exhaustive import Exhaustive, asked, gaps
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.shape import Shape
from tests.unit.studies.test_search import FILES, LIVE, searched

SPIKES = "spike:top=20,base=3,every=0.5,minutes=8,days=0.06,seconds=60"
BATCHES = "batches:files=30,per_day=90,days=0.06"


@pytest.mark.parametrize(("spec", "shape"), [(SPIKES, LIVE), (BATCHES, FILES)])
def test_a_trial_holds_for_the_maxima_and_cooldowns_that_it_says(spec: str, shape: Shape) -> None:
    search = searched(spec, shape, seeds=1)
    everything = Exhaustive(search)
    start = replace(search.defaults, target=search.grid.values["target"][-3])
    tried = 0
    for out, inward, high in product((0, 60, 300), (0, 300, 1800), reversed(search.grid.values["max"])):
        one = replace(start, scale_out_cooldown=out, scale_in_cooldown=inward, max=high)
        known = everything._trial(one, 0)
        simulated = search.trials.judge((search.trials.plans.endpoint(one), 0))
        assert (known.price, known.misses) == (simulated.price, simulated.misses), one
        tried += 1
    assert everything.simulated < 0.8 * tried, "some need no simulation of their own"


def test_no_holding_proposal_costs_less_than_the_least_that_it_can_cost() -> None:
    search = searched(BATCHES, FILES, seeds=1)
    everything = Exhaustive(search)
    for high, target in product(search.grid.values["max"], search.grid.values["target"]):
        one = replace(search.defaults, max=high, target=target)
        trial = everything._trial(one, 0)
        if not trial.misses:
            assert everything._least(one, 0) <= trial.price
    assert everything._least(replace(search.defaults, max=1), 0) > 0


def test_gaps_are_between_changes_in_the_same_direction() -> None:
    search = searched(SPIKES, seeds=1)
    result = search.trials.judge.outcome(search.trials.plans.endpoint(search.defaults), 0).result
    changes = [one for one in result.activities if one.before is not None and one.desired is not None]
    first = changes[0]
    assert first.desired is not None
    times = [(0.0, 60.0, 1, 3), (100.0, 160.0, 3, 5), (900.0, 960.0, 5, 4), (2000.0, None, 4, 3)]
    activities = tuple(
        replace(first, time=time, end=end, before=before, desired=after) for time, end, before, after in times
    )
    assert gaps(replace(result, activities=activities)) == (40.0, 1040.0)
    assert asked(replace(result, activities=activities)) == 5
    assert gaps(replace(result, activities=activities[:1])) == (math.inf, math.inf)


def test_there_are_a_hundred_cases_of_every_sort() -> None:
    found = cases()
    assert len({one.name for one in found}) == len(found) == 100
    assert {one.kind for one in found} == set(Kind)
    assert Counter(len(one.limits) for one in found) == {1: 50, 2: 50}
    assert any(one.most for one in found)
    assert any(one.max_cut.most == 0 for one in found)
    assert any(one.within for one in found)


def test_a_case_that_was_missed_is_not_a_ratio() -> None:
    rows = [
        {"case": "a", "changed": False, "ratio": 1.0, "missed": False},
        {"case": "b", "changed": False, "ratio": 1.04, "missed": False},
        {"case": "c", "changed": False, "ratio": None, "missed": True},
        {"case": "d", "changed": True},
    ]
    total = summary(rows)
    assert (total["compared"], total["changed"], total["missed"], total["within_3_percent"]) == (3, 1, 1, 1)
    assert (total["median"], total["worst"]) == (1.02, 1.04)
