"""What decides in a study: limits, shares, ranks and bounds, each on both of its sides."""

import json
from dataclasses import replace
from unittest.mock import Mock

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Traffic, Waiting, Work
from scaleproof.simulation.demand import offered
from scaleproof.studies.candidate import Candidate, misses
from scaleproof.studies.choose import Choice, Ranked, Schedules
from scaleproof.studies.compare import Comparison, Entry, changed
from scaleproof.studies.inputs import configured
from scaleproof.studies.many import EndpointChoice, Fleet, compared, table
from scaleproof.studies.outcome import Cost, Outcome, columns, cost, mean_cost, numbers
from scaleproof.studies.prices import Prices, PriceSource
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import assign
from scaleproof.studies.shape import Feasible, Shape, feasible
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Level, Overload, Verdict, cut_per_day, flapping, verdict
from tests.unit.report.made import day

POOLS = (("ml.g6.2xlarge", 12.0), ("ml.g6e.2xlarge", 16.0))
PRICES = {"ml.g6.2xlarge": 1.2, "ml.g6e.2xlarge": 2.9}
NO_WAIT = Waiting(mean=0.0, p50=0.0, p95=0.0, p99=0.0, max=0.0)


def tracking(name, target):
    return TargetTracking(name, CONCURRENCY, target, 60, 300)


WAKE_UP = StepScaling(
    "wake-up",
    "ChangeInCapacity",
    (Step(1),),
    {
        "alarm": AlarmSettings(
            MetricStat("AWS/SageMaker", "HasBacklogWithoutCapacity", (), "Average", 60),
            "GreaterThanOrEqualToThreshold",
            1,
            2,
            2,
        )
    },
)
LIVE = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12), Pool("ml.g6e.2xlarge", 2, 16)),
    5,
    ScalableTarget(2, 20, (tracking("first", 8.0), tracking("second", 12.0), WAKE_UP)),
)
QUEUED = replace(LIVE, kind=Kind.ASYNC, target=ScalableTarget(0, 5, (tracking("backlog", 4.0), WAKE_UP)))


def made(kind=Kind.REALTIME, **totals):
    """A day of 100,000 requests on which nothing goes wrong, but for the totals that are given."""
    plain = {
        "arrivals": 100_000, "served": 100_000, "refused": 0, "expired": 0, "cut": 0, "unfinished": 0,
        "overload_seconds": 0.0, "waiting": NO_WAIT,
    }  # fmt: skip
    result = day(kind)
    return replace(result, totals=replace(result.totals, **{**plain, **totals}))


# Verdicts.


@pytest.mark.parametrize(
    ("kind", "totals", "level"),
    [
        (Kind.REALTIME, {"overload_seconds": 86.4}, Level.HOLDS),  # 0.1 % of the day
        (Kind.REALTIME, {"overload_seconds": 87.0}, Level.STRAINED),
        (Kind.REALTIME, {"overload_seconds": 864.0}, Level.STRAINED),  # 1 %
        (Kind.REALTIME, {"overload_seconds": 865.0}, Level.FAILS),
        (Kind.REALTIME, {"refused": 10}, Level.HOLDS),  # 0.01 % of the requests
        (Kind.REALTIME, {"refused": 11}, Level.STRAINED),
        (Kind.REALTIME, {"refused": 1_000}, Level.STRAINED),  # 1 %
        (Kind.REALTIME, {"refused": 1_001}, Level.FAILS),
        (Kind.REALTIME, {"arrivals": 10, "refused": 1}, Level.HOLDS),  # one request
        (Kind.REALTIME, {"arrivals": 10, "refused": 2}, Level.FAILS),
        (Kind.REALTIME, {"cut": 100}, Level.HOLDS),  # 0.1 %
        (Kind.REALTIME, {"cut": 101}, Level.STRAINED),
        (Kind.ASYNC, {"cut": 101}, Level.STRAINED),
        (Kind.REALTIME, {"cut": 1_001}, Level.FAILS),
        (Kind.REALTIME, {"arrivals": 10, "cut": 1, "refused": 1}, Level.HOLDS),  # one of each
        (Kind.REALTIME, {"cut": 501, "refused": 500}, Level.FAILS),
        (Kind.REALTIME, {"cut": 100, "refused": 1_000}, Level.STRAINED),
        (Kind.ASYNC, {"overload_seconds": 40_000.0}, Level.HOLDS),
        (Kind.ASYNC, {"expired": 1_001}, Level.FAILS),
    ],
)
def test_where_a_policy_no_longer_holds(kind, totals, level):
    assert verdict(made(kind, **totals)).level is level


