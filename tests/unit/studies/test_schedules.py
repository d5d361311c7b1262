"""Schedules are proposed where they pay on days that they were not made from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Shortage, Traffic, Work
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.choose import Ranked, with_schedules
from scaleproof.studies.run import Setting
from scaleproof.studies.search import Score, Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Goal, Judge, Trial
from scaleproof.studies.verdict import CUT_LIMIT
from tests.unit.studies.made import plan

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
CALLS = Shape(Work.STREAM, 1200, None, 0)
POOLS = (("ml.g6.2xlarge", 10.0),)
DAY = 86_400


def opening(hours, days=14, where=UTC):
    """A call centre that opens at an hour of each day, with fifty calls at a time at once, for four hours."""
    start = MONDAY.replace(tzinfo=where)
    requests = []
    for day in range(days):
        at = start + timedelta(days=day)
        if (hour := hours(at)) is None:
            continue
        opened = at.replace(hour=hour).timestamp() - start.timestamp()
        requests += [(opened + 1200 * call + 2 * number, 1200.0) for call in range(12) for number in range(50)]
    end = (start + timedelta(days=days)).timestamp() - start.timestamp()
    return TrafficSpec("calls.csv", Traffic.from_arrivals(sorted(requests), duration=end), start)


def on_working_days(day):
    return 9 if day.weekday() < 5 else None


def best(*traffic, kind=Kind.REALTIME, tasks=map):
    """Settings without schedules, as a search would find them: five instances all the time are enough."""
    space = Space(kind, POOLS, 50, plan, None)
    search = Search(Judge(CALLS, Setting(), traffic), space.values, space.endpoint, range(len(traffic)), tasks)
    point = space.constant(5)
    return Ranked(space, search, Score(point, 0.0, 5.0 * 24 * 14), point)


def found(*traffic, timezone="UTC", **more):
    return with_schedules(best(*traffic, **more), Goal(CUT_LIMIT), timezone, (), 0)


@pytest.fixture(scope="module")
def pattern():
    return found(opening(on_working_days))


def test_an_evident_week_gets_minimums(pattern):
    _, scheduled, _ = pattern
    assert scheduled is not None
    rules = scheduled.space.proposal(scheduled.score.point).schedules
    assert {rule.schedule.split()[4] for rule in rules} == {"MON-FRI"}
    raised = next(rule for rule in rules if rule.min >= 5)
    assert raised.name == "mon-fri-0853", "before the lines open, not long before"
    endpoint = scheduled.space.endpoint(scheduled.score.point)
    assert endpoint.target
    assert [one.name for one in endpoint.target.schedules] == [f"speech-{rule.name}" for rule in rules]
    assert scheduled.score.distance == 0
    outcome = Setting().outcome(endpoint, opening(on_working_days))
    assert outcome.cost.total_hours == pytest.approx(scheduled.score.price)


def test_it_says_on_which_days_it_was_judged_and_what_it_saves(
    pattern,
):
    told = pattern[0]
    assert told.sentence.startswith("Schedules, made from 7 days and judged on the 7 after them: ")
    assert told.sentence.endswith(" %.")
    assert (told.pay, told.fitted_days, told.judged_days) == (True, 7, 7)
    assert told.without == pytest.approx(5 * 24 * 7, rel=0.01)
    assert told.scheduled is not None
    assert told.scheduled < 0.5 * told.without


def test_the_endpoint_starts_with_the_minimum_in_force_by_the_clock_of_the_user():
    """The recording starts on Monday at noon in New York."""
    where = ZoneInfo("America/New_York")
    whole, noon = opening(on_working_days, days=15, where=where), 43_200
    late = [(at - noon, seconds) for at, seconds in whole.traffic.arrivals() if at >= noon]
    start = MONDAY.replace(hour=12, tzinfo=where)
    traffic = TrafficSpec("calls.csv", Traffic.from_arrivals(late, duration=whole.traffic.duration - noon), start)
    _, scheduled, _ = found(traffic, timezone="America/New_York")
    assert scheduled is not None
    proposal = scheduled.space.proposal(scheduled.score.point)
    raised = next(rule for rule in proposal.schedules if rule.min >= 5)
    assert (raised.timezone, raised.name[-4:-2]) == ("America/New_York", "08")
    assert proposal.min == max(rule.min for rule in proposal.schedules)
    endpoint = scheduled.space.endpoint(scheduled.score.point)
    assert endpoint.target
    assert endpoint.target.min == endpoint.initial == proposal.min


def test_the_same_load_all_week_gets_none():
    requests = [(600.0 * number, 600.0) for number in range(14 * 144)]
    told, scheduled, _ = found(TrafficSpec("calls.csv", Traffic.from_arrivals(requests, duration=14 * DAY), MONDAY))
    assert scheduled is None
    assert told.sentence == "No schedules: the same minimum suits all hours of the week."


def trials(answer):
    """Instead of simulations."""

    def tasks(_judge, pairs):
        return [answer(endpoint, seed) for endpoint, seed, _ in pairs]

    return tasks


def has(endpoint):
    return bool(endpoint.target and endpoint.target.schedules)


@pytest.mark.parametrize(("price", "pay"), [(970.0, True), (971.0, False)])
def test_they_must_cost_clearly_less(price, pay):
    tasks = trials(lambda endpoint, _: Trial(0.0, price if has(endpoint) else 1_000.0))
    told, scheduled, _ = found(opening(on_working_days), tasks=tasks)
    assert (told.pay, scheduled is not None) == (pay, pay)
    assert ("they do not pay" in told.sentence) == (not pay)


def test_the_search_starts_from_minimums_of_each_fill_and_from_the_settings_without():
    """Fifty calls at a time on ten each. A lower target than usual is for fleets without schedules."""
    batches = []

    def tasks(_judge, given):
        asked = [endpoint.target for endpoint, _, _ in given]
        batches.append(
            [(one.min, one.max, one.policies[0].target, max(rule.min for rule in one.schedules)) for one in asked]
            if has(given[0][0])
            else []
        )
        return [Trial(0.0, 1_000.0 - len(one.schedules)) for one in asked]

    one = best(opening(on_working_days), tasks=tasks)
    point = one.space.point(2, 8, 0.6, 60, 300)
    with_schedules(replace(one, score=Score(point, 0.0, 1_000.0)), Goal(CUT_LIMIT), "UTC", (), 0)
    first = next(filter(None, batches))
    assert first == [(1, 8, 7.5, 6), (1, 8, 7.5, 7), (1, 8, 7.5, 8), (2, 8, 6.0, 8)]


def test_what_is_cheap_and_misses_what_was_asked_is_not_said_to_cost_more():
    tasks = trials(lambda endpoint, _: Trial(float(has(endpoint)), 500.0 if has(endpoint) else 1_000.0))
    told, scheduled, _ = found(opening(on_working_days), tasks=tasks)
    assert scheduled is None
    assert told.sentence.endswith("judged on the 7 after them, they would miss what was asked.")


def test_a_constant_minimum_that_does_as_well_is_better():
    """Another target without schedules costs hardly more than with them."""

    def answer(endpoint, _seed):
        assert endpoint.target
        return Trial(0.0, 900.0 if has(endpoint) else 910.0 if endpoint.target.max < 5 else 1_000.0)

    assert not found(opening(on_working_days), tasks=trials(answer))[0].pay


def test_no_schedules_from_a_week_that_does_not_come_again():
    told, scheduled, _ = found(opening(lambda day: 9 if day < MONDAY + timedelta(days=7) else 20))
    assert scheduled is None
    assert told.sentence.startswith("No schedules: ")


def test_they_must_do_what_was_asked_on_all_days():
    def answer(endpoint, _seed):
        whole = has(endpoint) and endpoint.initial == 1 and not judged
        return Trial(1.0 if whole else 0.0, 500.0 if has(endpoint) else 1_000.0)

    judged = True

    def tasks(judge, pairs):
        nonlocal judged
        judged = judge.traffic[0].traffic.duration <= 7 * DAY
        return [answer(*pair[:2]) for pair in pairs]

    told, scheduled, _ = found(opening(on_working_days), tasks=tasks)
    assert scheduled is None
    assert told.sentence.endswith("on all days they would miss what was asked.")


@pytest.mark.parametrize("before", [0, 2])
def test_seeds_that_were_not_seen_are_held_as_without(before):
    """What was asked is missed on two of the other seeds with schedules, and perhaps without."""
    tasks = trials(lambda endpoint, seed: Trial(float(seed > 0), 500.0 if has(endpoint) else 1_000.0))
    one = best(*[opening(on_working_days)] * 3, tasks=tasks)
    one.search.seeds = [0]
    told, scheduled, missed = with_schedules(one, Goal(CUT_LIMIT), "UTC", range(1, 3), before)
    assert (told.pay, scheduled is not None) == (before == 2,) * 2
    assert missed == before
    assert before or told.sentence.endswith("they would miss what was asked on 2 of 2 other seeds.")


@pytest.mark.parametrize(
    ("traffic", "reason"),
    [
        (opening(on_working_days, days=13), "they need 14 complete days of traffic, and this has 13. Record"),
        (replace(opening(on_working_days), start=None), "its times have no dates. Write dates"),
    ],
)
def test_too_little_traffic_is_said(traffic, reason):
    told, scheduled, _ = found(traffic)
    assert scheduled is None
    assert told.sentence.startswith(f"No schedules: {reason}")
    assert (told.pay, told.fitted_days, told.without) == (False, 0, None)


def test_an_asynchronous_endpoint_gets_none():
    told, _, _ = found(opening(on_working_days), kind=Kind.ASYNC)
    assert not told.pay
    assert told.sentence.startswith("No schedules: an asynchronous endpoint has a queue")


# Days that are judged


def test_a_part_has_its_requests_and_starts_at_its_own_time():
    whole, first = opening(lambda _day: 9, days=3), MONDAY.timestamp() + DAY
    found = Judge(CALLS, Setting(start=MONDAY), (whole, whole)).part(first, first + DAY)
    for one in found.traffic:
        assert (one.start, one.traffic.duration) == (MONDAY + timedelta(days=1), DAY)
        assert next(iter(one.traffic.arrivals())) == (9 * 3_600, 1200.0)
        assert found.setting.began(one) == one.start


def test_shortages_count_from_the_start_of_a_part():
    short = (Shortage("ml.g6.2xlarge", DAY - 3_600, DAY + 3_600), Shortage("ml.g6.2xlarge", 0, DAY))
    setting = Setting(model=replace(DEFAULT, behaviour=replace(DEFAULT.behaviour, shortages=short)))
    first = MONDAY.timestamp() + DAY
    found = Judge(CALLS, setting, (opening(on_working_days),)).part(first, first + DAY)
    assert found.setting.model.behaviour.shortages == (Shortage("ml.g6.2xlarge", -3_600, 3_600),)
