"""What comes out: the same for the same seed, no more than memory holds, and fit for JSON."""

import json
import math
import random
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.simulation import (
    Behaviour,
    Cause,
    Delay,
    Shortage,
    Traffic,
    WhenFull,
    generators,
    simulate,
)
from scaleproof.simulation.recorder import elasticity
from scaleproof.simulation.workload import Waits

from ..scaling.vectors import Row, rows
from .endpoints import asynchronous, backlog, pools, realtime, run, tracking, wake_up

DEFAULTS = Behaviour()


def test_the_same_seed_gives_the_same_result_and_another_one_another():
    traffic = generators.diurnal(peak=40, days=0.5)

    def result(seed):
        return run(realtime(tracking()), traffic, DEFAULTS, seed=seed)

    assert result(1) == result(1)
    assert result(1).transitions != result(2).transitions


def test_the_seed_of_the_simulation_leaves_the_traffic_alone():
    traffic = generators.diurnal(peak=40, days=0.5)
    found = {run(realtime(tracking()), traffic, DEFAULTS, seed=seed).totals.arrivals for seed in range(3)}
    assert len(found) == 1


@pytest.mark.parametrize("endpoint", [realtime(tracking()), asynchronous(backlog(), wake_up())])
def test_results_fit_json(endpoint):
    found = asdict(run(endpoint, generators.spike(top=40, days=0.5)))
    columns = json.loads(json.dumps(found, allow_nan=False, default=str))["timeline"]
    lengths = {len(columns[name]) for name in columns if isinstance(columns[name], list)}
    assert lengths == {len(columns["time"])}


def test_progress_is_told_and_ends_below_one():
    told = []
    run(realtime(tracking()), generators.constant(level=5, days=1), progress=told.append)
    assert told == sorted(told)
    assert 5 <= len(told) <= 10
    assert 0 < told[0] < told[-1] <= 1


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (datetime(2026, 11, 2), "no time zone"),
        (datetime(2026, 11, 2, 0, 0, 10, tzinfo=UTC), "no whole minute"),
    ],
)
def test_the_start_is_a_minute_somewhere(start, message):
    with pytest.raises(ScaleproofError, match=message):
        simulate(realtime(), Traffic.from_arrivals([(1.0, 1.0)]), start=start)


@pytest.mark.parametrize("limit", [None, 0.5])
def test_nobody_guesses_what_a_real_time_instance_sustains(limit):
    with pytest.raises(ScaleproofError, match=r"ml\.g6\.2xlarge sustains"):
        run(realtime(fleet=pools(g6=limit)), Traffic.from_arrivals([(1.0, 1.0)]))


def test_an_asynchronous_instance_takes_one_at_a_time_unless_somebody_says():
    result = run(asynchronous(fleet=pools(g6=None)), Traffic.from_arrivals([(0.0, 50.0)] * 3, duration=200.0))
    assert max(result.timeline.in_flight) == 1


def test_an_endpoint_that_nothing_scales_stays_as_it_is():
    result = run(realtime(initial=3), Traffic.from_arrivals([(1.0, 100.0)] * 80, duration=3_600.0))
    assert set(result.timeline.desired) == {3}
    assert result.activities == result.transitions == ()
    assert result.targets == {}


def test_a_change_that_does_not_end_is_among_the_activities():
    more = ScheduledAction("more", "at(2026-11-02T00:01:00)", min=2)
    result = run(realtime(schedules=(more,)), Traffic.from_arrivals([(1.0, 1.0)], duration=120.0))
    assert [(one.desired, one.status, one.end) for one in result.activities if one.desired] == [(2, "InProgress", None)]


def test_a_count_outside_the_bounds_is_brought_inside_at_the_start():
    result = run(realtime(tracking(), low=3, initial=1), Traffic.from_arrivals([(1.0, 1.0)], duration=600.0))
    assert (result.activities[0].time, result.activities[0].desired) == (0.0, 3)
    assert result.timeline.in_service["ml.g6.2xlarge"][-1] == 3


def test_targets_and_signals_are_by_policy():
    result = run(
        asynchronous(backlog(4.0), wake_up()), Traffic.from_arrivals([(0.0, 900.0)] * 8, duration=600.0), DEFAULTS
    )
    assert result.targets == {"backlog": 4.0, "wake-up": 1.0}
    assert result.timeline.signals["backlog"][30] == 8.0
    assert result.timeline.signals["wake-up"][30] == 0.0


def test_waits_are_within_one_percent():
    chance = random.Random(3)
    waits, kept = Waits(), [0.0] * 500
    for _ in range(2_000):
        seconds = chance.expovariate(1 / 40)
        waits.add(seconds)
        kept.append(seconds)
    kept.sort()
    summary = waits.summary(len(kept))
    assert summary.mean == pytest.approx(sum(kept) / len(kept))
    assert summary.max == kept[-1]
    for share, found in ((0.5, summary.p50), (0.95, summary.p95), (0.99, summary.p99)):
        assert found == pytest.approx(kept[math.ceil(share * len(kept)) - 1], rel=0.011)