@pytest.mark.parametrize(
    ("totals", "failed"),
    [
        ({"arrivals": 0, "served": 0}, 0.0),
        ({"arrivals": 1, "served": 0, "refused": 1}, 1.0),
        ({"arrivals": 9, "served": 4, "refused": 1, "cut": 3, "unfinished": 1}, 0.5),
    ],
)
def test_a_share_of_the_requests_that_ended_failed(totals, failed):
    assert outcome(made(**totals)).failed == failed


def test_what_happens_a_day():
    two_days = replace(made(cut=8, scale_outs=5, scale_ins=3), duration=2 * 86_400.0)
    one = replace(candidate(), outcomes=(replace(candidate().outcome, result=two_days),))
    assert (cut_per_day(two_days), one.changes_per_day) == (4.0, 4.0)


def test_overload_is_told_with_its_share_of_the_time():
    found = numbers(outcome(made(overload_seconds=8_640.0, peak_demand=9, peak_instances=1)))
    assert found["above capacity"] == "2 h 24 min (10.0 %)"
    assert found["peak"] == "9 requests at a time, 1 instance"


def test_the_columns_of_a_table_of_outcomes():
    waiting = replace(NO_WAIT, p95=30.0, p99=40.0, max=50.0)
    result = made(served=99_000, refused=700, cut=300, overload_seconds=600.0, waiting=waiting)
    assert outcome(result).failed == 0.01
    assert columns(outcome(result)) == {
        "Served": "99.0 %",
        "Lost": "700",
        "Cut a day": "300",
        "Above capacity": "10 min",
        "Waiting, 95 %": "30 s",
    }


# What it costs.


def test_hours_are_of_3600_seconds_and_priced_by_type():
    result = made(instance_seconds={"ml.g6.2xlarge": 7_200.0, "ml.g6e.2xlarge": 1_800.0})
    found = cost(result, PRICES)
    assert found.instance_hours == {"ml.g6.2xlarge": 2.0, "ml.g6e.2xlarge": 0.5}
    assert found.total_hours == 2.5
    assert found.usd == pytest.approx(2 * 1.2 + 0.5 * 2.9)


@pytest.mark.parametrize(("seconds", "usd"), [(0.0, 1.2), (1.0, None)])
def test_a_type_without_price_matters_where_it_ran(seconds, usd):
    result = made(instance_seconds={"ml.g6.2xlarge": 3_600.0, "ml.g6e.2xlarge": seconds})
    assert cost(result, {"ml.g6.2xlarge": 1.2}).usd == usd


def test_a_cost_says_where_its_prices_are_from():
    """None of it without a sum, and none of prices without a source."""
    source = PriceSource("a list", "2026-11-30")
    result = made(instance_seconds={"ml.g6.2xlarge": 3_600.0})
    assert cost(result, Prices({"ml.g6.2xlarge": 1.2}, source)).prices == source
    assert cost(result, Prices({"ml.g6e.2xlarge": 2.9}, source)).prices is None
    assert cost(result, {"ml.g6.2xlarge": 1.2}).prices is None


@pytest.mark.parametrize(("usd", "mean"), [((1.0, 3.0), 2.0), ((None, 3.0), None), ((None, None), None)])
def test_the_cost_of_several_seeds_is_their_mean(usd, mean):
    outcomes = [outcome(made(), hours, dollars) for hours, dollars in zip((2.0, 4.0), usd, strict=True)]
    both = mean_cost(outcomes)
    assert (both.instance_hours, both.usd) == ({"ml.g6.2xlarge": 3.0}, mean)
    assert mean_cost(outcomes[:1]) == outcomes[0].cost


