"""Nothing is lost and nothing comes from nowhere, whatever happens to the fleet."""

import random

import pytest

from scaleproof.simulation import (
    Behaviour,
    Delay,
    Release,
    Routing,
    Shortage,
    Traffic,
    WhenFull,
)

from .endpoints import G6, asynchronous, backlog, pools, realtime, run, seeds, tracking, wake_up

FLEET = pools(g6=6, g6e=9)
ENDPOINTS = [realtime(tracking(4.5), fleet=FLEET, high=8), asynchronous(backlog(), wake_up(), fleet=FLEET)]


def bursts(seed, days=0.5):
    chance = random.Random(seed)
    arrivals = []
    time = 0.0
    while (time := time + chance.expovariate(1 / 4_000)) < days * 86_400:
        for _ in range(chance.randint(1, 60)):
            arrivals.append((time + chance.random() * 300, chance.expovariate(1 / 500)))
    return Traffic.from_arrivals(sorted(arrivals), duration=days * 86_400)


def behaviours(seed):
    """Any behaviour there is."""
    chance = random.Random(seed)
    return Behaviour(
        provisioning=Delay(chance.uniform(10, 300), chance.random()),
        start_up=Delay(chance.uniform(0, 200), chance.random()),
        shortages=(Shortage(G6, 5_000, chance.uniform(6_000, 40_000)),),
        retry=chance.choice([7.0, 30.0]),
        provision_timeout=chance.choice([300.0, 3600.0]),
        scale_in_time=chance.choice([0.0, 60.0]),
        stop_grace_seconds=chance.choice([0.0, 30.0, 1800.0]),
        draining=chance.choice([0.0, 120.0, 1800.0]),
        release=chance.choice(list(Release)),
        routing=chance.choice(list(Routing)),
        when_full=chance.choice(list(WhenFull)),
        patience=chance.choice([5.0, 60.0, float("inf")]),
        request_ttl=chance.choice([600.0, 21_600.0]),
    )


def simulated(endpoint, seed):
    traffic = bursts(seed)
    return traffic, run(endpoint, traffic, behaviours(seed), seed=seed)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.kind.value)
@pytest.mark.parametrize("seed", seeds(6, 12))
def test_every_arrival_has_one_end(endpoint, seed):
    """Under more behaviours where FUZZ_SECONDS is set."""
    traffic, result = simulated(endpoint, seed)
    totals = result.totals
    assert totals.arrivals == len(list(traffic.arrivals()))
    ends = totals.served + totals.refused + totals.expired + totals.cut + totals.unfinished
    assert totals.arrivals == ends
    assert min(totals.served, totals.refused, totals.expired, totals.cut, totals.unfinished) >= 0


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.kind.value)
@pytest.mark.parametrize("seed", range(4))
def test_the_timeline_is_consistent(endpoint, seed):
    _, result = simulated(endpoint, seed)
    line, totals = result.timeline, result.totals
    for row in range(len(line)):
        assert line.demand[row] >= line.waiting[row]
        assert line.demand[row] >= line.in_flight[row]
        assert line.minimum[row] <= line.desired[row] <= line.maximum[row]
        assert sum(counts[row] for counts in line.in_service.values()) <= line.maximum[row]
    assert sum(line.refused) == totals.refused
    assert max(line.demand) == totals.peak_demand
    assert line.demand[-1] >= totals.unfinished


@pytest.mark.parametrize("seed", range(4))
def test_instance_time_is_the_area_under_the_instances(seed):
    """Half a day in rows of 30 s: between two rows an instance comes or goes at most a few times."""
    endpoint = ENDPOINTS[0]
    result = run(endpoint, bursts(seed), Behaviour(stop_grace_seconds=0.0), seed=seed)
    line = result.timeline
    for name, seconds in result.totals.instance_seconds.items():
        area = sum(line.in_service[name]) * line.step
        changes = sum(abs(a - b) for a, b in zip(line.in_service[name], line.in_service[name][1:], strict=False))
        assert seconds == pytest.approx(area, abs=changes * line.step + 1e-6)


def test_the_rows_of_a_long_time_are_no_more_than_those_of_a_short_one():
    result = run(realtime(tracking()), Traffic.from_arrivals([(5.0, 10.0)], duration=40 * 86_400))
    assert 1_000 <= len(result.timeline) <= 2_000
    assert result.timeline.step % 10 == 0
    assert len(result.timeline) * result.timeline.step >= 40 * 86_400
