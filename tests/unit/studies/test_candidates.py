"""How candidates are judged, ranked and told."""

import json
from dataclasses import replace
from unittest.mock import Mock

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.candidate import misses
from scaleproof.studies.choice import Choice, Schedules
from scaleproof.studies.choose import Ranked
from scaleproof.studies.outcome import columns
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.shape import Feasible
from scaleproof.studies.verdict import flapping
from tests.unit.studies.made import FILES, NO_WAIT, POOLS, STREAMS, candidate, made, outcome


@pytest.mark.parametrize(
    ("shape", "kind", "totals", "missed"),
    [
        (STREAMS, Kind.REALTIME, {"overload_seconds": 86.4}, 0.0),
        (STREAMS, Kind.REALTIME, {"overload_seconds": 864.0}, 9.0),
        (STREAMS, Kind.REALTIME, {"refused": 10}, 0.0),
        (STREAMS, Kind.REALTIME, {"refused": 20}, 1.0),
        (FILES, Kind.ASYNC, {"overload_seconds": 40_000.0}, 0.0),
        (FILES, Kind.ASYNC, {"expired": 20}, 1.0),
        (FILES, Kind.ASYNC, {"still_waiting": 20, "oldest_waiting": 1_800.0}, 0.0),
        (FILES, Kind.ASYNC, {"still_waiting": 20, "oldest_waiting": 1_801.0}, 1.0),
        (FILES, Kind.ASYNC, {"waiting": replace(NO_WAIT, p95=600.0, p99=9e3, max=9e4)}, 0.0),
        (FILES, Kind.ASYNC, {"waiting": replace(NO_WAIT, p50=1.0, p95=900.0)}, 1.5),
        (replace(FILES, within=0.5), Kind.ASYNC, {"waiting": replace(NO_WAIT, p95=600.0)}, 600.0),
        (replace(FILES, within=None), Kind.ASYNC, {"waiting": replace(NO_WAIT, p95=9e5)}, 0.0),
        (STREAMS, Kind.REALTIME, {"cut": 100}, 0.0),
        (STREAMS, Kind.REALTIME, {"cut": 150, "refused": 20}, 1.5),
    ],
)
def test_how_far_an_outcome_is_from_what_was_asked(shape, kind, totals, missed):
    assert misses(shape, outcome(made(kind, **totals))) == pytest.approx(missed)


def test_what_misses_less_costs_less_or_waits_less_comes_first():
    ranked = [
        candidate(usd=(1.0,), p95=5.0),
        candidate(usd=(1.0,), p95=9.0),
        candidate(usd=(2.0,)),
        candidate(missed=0.1, usd=(0.5,)),
        candidate(missed=0.2, usd=(0.1,)),
    ]
    mixed = [ranked[place] for place in (3, 1, 4, 0, 2)]
    assert sorted(mixed, key=lambda one: one.rank) == ranked


@pytest.mark.parametrize(("more", "dearer"), [(4e-7, False), (6e-7, True)])
def test_less_than_half_a_millionth_is_no_price(more, dearer):
    assert (candidate(usd=(1.0 + more,)).rank > candidate(usd=(1.0,), p95=5.0).rank) == dearer


def test_what_a_candidate_does_is_the_mean_over_the_seeds():
    assert candidate(usd=(1.0, 2.0, 6.0)).price == 3.0
    outcomes = (outcome(made(cut=8)), outcome(made(cut=4)))
    assert replace(candidate(), outcomes=outcomes).cut_per_day == 6.0


def test_a_candidate_misses_what_it_misses_on_the_worst_seed():
    trials = [Mock(outcome=outcome(made(refused=number))) for number in (10, 30, 20)]
    search = Mock(judge=Mock(shape=STREAMS), trials=lambda _point, _seeds: trials, seeds=range(3))
    assert Ranked.candidate(Mock(search=search), "", {}).misses == pytest.approx(2.0)


@pytest.mark.parametrize(("missed", "word"), [(0.0, "Proposed"), (0.1, "Nearest")])
def test_a_candidate_that_misses_is_the_nearest(missed, word):
    assert candidate(missed=missed).sentence.startswith(f"{word}: ")


@pytest.mark.parametrize(
    ("best", "other", "why"),
    [
        (
            candidate(usd=(3.0,)),
            candidate(Kind.ASYNC, usd=(4.0,)),
            "Both kinds suffice; this one costs 25 % less",
        ),
        (candidate(usd=(3.0,)), candidate(Kind.ASYNC, missed=0.1), "the other misses what was"),
        (candidate(usd=(3.0,)), candidate(usd=(4.0,)), "Both kinds suffice."),
    ],
)
def test_why_it_is_the_one_and_not_the_other(best, other, why):
    both = Feasible((Kind.REALTIME, Kind.ASYNC), ())
    assert why in Choice(both, best, (other,), Schedules(False, "", "UTC")).why


@pytest.mark.parametrize(("reversals", "missed"), [(0, 0.0), (24, 0.0), (25, 25 / 24), (96, 4.0)])  # in a day
def test_what_flaps_misses_what_was_asked_where_flapping_is_forbidden(reversals, missed):
    elasticity = replace(made().totals.elasticity, reversals=reversals)
    found = outcome(made(elasticity=elasticity))
    assert flapping(found.result) == (reversals if missed else 0)
    assert misses(STREAMS, found) == 0
    assert misses(replace(STREAMS, flaps=False), found) == pytest.approx(missed)


@pytest.mark.parametrize(("usd", "cost"), [((3.0, 5.0), {"Cost": "$4.00"}), ((None,), {"Instance-hours": "1.0"})])
def test_a_choice_is_a_table_of_the_proposal_and_its_runners_up(usd, cost):
    best, other = replace(candidate(usd=usd), role="proposal"), candidate(Kind.ASYNC, missed=1.0, usd=usd)
    both = Feasible((Kind.REALTIME, Kind.ASYNC), ())
    rows = Choice(both, best, (replace(other, role="other"),), Schedules(False, "", "UTC")).rows
    settings, same = best.proposal.words, {"First type": "ml.g6.2xlarge"}
    did = {**columns(best.outcome), "Changes a day": "34", **cost}
    assert rows == [
        {"What it is": "proposal", "Kind": "real-time", **same, "Settings": settings, "As asked": "yes", **did},
        {"What it is": "other", "Kind": "async", **same, "Settings": other.proposal.words, "As asked": "no", **did},
    ]


def test_a_proposal_hands_each_setting_to_its_input():
    realtime = Proposal(Kind.REALTIME, POOLS, 2, 9, 0.6, 45, 420).inputs()
    assert realtime["instance_pools"] == [
        {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
        {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
    ]
    assert realtime["realtime"] == {
        "capacity": {"min": 2, "max": 9},
        "scale_out_cooldown": 45,
        "scale_in_cooldown": 420,
        "target_utilization": 0.6,
    }
    queued = Proposal(Kind.ASYNC, POOLS, 0, 5, 6.0, 45, 420, 3, 2, 4)
    assert queued.inputs()["async"] == {
        "capacity": {"min": 0, "max": 5},
        "scale_out_cooldown": 45,
        "scale_in_cooldown": 420,
        "backlog_per_instance": 6,
        "max_concurrent_invocations_per_instance": 3,
        "wake_up": {"instances": 2, "evaluation_periods": 4},
    }
    assert "wake_up" not in replace(queued, min=1).inputs()["async"]
    texts = [json.dumps(replace(queued, target=aim).inputs()["async"]["backlog_per_instance"]) for aim in (6.0, 7.5)]
    assert texts == ["6", "7.5"]
