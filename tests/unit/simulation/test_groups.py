"""Dense traffic is simulated in groups, with the totals of the simulation one by one."""

import math
import random
from collections import Counter, deque
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from scaleproof.scaling.endpoint import Endpoint, Kind, ScheduledAction
from scaleproof.simulation import (
    Behaviour,
    Delay,
    Routing,
    Shortage,
    Traffic,
    WhenFull,
    Work,
    demand,
    simulate,
)
from scaleproof.simulation.demand import dense, longest, offered
from scaleproof.simulation.generators import constant, length, poisson, step
from scaleproof.simulation.groups import Groups, _filled, arrivals, lengths
from scaleproof.simulation.traffic import Rate
from scaleproof.simulation.workload import Instance
from scaleproof.times import DAY, HOUR
from tests.unit.simulation.endpoints import MONDAY, PROMPT, asynchronous, backlog, pools, realtime, run, tracking

SHORT = partial(constant, work=Work.SYNC, seconds=0.2 * math.exp(-0.32))
"""Requests of 0.2 s on average."""
MORE = ScheduledAction("more", "at(2026-11-02T00:01:00)", min=12)


@pytest.fixture
def grouped(monkeypatch):
    """Simulates in groups, however few requests there are."""

    def run(endpoint, traffic, behaviour, seed=0):
        with monkeypatch.context() as patch:
            patch.setattr(demand, "ONE_BY_ONE", 0)
            patch.setattr(demand, "DENSE", 0.0)
            return simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour, seed=seed)

    return run


def fleet(kind, number, **limits):
    """An endpoint of so many instances that nothing scales."""
    return Endpoint("speech", "AllTraffic", kind, pools(**limits), number, None)


@pytest.mark.parametrize(
    ("endpoint", "traffic", "behaviour"),
    [
        pytest.param(fleet(Kind.REALTIME, 30, g6=10), SHORT(level=200, days=0.005), Behaviour(), id="room for all"),
        pytest.param(fleet(Kind.REALTIME, 20, g6=10), SHORT(level=185, days=0.005), Behaviour(), id="hardly any room"),
        pytest.param(
            fleet(Kind.REALTIME, 20, g6=10),
            constant(level=230, days=0.02, work=Work.SYNC, seconds=1),
            Behaviour(),
            id="callers give up",
        ),
        pytest.param(
            # The smaller instances are full first, while the larger ones have slots.
            realtime(fleet=pools(g6=4, g6e=16), initial=6, high=12, schedules=(MORE,)),
            constant(level=70, days=0.02, work=Work.SYNC, seconds=1, seed=2),
            Behaviour(
                shortages=(Shortage("ml.g6.2xlarge", 30.0, 9_000.0),),
                provisioning=Delay(10.0),
                start_up=Delay(0.0),
            ),
            id="two types",
        ),
        pytest.param(
            fleet(Kind.REALTIME, 20, g6=12),
            constant(level=250, days=0.02, work=Work.SYNC, seconds=1),
            Behaviour(when_full=WhenFull.ACCEPT),
            id="all are accepted",
        ),
        pytest.param(
            fleet(Kind.REALTIME, 14, g6=10),
            constant(level=146, days=0.25, seconds=30.0),
            Behaviour(),
            id="each waits at its instance",
        ),
        pytest.param(
            fleet(Kind.ASYNC, 25, g6=4),
            constant(level=120, days=0.02, work=Work.FILE, seconds=1),
            Behaviour(request_ttl=300.0),
            id="requests expire",
        ),
    ],
)
def test_totals_are_those_of_the_simulation_one_by_one(endpoint, traffic, behaviour, grouped):
    exact = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour).totals
    found = grouped(endpoint, traffic, behaviour).totals
    # Other arrivals of the same process: their number differs by chance.
    assert found.arrivals == pytest.approx(exact.arrivals, abs=4 * exact.arrivals**0.5)
    served, lost = exact.served / exact.arrivals, (exact.refused + exact.expired) / exact.arrivals
    assert found.served / found.arrivals == pytest.approx(served, rel=0.01)
    assert (found.refused + found.expired) / found.arrivals == pytest.approx(lost, abs=0.01)
    assert found.unfinished == pytest.approx(exact.unfinished, rel=0.05, abs=60)
    assert found.demand_seconds == pytest.approx(exact.demand_seconds, rel=0.16)
    assert found.overload_seconds == pytest.approx(exact.overload_seconds, rel=0.1)
    # Lines at instances are taken as equal, so whoever waits there waits longer (docs/simulation.md).
    assert found.waiting.mean == pytest.approx(exact.waiting.mean, rel=0.35, abs=0.05)
    assert found.elasticity.over_time == pytest.approx(exact.elasticity.over_time, abs=4.0)
    assert found.instance_seconds == pytest.approx(exact.instance_seconds, rel=0.01)
    assert found.arrivals == found.served + found.refused + found.expired + found.cut + found.unfinished


