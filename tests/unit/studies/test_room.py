"""What is proposed keeps to what was asked on seeds that it was not chosen on, and says what that costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise
from typing import Any

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies import room
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.choose import Choice, choose
from scaleproof.studies.run import Setting
from scaleproof.studies.scheduling import Schedules
from scaleproof.studies.traffic import parse
from tests.unit.studies.test_search import ANY, LIVE, POOL, plan, searched

STEP = "step:top=40,base=5,after=0.4,days=0.06,seconds=150"


def chosen(spec: str, **more: Any) -> Choice:
    traffic = [parse(spec, seed=seed) for seed in range(3)]
    return choose(
        LIVE,
        POOL,
        traffic,
        Setting(max_cut=ANY),
        plan,
        unseen=(parse(spec, seed=n) for n in count(3)),
        **more,
    )


SHARES: list[float] = []
"""The progress of `stepped`."""


@pytest.fixture(scope="module")
def stepped() -> Choice:
    return chosen(STEP, progress=SHARES.append)


@pytest.mark.usefixtures("stepped")
def test_progress_goes_on_all_the_time() -> None:
    """Where much traffic is simulated, each step takes a minute."""
    assert sorted(SHARES) == SHARES
    assert max(SHARES) > 0.5, "room is what comes last"
    steps = [later - earlier for earlier, later in pairwise([*SHARES, 1.0])]
    assert max(steps[:-1]) < 0.15
    assert steps[-1] < 0.35


def test_what_misses_elsewhere_gets_room_and_the_room_has_a_price(stepped: Choice) -> None:
    found = stepped.unseen
    assert stepped.best.misses == 0
    assert (found.seeds, found.missed) == (room.UNSEEN, 0)
    seeds = [outcome.result.seed for outcome in stepped.best.outcomes]
    assert seeds[:3] == [0, 1, 2]
    assert len(seeds) > 3, "those on which the cheapest missed count too"
    needed = found.room
    assert needed is not None
    # The cheapest on three seeds, which the search finds without looking further.
    search = searched(STEP, seeds=3)
    cheapest = search.best()
    assert needed["settings"] == cheapest.proposal
    kept = search.trials.score(stepped.best.proposal, search.seeds)
    assert needed["instance_hours"] == pytest.approx(kept.price - cheapest.price)
    assert needed["price"] == pytest.approx(kept.price / cheapest.price - 1)
    assert needed["price"] > 0.02
    assert (
        f"Room for traffic that was not seen: {needed['instance_hours']:.1f} instance-hours more, "
        f"+{100 * needed['price']:.1f} %, compared to the cheapest on the first seeds, "
        f"{cheapest.proposal.words}. "
        "It kept to what was asked on 10 seeds that it was not chosen on."
    ) == found.sentence


def test_room_is_that_of_the_schedules_where_these_pay(
    stepped: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pay(_judge: Any, best: Candidate, *_: Any, **__: Any) -> Schedules:
        outcomes = [
            replace(one, cost=replace(one.cost, hours={"g": 2 * one.cost.total_hours}))
            for one in best.outcomes
        ]
        return Schedules("UTC", candidate=replace(best, outcomes=tuple(outcomes)), missed=2)

    monkeypatch.setattr("scaleproof.studies.choose.schedules", pay)
    without, found = stepped.unseen.room, chosen(STEP).unseen
    assert without is not None
    assert found.room is not None
    assert (found.seeds, found.missed) == (room.UNSEEN, 2)
    assert found.room["settings"] == without["settings"]
    assert 1 + found.room["price"] == pytest.approx(2 * (1 + without["price"]))


def test_it_is_tried_on_seeds_that_it_was_not_chosen_on(stepped: Choice) -> None:
    """Nobody has to take its word for it."""
    last = max(outcome.result.seed for outcome in stepped.best.outcomes)
    further = [parse(STEP, seed=seed) for seed in range(last + 1, last + 6)]
    for number, traffic in enumerate(further, last + 1):
        outcome = Setting(seed=number, max_cut=ANY).outcome(stepped.best.endpoint, traffic)
        assert outcome.verdict.level == "holds"


def test_where_no_room_is_needed_none_is_asked_for() -> None:
    found = chosen("constant:level=4,days=0.06")
    assert found.unseen.room is None
    assert found.unseen.sentence == "It kept to what was asked on 10 seeds that it was not chosen on."
    assert len(found.best.outcomes) == 3


def test_what_misses_to_the_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROUNDS", 1)
    found = chosen(STEP)
    assert found.unseen.missed > 0
    assert f"It missed what was asked on {found.unseen.missed} of 10 seeds" in found.unseen.sentence
    assert found.to_dict()["unseen"] == {"seeds": 10, "missed": found.unseen.missed, "room": None}


def test_what_nothing_keeps_to_is_not_tried_further() -> None:
    found = chosen("spike:top=30,base=3,every=0.7,minutes=10,days=0.06,seconds=60", most=1)
    assert found.best.misses > 0
    assert (found.best.proposal.kind, found.unseen.seeds, found.unseen.sentence) == (Kind.REALTIME, 0, "")
