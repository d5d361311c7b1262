"""Requests on instances by examples small enough to be worked out by hand."""

import random

import pytest

from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.simulation import Behaviour, Delay, Routing, Shortage, Traffic, WhenFull
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.workload import Instance

from .endpoints import G6, asynchronous, at_once, pools, realtime, run


def simulated(endpoint, arrivals, duration=600.0, **changes):
    return run(endpoint, Traffic.from_arrivals(arrivals, duration=duration), Behaviour(**changes))


def test_a_request_holds_a_slot_from_its_arrival_to_its_end():
    line = simulated(realtime(), [(5.0, 10.0), (12.0, 30.0)], 60.0).timeline
    # [5, 15) and [12, 42), in rows of 10 s.
    assert line.demand == line.in_flight == (1, 2, 1, 1, 1, 0)
    assert line.time == (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)


@pytest.mark.parametrize("endpoint", [realtime(), asynchronous()])
def test_an_end_at_the_very_end_of_an_interval_belongs_to_the_next(endpoint):
    line = simulated(endpoint, [(0.0, 20.0), (30.0, 5.0)], 50.0).timeline
    assert line.demand == (1, 1, 0, 1, 0)


def test_each_goes_to_the_instance_with_the_fewest():
    """Three instances, seven requests: 3, 2 and 2, the first in priority order taking the odd one."""
    result = simulated(realtime(fleet=pools(g6=3), initial=3), at_once(7, 100.0))
    assert result.totals.waiting.max == 0
    crowded = simulated(realtime(fleet=pools(g6=2), initial=3), at_once(7, 100.0), when_full=WhenFull.REFUSE)
    assert crowded.totals.refused == 1


def test_an_instance_whose_requests_ended_gets_the_next():
    arrivals = [(1.0, 0.5), (1.0, 60.0), (1.0, 60.0), (1.1, 0.5), (1.1, 60.0), (2.0, 60.0)]
    workload = RealTime(Traffic.from_arrivals(arrivals), Behaviour(), random.Random(0))
    for number in range(3):
        workload.open(Instance(number, G6, 0, 10, 0.0))
    workload.advance(9.0)
    assert workload.loads == [1, 2, 1]


def test_a_new_instance_gets_the_next():
    arrivals = [(1.0, 60.0), (2.0, 60.0), (3.0, 60.0), (12.0, 60.0)]
    workload = RealTime(Traffic.from_arrivals(arrivals), Behaviour(), random.Random(0))
    for number in range(2):
        workload.open(Instance(number, G6, 0, 10, 0.0))
    workload.advance(10.0)
    workload.open(Instance(2, G6, 0, 10, 10.0))
    workload.advance(20.0)
    assert workload.loads == [2, 1, 1]


def test_the_end_of_a_request_that_waited_hides_no_peak():
    """The last waits for the first until 8 and ends at 14; another is there before that for 0.3 s."""
    arrivals = [(0.0, 8.0), (1.0, 8.0), (2.0, 20.0), (3.0, 6.0), (13.2, 0.3)]
    workload = RealTime(Traffic.from_arrivals(arrivals), Behaviour(), random.Random(0))
    workload.open(Instance(0, G6, 0, 3, 0.0))
    peaks = []
    for end in (13.0, 13.8, 15.0):
        workload.advance(end)
        if end != 13.8:
            peaks.append(workload.look(end).demand)
    assert peaks == [4, 3]
    assert (workload.demand, workload.waits.longest) == (1, 5.0)


def test_an_end_at_the_time_of_an_arrival_comes_first():
    result = simulated(realtime(fleet=pools(g6=1)), [(1.0, 2.0), (3.0, 2.0)], when_full=WhenFull.REFUSE)
    assert result.totals.refused == 0


def test_counts_are_evened_out_and_not_the_shares_of_what_each_type_sustains():
    """So the smaller type is full first, while the larger one has slots: 10 requests on 2 and 18 slots."""
    behaviour = Behaviour(shortages=(Shortage(G6, 300.0, 9_000.0),), provisioning=Delay(10.0), start_up=Delay(0.0))
    morning = ScheduledAction("more", "at(2026-11-02T00:06:00)", min=2)
    endpoint = realtime(fleet=pools(g6=2, g6e=18), schedules=(morning,))
    totals = run(endpoint, Traffic.from_arrivals(at_once(10, 95.0, 601.0), duration=900.0), behaviour).totals
    assert totals.overload_seconds == 0.0
    # The three that waited for the smaller instance have gone, though the other had slots for them.
    assert totals.refused == 3