# What was asked, and who ranks first.

STREAMS = Shape(Work.STREAM, 900.0)
FILES = Shape(Work.FILE, 900.0, within=600.0)


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


def outcome(result, hours=1.0, usd=None):
    return Outcome(endpoint=LIVE, result=result, cost=Cost({"ml.g6.2xlarge": hours}, usd), verdict=verdict(result))


def candidate(kind=Kind.REALTIME, missed=0.0, usd=(1.0,), p95=0.0):
    result = made(kind, waiting=replace(NO_WAIT, p95=p95))
    proposal = Proposal(kind, POOLS, 1, 4, 0.75, 60, 300)
    return Candidate(proposal, LIVE, tuple(outcome(result, 1.0, one) for one in usd), missed)


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


@pytest.mark.parametrize("missed", [0.0, 0.1])
def test_what_runs_today_has_the_mean_price_and_the_worst_verdict(missed):
    worst = replace(outcome(made(), usd=4.0), verdict=Verdict(Level.FAILS, "", "", (), Overload()))
    both = Feasible((Kind.REALTIME, Kind.ASYNC), ())
    choice = Choice(both, candidate(usd=(1.0, 2.0), missed=missed), (), Schedules(False, "", "UTC"))
    found = compared(LIVE, "", [worst, outcome(made(), usd=2.0)], choice, "")
    today, proposed = found.today, found.proposed
    assert today
    assert proposed
    assert (today.price, today.verdict) == (3.0, Level.FAILS)
    assert (proposed.price, found.saved, found.meets_what_was_asked) == (1.5, 0.5, not missed)


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (0.5, "50.0 %"),
        (0.0, "0 %"),
        (-0.004, "-0.4 %"),
        (-0.07, "-7.0 %"),
        (-1.0, "-100 %"),
        (-1.67, "-167 %"),
        (None, "-"),
    ],
)
def test_what_costs_more_saves_less_than_nothing(saved, words):
    fleet = Fleet("realtime, 1 instance", Level.HOLDS, 2.0)
    (row,) = table([EndpointChoice("speech", today=fleet, proposed=fleet, saved=saved)], priced=True)
    assert row["Saved"] == words


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


# What takes the work.


@pytest.mark.parametrize(
    ("shape", "kinds"),
    [
        (Shape(Work.STREAM, 1_800.0), {Kind.REALTIME}),
        (Shape(Work.SYNC, 60.0), {Kind.REALTIME, Kind.ASYNC}),
        (Shape(Work.SYNC, 60.1), {Kind.ASYNC}),
        (Shape(Work.FILE, 60.0, largest=25.0), {Kind.REALTIME, Kind.ASYNC}),
        (Shape(Work.FILE, 60.0, largest=25.1), {Kind.ASYNC}),
        (Shape(Work.FILE, 3_600.0, largest=1_000.0), {Kind.ASYNC}),
        (Shape(Work.FILE, 30.0, within=0.0), {Kind.REALTIME}),
        (Shape(Work.FILE, 30.0, within=1.0), {Kind.REALTIME, Kind.ASYNC}),
    ],
)
def test_a_limit_belongs_to_what_fits(shape, kinds):
    assert set(feasible(shape).kinds) == kinds


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        (Shape(Work.STREAM, 1_800.0), 1),
        (Shape(Work.SYNC, 60.0, largest=25.0), 4),
        (Shape(Work.SYNC, 60.1, largest=25.1), 2),
        (Shape(Work.FILE, 3_600.0, largest=1_000.0), 2),
    ],
)
def test_what_fits_is_said_to_fit(shape, fits):
    said = [reason for reason in feasible(shape).reasons if reason.meaning == "It fits."]
    assert len(said) == fits
    assert {reason.rules_out for reason in said} == {None}


