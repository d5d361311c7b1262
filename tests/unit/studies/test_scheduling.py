"""Schedules are proposed where they pay on days that they were not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Traffic, Work
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.judged import Judgement, Measured, Stretch
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Setting
from scaleproof.studies.scheduling import Option, Schedules, _paying, schedules
from scaleproof.studies.search import Judge, Trial
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
CALLS = Shape(Work.STREAM, 1200, None, 0)
POOLS = (("ml.g6.2xlarge", 10.0),)


def best(target: float = 0.6) -> Candidate:
    """A proposal without schedules, as a search would find it."""
    proposal = Proposal(Kind.REALTIME, POOLS, 1, 12, target, 60, 300)
    policy = TargetTracking("concurrency", CONCURRENCY, 10 * target, 60, 300)
    scaled = ScalableTarget(1, 12, (policy,))
    pools = (Pool("ml.g6.2xlarge", 1, 10.0),)
    return Candidate(proposal, Endpoint("speech", "v1", Kind.REALTIME, pools, 1, scaled), (), 0)


def opening(hours: Callable[[datetime], int | None], days: int = 14, where: Any = UTC) -> TrafficSpec:
    """A call centre that opens at an hour of each day, with fifty calls at a time at once, for four hours."""
    start = MONDAY.replace(tzinfo=where)
    requests = []
    for day in range(days):
        at = start + timedelta(days=day)
        if (hour := hours(at)) is None:
            continue
        opened = at.replace(hour=hour).timestamp() - start.timestamp()
        requests += [
            (opened + 1200 * call + 2 * number, 1200.0) for call in range(12) for number in range(50)
        ]
    end = (start + timedelta(days=days)).timestamp() - start.timestamp()
    return TrafficSpec("calls.csv", Traffic.of(sorted(requests), duration=end), start)


def on_working_days(day: datetime) -> int | None:
    return 9 if day.weekday() < 5 else None


def found(*traffic: TrafficSpec, timezone: str = "UTC", each: Any = map) -> Schedules:
    judge = Judge(CALLS, Setting(), traffic)
    return schedules(judge, best(), range(len(traffic)), timezone, each=each)


@pytest.fixture(scope="module")
def pattern() -> Schedules:
    return found(opening(on_working_days))


def test_an_evident_week_gets_floors(pattern: Schedules) -> None:
    assert pattern.candidate is not None
    assert pattern.judgement is not None
    rules = pattern.candidate.proposal.schedules
    assert {rule.schedule.split()[4] for rule in rules} == {"MON-FRI"}
    raised = next(rule for rule in rules if rule.min >= 5)
    assert "08" <= raised.name[-4:-2] < "09", "before the lines open, not long before"
    assert rules[-1].min == 1
    assert pattern.candidate.endpoint.target
    assert [one.name for one in pattern.candidate.endpoint.target.schedules] == [
        f"speech-{rule.name}" for rule in rules
    ]


def test_half_of_the_overload_is_gone_at_no_more_cost(pattern: Schedules) -> None:
    judged = pattern.judgement
    assert judged is not None
    assert judged.without.overload > 60
    left = judged.without.overload - judged.clairvoyant.overload
    assert judged.scheduled.overload - judged.clairvoyant.overload <= left / 2
    assert judged.scheduled.hours <= judged.without.hours


def test_it_says_on_which_days_it_was_judged(pattern: Schedules) -> None:
    assert pattern.sentence.startswith("Schedules, fitted on 7 days and judged on the 7 after them: ")
    document = pattern.to_dict()
    assert (document["pay"], document["fitted_days"], document["judged_days"]) == (True, 7, 7)
    assert document["scheduled"]
    assert document["without"]
    assert document["scheduled"]["overload_seconds"] < document["without"]["overload_seconds"]


def test_the_endpoint_starts_with_the_floor_in_force_by_the_clock_of_the_user() -> None:
    """The recording starts on Monday at noon in New York. Simulations run in any order."""
    where = ZoneInfo("America/New_York")
    whole, noon = opening(on_working_days, days=15, where=where), 43_200
    late = [(at - noon, seconds) for at, seconds in whole.traffic.arrivals() if at >= noon]
    start = MONDAY.replace(hour=12, tzinfo=where)
    traffic = TrafficSpec("calls.csv", Traffic.of(late, duration=whole.traffic.duration - noon), start)

    def backwards(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [function(item) for item in reversed(list(items))][::-1]

    made = found(traffic, timezone="America/New_York", each=backwards)
    assert made.candidate is not None
    rules = made.candidate.proposal.schedules
    raised = next(rule for rule in rules if rule.min >= 5)
    assert (raised.timezone, raised.name[-4:-2]) == ("America/New_York", "08")
    assert made.candidate.proposal.min == max(rule.min for rule in rules)
    assert made.candidate.endpoint.target
    assert (
        made.candidate.endpoint.target.min == made.candidate.endpoint.initial == made.candidate.proposal.min
    )


def test_the_same_load_all_week_gets_none() -> None:
    requests = [(600.0 * number, 600.0) for number in range(14 * 144)]
    whole = Traffic.of(requests, duration=14 * 86_400)
    made = found(TrafficSpec("calls.csv", whole, MONDAY))
    assert made.candidate is None
    assert made.sentence == "No schedules: the same floor suits all hours of the week."


@pytest.mark.parametrize(("constant", "pay"), [(0.9, False), (0.99, True)])
def test_a_constant_minimum_that_does_as_well_is_better(constant: float, pay: bool) -> None:
    """Schedules cost 90 % of what there is without; a constant minimum costs 90 or 99 % of it."""

    def measured(_trial: Any, tasks: Iterable[Any]) -> list[Any]:
        shares = []
        for endpoint, _ in tasks:
            assert endpoint.target
            by_schedule, by_minimum = endpoint.target.schedules, endpoint.target.min > 1
            shares.append(0.9 if by_schedule else constant if by_minimum else 1.0)
        return [Measured(0, 100 * share, None, 0.0) for share in shares]

    assert (found(opening(on_working_days), each=measured).candidate is not None) == pay


def test_no_schedules_from_a_week_that_does_not_come_again() -> None:
    made = found(opening(lambda day: 9 if day < MONDAY + timedelta(days=7) else 20))
    assert made.candidate is None
    assert made.judgement is not None
    assert made.reason == "That would miss what was asked.", "of the days judged on"
    assert made.sentence.startswith(
        "No schedules: fitted on 7 days and judged on the 7 after them, they would"
    )


@pytest.mark.parametrize(("scheduled", "without"), [(0.1, 0.0), (0.1, 0.1)])
def test_seeds_that_were_not_seen_are_held_as_without(scheduled: float, without: float) -> None:
    """What was asked is missed on both of the other seeds, with schedules and perhaps without."""

    def simulated(function: Any, tasks: Iterable[Any]) -> list[Any]:
        has = [bool(endpoint.target.schedules) for endpoint, _ in tasks]
        if isinstance(function, Judge):
            return [Trial(scheduled if one else without, 1.0, 0.0) for one in has]
        return [Measured(0, 90 if one else 100, None, 0.0) for one in has]

    judge = Judge(CALLS, Setting(), (opening(on_working_days),) * 3)
    made = schedules(judge, best(), [0], "UTC", unseen=[1, 2], each=simulated)
    if without:
        assert (made.candidate is not None, made.missed) == (True, 2)
    else:
        assert made.sentence.endswith("They would miss what was asked on 2 of 2 other seeds.")


@pytest.mark.parametrize(
    ("traffic", "reason"),
    [
        (opening(on_working_days, days=13), "they need 14 complete days of traffic, and this has 13. Record"),
        (replace(opening(on_working_days), start=None), "its times have no dates. Write dates"),
    ],
)
def test_too_little_traffic_is_said(traffic: TrafficSpec, reason: str) -> None:
    made = found(traffic)
    assert made.candidate is None
    assert made.sentence.startswith(f"No schedules: {reason}")
    assert made.to_dict()["fitted_days"] == 0


def test_an_asynchronous_endpoint_gets_none() -> None:
    queue = replace(best(), proposal=replace(best().proposal, kind=Kind.ASYNC))
    made = schedules(Judge(CALLS, Setting(), (opening(on_working_days),)), queue, [0], "UTC")
    assert made.sentence.startswith("No schedules: an asynchronous endpoint has a queue")


# What pays


def test_a_part_of_the_days_is_measured_by_the_day() -> None:
    """Two of three days, with the seed that the traffic has."""
    traffic, setting = opening(lambda _day: 9, days=3), Setting(seed=5, price={"ml.g6.2xlarge": 2.0})
    begins, endpoint = MONDAY.timestamp() + 86_400, best().endpoint
    stretch = Stretch(Judge(CALLS, setting, (traffic, traffic)), begins, begins + 2 * 86_400)
    for seed in (0, 1):
        whole = replace(setting, seed=5 + seed).outcome(endpoint, stretch.traffic(seed))
        overload, hours = whole.result.totals.overload_seconds, whole.cost.total_hours
        assert overload > 0
        measured = stretch((endpoint, seed))
        assert (measured.overload, measured.hours, measured.usd) == (overload / 2, hours / 2, hours)


def test_the_mean_over_days_and_seeds_has_the_worst_miss() -> None:
    one, other = Measured(10, 1, 2.0, 0.5), Measured(30, 3, 4.0, 0.0)
    assert Measured.mean([one, other]) == Measured(20, 2, 3.0, 0.5)
    assert Measured.mean([one, replace(other, usd=None)]).usd is None


def judgement(overload: float, hours: float, misses: float = 0.0, clairvoyant: float = 10.0) -> Judgement:
    """Beside 50 s of overload and 100 instance-hours a day without schedules."""
    return Judgement(
        Measured(50, 100, None, 0.0),
        Measured(overload, hours, None, misses),
        Measured(clairvoyant, 90, None, 0.0),
    )


@pytest.mark.parametrize(
    ("judged", "pays"),
    [
        (judgement(30, 100), True),
        (judgement(31, 100), False),
        (judgement(30, 101), False),
        (judgement(31, 97), True),
        (judgement(80, 97), True),
        (judgement(31, 98), False),
        (judgement(20, 90, misses=0.1), False),
        (judgement(50, 100, clairvoyant=50), False),
    ],
)
def test_schedules_halve_what_is_left_or_save(judged: Judgement, pays: bool) -> None:
    assert judged.pays == pays


def test_what_halves_the_overload_comes_first_then_what_adds_none() -> None:
    option = Option(best().proposal, [])
    cheapest, even, halving = judgement(80, 60), judgement(45, 70), judgement(15, 90)
    found = _paying([option] * 3, [cheapest, even, halving])
    assert [one.scheduled.hours for one, _ in found] == [90, 70, 60]


def test_the_change_is_said_in_words() -> None:
    assert judgement(30, 90).words == (
        "30 s a day above capacity instead of 50 s (a scaler that knows the demand one start-up ahead: "
        "10 s), at 10 % fewer instance-hours"
    )
    assert judgement(30, 100).words.endswith("at as many instance-hours")
    assert judgement(30, 120).words.endswith("at 20 % more instance-hours")
    priced = Judgement(Measured(50, 100, 80.0, 0.0), Measured(30, 110, 60.0, 0.0), Measured(0, 90, 70.0, 0.0))
    assert priced.words.endswith("at 25 % less cost")
    assert priced.pays