def test_who_finds_no_slot_waits_in_line():
    """Two slots, four requests of 100 s: the last two start at 100 s."""
    totals = simulated(realtime(fleet=pools(g6=2)), at_once(4, 100.0), patience=1_000.0).totals
    assert totals.served == 4
    assert totals.waiting.mean == pytest.approx(50.0)
    assert totals.waiting.p95 == pytest.approx(100.0, rel=0.01)
    assert totals.waiting.max == pytest.approx(100.0)
    assert totals.overload_seconds == 100.0
    assert totals.demand_seconds == 4 * 100.0 + 2 * 100.0


def test_a_caller_hangs_up_after_its_patience():
    result = simulated(realtime(fleet=pools(g6=2)), at_once(3, 100.0), 100.0, patience=60.0)
    totals = result.totals
    assert (totals.served, totals.refused, totals.unfinished) == (2, 1, 0)
    assert (result.timeline.waiting[:6], result.timeline.waiting[7:]) == ((1,) * 6, (0,) * 3)
    # It would have needed its slot for 100 s.
    assert totals.overload_seconds == 100.0


def test_overload_and_peak_are_exact_between_samples():
    """Seven bursts of a few seconds on two slots; nobody is in flight at a multiple of 10 s."""
    arrivals = [one for start in range(0, 70, 10) for one in at_once(5, 2.25, start + 4.0)]
    totals = simulated(realtime(fleet=pools(g6=2)), arrivals, when_full=WhenFull.ACCEPT).totals
    assert (totals.peak_demand, totals.overload_seconds) == (5, 7 * 2.25)
    assert totals.demand_seconds == 7 * 5 * 2.25
    assert totals.elasticity.under_time == pytest.approx(100 * 7 * 2.25 / 600)


def test_who_is_refused_is_demand_as_long_as_it_would_have_been_in_flight():
    """One slot. From 10 s to 40 s three want one, from 40 s to 60 s two: one in flight, one refused."""
    arrivals = [(0.0, 60.0), (10.0, 30.0), (10.0, 50.0)]
    result = simulated(realtime(fleet=pools(g6=1)), arrivals, 100.0, when_full=WhenFull.REFUSE)
    assert (result.totals.refused, result.totals.unfinished) == (2, 0)
    assert result.timeline.demand == (1, 3, 3, 3, 2, 2, 0, 0, 0, 0)
    assert result.timeline.in_flight == (1,) * 6 + (0,) * 4
    assert result.totals.overload_seconds == 50.0
    patient = simulated(realtime(fleet=pools(g6=1)), arrivals, 100.0, patience=40.0).totals
    assert (patient.refused, patient.overload_seconds, patient.peak_demand) == (2, 50.0, 3)


def test_who_expires_is_demand_until_then():
    arrivals = [(0.0, 500.0), (12.0, 50.0), (33.0, 50.0)]
    totals = simulated(asynchronous(fleet=pools(g6=1)), arrivals, request_ttl=104.5).totals
    assert (totals.expired, totals.demand_seconds) == (2, 500.0 + 2 * 104.5)
    assert totals.overload_seconds == 33.0 + 104.5 - 12.0


def test_who_hung_up_is_not_served_later():
    arrivals = [*at_once(2, 100.0), (10.0, 50.0), (60.0, 50.0)]
    totals = simulated(realtime(fleet=pools(g6=2)), arrivals, patience=60.0).totals
    assert (totals.served, totals.refused) == (3, 1)
    # 60 s until the third hung up, 40 s until the fourth started.
    assert (totals.waiting.max, totals.waiting.mean) == pytest.approx((60.0, 100.0 / 4))


def test_full_instances_may_refuse_or_accept():
    refused = simulated(realtime(fleet=pools(g6=2)), at_once(5, 100.0), when_full=WhenFull.REFUSE).totals
    assert (refused.served, refused.refused) == (2, 3)
    assert (refused.peak_demand, refused.overload_seconds, refused.demand_seconds) == (5, 100.0, 500.0)
    accepted = simulated(realtime(fleet=pools(g6=2)), at_once(5, 100.0), when_full=WhenFull.ACCEPT).totals
    assert (accepted.served, accepted.refused, accepted.waiting.max) == (5, 0, 0.0)
    assert accepted.overload_seconds == 100.0


def test_what_draining_instances_still_have_is_present():
    workload = RealTime(Traffic.from_arrivals(at_once(2, 60.0)), Behaviour(), random.Random(0))
    instances = [Instance(number, G6, 0, 10, 0.0) for number in range(2)]
    for instance in instances:
        workload.open(instance)
    workload.advance(10.0)
    workload.close(instances[0], 10.0)
    assert (workload.loads, workload.present()) == ([1], 2)