def test_alarms_and_policies_act_as_on_single_requests(grouped):
    """The fullest instance at each sample decides."""
    endpoint = realtime(tracking(7.5), fleet=pools(g6=10), initial=36, high=40)
    behaviour = Behaviour(provisioning=Delay(60.0), start_up=Delay(20.0))
    seconds, signals = [0.0, 0.0], [0.0, 0.0]
    for seed in range(2):
        traffic = poisson(_falling, 0.6 * HOUR, work=Work.SYNC, lasting=length(Work.SYNC, 1.0), seed=seed)
        exact = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour)
        for place, result in enumerate((exact, grouped(endpoint, traffic, behaviour))):
            assert result.totals.scale_ins == 1
            seconds[place] += sum(result.totals.instance_seconds.values())
            values = [value or 0.0 for value in result.timeline.signals["concurrency"][90:180]]
            signals[place] += sum(values) / len(values)
    assert seconds[1] == pytest.approx(seconds[0], rel=0.02)
    assert signals[1] == pytest.approx(signals[0], rel=0.015)


def _falling(time):
    return 180.0 if time < 900 else 120.0


def test_what_scale_in_cuts_is_counted(grouped):
    """Streams of ten minutes on instances that go: most of theirs are cut, and nobody is lost from sight."""
    endpoint = realtime(tracking(7.5), fleet=pools(g6=10), initial=40, high=60)
    traffic = poisson(lambda time: 0.5 if time < 900 else 0.05, HOUR, lasting=Delay(600.0, 0.3), seed=2)
    behaviour = Behaviour(stop_grace_seconds=30.0)
    exact = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour).totals
    found = grouped(endpoint, traffic, behaviour).totals
    assert exact.cut > 20
    assert found.cut == pytest.approx(exact.cut, rel=0.25)
    assert found.arrivals == found.served + found.refused + found.expired + found.cut + found.unfinished


def test_a_queue_scales_by_its_backlog(grouped):
    endpoint = asynchronous(backlog(5.0), low=2, initial=2, high=30, invocations=4)
    traffic = step(top=60, base=4, after=0.1, days=0.03, work=Work.FILE, seconds=2.0, seed=1)
    exact, found = (one(endpoint, traffic, behaviour=PROMPT).totals for one in (run, grouped))
    assert exact.scale_outs > 1
    assert found.served == pytest.approx(exact.served, rel=0.02)
    assert found.peak_instances == pytest.approx(exact.peak_instances, abs=2)


def test_a_step_beyond_the_fleet_makes_callers_wait_until_instances_come(grouped):
    endpoint = realtime(tracking(7.5), fleet=pools(g6=10), initial=5, high=30)
    traffic = step(top=120, base=20, after=0.1, days=0.02, work=Work.SYNC, seconds=2.0, seed=1)
    behaviour = Behaviour(provisioning=Delay(60.0), start_up=Delay(20.0))
    exact = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour).totals
    found = grouped(endpoint, traffic, behaviour).totals
    assert found.served == pytest.approx(exact.served, rel=0.01)
    assert found.peak_demand == pytest.approx(exact.peak_demand, rel=0.05)
    assert found.peak_instances == pytest.approx(exact.peak_instances, abs=2)


