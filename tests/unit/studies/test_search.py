"""The search finds what trying everything finds, and simulates far less."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks.choosing import CASES, everything, made
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Traffic, Work
from scaleproof.studies.choose import NEAR, Ranked, _may_win, _others, choose, orders, searched
from scaleproof.studies.run import Setting
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import MONDAY, TrafficSpec, parse, resampled
from scaleproof.studies.trials import Goal, Judge, Point, Score, Trial
from scaleproof.studies.verdict import CUT_LIMIT, CutLimit
from tests.unit.studies.made import POOLS, plan

ANY = CutLimit.parse("any")
LIVE = Shape(Work.STREAM, 900.0)
FILES = Shape(Work.FILE, 900.0)
MINUTE = TrafficSpec("x", Traffic.from_arrivals([(0.0, 30.0)] * 40, duration=3_600.0))


@dataclass
class Made:
    """A judge whose answers a function makes of bounds, target and cooldowns, by seed."""

    answer: Callable[[Point, int], Trial]
    setting: Setting = field(default_factory=Setting)
    traffic: tuple[TrafficSpec, ...] = (MINUTE, MINUTE)
    asked: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, task):
        point = cast("Point", task[0])
        self.asked.append((point["target"], task[1]))
        return self.answer(point, task[1])


VALUES = {
    "min": range(1, 9),
    "max": range(1, 9),
    "target": tuple(range(1, 20)),
    "scale_in_cooldown": (0, 60, 300, 900),
}
START = {"min": 1, "max": 8, "target": 1, "scale_in_cooldown": 60}


def search_of(answer, **more):
    judge = Made(answer, **more)
    found = Search(cast("Judge", judge), VALUES, lambda point: cast("Endpoint", point), (0, 1))
    return found, judge


def test_a_valley_is_walked_to_its_end():
    def answer(point, _seed):
        short = point["target"] > 12 or point["max"] < 5
        price = 40 - point["target"] + point["min"] + point["max"] + point["scale_in_cooldown"] / 100
        return Trial(1.0 if short else 0.0, price)

    search, _ = search_of(answer)
    best = search.best([START], Goal(ANY))
    assert best.point == {"min": 1, "max": 5, "target": 12, "scale_in_cooldown": 0}
    assert (best.distance, best.price) == (0, 34)
    assert search.simulations < 0.2 * 2 * math.prod(map(len, VALUES.values()))


def test_two_inputs_that_make_up_for_each_other_move_together():
    def answer(point, _seed):
        on_the_way = point["min"] == point["max"]
        return Trial(0.0 if on_the_way else 1.0, 20.0 + abs(point["min"] - 3))

    search, _ = search_of(answer)
    found = search.best([{**START, "min": 8}], Goal(ANY)).point
    assert (found["min"], found["max"]) == (3, 3)


def test_where_nothing_holds_it_comes_as_near_as_it_can():
    search, _ = search_of(lambda point, _seed: Trial(point["target"], 1.0))
    best = search.best([{**START, "target": 15}], Goal(ANY))
    assert (best.distance, best.point["target"]) == (1, 1)


def test_what_misses_or_is_dear_on_one_seed_is_not_tried_on_the_others():
    prices = {1: 10.0, 2: 9.9, 3: 9.99, 4: 1.0}

    def answer(point, _seed):
        return Trial(1.0 if point["target"] == 4 else 0.0, prices[int(point["target"])])

    search, judge = search_of(answer)
    (best,) = search.scores([START], Goal(ANY))
    found = search.scores([{**START, "target": target} for target in (2, 3, 4)], Goal(ANY), best)
    assert Counter(target for target, _ in judge.asked) == {1: 2, 2: 2, 3: 1, 4: 1}
    assert [one.price for one in found] == [pytest.approx(9.9), math.inf, 1.0]
    assert [one.beats(best) for one in found] == [True, False, False]
    assert search.scores([{**START, "target": 2}], Goal(ANY)) == [found[0]]
    assert len(judge.asked) == 6, "each is simulated once"


def test_a_price_is_the_mean_of_all_seeds():
    search, _ = search_of(lambda _point, seed: Trial(0.0, 10.0 + seed))
    (score,) = search.scores([START], Goal(ANY))
    assert score.price == 10.5


def test_after_the_hardest_seed_a_point_is_tried_on_two_at_a_time():
    """So two cores have work."""
    search, judge = search_of(lambda _point, seed: Trial(1.0 if seed == 3 else 0.0, 1.0))
    sizes = []

    def tasks(judge, given):
        sizes.append(len(given))
        return map(judge, given)

    search.tasks, search.seeds = cast("Any", tasks), (5, 1, 2, 3, 4, 6)
    (score,) = search.scores([START], Goal(ANY))
    assert (score.distance, sizes) == (1.0, [1, 2, 2])
    assert [seed for _, seed in judge.asked] == [5, 1, 2, 3, 4]


def test_only_the_cheapest_on_the_hardest_seed_is_tried_on_the_others():
    """The cheapest there misses on another seed, so the second is taken; nobody asks for the third."""
    prices = {1: 10.0, 2: 9.0, 3: 8.0, 4: 7.0}

    def answer(point, seed):
        return Trial(1.0 if (point["target"], seed) == (4, 1) else 0.0, prices[int(point["target"])])

    search, judge = search_of(answer)
    (best,) = search.scores([START], Goal(ANY))
    found = search.among(best, [{**START, "target": target} for target in (2, 3, 4)], Goal(ANY))
    assert (found.point["target"], found.price) == (3, 8.0)
    assert Counter(judge.asked) == dict.fromkeys([(1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (4, 0), (4, 1)], 1)


def test_what_costs_as_much_by_its_minimum_alone_is_not_tried():
    def answer(point, _seed):
        return Trial(0.0, 6.0 if point == START else 5.9)

    search, judge = search_of(answer, setting=Setting(price={"a": 2.0, "b": 3.0}))
    (best,) = search.scores([START], Goal(ANY))
    judge.asked.clear()
    assert [
        score.point["min"] for score in search.scores([{**START, "min": low} for low in (2, 3, 4)], Goal(ANY), best)
    ] == [2]
    assert len(judge.asked) == 2


def test_the_least_that_a_point_costs_is_its_minimum_of_the_cheapest_type_for_the_shortest_traffic():
    hours = [replace(MINUTE, traffic=Traffic.from_arrivals([], duration=3_600.0 * number)) for number in (3, 2)]
    for price, least in (({"a": 2.0, "b": 3.0}, 12.0), ({}, 6.0)):
        search, _ = search_of(lambda _point, _seed: Trial(0.0, 1.0), traffic=tuple(hours), setting=Setting(price=price))
        assert search.least({**START, "min": 3}) == least


@pytest.mark.parametrize(("missed", "bounded"), [(0, [True, False]), (1, [True, True])])
def test_a_trial_is_bound_where_the_best_was_tried(missed, bounded):
    """The best misses on a seed, and is tried on no later one."""
    bounds = []

    def tasks(judge, given):
        bounds.extend(bound for _, _, bound in given)
        return map(judge, given)

    search, _ = search_of(lambda point, seed: Trial(float(point == START and seed == missed), 1.0))
    (best,) = search.scores([START], Goal(ANY))
    search.tasks = cast("Any", tasks)
    search.scores([{**START, "target": 2}], Goal(ANY), best)
    assert [bound is not None for bound in bounds] == bounded


def test_what_there_cannot_be_is_left_out():
    def refuse(point):
        raise ScaleproofError(f"{point} cannot be.")

    search = replace(search_of(lambda _point, _seed: Trial(0.0, 1.0))[0], endpoint=refuse)
    assert search.scores([START], Goal(ANY)) == []


BY_NIGHT = ("spike", "step", "ramp, any cut", "ramp of files")


@pytest.mark.parametrize("name", ["batches", *(pytest.param(name, marks=pytest.mark.nightly) for name in BY_NIGHT)])
def test_no_setting_of_a_grid_is_clearly_cheaper(name):
    space, search, goal = made(name, plan)
    found = searched(space, search, goal)
    tried = search.simulations
    best = everything(search, goal)
    assert best is not None
    assert found.score.distance == 0
    assert found.score.price <= 1.03 * best.price, best
    assert tried < 200
    assert name in CASES


def test_most_of_a_fleet_may_always_run_where_half_is_too_little():
    traffic = [parse("spike:top=60,days=0.3", seed=0)]
    space = Space(Kind.REALTIME, (("a", 11.0), ("b", 5.0)), 60, plan, None)
    search = Search(Judge(LIVE, Setting(), tuple(traffic)), space.values, space.endpoint, (0,))
    found = searched(space, search, Goal(CUT_LIMIT))
    assert (found.score.distance, found.score.point["min"], found.constant["max"]) == (0, 5, 7)


def chosen(spec, shape=LIVE, limit=CUT_LIMIT, **more):
    traffic = [parse(spec, seed=seed) for seed in range(2)]
    more.setdefault("unseen", (parse(spec, seed=seed) for seed in count(2)))
    return choose(shape, POOLS[:1], traffic, Setting(max_cut=limit), plan, **more)


SPIKE = "spike:top=30,base=6,every=0.7,minutes=10,days=0.06,seconds=60"


@pytest.fixture(scope="module")
def shares():
    """How far the search for `spike` had come, at each report."""
    return []


@pytest.fixture(scope="module")
def batches():
    """The sizes of the batches of simulations that it handed out."""
    return []


@pytest.fixture(scope="module")
def spike(shares, batches):
    def tasks(function, items):
        listed = list(items)
        batches.append(len(listed))
        return map(function, listed)

    return chosen(SPIKE, progress=shares.append, tasks=tasks)


def test_runners_up_say_what_they_are(spike):
    roles = [one.role for one in spike.runners_up]
    assert spike.best.role == "proposal"
    assert {"module's defaults", "constant fleet"} <= set(roles)
    assert len(roles) == len(set(roles))
    assert [row["What it is"] for row in spike.rows] == ["proposal", *roles]


def test_fewer_and_more_cuts_have_their_price():
    limit = CutLimit(40, per_day=True)
    traffic = [parse("diurnal:peak=40,days=0.6", seed=0)]
    found = choose(LIVE, POOLS[:1], traffic, Setting(max_cut=limit), plan)
    fewer = next(one for one in found.runners_up if one.role == "fewer cut off")
    assert fewer.cut_per_day <= 10 < found.best.cut_per_day <= 40
    assert fewer.price > found.best.price
    more = [one for one in found.runners_up if one.role == "more cut off"]
    assert all(40 < one.cut_per_day <= 200 and one.price < found.best.price for one in more)


class Named(Ranked):
    """What a search has found, with the roles of candidates for candidates."""

    def candidate(self, role, point):
        return role


def test_what_a_proposal_is_compared_with_comes_once():
    """Only a fleet of constant size cuts off fewer here, whatever its target would be."""

    def answer(point, _seed):
        cut = 10 if point["min"] < point["max"] else 0
        return Trial(float(max(4 - point["max"], 0)), point["min"] + point["max"], cut)

    search, _ = search_of(answer)
    goal = Goal(CutLimit(20, per_day=True))
    best, constant = search.best([START], goal), {**START, "min": 4, "max": 4, "target": 3}
    found = Named(cast("Any", SimpleNamespace(usual=START)), search, best, constant)
    assert list(_others([found], goal)) == ["module's defaults", "fewer cut off"]


def test_it_is_tried_on_ten_other_seeds(spike):
    assert spike.unseen.seeds == 10
    missed = 0
    for seed in range(2, 12):
        missed += Setting().outcome(spike.best.endpoint, parse(SPIKE, seed=seed)).verdict.level != "holds"
    if len(spike.best.outcomes) == 2:  # nothing was missed, so nothing was chosen anew
        assert spike.unseen.missed == missed == 0
    assert spike.unseen.sentence.startswith(f"Of 10 further seeds, {10 - spike.unseen.missed} met what was asked.")


def test_seeds_on_which_it_misses_are_chosen_on_as_well():
    """Twice as much comes on two of the other seeds, for which the first proposal is too small."""
    usual, twice = (
        "step:top=14,base=4,after=0.3,days=0.06,seconds=60",
        "step:top=28,base=4,after=0.3,days=0.06,seconds=60",
    )
    traffic = [parse(usual, seed=seed) for seed in range(2)]
    first = [parse(twice if seed in (3, 7) else usual, seed=seed) for seed in range(2, 12)]
    later = [parse(usual, seed=seed) for seed in range(12, 22)]
    small = choose(LIVE, POOLS[:1], traffic, Setting(), plan)
    large = choose(LIVE, POOLS[:1], traffic, Setting(), plan, unseen=[*first, *later])
    assert (small.unseen.seeds, small.unseen.sentence) == (0, "")
    assert len(small.best.outcomes) == 2
    assert {3, 7} <= {one.result.seed for one in large.best.outcomes}
    assert all(one.verdict.level == "holds" for one in large.best.outcomes)
    assert large.best.price > small.best.price
    assert large.unseen.seeds == 10


def test_how_recorded_traffic_differs_by_seed_is_said():
    calls = TrafficSpec("calls.csv", Traffic.from_arrivals([(60.0 * n, 120.0) for n in range(60)], duration=3_600.0))
    unseen = [resampled(calls, seed, MONDAY, "UTC") for seed in range(10)]
    found = choose(LIVE, POOLS[:1], [calls], Setting(), plan, unseen=unseen)
    assert found.unseen.sentence.endswith(
        "The traffic is recorded and has fewer than 3 complete days, so seeds differ in instances only."
    )


def test_what_cannot_hold_comes_nearest_and_says_so():
    found = chosen("constant:level=40,days=0.04", most=2)
    assert found.best.misses > 0
    assert found.best.sentence.startswith("Nearest: 2 instances")
    assert (found.unseen.seeds, found.rows[0]["As asked"]) == (0, "no")


@pytest.mark.usefixtures("spike")
def test_progress_goes_on_all_the_time_and_tasks_run_elsewhere(shares, batches):
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert len(batches) > 50


@pytest.mark.parametrize(
    ("best", "other", "may"),
    [
        ((0.0, 100.0), (0.0, NEAR * 100.0), True),
        ((0.0, 100.0), (0.0, 111.0), False),
        ((0.0, 100.0), (1.0, 900.0), True),
        ((1.0, 100.0), (2.0, 900.0), True),
    ],
)
def test_types_are_searched_on_where_they_cost_little_more_or_one_misses(best, other, may):
    first, second, queue = (
        Ranked(cast("Any", SimpleNamespace(kind=kind)), cast("Any", None), Score({}, *score), {})
        for kind, score in ((Kind.REALTIME, best), (Kind.REALTIME, other), (Kind.ASYNC, (0.0, 1.0)))
    )
    assert _may_win(second, [first, second, queue]) == may
    assert _may_win(first, [first, second, queue])


def test_the_other_types_stay_in_the_order_of_the_user():
    a, b, c = (("a", 1.0), ("b", 2.0), ("c", 3.0))
    assert list(orders([a, b, c], priced=True)) == [(a, b, c), (b, a, c), (c, a, b)]
    assert list(orders([a, b, c], priced=False)) == [(a, b, c)]


def test_with_prices_each_type_is_tried_as_the_preferred_one():
    traffic = [parse("step:top=14,base=4,after=0.3,days=0.06,seconds=60", seed=0)]
    price = {"ml.g6.2xlarge": 3.0, "ml.g6e.2xlarge": 1.0}
    found = choose(LIVE, POOLS, traffic, Setting(price=price), plan)
    assert found.best.proposal.pools == POOLS[::-1]
    assert "ml.g6.2xlarge first, roughly" in [one.role for one in found.runners_up], "it is dear from the start"
    near = choose(LIVE, POOLS, traffic, Setting(price={"ml.g6.2xlarge": 1.0, "ml.g6e.2xlarge": 1.33}), plan)
    assert "ml.g6.2xlarge first" in [one.role for one in near.runners_up]
    unpriced = choose(LIVE, POOLS, traffic, Setting(), plan)
    assert unpriced.best.proposal.pools == POOLS
    assert not any(" first" in one.role for one in unpriced.runners_up)


def test_what_meets_the_goal_may_get_cheaper_with_a_higher_minimum_alone():
    """As where a higher minimum scales in seldom."""
    search, _ = search_of(lambda point, _seed: Trial(0.0, 40.0 - 5 * point["min"] if point["max"] == 8 else 50.0))
    assert search.best([START], Goal(ANY)).point["min"] == 8


def test_what_was_stopped_on_one_seed_has_no_price():
    """It would be the least that it costs there."""
    search, _ = search_of(lambda point, seed: Trial(0.0, 10.0, stopped=(point["target"], seed) == (2, 1)))
    search.scores([{**START, "target": 2}, START], Goal(ANY))
    assert [(score.point["target"], score.price) for score in search.known(Goal(ANY))] == [(1, 10.0), (2, math.inf)]


def test_what_was_stopped_is_simulated_where_a_goal_allows_more():
    def answer(point, _seed):
        price = 10.0 - point["target"]
        return Trial(0.0, price, cut=8 if point["target"] > 1 else 0, costs=(price,))

    search, judge = search_of(answer)
    (best,) = search.scores([START], Goal(CUT_LIMIT))

    def tasks(judge, given):
        for task in given:
            trial = judge(task)
            yield replace(trial, stopped=task[2] is not None and task[2].excludes(trial))

    search.tasks = cast("Any", tasks)
    other = {**START, "target": 2}
    (refused,) = search.scores([other], Goal(CUT_LIMIT), best)
    (again,) = search.scores([other], Goal(CUT_LIMIT), best)
    assert (refused.price, again, len(judge.asked)) == (math.inf, refused, 3)
    assert [point.point for point in search.known(Goal(ANY)) if point.price < math.inf] == [START]
    (found,) = search.scores([other], Goal(ANY), best)
    assert (found.distance, found.price) == (0.0, 8.0)


def test_what_is_shown_was_simulated_to_the_end(spike):
    """Each number of it is that of a simulation by itself."""
    several = chosen("diurnal:peak=20,days=2", unseen=())
    for one in (spike, several):
        for candidate in (one.best, *one.runners_up):
            for outcome in candidate.outcomes:
                spec = SPIKE if one is spike else "diurnal:peak=20,days=2"
                whole = Setting().outcome(candidate.endpoint, parse(spec, seed=outcome.result.seed))
                assert outcome.bare == whole.bare
        assert one.best.outcome.result.timeline.time
