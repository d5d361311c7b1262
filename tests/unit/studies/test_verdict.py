"""A verdict says what held an endpoint back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Result
from scaleproof.studies.run import check_prices
from scaleproof.studies.verdict import Level, breakdown, verdict
from tests.unit.report.made import day


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
    over = 60.0 * sum(want > have for want, have in zip(timeline.demand, timeline.capacity, strict=True))
    totals = replace(
        result.totals, arrivals=1000, served=1000, refused=0, unfinished=0, overload_seconds=over
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


def test_a_signal_that_sees_nothing() -> None:
    found = verdict(changed(day(), demand=(30,) * 40 + (5,) * 20))
    assert found.level is Level.FAILS
    assert "It was overloaded for 40 min without a break, and no policy asked for more" in " ".join(
        found.findings
    )


def test_moments_of_a_month_are_no_hours_on_end() -> None:
    """A row that stands for an hour is not an hour of overload."""
    result = changed(day(), demand=(30,) * 40 + (5,) * 20)
    rare = replace(result, totals=replace(result.totals, overload_seconds=60.0))
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


def test_an_asynchronous_endpoint_may_queue() -> None:
    result = replace(changed(day(), demand=30), kind=Kind.ASYNC.value)
    found = verdict(result)
    assert found.level is Level.HOLDS
    assert "95 % started within 0 s, the last after 58 s" in found.sentence


def test_time_at_zero_is_told() -> None:
    result = replace(changed(day(), desired=(0,) * 30 + (1,) * 30), kind=Kind.ASYNC.value)
    assert "It was at zero instances for 50.0 % of the time." in verdict(result).findings


def test_prices() -> None:
    check_prices({}, ["a", "b"])
    with pytest.raises(ScaleproofError, match=r"There is no price for b\. Add --price b=USD"):
        check_prices({"a": 1.0}, ["a", "b"])
