"""Waiting, loss and utilization against formulas of queueing theory, which share nothing with the simulator.

Source of the formulas: L. Kleinrock, Queueing Systems, volume 1 (M/M/c, M/G/1, Erlang's loss formula), and
J. D. C. Little, A Proof for the Queuing Formula L = lambda W, 1961. Tolerances are three to four standard
errors of the simulated means, estimated from runs with other seeds.
"""

import math

import pytest

from scaleproof.simulation import Behaviour, WhenFull

from .endpoints import asynchronous, pools, realtime, run, steady

PATIENT = Behaviour(patience=math.inf, request_ttl=math.inf)
LONG = 400_000.0


def exponential(mean):
    return lambda chance: chance.expovariate(1 / mean)


def erlang_b(servers, load):
    """The share of requests that find all servers busy and are lost (load in erlangs)."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(servers, load):
    """The share of requests that find all servers busy and wait."""
    lost = erlang_b(servers, load)
    return servers * lost / (servers - load * (1 - lost))


def simulated(endpoint, rate, length):
    totals = run(endpoint, steady(rate, LONG, length, seed=5), PATIENT).totals
    assert totals.refused == totals.expired == totals.cut == 0
    return totals


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (4, 3.0), (10, 8.5)])
def test_one_instance_waits_like_m_m_c(servers, load):
    mean = 20.0
    totals = simulated(realtime(fleet=pools(g6=servers)), load / mean, exponential(mean))
    expected = erlang_c(servers, load) * mean / (servers - load)
    assert totals.waiting.mean == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize(("instances", "slots"), [(1, 4), (2, 2), (4, 1)])
def test_a_queue_in_front_of_many_instances_waits_like_one_with_all_their_slots(instances, slots):
    endpoint = asynchronous(fleet=pools(g6=slots), initial=instances)
    totals = simulated(endpoint, 3.2 / 20, exponential(20.0))
    assert totals.waiting.mean == pytest.approx(erlang_c(4, 3.2) * 20 / 0.8, rel=0.12)
    assert (totals.waiting.p50 == 0) == (erlang_c(4, 3.2) < 0.5)


def test_waits_of_m_m_c_are_exponential_beyond_zero():
    """P(W > t) = C exp(-(c - a) t / S), so the percentiles are known as well."""
    totals = simulated(realtime(fleet=pools(g6=4)), 3.2 / 20, exponential(20.0))
    for share, found in ((0.95, totals.waiting.p95), (0.99, totals.waiting.p99)):
        expected = math.log(erlang_c(4, 3.2) / (1 - share)) * 20 / 0.8
        assert found == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_one_slot_waits_like_m_g_1(spread):
    """Pollaczek and Khinchine: the wait grows with the second moment of the service time."""
    median, rate = 10.0, 0.05

    def length(chance):
        return median * math.exp(chance.gauss(0, spread)) if spread else median

    mean, second = median * math.exp(spread**2 / 2), median**2 * math.exp(2 * spread**2)
    totals = simulated(realtime(fleet=pools(g6=1)), rate, length)
    expected = rate * second / (2 * (1 - rate * mean))
    assert totals.waiting.mean == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("constant", [True, False])
def test_what_finds_no_slot_is_lost_as_erlang_says_whatever_the_distribution(constant):
    """M/G/c/c: the loss depends on the mean of the service time only."""
    length = (lambda _chance: 20.0) if constant else exponential(20.0)
    traffic = steady(5 / 20, LONG, length, seed=2)
    totals = run(realtime(fleet=pools(g6=6)), traffic, Behaviour(when_full=WhenFull.REFUSE)).totals
    assert totals.refused / totals.arrivals == pytest.approx(erlang_b(6, 5.0), rel=0.05)
    assert totals.waiting.max == 0


def test_instances_share_their_loss_when_requests_go_to_the_least_busy():
    """With least outstanding requests one finds a free slot as long as there is any, as in one instance with
    all the slots."""
    traffic = steady(5 / 20, LONG, exponential(20.0), seed=2)
    totals = run(realtime(fleet=pools(g6=2), initial=3), traffic, Behaviour(when_full=WhenFull.REFUSE)).totals
    assert totals.refused / totals.arrivals == pytest.approx(erlang_b(6, 5.0), rel=0.05)


@pytest.mark.parametrize("endpoint", [realtime(fleet=pools(g6=4)), asynchronous(fleet=pools(g6=4))])
def test_littles_law(endpoint):
    """Requests in the system = arrivals per second x seconds in the system, whatever the distributions."""
    traffic = steady(3.2 / 20, LONG, exponential(20.0), seed=7)
    totals = run(endpoint, traffic, PATIENT).totals
    inside = totals.demand_seconds / LONG
    lengths = [seconds for _, seconds in traffic.arrivals()]
    sojourn = totals.waiting.mean + sum(lengths) / len(lengths)
    assert inside == pytest.approx(totals.arrivals / LONG * sojourn, rel=0.01)


def test_accepted_requests_do_not_wait_for_each_other():
    """M/G/infinity: the demand is the load, and Poisson distributed."""
    traffic = steady(30 / 20, LONG / 4, exponential(20.0), seed=3)
    totals = run(realtime(fleet=pools(g6=2)), traffic, Behaviour(when_full=WhenFull.ACCEPT)).totals
    assert totals.demand_seconds / (LONG / 4) == pytest.approx(30.0, rel=0.02)
    assert totals.waiting.max == totals.refused == 0


def test_impatient_callers_bound_the_wait():
    traffic = steady(6 / 20, LONG / 4, exponential(20.0), seed=3)
    totals = run(realtime(fleet=pools(g6=4)), traffic, Behaviour(patience=30.0)).totals
    # Who gives up has waited as well.
    assert totals.waiting.max == pytest.approx(30.0)
    # Of a load of 6 on 4 slots a third at least cannot be served; nobody is lost while a slot is free.
    assert 1 / 3 <= totals.refused / totals.arrivals < 0.45