def test_the_result_says_how_many_were_one(grouped):
    endpoint, traffic = fleet(Kind.REALTIME, 30, g6=10), SHORT(level=100, days=0.005)
    exact, found = simulate(endpoint, traffic, start=MONDAY), grouped(endpoint, traffic, Behaviour())
    assert (exact.group_size, exact.notes) == (1, ())
    # 500 requests arrive in a second; a fifth of a second is a cell.
    assert found.group_size == pytest.approx(100, rel=0.05)
    assert f"in groups of {found.group_size:.0f} on average" in found.notes[0]


def test_the_traffic_has_its_own_seed(grouped):
    endpoint = realtime(tracking(7.5), initial=30, high=40)
    first, again, other = (
        grouped(endpoint, SHORT(level=100, days=0.005, seed=7), Behaviour(), seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.totals.arrivals == other.totals.arrivals
    elsewhere = grouped(endpoint, SHORT(level=100, days=0.005, seed=8), Behaviour(), seed=1)
    assert elsewhere.totals.arrivals != first.totals.arrivals


@pytest.mark.parametrize(
    ("level", "days", "behaviour", "is_dense"),
    [
        (100, 0.01, Behaviour(), False),
        (1_000, 1, Behaviour(), True),
        (1_000, 1, Behaviour(when_full=WhenFull.REFUSE), False),
        (1_000, 1, Behaviour(routing=Routing.RANDOM), False),
        # More than two millions, but fewer than ten in a second.
        (1.9, 7, Behaviour(), False),
        (2.1, 7, Behaviour(), True),
    ],
)
def test_only_dense_traffic_is_simulated_in_groups(level, days, behaviour, is_dense):
    assert dense(SHORT(level=level, days=days), behaviour) is is_dense
    assert not dense(Traffic.from_arrivals([(0.0, 1.0)]))


@pytest.mark.parametrize(
    ("delay", "most"),
    [
        (Delay(0.145, 0.8), {1: 10, 5: 31}),
        (Delay(300.0, 0.8, 1_800.0), {1: 71, 5: 88}),
        (Delay(2.5), {1: 4, 5: 14}),
        (Delay(0.0), {1: 1, 5: 1}),
    ],
)
@pytest.mark.parametrize("fine", [1, 5])
def test_lengths_keep_their_mean(delay, most, fine):
    cells, shares = lengths(delay, fine)
    assert sum(shares) == pytest.approx(1)
    assert float(cells @ shares) / fine == pytest.approx(delay.mean, rel=1e-4)
    assert len(cells) <= most[fine]  # more make it slower


def test_what_nobody_can_wait_for_ends_after_a_day():
    assert lengths(Delay(10.0, 8.0), 1).cells[-1] <= 1.2 * DAY


def test_arrivals_are_as_many_as_the_rates_say():
    traffic = poisson(lambda time: 50.0 if time < 600 else 5.0, 1_200.0, lasting=Delay(1.0), seed=3)
    early = late = 0
    for first, counts, _ in arrivals(traffic, 2):
        if first < 1_200:
            early += int(counts.sum())
        else:
            late += int(counts.sum())
    assert early == pytest.approx(30_000, rel=0.02)
    assert late == pytest.approx(3_000, rel=0.06)
    # Half of it is half of the time, and begins at 0.
    (first, counts, _), *_ = arrivals(traffic.part(600.0, 1_200.0), 2)
    assert first == 0
    assert counts.sum() == pytest.approx(5.0 * len(counts) / 2, rel=0.3)


def test_the_demand_without_a_fleet_is_about_the_same(monkeypatch):
    traffic = constant(level=300, days=0.05, work=Work.SYNC, seconds=2.0, seed=3)
    exact = offered(traffic)
    monkeypatch.setattr(demand, "ONE_BY_ONE", 0)
    found = offered(traffic)
    assert len(found) == len(exact)
    assert sum(found[2:]) == pytest.approx(sum(exact[2:]), rel=0.04)


@pytest.mark.parametrize(
    ("loads", "number", "filled"),
    [
        ([3, 1, 2], 1, [3, 2, 2]),
        ([3, 1, 2], 3, [3, 3, 3]),
        ([3, 1, 2], 5, [4, 4, 3]),
        ([0, 0], 0, [0, 0]),
        ([9, 0, 0], 5, [9, 3, 2]),
    ],
)
def test_requests_go_to_where_the_fewest_are(loads, number, filled):
    assert sorted(_filled(np.array(loads), number)) == sorted(filled)
    assert _filled(np.array([5, 0]), 3) == [5, 3]


def test_the_longest_request_of_dense_traffic_is_not_looked_for():
    few, many = SHORT(level=5, days=0.01), SHORT(level=1_000, days=7)
    assert longest(few) == max(seconds for _, seconds in few.arrivals())
    assert longest(many) == pytest.approx(0.145 * math.exp(4.0), rel=0.01)
    assert longest(constant(level=1e6, days=7)) == 1_800.0
    halves = Rate(0.0, HOUR, 1e4, Delay(1.0)), Rate(HOUR, 2 * HOUR, 1e4, Delay(3.0))
    assert longest(Traffic.drawn("two lengths", Work.SYNC, 2 * HOUR, partial(iter, halves))) == 3.0


@pytest.mark.parametrize(("seconds", "following"), [(100.0, 4.0), (0.5, 3.5), (0.2, 3.2), (0.01, 3.1)])
def test_groups_advance_to_the_end_of_a_cell(seconds, following):
    """A cell is a second, or as much of it as a request takes, but at least a tenth."""
    traffic = Traffic.drawn("x", Work.SYNC, 60.0, partial(iter, (Rate(0.0, 60.0, 1_000.0, Delay(seconds)),)))
    workload = Groups(traffic, Behaviour(), Kind.REALTIME, seed=0)
    workload.open(Instance(0, "ml.g6.2xlarge", rank=0, slots=10_000, since=0.0))
    assert workload.advance(3.0) == following
    assert workload.arrived == pytest.approx(3_000, abs=250)
    assert workload.present() == pytest.approx(1_000 * min(seconds, 3.0), abs=250)


def test_who_gives_up_has_waited_at_an_instance_that_was_full():
    """Both get as many; the larger one has room for all of its own, so they stay."""
    traffic = Traffic.drawn("long", Work.SYNC, 60.0, partial(iter, (Rate(0.0, 60.0, 20.0, Delay(500.0)),)))
    workload = Groups(traffic, Behaviour(patience=20.0), Kind.REALTIME, seed=0)
    for number, slots in enumerate((5, 10_000)):
        workload.open(Instance(number, "ml.g6.2xlarge", rank=0, slots=slots, since=0.0))
    workload.advance(100.0)
    assert workload.loads == [5, workload.arrived - workload.refused - 5]
    assert workload.refused > 0


def counted(parts, slots, patience, queued):
    """Requests of which each has its length and its turn, cell by cell. `parts`: by cell the number that arrives and
    for how many ends of cells each is in flight; `patience` in cells. The counts after each cell, and all waits."""
    line, flight, unmet, lost, rows, waits = deque(), Counter(), Counter(), 0, [], Counter()
    for cell, (number, lasts) in enumerate(parts, 1):
        line.append([cell, number, lasts])
        del flight[cell - 1], unmet[cell - 1]  # by the last end at which they are there
        for part in line if slots else ():
            starting = min(part[1], slots - flight.total()) if part[2] else part[1]
            flight[cell + part[2] - 1] += starting if part[2] else 0
            waits[cell - part[0]] += starting
            part[1] -= starting
            if part[1]:
                break
        while line and (not line[0][1] or line[0][0] <= cell - patience or not (slots or queued)):
            arrived, number, lasts = line.popleft()
            lost += number
            waits[cell - arrived] += number
            if not queued and arrived + lasts > cell:
                unmet[arrived + lasts - 1] += number
        rows.append((flight.total(), sum(number for _, number, _ in line), unmet.total(), lost))
    return rows, waits


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("seed", range(12))
def test_requests_of_known_lengths_are_counted_as_they_would_be_one_by_one(seed, kind):
    """Those of a queue on any instances, and those of a real-time endpoint on one, or where all are accepted. What
    does not fit waits in line."""
    chance, queued = random.Random(seed), kind is Kind.ASYNC
    accepted = not queued and chance.random() < 0.3
    patience, fleet = chance.choice((5.0, 20.0, 100.0)), chance.randint(0, 4 if queued or accepted else 1)
    # What takes no time is in no line, and where nothing runs nothing is that short.
    smallest = chance.choice((1.0, 0.5, 0.0) if fleet and (queued or accepted) else (1.0, 0.5))
    fine = {1.0: 1, 0.5: 2, 0.0: 10}[smallest]
    seconds = [smallest, *(chance.randint(1, 19) / fine for _ in range(3))]
    rates = [Rate(20.0 * n, 20.0 * n + 20.0, chance.uniform(0, 30), Delay(chance.choice(seconds))) for n in range(12)]
    rates = [rate for rate in rates if chance.random() < 0.7]
    rates.insert(0, Rate(0.0, 0.0, 1.0, Delay(smallest)))
    traffic = Traffic.drawn("known", Work.SYNC, 240.0, partial(iter, rates), seed)
    behaviour = Behaviour(
        patience=patience, request_ttl=patience, when_full=WhenFull.ACCEPT if accepted else WhenFull.WAIT
    )
    slots = [chance.choice((5, 40, 200)) for _ in range(fleet)]
    workload = Groups(traffic, behaviour, kind, seed=0)
    for number, most in enumerate(slots):
        workload.open(Instance(number, "ml.g6.2xlarge", rank=0, slots=most, since=0.0))
    parts, end = [(0, 0)] * 640 * fine, 0
    for first, counts, by_length in arrivals(traffic, fine):
        assert first == end or first % (20 * fine) == 0
        end = first + len(counts)
        lasts = int(by_length.cells[by_length.shares.argmax()])
        parts[first:end] = [(number, lasts) for number in counts.sum(1).tolist()]
    room = 10**9 if accepted and slots else sum(slots)
    rows, waits = counted(parts, room, patience * fine, queued)
    now = 0
    while now < 640:
        now += chance.choice((1, 3, 10, 10, 50))
        now = min(now, 640)
        assert workload.advance(float(now)) == now + 1 / fine
        flight, waiting, unmet, lost = rows[now * fine - 1]
        assert (workload.present(), workload.waiting, workload.unmet) == (flight + waiting, waiting, unmet)
        assert workload.refused + workload.expired == lost
        assert workload.turned_away == (0 if slots or queued else lost)
        assert workload.demand == flight + waiting + unmet
        assert sum(workload.loads) == (flight + (0 if queued else waiting) if slots else 0)
    extremes = workload.look(640.0)
    assert extremes.demand == max(sum(row[:3]) for row in rows)
    assert (extremes.in_flight, extremes.waiting) == (max(row[0] for row in rows), max(row[1] for row in rows))
    assert workload.served == workload.arrived - lost == sum(number for number, _ in parts) - lost
    spent = Counter({0: 1})
    spent.update(sum(row[:3]) for row in rows[:-1])
    times = {demand: seconds * fine for demands in workload.spent.values() for demand, seconds in demands.items()}
    assert times == pytest.approx(spent)
    waited = sum(cells * number for cells, number in waits.items()) / fine
    assert workload.waited(640.0).mean * (workload.arrived - workload.turned_away) == pytest.approx(waited)
    assert workload.waited(640.0).max == max([cells for cells, number in waits.items() if number], default=0) / fine
    assert workload.group == workload.arrived / sum(number > 0 for number, _ in parts)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("when_full", [WhenFull.WAIT, WhenFull.ACCEPT])
@pytest.mark.parametrize("seed", range(6))
def test_each_request_is_in_one_place_whatever_happens_to_the_fleet(seed, when_full, kind):
    """Of any length: in flight until one of the ends that are known, in the line, or gone."""
    chance, number, gone = random.Random(seed), 0, []
    rates = [Rate(10.0 * n, 10.0 * n + 10.0, chance.uniform(0, 60), Delay(3.0, 0.8)) for n in range(30)]
    traffic = Traffic.drawn("x", Work.SYNC, 300.0, partial(iter, rates), seed)
    workload = Groups(traffic, Behaviour(patience=20.0, request_ttl=30.0, when_full=when_full), kind, seed=seed)
    for now in range(10, 410, 10):
        workload.advance(now)
        known = sum(workload.drained_loads.values())
        assert known == sum(map(sum, workload._drained_ends.values()))
        assert workload._drained_ends.keys() == workload.drained_loads.keys() == workload.draining.keys()
        assert workload._flight == workload._ends.sum() >= 0
        assert workload.unmet == workload._unmet_ends.sum() >= 0
        assert workload.waiting == sum(size for _, size in workload.waiting_since()) >= 0
        assert workload._staying == sum(part.staying for part in workload._line)
        assert workload.present() == workload._flight + workload.waiting + known
        assert workload.demand == workload.present() + workload.unmet
        ends = workload.served + workload.refused + workload.expired + workload.cut
        assert workload.arrived == ends + workload.present()
        assert min([0, *workload.loads]) == 0
        action, demand_before = chance.choice(("open", "open", "close", "cut")), workload.demand
        if action == "open" and len(workload.instances) < 5:
            workload.open(Instance(number, "ml.g6.2xlarge", rank=0, slots=chance.choice((10, 50)), since=now))
            number += 1
        elif action == "close" and workload.instances:
            instance = chance.choice(workload.instances)
            load = min(workload.loads[workload.instances.index(instance)], workload._flight)
            workload.close(instance, now)
            most = load if when_full is WhenFull.ACCEPT and kind is Kind.REALTIME else min(load, instance.slots)
            assert workload.drained_loads.get(instance.number, 0) == most
            assert instance.released == now
            assert (instance.gone == now) is (most == 0)
        elif action == "cut" and workload.draining:
            instance = chance.choice(list(workload.draining.values()))
            before, load = workload.cut, workload.drained_loads[instance.number]
            workload.cut_off(instance, now)
            assert (workload.cut - before, demand_before - workload.demand, instance.gone) == (load, load, now)
            gone.append(load)
        assert workload.demand == demand_before - (gone.pop() if gone else 0)
        if workload.loads:
            in_line = 0 if kind is Kind.ASYNC else workload.waiting
            assert sum(workload.loads) == workload._flight + in_line
    assert workload.present() == 0 or not workload.instances


@pytest.mark.parametrize(
    ("before", "arrived", "after", "expected"),
    [
        ([90, 10], 0, 50, [45, 5]),  # an end is at an instance with the probability of its share
        ([900, 100], 0, 500, [450, 50]),
        ([200, 0], 0, 0, [0, 0]),
        ([5, 0], 3, 8, [5, 3]),  # an arrival is where the fewest are
        ([0, 0, 0], 7, 7, [3, 2, 2]),
        ([1_000, 0], 400, 1_400, [1_000, 400]),
        ([300, 0], 200, 500, [300, 200]),
        ([0, 0], 300, 300, [150, 150]),
        ([4, 4], 500, 400, [200, 200]),  # all that were there have gone, and others too
        ([0, 100], 100, 100, [50, 50]),
        ([7, 0, 9], 0, 16, [7, 0, 9]),
    ],
)
def test_requests_spread_as_routing_does(before, arrived, after, expected):
    traffic = Traffic.drawn("x", Work.SYNC, 60.0, partial(iter, (Rate(0.0, 60.0, 1.0, Delay(1.0)),)))
    workload, sums = Groups(traffic, Behaviour(), Kind.REALTIME, seed=3), np.zeros(len(before))
    for number in range(len(before)):
        workload.open(Instance(number, "ml.g6.2xlarge", rank=0, slots=10, since=0.0))
    for _ in range(100):
        workload.loads[:] = before
        workload._routed, workload._flight = arrived, after
        workload._spread()
        assert (sum(workload.loads), min([0, *workload.loads]), workload._routed) == (after, 0, 0)
        sums += workload.loads
    assert (sums / 100).tolist() == pytest.approx(expected, abs=1.0 if sum(before) + arrived > after else 0.0)


@pytest.mark.parametrize("fine", [1, 5])
def test_so_many_requests_are_in_flight_at_an_end_as_on_average_in_its_cell(fine):
    delay = Delay(4.0, 0.8, 60.0)
    cells, shares = lengths(delay, fine)
    assert cells[:17].tolist() == list(range(17))
    assert all(later - earlier == max(1, earlier // 10) for earlier, later in pairwise(cells.tolist()[16:]))
    for end in range(1, 17):
        in_flight = fine * (delay.mean_up_to(end / fine) - delay.mean_up_to((end - 1) / fine))
        assert shares[end:].sum() == pytest.approx(in_flight, abs=1e-5)