@pytest.mark.parametrize(
    ("within", "yours", "said"),
    [
        (0.0, "at once", "The answer is needed at once, so a queue does not fit."),
        (1.0, "within 1 s", "The answer may come later."),
        (None, "whenever", "The answer may come later."),
    ],
)
def test_whether_an_answer_may_wait_is_said(within, yours, said):
    reasons = feasible(Shape(Work.FILE, 30.0, within=within)).reasons
    assert [(reason.yours, reason.meaning) for reason in reasons if "a queue and S3" in reason.limit] == [(yours, said)]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Shape(Work.STREAM, 1_801.0), "Your streams last up to 30 min 1 s; SageMaker ends them after 30 min"),
        (Shape(Work.FILE, 3_601.0), "An asynchronous request takes up to 1 h; yours takes 1 h"),
        (Shape(Work.FILE, 61.0, within=0.0), "has 1 min to answer; yours needs up to 1 min 1 s"),
        (Shape(Work.FILE, 30.0, largest=1_001.0), "An asynchronous request has up to 1 GB, not 1001 MB"),
    ],
)
def test_beyond_the_limits_nothing_takes_it(shape, reason):
    with pytest.raises(ScaleproofError, match=f"No endpoint takes this work.*{reason}"):
        feasible(shape)


# Other settings.


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("target=4", [{"target": 4.0}, {"target": 6.0}]),  # in proportion
        ("scale_out_cooldown=30", [{"scale_out_cooldown": 30}] * 2),
        ("scale_in_cooldown=900", [{"scale_in_cooldown": 900}] * 2),
    ],
)
def test_a_change_is_to_that_setting_of_every_tracking_policy(text, changes):
    found = changed(LIVE, text).endpoint.target
    assert found
    assert LIVE.target
    expected = zip(LIVE.target.policies, [*changes, {}], strict=True)
    assert found.policies == tuple(replace(policy, **change) for policy, change in expected)


@pytest.mark.parametrize(
    ("settings", "bounds", "initial"),
    [
        ({"max": 4}, (2, 4), 4),
        ({"min": 7}, (7, 20), 7),
        ({"min": 1, "max": 30}, (1, 30), 5),
    ],
)
def test_new_bounds_take_the_initial_count_with_them(settings, bounds, initial):
    found = configured(LIVE, settings)
    assert found.target
    assert (found.target.min, found.target.max, found.initial) == (*bounds, initial)


@pytest.mark.parametrize(("endpoint", "settings"), [(LIVE, {"min": 0}), (LIVE, {"min": 21}), (QUEUED, {"max": 0})])
def test_bounds_that_an_endpoint_cannot_have(endpoint, settings):
    with pytest.raises(ScaleproofError, match="cannot have bounds"):
        configured(endpoint, settings)


def test_an_asynchronous_endpoint_may_be_empty():
    found = configured(QUEUED, {"min": 0})
    assert found.target
    assert found.target.min == 0


@pytest.mark.parametrize(("now", "told"), [({}, False), ({"ml.g6.2xlarge": 5}, False), ({"ml.g6.2xlarge": 9}, True)])
def test_a_live_endpoint_starts_with_its_initial_count_and_says_so(now, told):
    found = Outcome.from_result(replace(LIVE, instances=now), made(), {}).beneath
    assert (
        any(one.startswith("It starts with 5 instances, its initial count, not with the 9 of") for one in found) == told
    )
    assert any("compare --change initial_instance_count=9" in one for one in found) == told
    assert configured(LIVE, {"initial": 9}).initial == 9


# What a comparison says.


def entry(name, kind, hours, **totals):
    return Entry(name, "", outcome(made(kind, **totals), hours))


@pytest.mark.parametrize(
    ("kind", "mine", "other"),
    [
        (Kind.REALTIME, "above capacity for 10 min, 1 request lost, 12 cut off a day", "above capacity for 20 min"),
        (Kind.ASYNC, "95 % waited up to 30 s", "95 % waited up to 50 s"),
    ],
)
@pytest.mark.parametrize(
    ("hours", "relation"),
    [(15.0, "50 % more"), (5.0, "50 % fewer"), (10.0, "as many")],
)
def test_a_summary_compares_pain_and_cost(kind, mine, other, hours, relation):
    harms = {"refused": 1, "cut": 12} if kind is Kind.REALTIME else {}
    first = {"overload_seconds": 600.0, "waiting": replace(NO_WAIT, p95=30.0), **harms}
    second = {"overload_seconds": 1_200.0, "waiting": replace(NO_WAIT, p95=50.0)}
    comparison = Comparison.from_contenders(
        replace(LIVE, kind=kind),
        "x",
        (entry("as configured", kind, 10.0, **first), entry("rival", kind, hours, **second)),
    )
    assert comparison.summary == (
        f"As configured: {mine}, with 10.0 instance-hours.",
        f"Rival: {other}, with {relation} instance-hours.",
    )


