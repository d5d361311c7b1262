"""The search finds what trying everything finds, and simulates far less."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.exhaustive import Exhaustive
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Traffic, Work
from scaleproof.studies import moves
from scaleproof.studies.choose import choose
from scaleproof.studies.moves import MOVES, Grid
from scaleproof.studies.outcome import Cost, Outcome
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.room import ranked
from scaleproof.studies.run import Progress, Setting
from scaleproof.studies.search import MAXIMUMS, MINIMUMS, Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import TrafficSpec, parse
from scaleproof.studies.trials import Judge, Score, Trial
from scaleproof.studies.verdict import CutLimit

POOL = (("ml.g6.2xlarge", 12.0),)
POOLS = (*POOL, ("ml.g6e.2xlarge", 16.0))
ANY = CutLimit.parse("any")
LIVE = Shape(Work.STREAM, 900.0)
FILES = Shape(Work.FILE, 900.0)


def stat(name: str) -> MetricStat:
    dimensions = (("EndpointName", "speech"),)
    return MetricStat("AWS/SageMaker", name, dimensions, "Average", 60)


def plan(proposal: Proposal) -> Endpoint:
    """What the module plans, for one pool, without Terraform."""
    if proposal.kind is Kind.REALTIME:
        metric, target = CONCURRENCY, proposal.target * proposal.pools[0][1]
    else:
        metric, target = stat("ApproximateBacklogSizePerInstance"), proposal.target
    waits = AlarmSettings(
        stat("HasBacklogWithoutCapacity"), "GreaterThanOrEqualToThreshold", 1, proposal.wake_periods,
        proposal.wake_periods,
    )  # fmt: skip
    wakes = StepScaling(
        "wake-up",
        "ChangeInCapacity",
        (Step(proposal.wake_instances, lower=0),),
        {"waits": waits},
        cooldown=300,
    )
    cooldowns = proposal.scale_out_cooldown, proposal.scale_in_cooldown
    return Endpoint(
        "speech",
        "AllTraffic",
        proposal.kind,
        tuple(Pool(kind, place, int(limit)) for place, (kind, limit) in enumerate(proposal.pools, 1)),
        max(proposal.min, 1),
        ScalableTarget(
            proposal.min,
            proposal.max,
            (TargetTracking("it", metric, target, *cooldowns), *([] if proposal.min else [wakes])),
        ),
        max_concurrent_invocations=proposal.invocations if proposal.kind is Kind.ASYNC else None,
    )


def searched(spec: str, shape: Shape = LIVE, seeds: int = 2, **more: Any) -> Search:
    kind = Kind.ASYNC if shape.work is Work.FILE else Kind.REALTIME
    named = [parse(spec, seed=seed) for seed in range(seeds)]
    return Search(shape, kind, POOL, named, Setting(max_cut=ANY), plan, **more)


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer values, so that a test can try all of them."""
    monkeypatch.setattr(moves, "TARGETS", (0.3, 0.55, 0.75, 0.9))
    monkeypatch.setattr(moves, "BACKLOGS", (0.5, 1.0, 4.0))
    monkeypatch.setattr(moves, "OUT", (60, 300))
    monkeypatch.setattr(moves, "IN", (300, 1800))
    monkeypatch.setattr(moves, "PERIODS", (2, 5))


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        ("step:top=34,base=4,after=0.3,days=0.06,seconds=120", LIVE),
        ("spike:top=30,base=6,every=0.7,minutes=10,days=0.06,seconds=60", LIVE),
        ("ramp:top=40,base=3,after=0.2,hours=0.7,days=0.06", LIVE),
        ("batches:files=40,per_day=60,days=0.06", FILES),
        ("batches:files=40,per_day=60,days=0.06", replace(FILES, within=600.0)),
    ],
)
def test_no_setting_is_clearly_cheaper(spec: str, shape: Shape) -> None:
    search = searched(spec, shape)
    best = search.best()
    cheapest = Exhaustive(search).best(best)
    assert best.misses == 0
    assert cheapest is not None
    assert best.price <= 1.03 * cheapest.price, cheapest


