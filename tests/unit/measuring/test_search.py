"""The search against instances whose truth is known, in virtual time, and against those that misbehave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from benchmarks.sustained import CAPACITIES, MOST, SHAPES, STATISTICS, Case, Instance, pace
from scaleproof.emulator.engine.container import Container
from scaleproof.errors import ScaleproofError
from scaleproof.measuring.levels import Hold, Reply
from scaleproof.measuring.measurement import Answer
from scaleproof.measuring.objective import Measure, Objective
from scaleproof.measuring.search import SearchPlan, search

HALF = Objective(Measure.LATENCY, "mean", 0.5)


@dataclass
class Scripted:
    """A load whose replies are written down: by level, and by how often that level was held before."""

    replies: Callable[[int, int], list[Reply]]
    lag: float = 0.0
    held: list[tuple[int, float]] = field(default_factory=list)

    def hold(self, concurrency, seconds):
        before = sum(level == concurrency for level, _ in self.held)
        self.held.append((concurrency, seconds))
        return Hold(seconds, tuple(self.replies(concurrency, before)), self.lag)


def reply(started, seconds=0.2):
    return Reply(started, seconds)


def refusal(started):
    return Reply(started, 0.01, error="ModelError")


def steady(seconds, started=6.0):
    """Replies that differ by a tenth, for any length of a hold."""
    return [reply(started, seconds * (0.95 + 0.1 * (index % 2))) for index in range(200)]


@pytest.fixture(scope="module")
def outcomes():
    """Each capacity in each shape, with one of the statistics."""
    return [
        (case, case.run())
        for seed, (shape, capacity) in enumerate(product(SHAPES, CAPACITIES))
        for case in [Case(shape, capacity, STATISTICS[seed % 2], seed)]
    ]


def test_the_answer_is_within_one_of_the_truth(outcomes):
    assert len(outcomes) == 60
    assert all(found.answer is Answer.FOUND for _, found in outcomes)
    missed = [(case, found.max_concurrency) for case, found in outcomes if case.error(found) > 1]
    assert len(missed) <= 0.05 * len(outcomes), missed


def test_the_interval_holds_the_truth(outcomes):
    missed = [(case, found.low, found.high) for case, found in outcomes if not case.covered(found)]
    assert len(missed) <= 0.05 * len(outcomes), missed
    widths = sorted((found.high or MOST) - found.low for _, found in outcomes)
    assert widths[len(widths) * 9 // 10] <= 2


def test_every_answer_has_its_levels(outcomes):
    for case, found in outcomes:
        levels = {one.concurrency: one for one in found.levels}
        assert found.max_concurrency is not None
        assert levels[found.max_concurrency].held, case
        assert not levels[found.max_concurrency + 1].held, case
        assert found.low <= found.max_concurrency <= (found.high or MOST)
        # What would break an instance is not tried.
        assert max(levels) <= 2 * found.max_concurrency + 1


def test_an_endpoint_that_never_holds():
    found = search(Instance(Container(answer=0.7), 1), HALF)
    assert (found.answer, found.max_concurrency, found.low, found.high) == (Answer.NEVER, None, 0, 0)
    assert [one.concurrency for one in found.levels] == [1]
    assert found.headline == "It does not hold even at 1."


def test_an_endpoint_that_always_holds():
    instance = Instance(Container(answer=0.3), 1)
    found = search(instance, HALF, SearchPlan(most=50))
    assert (found.answer, found.max_concurrency, found.low, found.high) == (Answer.BEYOND, 50, 50, None)
    # The last level is confirmed.
    assert instance.requested == [1, 2, 4, 8, 16, 32, 50, 50]
    assert [level.seconds for level in found.levels] == [20.0] * 6 + [40.0], "together with what was seen of it"


def test_an_endpoint_that_only_fails_requests():
    found = search(Scripted(lambda level, hold: [refusal(0.1)] * 40), HALF)
    assert (found.answer, found.errors) == (Answer.NEVER, {"ModelError": 40})
    assert found.seconds == 25.0


def test_errors_end_the_climb_at_once():
    """Refusals are in no latency, and one look at a level that refuses is enough."""
    instance = Instance(Container(answer=0.1, slots=5), 1)
    found = search(instance, HALF)
    assert (found.max_concurrency, found.low, found.high) == (5, 5, 5)
    assert instance.requested == [1, 2, 4, 8, 6, 5, 5]


@pytest.mark.parametrize(("errors", "expected"), [(0.0, Answer.NEVER), (0.01, Answer.NEVER), (0.05, Answer.BEYOND)])
def test_the_share_of_errors_that_is_allowed(errors, expected):
    load = Scripted(lambda level, hold: [refusal(6.0) if one % 20 == 7 else reply(6.0) for one in range(400)])
    assert search(load, replace(HALF, errors=errors), SearchPlan(most=4)).answer is expected


def test_the_warm_up_is_not_judged():
    cold = Scripted(lambda level, hold: [reply(0.5, 4.0)] * 100 + steady(0.2 if level < 3 else 0.9))
    assert search(cold, HALF).max_concurrency == 2


@pytest.mark.parametrize(
    ("once", "truth", "levels"),
    [(8, 5, [1, 2, 4, 8, 16, 12, 10, 9, 8, 6, 5, 5]), (7, 6, [1, 2, 4, 8, 6, 7, 7, 6])],
)
def test_a_level_that_fails_when_repeated_did_not_hold(once, truth, levels):
    """It held while nobody looked twice; then it fails, and what is between it and the one that held is searched."""
    load = Scripted(lambda level, hold: steady(0.2 if level <= truth or (level == once and not hold) else 0.9))
    found = search(load, HALF)
    assert (found.answer, found.max_concurrency) == (Answer.FOUND, truth)
    assert [level for level, _ in load.held] == levels


def test_a_level_in_doubt_is_held_longer_but_not_for_ever():
    load = Scripted(lambda level, hold: [reply(6.0, (0.1, 0.9)[index % 2]) for index in range(11)])
    plan = SearchPlan(most=1, warm_up=1.0, hold=10.0, longest=70.0)
    found = search(load, HALF, plan)
    assert [seconds for _, seconds in load.held[:4]] == [11.0, 11.0, 21.0, 31.0]
    assert {level for level, _ in load.held} == {1}
    assert not found.levels[0].sure
    assert found.low == 0
    assert "In doubt: 1 in flight." in " ".join(found.notes)


def test_a_hold_lasts_for_three_requests_as_far_as_is_known():
    load = Scripted(lambda level, hold: steady(0.2, started=1.1))
    search(load, HALF, SearchPlan(most=2, warm_up=1.0, hold=0.5))
    assert [seconds for _, seconds in load.held] == [1.5, *[pytest.approx(1.0 + 3 * 0.2)] * 2]


def test_the_time_is_bounded():
    load = Scripted(lambda level, hold: steady(0.2))
    found = search(load, HALF, SearchPlan(budget=60.0))
    assert (found.answer, found.max_concurrency, found.seconds) == (Answer.UNFINISHED, 2, 50.0)
    assert found.headline == "The budget was used up after 1 min: 2 in flight held, and the search had not ended."
    assert search(load, HALF, SearchPlan(budget=50.0)).max_concurrency == 2  # two holds, to the second
    assert search(load, HALF, SearchPlan(budget=49.0)).max_concurrency == 1
    assert search(load, HALF, SearchPlan(budget=10.0)).max_concurrency is None


def test_a_late_generator_leaves_the_end_open():
    load = Scripted(lambda level, hold: steady(0.2 if level < 3 else 0.9), lag=0.1)
    found = search(load, HALF)
    assert (found.max_concurrency, found.low, found.high) == (2, 2, None)
    assert "the generator itself was 0.1 s late" in " ".join(found.notes)


@pytest.mark.parametrize("replies", [[], [reply(0.0, 150.0)]])
def test_no_reply_in_time(replies):
    message = r"At 1 in flight, no request both began and ended in time within \d+ s\. Use shorter requests"
    with pytest.raises(ScaleproofError, match=message):
        search(Scripted(lambda level, hold: replies), HALF)


def test_the_only_level_that_held_may_fail_when_repeated():
    load = Scripted(lambda level, hold: steady(0.9 if hold or level > 1 else 0.2))
    assert search(load, HALF).answer is Answer.NEVER


def test_nothing_is_tried_beyond_the_next_level_if_that_fails_for_certain():
    load = Scripted(lambda level, hold: steady(0.2 if level < 2 else 0.9))
    assert search(load, HALF).max_concurrency == 1
    assert {level for level, _ in load.held} == {1, 2}


def test_a_level_that_ends_no_request_fails_where_a_lower_one_held():
    found = search(Scripted(lambda level, hold: steady(0.2) if level < 3 else []), HALF)
    assert (found.answer, found.max_concurrency, found.low, found.high) == (Answer.FOUND, 2, 2, None)


def test_long_requests_are_judged_by_those_that_were_not_cut():
    """Answers take 30 s: within a hold of 25 s only the quick ones end, which would hold."""
    load = Instance(Container(answer=30.0), 1)
    assert search(load, replace(HALF, limit=28.0), SearchPlan(most=64)).answer is Answer.NEVER
    load = Instance(Container(answer={1: 20.0, 8: 30.0, 9: 40.0}), 1)
    assert search(load, replace(HALF, limit=36.0)).max_concurrency == 8


def test_a_load_that_gives_up_early_is_not_asked_for_ever():
    class Short(Scripted):
        def hold(self, concurrency, seconds):
            assert len(self.held) < 99
            return replace(super().hold(concurrency, seconds), seconds=0.0)

    load = Short(lambda level, hold: [])
    assert search(load, HALF).answer is Answer.NEVER
    assert len(load.held) == 5


def test_progress():
    seen = []
    found = search(Instance(Container(answer=0.3, slots=2), 1), HALF, progress=seen.append)
    assert [one.concurrency for one in seen] == [1, 2, 4, 3, 2]
    assert found.levels[0] == seen[0]


def test_the_instances_are_the_emulators():
    assert pace(Container(answer={1: 0.2, 11: 1.2}), 6) == pytest.approx(0.7)
    assert pace(Container(answer=0.2, sharing=4), 4) == pytest.approx(0.2)
    assert pace(Container(answer=0.2, sharing=4), 10) == pytest.approx(0.5)
    replies = Instance(Container(answer=0.5), 1, noise=0.0).hold(3, 10.0).replies
    assert [one.latency for one in replies] == pytest.approx([0.5] * 60)


def doubtful(middle):
    """So few and so different replies that nothing is sure."""
    return [reply(6.0, middle + (0.4, -0.4)[index % 2]) for index in range(10)]


def test_the_interval_ends_where_there_is_no_doubt():
    def replies(level, _hold):
        return steady(0.2) if level < 4 else doubtful(0.49) if level < 6 else steady(0.9)

    found = search(Scripted(replies), HALF)
    assert (found.max_concurrency, found.low, found.high) == (5, 2, 5)

    def others(level, _hold):
        return steady(0.2) if level < 3 else doubtful(0.51) if level < 5 else steady(0.9)

    found = search(Scripted(others), HALF)
    assert (found.max_concurrency, found.low, found.high) == (2, 2, 5)


def test_below_the_first_level_there_is_none():
    load = Scripted(lambda level, _hold: steady(0.2) if level < 2 else doubtful(0.49) if level < 4 else steady(0.9))
    found = search(load, HALF)
    assert (found.max_concurrency, found.low, found.high) == (3, 1, 3)
    assert [one.concurrency for one in found.levels] == [1, 2, 3, 4]
    assert [level for level, _ in load.held][:3] == [1, 2, 4], "a doubt is left for later while a higher level follows"


def test_a_level_without_doubt_is_looked_for_in_growing_steps():
    def below(level, _hold):
        return steady(0.2) if level < 3 else doubtful(0.49) if level < 14 else steady(0.9)

    found = search(Scripted(below), HALF)
    assert (found.max_concurrency, found.low, found.high) == (13, 2, 13)
    assert [one.concurrency for one in found.levels] == [1, 2, 4, 6, 8, 10, 12, 13, 14, 16]

    def above(level, _hold):
        return steady(0.2) if level < 3 else doubtful(0.51) if level < 30 else steady(0.9)

    found = search(Scripted(above), HALF)
    assert (found.max_concurrency, found.low, found.high) == (2, 2, 33)
    assert [one.concurrency for one in found.levels] == [1, 2, 3, 4, 6, 10, 18, 34]
    found = search(Scripted(above), HALF, SearchPlan(most=20))
    assert (found.max_concurrency, found.low, found.high) == (2, 2, None)
    assert max(one.concurrency for one in found.levels) == 20


def test_nothing_is_tried_beyond_a_level_that_fails_requests():
    load = Scripted(lambda level, hold: [*steady(0.2)[:29], *[refusal(6.0)] * (level > 2)])
    found = search(load, HALF)
    assert (found.max_concurrency, found.low, found.high) == (2, 2, None)
    assert max(level for level, _ in load.held) == 4