@pytest.mark.parametrize(
    ("at_once", "waited", "ranks"),
    [
        (0, 1, (1, 1, 1)),
        (0, 2, (1, 2, 2)),
        (0, 20, (10, 19, 20)),
        (0, 21, (11, 20, 21)),
        (0, 100, (50, 95, 99)),
        (0, 101, (51, 96, 100)),
        (19, 1, (0, 0, 1)),
        (95, 5, (0, 0, 4)),
        (94, 6, (0, 1, 5)),
        (99, 1, (0, 0, 0)),
        (98, 2, (0, 0, 1)),
    ],
)
def test_a_percentile_of_few_waits_is_the_nearest_rank(at_once, waited, ranks):
    """Of ordered values the one at ceil(share x count), counted from 1."""
    waits = Waits()
    for rank in range(1, waited + 1):
        waits.add(1.1**rank)
    summary = waits.summary(at_once + waited)
    wanted = [1.1**rank if rank else 0.0 for rank in ranks]
    assert [summary.p50, summary.p95, summary.p99] == pytest.approx(wanted, rel=0.011)


@pytest.mark.parametrize("row", rows("elasticity_accuracy.csv"), ids=Row.name)
def test_elasticity_is_as_published(row):
    demands, supplies = ([int(n) for n in row[name].split(";")] for name in ("demand", "supply"))
    found = elasticity([(d, s, 1) for d, s in zip(demands, supplies, strict=True)])
    assert found.under_percent == pytest.approx(float(row["theta_U_percent"]))
    assert found.over_percent == pytest.approx(float(row["theta_O_percent"]))
    assert found.under_time == pytest.approx(float(row["T_U_percent"]))
    assert found.over_time == pytest.approx(float(row["T_O_percent"]))


def test_elasticity_is_per_interval_and_its_percentages_are_of_those_with_demand():
    found = elasticity([(0, 10, 1), (10, 10, 2), (20, 10, 1), (10, 30, 1)])
    assert (found.under_percent, found.over_percent) == pytest.approx((100 * 0.5 / 4, 100 * 2 / 4))
    assert (found.under_time, found.over_time) == pytest.approx((100 / 5, 2 * 100 / 5)), "on target is neither"


def test_scale_outs_scale_ins_and_changes_of_direction_are_told_apart():
    busy = [(at, 900.0) for at in (1.0, 10_000.0) for _ in range(40)]
    result = run(realtime(tracking()), Traffic.from_arrivals(busy, duration=20_000.0), DEFAULTS)
    changes = [
        one.desired > one.before
        for one in result.activities
        if one.desired is not None and one.before is not None and one.status == "Successful"
    ]
    totals = result.totals
    assert (totals.scale_outs, totals.scale_ins) == (sum(changes), len(changes) - sum(changes))
    assert totals.elasticity.reversals == sum(one != other for one, other in pairwise(changes)) == 3
    assert totals.scale_outs != totals.scale_ins


def test_elasticity_without_demand_has_no_percentages():
    found = elasticity([(0, 5, 10)])
    assert (found.over_percent, found.over_time) == (0.0, 100.0)


def test_one_that_starts_does_not_explain_one_that_is_not_to_be_had():
    assert Cause.from_counts(desired=4, present=2, starting=1, maximum=9) is Cause.SHORT
    assert Cause.from_counts(desired=4, present=2, starting=2, maximum=4) is Cause.STARTING


def test_overload_has_the_cause_of_each_moment():
    """Not that of a row, which stands for minutes in a week."""
    raised = ScheduledAction("higher", "at(2026-11-02T00:10:00)", max=3)
    wanted = ScheduledAction("more", "at(2026-11-02T00:15:00)", min=2)
    endpoint = realtime(fleet=pools(g6=10.0), low=1, high=1, schedules=(raised, wanted))
    traffic = Traffic.from_arrivals([(100.0 + call / 100, 3_000.0) for call in range(15)], duration=7 * 86_400.0)
    behaviour = Behaviour(
        provisioning=Delay(100.0),
        start_up=Delay(0.0),
        when_full=WhenFull.ACCEPT,
        shortages=(Shortage("ml.g6.2xlarge", 900.0, 1_000.0),),
    )
    found = run(endpoint, traffic, behaviour).totals
    # It asks again every 30 s: at 1020 s there is one.
    expected = {Cause.AT_MAX: 499.9, Cause.UNASKED: 300.0, Cause.SHORT: 120.0, Cause.STARTING: 100.0}
    assert found.overload == pytest.approx(expected)
    assert found.overload_seconds == pytest.approx(1_019.9)


def test_equal_waits_have_that_percentile():
    """Six hours, and not the middle of their class."""
    waits = Waits()
    waits.add(21_600.0, 500)
    summary = waits.summary(500)
    assert (summary.p50, summary.p95, summary.max) == (21_600.0, 21_600.0, 21_600.0)
