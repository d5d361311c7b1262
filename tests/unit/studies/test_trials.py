"""Trials are stopped as soon as they cannot be of use, and no sooner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Tally, Traffic
from scaleproof.simulation.simulator import EMPTYING
from scaleproof.simulation.workload import INTERVAL
from scaleproof.studies.run import Setting
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.studies.trials import DEARER, Bound, Goal, Judge, Trial, _so_far
from scaleproof.studies.verdict import CUT_LIMIT, CutLimit
from tests.unit.studies.made import POOLS, plan
from tests.unit.studies.test_search import ANY, FILES, LIVE

STREAMS = "diurnal:peak=40,days=3"


@pytest.fixture(scope="module")
def judge():
    return Judge(LIVE, Setting(price={"ml.g6.2xlarge": 2.0}), (parse(STREAMS, seed=0),))


@pytest.fixture(scope="module")
def space():
    return Space(Kind.REALTIME, POOLS[:1], 50, plan, None)


def bound_by(judge, space, point, limit=CUT_LIMIT, distance=0.0):
    return Bound(Goal(limit), distance, judge((space.endpoint(point), 0, None)))


@pytest.mark.parametrize(
    ("point", "limit", "distance"),
    [
        ((1, 1, 0.75, 60, 300), ANY, 0.0),  # loses requests
        ((1, 6, 0.75, 60, 300), CUT_LIMIT, 0.0),  # cuts off too many
        ((1, 1, 0.75, 60, 300), ANY, 2.0),
        ((6, 6, 0.75, 60, 300), ANY, 0.0),  # is dear
    ],
)
def test_what_cannot_be_of_use_is_stopped(point, limit, distance, judge, space):
    bound = bound_by(judge, space, space.constant(5), limit, distance)
    endpoint = space.endpoint(space.point(*point))
    whole, stopped = judge((endpoint, 0, None)), judge((endpoint, 0, bound))
    assert (whole.stopped, stopped.stopped) == (False, True)
    assert stopped.outcome is None
    assert bound.excludes(whole)
    assert stopped.distance(bound.goal) <= whole.distance(bound.goal)
    assert stopped.price < whole.price
    assert len(stopped.costs) < len(whole.costs) - 1
    assert whole.costs[: len(stopped.costs)] == stopped.costs


def test_a_queue_is_stopped_long_before_its_traffic_ends():
    """What is known of it then is no outcome, which says how long its oldest request waits in the end."""
    space, traffic = Space(Kind.ASYNC, POOLS[:1], 50, plan, None), parse("constant:level=40,work=file,days=1", seed=0)
    judge = Judge(FILES, Setting(), (traffic,))
    bound = bound_by(judge, space, space.constant(5), ANY)
    assert judge((space.endpoint(space.point(0, 1, 5, 60, 300)), 0, bound)).stopped


@pytest.mark.parametrize(("limit", "high"), [(ANY, 5), (CUT_LIMIT, 4)])
def test_what_may_be_of_use_is_simulated_to_the_end(limit, high, judge, space):
    """The second holds no less than the best does, which is none that holds."""
    far = {} if limit is ANY else {"distance": 1_000_000.0}
    bound = bound_by(judge, space, space.constant(5), limit, **far)
    task = space.endpoint(space.point(1, high, 0.5, 0, 3600)), 0
    assert judge((*task, bound)) == judge((*task, None))


def test_without_prices_an_hour_costs_one(judge, space):
    task = space.endpoint(space.usual), 0, None
    hours, dollars = (replace(judge, setting=Setting(price=price))(task) for price in ({}, {"ml.g6.2xlarge": 1.0}))
    assert hours.costs == dollars.costs
    assert list(hours.costs) == sorted(hours.costs)
    assert hours.costs[-1] == hours.price == hours.outcome.cost.total_hours


@pytest.mark.parametrize(
    ("kind", "arrivals", "lost", "over", "misses"),
    [
        (Kind.REALTIME, 100, 3, 0.0, 2.0),  # one may be lost
        (Kind.REALTIME, 100, 1, 0.0, 0.0),
        (Kind.REALTIME, 40_000, 6, 0.0, 0.5),  # four may
        (Kind.REALTIME, 100, 0, 25.0, 1.5),  # ten of 10,000 seconds
        (Kind.REALTIME, 100, 3, 25.0, 3.5),
        (Kind.REALTIME, 100, 0, 9.0, 0.0),
        (Kind.ASYNC, 100, 3, 5_000.0, 2.0),
    ],
)
def test_what_was_lost_and_overloaded_so_far_will_not_be_less(kind, arrivals, lost, over, misses, judge, space):
    trial = judge((space.endpoint(space.constant(5)), 0, None))
    result = replace(trial.outcome.result, totals=replace(trial.outcome.result.totals, arrivals=arrivals))
    best = replace(trial, outcome=replace(trial.outcome, result=result))
    spec = TrafficSpec("x", Traffic.from_arrivals([], duration=10_000.0 - INTERVAL))
    found = _so_far(kind, spec, Tally(lost, 7, over, {}), [1.0, 2.0], Bound(Goal(ANY), 0.0, best))
    days = (10_000.0 if kind is Kind.REALTIME else 10_000.0 - INTERVAL + EMPTYING) / 86_400
    assert found == Trial(pytest.approx(misses), 2.0, 7, arrivals, pytest.approx(days), costs=(1.0, 2.0), stopped=True)


def test_a_price_is_compared_after_a_seventh_of_the_time_and_a_day():
    goal = Goal(ANY)
    costs = tuple(float(number) for number in range(1, 29))
    best = Trial(0.0, 28.0, days=14.0, costs=costs)

    def dear(number, days=14.0, factor=1.03):
        own = tuple(factor * cost for cost in costs[:number])
        trial = Trial(0.0, own[-1], days=days, costs=own, stopped=True)
        return Bound(goal, 0.0, best).excludes(trial)

    assert [dear(3), dear(4), dear(27)] == [False, True, True]
    assert [dear(13, days=2.0), dear(14, days=2.0), dear(27, days=1.0)] == [False, True, False]
    assert not dear(27, factor=1.005)
    assert not dear(27, factor=DEARER)


@pytest.mark.parametrize(
    ("number", "cut", "by_best", "excluded"),
    [
        (3, 9, [], False),  # it is too early
        (4, 8, [], False),
        (4, 9, [], True),  # a seventh are 4
        (14, 20, [], False),
        (14, 21, [], True),  # half are 14
        (27, 29, [], True),
        (14, 25, [20] * 28, False),  # all of the best are in the first half
        (14, 6, [0] * 27 + [20], False),  # or in the second
        (14, 7, [0] * 27 + [20], True),
    ],
)
def test_what_needs_luck_to_keep_to_the_limit_of_cuts_is_stopped(number, cut, by_best, excluded):
    """Two a day may be cut off, 28 in all."""
    costs, cuts = tuple(map(float, range(1, 29))), tuple(by_best)
    best = Trial(0.0, 28.0, max(cuts, default=0), ended=1_000, days=14.0, costs=costs, cuts=cuts)
    trial = Trial(0.0, 1.0, cut, ended=1_000, days=14.0, costs=best.costs[:number], stopped=True)
    assert Bound(Goal(CutLimit(2, per_day=True)), 0.0, best).excludes(trial) == excluded


@pytest.mark.parametrize(
    ("limit", "flaps", "distance"),
    [
        (ANY, True, 0.0),
        (ANY, False, 0.5),
        (CUT_LIMIT, True, 3.0),  # 4 of 1,000 instead of 1
        (CutLimit(8, per_day=True), True, 0.0),
        (CutLimit(1, per_day=True), True, 1.0),
        (CutLimit(0, per_day=True), False, 4.5),
    ],
)
def test_goals_differ_in_what_they_allow(limit, flaps, distance):
    trial = Trial(0.0, 1.0, cut=4, ended=1_000, days=2.0, flaps=0.5)
    assert trial.distance(Goal(limit, flaps)) == distance
    assert replace(trial, misses=2.0).distance(Goal(limit, flaps)) == distance + 2.0
