"""What a run says of itself: its verdict, its columns and its cost, each limit on both of its sides."""

from dataclasses import replace

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.outcome import columns, cost, mean_cost, numbers
from scaleproof.studies.prices import Prices, PriceSource
from scaleproof.studies.verdict import Level, cut_per_day, verdict
from tests.unit.studies.made import NO_WAIT, PRICES, candidate, made, outcome


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