def test_what_draining_instances_still_have_takes_no_slot_of_the_others():
    """Four requests on two instances with two slots; one instance goes at 60 s, its requests at 95 s."""
    less = ScheduledAction("less", "at(2026-11-02T00:01:00)", max=1)
    endpoint = realtime(fleet=pools(g6=2), initial=2, schedules=(less,))
    arrivals = [*at_once(4, 95.0), *at_once(1, 10.0, 70.0)]
    result = simulated(endpoint, arrivals, 120.0, stop_grace_seconds=1_800.0, when_full=WhenFull.ACCEPT)
    assert result.timeline.in_service[G6][6] == 1
    assert result.timeline.capacity == (4.0,) * 9 + (2.0,) * 3
    assert result.timeline.draining == (0,) * 6 + (1,) * 3 + (0,) * 3
    assert result.totals.overload_seconds == 10.0


def test_the_objective_is_a_share_of_the_capacity():
    totals = simulated(realtime(fleet=pools(g6=4)), at_once(3, 95.0), objective=0.5).totals
    assert totals.overload_seconds == 95.0


def test_random_routing_follows_its_seed_and_spreads_requests():
    behaviour = Behaviour(routing=Routing.RANDOM, when_full=WhenFull.REFUSE)
    endpoint = realtime(fleet=pools(g6=3), initial=3)
    results = {
        seed: run(
            endpoint, Traffic.from_arrivals(at_once(9, 100.0), duration=200.0), behaviour, seed=seed
        ).totals.refused
        for seed in range(30)
    }
    assert len(set(results.values())) > 2
    assert results == {
        seed: run(
            endpoint, Traffic.from_arrivals(at_once(9, 100.0), duration=200.0), behaviour, seed=seed
        ).totals.refused
        for seed in range(30)
    }


def test_a_queue_serves_in_the_order_of_arrival():
    """One slot; 100 s, then 10 s each."""
    arrivals = [(0.0, 100.0), (1.0, 10.0), (2.0, 10.0)]
    totals = simulated(asynchronous(fleet=pools(g6=1)), arrivals).totals
    assert totals.served == 3
    assert totals.waiting.mean == pytest.approx((99.0 + 108.0) / 3)
    assert totals.waiting.max == pytest.approx(108.0)


def test_a_queue_hands_out_what_an_instance_takes_at_a_time():
    line = simulated(asynchronous(fleet=pools(g6=1), invocations=3), at_once(5, 95.0), 200.0).timeline
    assert line.in_flight[0] == 3
    assert line.waiting[0] == 2
    assert line.demand[:12] == (5,) * 10 + (2,) * 2


def test_a_new_instance_of_a_queue_starts_as_many_as_it_takes():
    arrivals = at_once(5, 95.0)
    workload = Queue(Traffic.from_arrivals(arrivals), Behaviour())
    workload.open(Instance(0, G6, 0, 1, 0.0))
    workload.advance(10.0)
    workload.open(Instance(1, G6, 0, 3, 10.0))
    assert (workload.loads, workload.waiting) == ([1, 3], 1)


@pytest.mark.parametrize(("invocations", "capacity"), [(None, 4), (2, 2), (6, 4)])
def test_the_capacity_of_a_queue_is_what_its_instances_may_take_and_can(invocations, capacity):
    endpoint = asynchronous(fleet=pools(g6=4), initial=2, invocations=invocations)
    assert simulated(endpoint, at_once(1, 5.0)).timeline.capacity[-1] == 2 * capacity


def test_what_is_too_old_leaves_the_queue():
    arrivals = [(0.0, 500.0), (10.0, 50.0), (480.0, 50.0)]
    totals = simulated(asynchronous(fleet=pools(g6=1)), arrivals, request_ttl=300.0).totals
    assert (totals.served, totals.expired, totals.refused) == (2, 1, 0)


@pytest.mark.parametrize("endpoint", [realtime(fleet=pools(g6=2)), asynchronous(fleet=pools(g6=2))])
def test_a_request_that_is_not_over_at_the_end_is_unfinished(endpoint):
    """Whether it is in flight or waits."""
    totals = simulated(endpoint, at_once(5, 1e5), patience=1e6, request_ttl=1e6).totals
    assert (totals.served, totals.unfinished) == (0, 5)


@pytest.mark.parametrize("endpoint", [realtime(fleet=pools(g6=1)), asynchronous(fleet=pools(g6=1))])
def test_a_request_that_ends_at_the_very_end_is_served(endpoint):
    totals = run(endpoint, Traffic.from_arrivals([(0.0, 20.0), (20.0, 40.0)])).totals
    assert (totals.served, totals.unfinished, totals.still_waiting) == (2, 0, 0)


def test_requests_without_length_are_served():
    totals = simulated(realtime(), [(5.0, 0.0), (5.0, 0.0)], 60.0).totals
    assert (totals.served, totals.demand_seconds) == (2, 0.0)


def test_arrivals_after_the_duration_are_not_looked_at():
    assert simulated(realtime(), [(5.0, 1.0), (60.0, 1.0)], 60.0).totals.arrivals == 1
