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
    Work,
    generators,
    simulate,
)
from scaleproof.simulation.recorder import elasticity
from scaleproof.simulation.workload import Waits

from ..scaling.vectors import Row, rows
from .endpoints import G6, G6E, MONDAY, asynchronous, at_once, backlog, pools, realtime, run, tracking, wake_up

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


def test_a_small_result_as_a_whole():
    """Two instances, one from 60 s on and two from 215 s on. The fifth request gives up at 40 s and would have ended
    at 120 s; the eighth waits from 127 s to 137 s."""
    less = ScheduledAction("less", "at(2026-11-02T00:01:00)", max=1)
    more = ScheduledAction("more", "at(2026-11-02T00:03:00)", min=2, max=3)
    fleet = pools(g6=2, g6e=4)
    endpoint = realtime(tracking(2.0), fleet=fleet, low=1, initial=2, high=4, schedules=(less, more))
    behaviour = Behaviour(
        provisioning=Delay(30.0),
        start_up=Delay(5.0),
        stop_grace_seconds=25.0,
        scale_in_time=15.0,
        patience=20.0,
        shortages=(Shortage(G6, 170.0, 500.0),),
        objective=0.5,
    )
    later = [(20.0, 100.0), (125.0, 12.0), (126.0, 40.0), (127.0, 5.0), (190.0, 60.0)]
    traffic = Traffic.from_arrivals([*at_once(4, 75.0), *later], duration=245.0, work=Work.SYNC, name="bits")
    samples = []
    result = run(endpoint, traffic, behaviour, seed=3, samples=samples)
    assert (result.endpoint, result.kind, result.traffic, result.work) == ("speech", "realtime", "bits", "sync")
    assert (result.start, result.duration, result.traffic_duration) == (MONDAY, 250.0, 250.0)
    assert (result.seed, result.group_size, result.shortages) == (3, 1, behaviour.shortages)
    assert result.targets == {"concurrency": 2.0}
    line = asdict(result.timeline)
    assert (line.pop("step"), line.pop("time")) == (10.0, tuple(range(0, 250, 10)))
    columns = {**line.pop("in_service"), **line.pop("signals"), **line}
    assert {name: "".join(f"{value:.0f}" for value in column) for name, column in columns.items()} == {
        "desired": "2222221111111111112222222",
        G6: "2222221111111111111111111",
        G6E: "0000000000000000000001111",
        "starting": "0000000000000000001110000",
        "draining": "0000001000000000000000000",
        "demand": "4455555511113321100111111",
        "in_flight": "4444444400002221100111111",
        "waiting": "0011000000001100000000000",
        "capacity": "4444444222222222222222666",
        "refused": "0000100000000000000000000",
        "minimum": "1111111111111111112222222",
        "maximum": "4444441111111111113333333",
        "concurrency": "2233222000003211000111111",
    }
    here = "4455444000003211000111111", columns["desired"][:6] + (1,) * 15 + (2,) * 4
    assert samples == [(int(present), running) for present, running in zip(*here, strict=True)]
    assert [(one.time, one.end, one.before, one.desired) for one in result.activities] == [
        (60.0, 60.0, None, None),
        (60.0, 75.0, 2, 1),
        (180.0, 180.0, None, None),
        (180.0, 215.0, 1, 2),
    ]
    assert {(one.status, one.policy, one.alarm, one.not_scaled) for one in result.activities} == {
        ("Successful", None, None, ())
    }
    assert [(one.old, one.new) for one in result.transitions] == [("INSUFFICIENT_DATA", "OK")] * 2
    assert all(20.0 < one.time < 40.0 for one in result.transitions)
    totals = asdict(result.totals)
    assert totals.pop("waiting") == pytest.approx({"mean": 30 / 9, "p50": 0.0, "p95": 20.0, "p99": 20.0, "max": 20.0})
    elastic = totals.pop("elasticity")
    assert (elastic["under_time"], elastic["over_time"], elastic["reversals"]) == pytest.approx((26.0, 63.6, 1))
    assert totals == {
        "arrivals": 9,
        "served": 8,
        "refused": 1,
        "expired": 0,
        "cut": 0,
        "unfinished": 0,
        "still_waiting": 0,
        "oldest_waiting": 0.0,
        "overload_seconds": 91.0,
        "overload": {Cause.AT_MAX: 31.0, Cause.STARTING: 0.0, Cause.SHORT: 0.0, Cause.UNASKED: 60.0},
        "instance_seconds": {G6: 325.0, G6E: 35.0},
        "demand_seconds": 527.0,
        "peak_demand": 5,
        "peak_instances": 2,
        "scale_outs": 1,
        "scale_ins": 1,
    }


def test_a_queue_is_worked_off_after_the_traffic_for_a_day_at_most():
    def result(seconds, kind=asynchronous):
        return run(kind(fleet=pools(g6=1)), Traffic.from_arrivals([(2.0, 95.0), (3.0, seconds)], duration=12.0))

    short, long, other = result(102.5), result(1e6), result(102.5, realtime)
    assert (short.duration, short.traffic_duration, short.totals.served) == (200.0, 20.0, 2)
    assert (short.totals.still_waiting, short.totals.oldest_waiting, short.totals.unfinished) == (1, 17.0, 0)
    assert (long.duration, long.totals.unfinished, long.totals.served) == (86_420.0, 1, 1)
    assert (other.duration, other.totals.unfinished, other.totals.still_waiting) == (20.0, 2, 1)


def test_a_simulation_says_how_far_it_is_and_may_end_when_there_is_enough():
    endpoint = realtime(fleet=pools(g6=1), high=2, schedules=(ScheduledAction("m", "at(2026-11-02T01:00:00)", min=2),))
    busy = Traffic.from_arrivals([(100.0, 9_000.0), (200.0, 50.0), (20_000.0, 1_000.0)], duration=50_000.0)
    shares, tallies = [], []
    whole = run(endpoint, busy, progress=shares.append, enough=tallies.append)
    # In rows of 30 s, so at the end of the first that is 10,000 s later than the last time.
    assert shares == [time / 50_000 for time in (10_020, 20_040, 30_060, 40_080)]
    assert [tally.lost for tally in tallies] == [1] * 4
    assert [tally.overload_seconds for tally in tallies] == [60.0] * 4
    assert [tally.instance_seconds[G6] for tally in tallies] == [
        2 * time - 3_720 for time in (10_020, 20_040, 30_060, 40_080)
    ]
    assert whole.duration == 50_000.0
    # A row of 10 s ends at that time.
    run(realtime(), Traffic.from_arrivals([], duration=20_000.0), progress=(shares := []).append)
    assert shares == [0.5, 1.0]
    part = run(endpoint, busy, enough=lambda tally: tally.instance_seconds[G6] > 30_000.0)
    assert (part.duration, part.totals.unfinished, len(part.timeline)) == (20_040.0, 1, 668)
    assert part.timeline.demand == whole.timeline.demand[:668]


@pytest.mark.parametrize(("intervals", "step", "rows"), [(1, 10, 1), (2_000, 10, 2_000), (2_001, 20, 1_001)])
def test_a_timeline_has_2000_rows_at_most(intervals, step, rows):
    line = run(realtime(), Traffic.from_arrivals([(0.0, 1.0)], duration=10.0 * intervals)).timeline
    assert (line.step, len(line), line.time[-1]) == (step, rows, step * (rows - 1))
