"""A verdict says what held an endpoint back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool
from scaleproof.simulation import Cause, Result, Traffic, Work, simulate
from scaleproof.studies.outcome import Outcome, numbers
from scaleproof.studies.run import MONDAY, check_prices
from scaleproof.studies.verdict import Level, breakdown, lost, verdict
from tests.unit.report.made import ENDPOINT, day


def changed(result: Result, rows: int = 60, **columns: Any) -> Result:
    """An hour in minutes with some columns set, each to one value or to a tuple of them."""
    line = result.timeline
    plain = {
        "time": tuple(60.0 * row for row in range(rows)), "desired": 2, "starting": 0, "draining": 0,
        "demand": 0, "in_flight": 0, "waiting": 0, "capacity": 20.0, "refused": 0, "minimum": 1, "maximum": 9,
    }  # fmt: skip
    filled = {
        name: value if isinstance(value, tuple) else (value,) * rows
        for name, value in {**plain, **columns}.items()
    }
    there = filled["desired"] if "present" not in columns else filled.pop("present")
    timeline = replace(line, **filled, in_service={"ml.g5.xlarge": there}, signals={})
    over = dict.fromkeys(Cause, 0.0)
    counts = zip(timeline.desired, there, timeline.starting, timeline.maximum, strict=True)
    levels = zip(timeline.demand, timeline.capacity, strict=True)
    for (want, have), (desired, present, starting, maximum) in zip(levels, counts, strict=True):
        cause = Cause.of(desired=desired, present=present, starting=starting, maximum=maximum)
        over[cause] += 60.0 * (want > have)
    totals = replace(
        result.totals,
        arrivals=1000,
        served=1000,
        refused=0,
        unfinished=0,
        overload_seconds=sum(over.values()),
        overload=over,
    )
    return replace(result, timeline=timeline, totals=totals, duration=60.0 * rows)


def test_a_quiet_hour_holds() -> None:
    found = verdict(changed(day()))
    assert found.level is Level.HOLDS
    assert found.sentence == "100 % of 1,000 requests served; the demand was never above the capacity."
    assert found.findings == ()


@pytest.mark.parametrize(
    ("columns", "cause"),
    [
        ({}, "unasked"),
        ({"desired": 9}, "at_max"),
        ({"desired": 4, "present": 2, "starting": 2}, "starting"),
        ({"desired": 4, "present": 2}, "short"),
        ({"desired": 4, "present": 2, "starting": 1}, "short"),
    ],
)
def test_overload_is_told_apart_by_its_cause(columns: dict[str, Any], cause: str) -> None:
    demand = (30,) * 20 + (5,) * 40
    found = breakdown(changed(day(), demand=demand, **columns))
    assert getattr(found, cause) == found.total == 1200


def test_the_highest_maximum_is_told() -> None:
    """A schedule may have set another one since."""
    demand, maximum = (30,) * 20 + (5,) * 40, (9,) * 40 + (4,) * 20
    (said,) = verdict(changed(day(), demand=demand, desired=(9,) * 40 + (4,) * 20, maximum=maximum)).findings
    assert said == "Of the overload, 20 min at the maximum of 9 instances."


def test_a_signal_that_sees_nothing() -> None:
    found = verdict(changed(day(), demand=(30,) * 40 + (5,) * 20))
    assert found.level is Level.FAILS
    assert "It was overloaded for about 40 min without a break, and no policy asked for more" in " ".join(
        found.findings
    )


def test_moments_of_a_month_are_no_hours_on_end() -> None:
    """A row that stands for an hour is not an hour of overload."""
    result = changed(day(), demand=(30,) * 40 + (5,) * 20)
    over = dict.fromkeys(Cause, 0.0) | {Cause.UNASKED: 60.0}
    rare = replace(result, totals=replace(result.totals, overload_seconds=60.0, overload=over))
    found = breakdown(rare)
    assert found.total == pytest.approx(60)
    assert found.unasked_longest <= 60


def test_a_little_overload_strains() -> None:
    assert verdict(changed(day(), rows=1000, demand=(30,) * 5 + (5,) * 995)).level is Level.STRAINED


def test_lost_work_counts() -> None:
    result = changed(day())
    lost = replace(result, totals=replace(result.totals, served=990, refused=10))
    found = verdict(lost)
    assert found.level is Level.FAILS
    assert "99.0 % of 1,000 requests served, 10 lost" in found.sentence


@pytest.mark.parametrize(("kind", "level"), [(Kind.REALTIME, Level.HOLDS), (Kind.ASYNC, Level.FAILS)])
def test_what_scale_in_cuts_off_is_told_by_the_day(kind: Kind, level: Level) -> None:
    """A real-time endpoint cuts off streams whenever it scales in, so that they are counted apart."""
    result = replace(changed(day()), kind=kind.value)
    cut = replace(result, duration=43_200.0, totals=replace(result.totals, served=994, cut=6))
    found = verdict(cut)
    assert (found.level, found.cut_per_day) == (level, 12.0)
    how = "6 cut off by scale-in" if kind is Kind.REALTIME else "6 lost"
    assert f"of 1,000 requests served, {how}" in found.sentence
    assert "Scale-in cut off 6 requests, 12 a day." in found.findings


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.REALTIME, "5 (2 refused, 3 expired)"),
        (Kind.ASYNC, "12 (2 refused, 3 expired, 7 cut off, 0 left in the queue)"),
    ],
)
def test_what_is_lost_is_told_by_what_became_of_it(kind: Kind, told: str) -> None:
    result = replace(changed(day()), kind=kind.value)
    result = replace(result, totals=replace(result.totals, refused=2, expired=3, cut=7))
    outcome = Outcome.of(ENDPOINT, result, {})
    assert numbers(outcome)["lost"] == told


def test_an_asynchronous_endpoint_may_queue() -> None:
    result = replace(changed(day(), demand=30), kind=Kind.ASYNC.value)
    found = verdict(result)
    assert found.level is Level.HOLDS
    assert "95 % waited for up to 0 s, all for up to 58 s" in found.sentence


FILES = Endpoint("speech", "AllTraffic", Kind.ASYNC, (Pool("ml.g6.2xlarge", 1, 4),), 1, None)
"""One instance that takes four files at a time."""


def queued(every: float, hours: float, *, seconds: float = 40.0, quiet: float = 0.0) -> Result:
    """A file every so many seconds, then `quiet` hours without any. Of 40 s each, one every 10 s fits."""
    arrivals = [(index * every, seconds) for index in range(round(hours * 3600 / every))]
    traffic = Traffic.of(arrivals, work=Work.FILE, duration=(hours + quiet) * 3600)
    return simulate(FILES, traffic, start=MONDAY)


@pytest.mark.parametrize("hours", [0.5, 4.0])
def test_seven_times_the_capacity_does_not_hold(hours: float) -> None:
    result = queued(10.0 / 7, hours)
    found = verdict(result)
    assert found.level is Level.FAILS
    assert lost(result) == result.totals.still_waiting > 0.8 * result.totals.arrivals
    assert result.totals.expired == 0
    # The last quarter of the arrivals has waited for less than a quarter of the time.
    assert result.totals.waiting.p95 > 0.6 * hours * 3600
    assert "the queue was not getting shorter: the endpoint does not keep up" in " ".join(found.findings)
    assert f"{lost(result):,} lost" in found.sentence


def test_what_never_leaves_zero_does_not_hold() -> None:
    """A batch at once that nothing wakes the endpoint for: no queue grows, and none gets shorter."""
    batch = Traffic.of([(600.0, 60.0)] * 50, work=Work.FILE, duration=7_200.0)
    result = simulate(replace(FILES, initial=0), batch, start=MONDAY)
    assert (verdict(result).level, lost(result)) == (Level.FAILS, 50)
    assert result.totals.waiting.p50 == pytest.approx(6_600.0, rel=0.011)


def test_a_queue_that_is_worked_off_holds() -> None:
    result = queued(10.0 / 7, 1.0, quiet=8.0)
    assert (verdict(result).level, lost(result), result.totals.unfinished) == (Level.HOLDS, 0, 0)


def test_a_queue_that_gets_shorter_at_the_end_is_strained() -> None:
    """It may empty in time or not: the simulation ended too early to see it."""
    result = queued(10.0 / 7, 1.0, quiet=1.0)
    found = verdict(result)
    assert (found.level, lost(result)) == (Level.STRAINED, 0)
    assert "the queue was getting shorter. Simulate for longer" in " ".join(found.findings)


def test_what_came_just_before_the_end_says_nothing() -> None:
    """20 minutes before the end; the endpoint has held for six hours."""
    late = [(index * 20.0, 40.0) for index in range(1_020)] + [(20_400.0, 40.0)] * 500
    result = simulate(FILES, Traffic.of(late, work=Work.FILE, duration=21_600.0), start=MONDAY)
    assert result.totals.still_waiting > 300
    assert verdict(result).level is Level.HOLDS


def test_time_at_zero_is_told() -> None:
    result = replace(changed(day(), desired=(0,) * 30 + (1,) * 30), kind=Kind.ASYNC.value)
    assert "It was at zero instances for 50.0 % of the time." in verdict(result).findings


def test_prices() -> None:
    check_prices({}, ["a", "b"])
    with pytest.raises(ScaleproofError, match=r"There is no price for b\. Add --price b=USD"):
        check_prices({"a": 1.0}, ["a", "b"])