def test_what_a_simple_rule_misses_is_found() -> None:
    """A minimum between the usual ones with a target that is lower than any of them, and the maximum of the
    peak; the rest is 5 to 10 % dearer."""
    search = searched("step:top=50,base=5,after=0.5,days=0.1", seeds=3)
    best = search.best()
    assert (best.proposal.min, best.proposal.max, best.proposal.target) == (4, 6, 0.3)
    assert (
        best.price
        < 0.96 * search.trials.score(replace(best.proposal, min=5, target=0.75), search.seeds).price
    )


@pytest.mark.parametrize("most", [4, 5])
def test_something_holds_wherever_a_constant_fleet_does(most: int) -> None:
    """With hardly more instances than the peak needs, no fleet that scales is in time."""
    search = searched("spike:top=30,base=3,every=0.7,minutes=10,days=0.06,seconds=60", most=most)
    fixed = search.trials.score(replace(search.defaults, min=most, max=most), search.seeds)
    assert search.best().misses == fixed.misses == 0


def test_where_nothing_holds_what_comes_nearest_is_proposed() -> None:
    search = searched("spike:top=30,base=3,every=0.7,minutes=10,days=0.06,seconds=60", most=1)
    assert search.best().misses > 0
    assert search.best().proposal.max == 1


def test_simulations_may_run_anywhere_and_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[str] = []

    def elsewhere(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        listed = list(items)
        tasks.extend(map(repr, listed))
        found = {number: function(listed[number]) for number in reversed(range(len(listed)))}
        return [found[number] for number in range(len(listed))]

    spec = "step:top=30,base=4,after=0.3,days=0.05,seconds=120"
    assert searched(spec, each=elsewhere).best() == searched(spec).best()
    assert len(tasks) == len(set(tasks)), "each simulation runs once"


def test_what_is_dear_on_one_seed_is_not_tried_on_the_others() -> None:
    search = searched("constant:level=8,days=0.08")
    best = search.trials.score(replace(search.defaults, min=2, max=2), search.seeds)
    alone = replace(search.defaults, min=4, max=5)  # its minimum alone costs more
    dear, fair = replace(search.defaults, target=0.3, max=6), replace(search.defaults, target=0.9)
    to_beat = search.trials.prices(best, search.seeds)
    scores = search.trials.scores([alone, dear, fair], search.seeds, to_beat)
    assert list(scores) == [dear, fair]
    assert math.isinf(scores[dear].price)
    assert math.isfinite(scores[fair].price)
    known = [(proposal, seed) for proposal, seed in search.trials._known if proposal in (alone, dear)]
    assert known == [(dear, search.seeds[0])]


def test_a_lower_target_is_not_tried_where_a_higher_one_misses_and_is_dear_already() -> None:
    search = searched("step:top=34,base=4,after=0.3,days=0.06,seconds=120", seeds=1)
    like = replace(search.defaults, min=1, scale_out_cooldown=300)
    missed = search.trials.score(like, search.seeds)
    assert missed.misses
    search.trials._known.clear()
    # It costs half and then twice as much as what is to beat.
    for price, targets in ((2 * missed.price, {0.75, 0.45}), (missed.price / 2, set[float]())):
        search._aimed([like], {0: price}, 0.2, search.seeds)
        tried = {one.target for one, _ in search.trials._known}
        assert 0.75 in tried
        assert tried >= targets
        assert bool(targets) == (min(tried) < 0.75)
        search.trials._known.clear()


def test_with_more_seeds_walks_start_from_what_held_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was cheap on the first seed and holds on the others too: surveys are not made again."""
    spec = "step:top=40,base=5,after=0.4,days=0.06,seconds=150"
    search = searched(spec, seeds=1)
    first = search.best()
    search.meet([parse(spec, seed=seed) for seed in (1, 2)])
    search.learn([1, 2])
    monkeypatch.setattr(Search, "_surveys", None)
    again = search.best()
    assert search.trials.score(first.proposal, search.seeds).misses
    assert again.misses == 0
    monkeypatch.undo()
    assert again.price <= 1.03 * searched(spec, seeds=3).best().price


def test_what_may_not_flap_is_searched_anew_but_not_simulated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaleproof.studies.verdict.FLAPPING", 4)
    tasks: list[Any] = []

    def each(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        listed = list(items)
        tasks.extend(listed)
        return list(map(function, listed))

    spec, calm = "batches:files=12,per_day=40,days=0.2,seconds=60", replace(FILES, flaps=False)
    search = searched(spec, FILES, seeds=1, each=each)
    flapping = search.best()
    steady = search.asking(calm).best()
    assert len(tasks) == len(set(map(repr, tasks)))
    assert steady == searched(spec, calm, seeds=1).best()
    assert flapping.misses == steady.misses == 0
    assert steady.price > flapping.price


# What is tried.

LOW = Proposal(Kind.REALTIME, POOL, 2, 8, 0.75, 60, 300)


def test_steps_get_shorter_down_to_single_values() -> None:
    grid = Grid.of(Kind.REALTIME, 12.0, 3, 34)
    bounds = [{(one.min, one.max) for one in grid.bounds(LOW, share)} for share in grid.shares]
    assert (2, 16) in bounds[0]
    assert {(1, 7), (1, 8), (1, 9), (2, 7), (2, 9), (3, 7), (3, 8), (3, 9)} == bounds[-1]
    targets = [
        sorted(one.target for one in grid.around(LOW, MOVES[0], share)) for share in (0.25, grid.shares[-1])
    ]
    assert targets == [[0.55, 0.95], [0.7, 0.8]]
    assert grid.aims(LOW, 0.25) == [0.3, 0.35, 0.55, 0.75, 0.95]
    assert grid.aims(LOW, grid.shares[-1]) == list(moves.TARGETS)


def test_bounds_do_not_cross_and_a_constant_fleet_has_no_targets() -> None:
    grid = Grid.of(Kind.ASYNC, 12.0, 1, 8)
    asleep = Proposal(Kind.ASYNC, POOL, 0, 2, 12.0, 300, 300, 12, 2)
    for one in grid.bounds(asleep, 0.5):
        assert one.min <= one.max
        assert one.wake_instances <= one.max
    named = {name for move in MOVES for name, _ in move}
    waking = [move for move in MOVES if move[0][0].startswith("wake")]
    assert {"wake_instances", "wake_periods"} < named
    assert any(list(grid.around(asleep, move, 0.1)) for move in waking)
    awake = replace(asleep, min=1)
    assert not any(list(grid.around(awake, move, 0.1)) for move in waking), "it never wakes"
    constant = replace(asleep, min=2)
    assert not any(list(grid.around(constant, move, 0.1)) for move in MOVES)


# What decides, with simulations that answer at once.


class Answers:
    """Plans, and simulations in which everything holds, at a price of the test's own."""

    def __init__(self) -> None:
        self.planned: list[Proposal] = []
        self.simulated: list[tuple[Endpoint, str, int]] = []
        self.price: Callable[[Endpoint], float] = lambda _endpoint: 1.0

    def __call__(self, proposal: Proposal) -> Endpoint:
        self.planned.append(proposal)
        return plan(proposal)

    def search(self, kind: Kind, levels: tuple[int, ...] = (100,), most: int | None = None) -> Search:
        """One on traffic of so many requests in flight at most, for each seed."""
        traffic = [
            TrafficSpec(f"level {level}", Traffic.of([(0.0, 30.0)] * level, duration=60.0))
            for level in levels
        ]
        shape = FILES if kind is Kind.ASYNC else LIVE
        return Search(shape, kind, POOLS, traffic, Setting(seed=7), self, most)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    real = Judge.outcome
    base = real(
        Judge(LIVE, Setting(max_cut=ANY), (TrafficSpec("x", Traffic.of([(0.0, 1.0)], duration=60.0)),)),
        plan(LOW),
        0,
    )

    def simulated(setting: Setting, endpoint: Endpoint, traffic: TrafficSpec, *_: Any) -> Outcome:
        found.simulated.append((endpoint, traffic.spec, setting.seed))
        return replace(base, endpoint=endpoint, cost=Cost({}, found.price(endpoint)))

    monkeypatch.setattr(Setting, "outcome", simulated)
    return found


@pytest.mark.parametrize(
    ("kind", "levels", "most", "bounds"),
    [
        (Kind.REALTIME, (100,), None, (1, 15)),  # 1.3 x 100 / (12 x 0.75)
        (Kind.REALTIME, (10, 100), None, (1, 15)),  # the highest of all seeds
        (Kind.REALTIME, (100,), 6, (1, 6)),
        (Kind.ASYNC, (100,), None, (0, 11)),  # 1.3 x 100 / 12
        (Kind.ASYNC, (100,), 6, (0, 6)),
    ],
)
def test_the_maximum_is_for_the_highest_demand_on_the_smallest_type(
    answers: Answers, kind: Kind, levels: tuple[int, ...], most: int | None, bounds: tuple[int, int]
) -> None:
    first = answers.search(kind, levels, most).defaults
    assert (first.min, first.max) == bounds


def test_every_seed_is_another_one_and_the_hardest_comes_first(answers: Answers) -> None:
    search = answers.search(Kind.REALTIME, (80, 100, 90))
    assert [(spec, seed) for _, spec, seed in answers.simulated[:3]] == [
        ("level 100", 8),
        ("level 90", 9),
        ("level 80", 7),
    ]
    answers.simulated.clear()
    search.trials.candidate(search.defaults, range(3))
    assert [seed for _, _, seed in answers.simulated] == [7, 8, 9]


def test_what_held_before_may_be_smaller_than_the_constant_fleet_for_more_seeds(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def price(endpoint: Endpoint) -> float:
        assert endpoint.target
        return float(endpoint.target.max)

    answers.price = price
    search = answers.search(Kind.REALTIME)
    assert search.best().proposal.max == 1
    monkeypatch.setattr(Search, "_static", lambda search: replace(search.defaults, min=5, max=5))
    search.learn(())
    assert search.static.max == 5
    assert search.best().proposal.max == 1


def tracked(endpoint: Endpoint) -> TargetTracking:
    assert endpoint.target
    policy = endpoint.target.policies[0]
    assert isinstance(policy, TargetTracking)
    return policy


@pytest.mark.parametrize(("saved", "cooldown"), [(0.004, 60), (0.006, 120)])
def test_a_change_has_to_be_clearly_better(answers: Answers, saved: float, cooldown: int) -> None:
    def price(endpoint: Endpoint) -> float:
        assert endpoint.target
        fixed = endpoint.target.min == endpoint.target.max
        return 2.0 if fixed else 1.0 - saved * (tracked(endpoint).scale_out_cooldown == 120)

    answers.price = price
    best = answers.search(Kind.REALTIME).best()
    assert best.proposal.scale_out_cooldown == cooldown


def test_bounds_between_those_of_the_survey_are_found(answers: Answers) -> None:
    def price(endpoint: Endpoint) -> float:
        assert endpoint.target
        low, high = endpoint.target.min, endpoint.target.max
        return 2.0 if low == high else 1.0 + 0.05 * (abs(low - 4) + abs(high - 21))

    answers.price = price
    search = answers.search(Kind.REALTIME, (200,))
    assert 4 not in search.grid.spread("min", MINIMUMS, search.static.min)
    assert 21 not in search.grid.spread("max", MAXIMUMS)
    best = search.best().proposal
    assert (best.min, best.max) == (4, 21)


def test_with_and_without_a_wake_up_are_planned_apart(answers: Answers) -> None:
    answers.search(Kind.ASYNC).best()
    assert sorted(proposal.min == 0 for proposal in answers.planned) == [False, True]
    for endpoint, _, _ in answers.simulated:
        assert endpoint.target
        names = [policy.name for policy in endpoint.target.policies]
        assert ("wake-up" in names) == (endpoint.target.min == 0)


def test_a_wake_up_waits_for_all_of_its_periods(answers: Answers) -> None:
    answers.price = lambda endpoint: float(bool(endpoint.target and endpoint.target.min)) + 1
    answers.search(Kind.ASYNC).best()
    woken = [
        (alarm.evaluation_periods, alarm.m)
        for endpoint, _, _ in answers.simulated
        for policy in (endpoint.target.policies if endpoint.target else ())
        for alarm in policy.alarms.values()
    ]
    assert set(woken) >= {(1, 1), (2, 2), (3, 3)}
    assert all(periods == needed for periods, needed in woken)


def test_the_best_of_all_kinds_and_orders_is_chosen(answers: Answers) -> None:
    answers.price = lambda endpoint: 1.0 if endpoint.pools[0].instance_type == "ml.g5.xlarge" else 2.0
    pools = [*POOLS, ("ml.g5.xlarge", 8.0)]
    traffic = [TrafficSpec("x", Traffic.of([(0.0, 30.0)], duration=60.0))]
    price = {kind: 1.0 for kind, _ in pools}
    found = choose(LIVE, pools, traffic, Setting(price=price), answers)
    assert found.best.proposal.pools[0] == ("ml.g5.xlarge", 8.0)
    assert {proposal.pools[0][0] for proposal in answers.planned} == {kind for kind, _ in pools}
    answers.planned.clear()
    choose(LIVE, pools, traffic, Setting(max_cut=ANY), answers)
    assert {proposal.pools[0][0] for proposal in answers.planned} == {"ml.g6.2xlarge"}, "no price, no order"


@pytest.mark.parametrize(
    ("holds", "target", "out"),
    [
        (lambda target, _out: target <= 0.4 or target == 0.95, 0.95, 60),
        (lambda target, out: target <= 0.4 or (target == 0.65 and out == 120), 0.65, 120),
    ],
)
def test_where_cut_streams_count_a_higher_target_may_hold_though_others_do_not(
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    holds: Callable[[float, int], bool],
    target: float,
    out: int,
) -> None:
    def trial(_: Judge, task: tuple[Endpoint, int]) -> Trial:
        policy, bounds = tracked(task[0]), task[0].target
        assert bounds
        if bounds.min == bounds.max:
            return Trial(0.0, 4.0, 0.0)
        share = round(policy.target / 12, 2)
        return Trial(0.0 if holds(share, policy.scale_out_cooldown) else 1.0, 3.0 - share, 0.0)

    monkeypatch.setattr(Judge, "__call__", trial)
    traffic = [TrafficSpec("x", Traffic.of([(0.0, 30.0)] * 40, duration=60.0))]
    search = Search(LIVE, Kind.REALTIME, POOL, traffic, Setting(), answers)
    best = search.best().proposal
    assert (best.target, best.scale_out_cooldown) == (target, out)


@pytest.mark.parametrize(("dearer", "walked"), [(1.1, True), (1.2, False)])
def test_an_order_that_is_clearly_dearer_is_not_searched_to_the_end(
    answers: Answers, dearer: float, walked: bool
) -> None:
    answers.price = lambda one: dearer if one.pools[0].instance_type == "ml.g6e.2xlarge" else 1.0
    found = choose(
        LIVE,
        POOLS,
        [TrafficSpec("x", Traffic.of([(0.0, 30.0)] * 60, duration=60.0))],
        Setting(price={kind: 1.0 for kind, _ in POOLS}),
        answers,
    )
    assert found.best.proposal.pools[0][0] == "ml.g6.2xlarge"
    counts = Counter(endpoint.pools[0].instance_type for endpoint, _, _ in answers.simulated)
    assert (counts["ml.g6e.2xlarge"] == counts["ml.g6.2xlarge"]) == walked


def test_an_order_that_is_known_to_be_dear_does_not_walk_again(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = [answers.search(Kind.REALTIME), answers.search(Kind.REALTIME)]
    first = ranked(searches)
    walked: list[Search] = []
    real = Search.stride

    def stride(search: Search, progress: Progress | None) -> list[Score]:
        walked.append(search)
        return real(search, progress)

    monkeypatch.setattr(Search, "stride", stride)
    again = ranked(searches, dear=searches[1:])
    assert walked == searches[:1]
    assert [score.price for _, score in again] == [score.price for _, score in first]
