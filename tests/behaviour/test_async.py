"""What asynchronous endpoints do under the policies that the examples plan."""

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Traffic

from .traffic import HOUR, MINUTE, START_UP, changes, simulated

G6 = "ml.g6.2xlarge"


@pytest.mark.parametrize("example", ["async", "complete"])
@pytest.mark.parametrize("seed", range(5))
def test_an_idle_endpoint_goes_to_zero(planned, example, seed):
    """After a quarter of an hour of low backlog, and up to 70 s until that is seen."""
    quiet = Traffic.from_arrivals([(1.0, 5.0)], duration=2 * HOUR)
    result = simulated(planned(example, Kind.ASYNC), quiet, seed=seed)
    (gone,) = changes(result)
    assert (gone.before, gone.desired) == (1, 0)
    assert 15 * MINUTE <= gone.time <= 15 * MINUTE + 70.2
    assert result.timeline.in_service[G6][-1] == 0
    assert result.totals.instance_seconds[G6] < 17 * MINUTE


@pytest.mark.parametrize(("example", "periods", "instances"), [("async", 2, 1), ("complete", 1, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_it_wakes_for_one_file(planned, example, periods, instances, seed):
    """After as many minutes with a backlog as it is told to wait, and up to 70 s until that is seen."""
    file = Traffic.from_arrivals([(2 * HOUR, 60.0)], duration=4 * HOUR)
    result = simulated(planned(example, Kind.ASYNC), file, seed=seed)
    woken = next(one for one in changes(result) if one.time >= 2 * HOUR)
    assert (woken.before, woken.desired) == (0, instances)
    assert woken.policy is not None
    assert woken.policy.endswith("wake-up")
    assert periods * MINUTE <= woken.time - 2 * HOUR <= periods * MINUTE + 70.2
    assert result.totals.served == 1
    assert result.totals.waiting.max <= periods * MINUTE + 70.2 + START_UP + 0.1


@pytest.mark.parametrize("example", ["async", "complete"])
def test_it_is_at_zero_again_after_a_batch(planned, example):
    batch = Traffic.from_arrivals([(2 * HOUR + place, 60.0) for place in range(120)], duration=8 * HOUR)
    result = simulated(planned(example, Kind.ASYNC), batch)
    assert result.totals.served == 120
    assert max(result.timeline.desired) == 5
    assert (result.timeline.desired[-1], result.timeline.waiting[-1]) == (0, 0)


def test_nothing_is_lost_while_it_sleeps(planned):
    """Files that come one by one, hours apart, are all served, each after a wake-up."""
    files = Traffic.from_arrivals([(hour * 3 * HOUR, 30.0) for hour in range(1, 8)], duration=24 * HOUR)
    result = simulated(planned("async", Kind.ASYNC), files)
    assert (result.totals.served, result.totals.expired, result.totals.unfinished) == (7, 0, 0)
    assert sum(one.desired == 0 for one in changes(result)) == 8


def test_a_backlog_that_is_on_target_is_left_alone(planned):
    """Two instances with a backlog of ten: five each, as the policy wants it."""
    endpoint = planned("async", Kind.ASYNC)
    # One file at a time on each instance, eight waiting: as one is done another one comes.
    arrivals = sorted([(0.0, 600.0)] * 10 + [(300.0 * place, 600.0) for place in range(1, 60)])
    result = simulated(endpoint, Traffic.from_arrivals(arrivals, duration=5 * HOUR))
    late = changes(result, after=2 * HOUR)
    assert len(late) <= 1