# What traffic asks for.


@pytest.mark.parametrize(
    ("arrival", "seconds", "expected"),
    [
        (0.0, 10.0, [1, 0, 0]),
        (0.0, 10.1, [1, 1, 0]),
        (10.0, 10.0, [0, 1, 0]),
        (10.1, 10.0, [0, 1, 1]),
        (12.0, 3.0, [0, 1, 0]),  # between two samples
        (12.0, 0.0, [0, 0, 0]),
        (5.0, 100.0, [1, 1, 1]),
    ],
)
def test_a_request_counts_where_it_is_in_flight(arrival, seconds, expected):
    assert list(offered(Traffic.from_arrivals([(arrival, seconds)], duration=30.0))) == expected


# Work that an endpoint does not take.


@pytest.mark.parametrize(
    ("endpoint", "work", "seconds", "said"),
    [
        (LIVE, Work.STREAM, 1_800.0, None),
        (LIVE, Work.STREAM, 1_801.0, ".* SageMaker ends them after 30 min. Reopen streams before the limit"),
        (LIVE, Work.SYNC, 60.0, None),
        (
            LIVE,
            Work.FILE,
            61.0,
            "A real-time model has 1 min to answer; yours needs up to 1 min 1 s. Send it to an asynchronous endpoint",
        ),
        (QUEUED, Work.FILE, 3_600.0, None),
        (QUEUED, Work.SYNC, 3.0, None),
        (QUEUED, Work.FILE, 3_601.0, ".* Split files into smaller ones, or take the answer later"),
        (
            QUEUED,
            Work.STREAM,
            60.0,
            ".* does not stream. Send it to a real-time endpoint, or say what it is, as in work=file",
        ),
        (QUEUED, Work.STREAM, 1_801.0, ".* Reopen streams before the limit, or say what it is, as in work=file"),
    ],
)
def test_work_goes_only_where_sagemaker_takes_it(endpoint, work, seconds, said):
    traffic = TrafficSpec("x", Traffic.from_arrivals([(0.0, 1.0), (5.0, seconds)], work=work), endpoint="speech")
    if said is None:
        assert assign([endpoint], [traffic]) == [(endpoint, traffic)]
        return
    with pytest.raises(ScaleproofError, match=f"^SageMaker refuses this work at speech. {said}. Source: "):
        assign([endpoint], [traffic])


@pytest.mark.parametrize(
    ("endpoints", "works", "paired"),
    [
        ([LIVE], [Work.FILE], [("speech", Work.FILE)]),  # there is no other choice
        ([LIVE, QUEUED], [Work.FILE, Work.STREAM, Work.SYNC], [("speech", Work.STREAM), ("queue", Work.FILE)]),
        ([LIVE, QUEUED], [Work.SYNC], [("speech", Work.SYNC)]),
        ([LIVE], [Work.FILE, Work.FILE], None),
        ([LIVE, replace(LIVE, name="other")], [Work.FILE], None),
    ],
)
def test_an_endpoint_gets_the_first_traffic_of_its_kind(endpoints, works, paired):
    named = [replace(one, name="queue") if one.kind is Kind.ASYNC else one for one in endpoints]
    specs = [TrafficSpec(work.value, Traffic.from_arrivals([(0.0, 1.0)], work=work)) for work in works]
    if paired is None:
        with pytest.raises(ScaleproofError, match="No traffic is for speech"):
            assign(named, specs)
    else:
        assert [(one.name, spec.traffic.work) for one, spec in assign(named, specs)] == paired


# Proposals and the search for them.


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
