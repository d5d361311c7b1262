"""What captures settle: each answer to an assumption that bears on them is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scaleproof.scaling import target_tracking
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import DEFAULT, spell
from scaleproof.verifying import observed
from scaleproof.verifying.findings import Verdict
from scaleproof.verifying.replays import Replays, made

from ..auditing.made import START, World, steady
from ..auditing.test_attribution import (
    FAST,
    HISTORIES,
    A,
    B,
    above,
    expression,
    on,
    scheduled,
    step,
    two,
    value,
    world,
)
from .made import recording

NONE = steady(B, None, 0, 0)


def formula(text: str, data: Any) -> World:
    queries = (Query("a", A, returned=False), Query("b", B, returned=False), Query("e", None, text))
    return world(step("s", 1, on(queries)), data={**data, **NONE}, seconds=300)


def averaged() -> World:
    """Every second minute has no data."""
    times = range(int(START) - 900, int(START) + 900, 120)
    return formula("a * 0 + AVG(a)", {A: dict.fromkeys(times, 60.0)})


def summed() -> World:
    return formula("a * 0 + 60 - SUM(b)", steady(A, 1.0, 900, 900))


def running() -> World:
    return formula("FILL(RUNNING_SUM(a), 0)", steady(A, 60.0, 900, -60))


def sorted_() -> World:
    return formula("FIRST(SORT([a, b], SUM, ASC))", steady(A, 60.0, 900, 900))


def aged() -> World:
    """Data that ends half a minute before the start."""
    return world(step("s", 1, above(FAST)), data=steady(FAST, 10.0, 300, -30), seconds=120)


def by_the_minute() -> World:
    return world(step("s", 1, above(A)), data=steady(A, 60.0, 600, 900), seconds=400)


def newest() -> World:
    """An expression that is evaluated some seconds after its newest data can be read."""
    return replace(expression(), phases={"s": 7.0})


OWN: dict[str, Callable[[], World]] = {
    "average_of_series=points": averaged,
    "empty_reduction=zero": summed,
    "running_sum_in_gaps=carried": running,
    "empty_sorts=first": sorted_,
    "expression_cutoff=10": newest,
    "extra_high_resolution=0": aged,
    "extra_high_resolution=30": aged,
    "extra_high_resolution=120": aged,
    "repeat_standard=300": by_the_minute,
}
ANSWERS = HISTORIES | OWN
RIVALS = {
    "extra_periods=3": "metric_cutoff=60",
    "metric_cutoff=60": "metric_delay=60",
    "expression_cutoff=10": "metric_delay=60",
}
"""Answers of which these histories do not say whether they are right, or another one."""


def given(answer: str) -> tuple[str, Any]:
    name, _, text = answer.partition("=")
    if answer in HISTORIES:
        return value(answer)
    return name, type(DEFAULT.get(name))(text)


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_default_is_found(answer: str) -> None:
    name, other = given(answer)
    found = Replays({4: ANSWERS[answer]().case()}).seen()[name]
    assert found.verdict is not Verdict.REFUTED
    assert spell(other) not in found.found.split(" ") or found.verdict is Verdict.CONFIRMED
    if found.verdict is Verdict.CONFIRMED:
        assert found.entry == 4


@pytest.mark.parametrize("answer", ANSWERS)
def test_another_answer_is_found(answer: str) -> None:
    name, other = given(answer)
    history = replace(ANSWERS[answer](), model=DEFAULT.set(name, other))
    replays = Replays({4: history.case()})
    found = replays.seen()[name]
    assert replays.unexplained() == []
    if answer in RIVALS:
        assert found.verdict is Verdict.OPEN
        assert found.found == f"{answer} explains it, and so does {RIVALS[answer]}"
        return
    assert found.verdict is Verdict.REFUTED, found
    assert answer in found.found
    assert found.entry == 4


def test_two_answers_are_found_beside_each_other() -> None:
    cases = {
        2: replace(scheduled(), model=DEFAULT.set("schedule_delay", 40.2)).case(),
        3: replace(two(), model=DEFAULT.set("cooldown_scope", "target")).case(),
    }
    found = Replays(cases).seen()
    assert {name for name, one in found.items() if one.verdict is Verdict.REFUTED} == {
        "cooldown_scope",
        "schedule_delay",
    }
    assert (found["schedule_delay"].entry, found["cooldown_scope"].entry) == (2, 3)


def test_a_schedule_that_is_a_moment_late_is_as_assumed() -> None:
    """Clocks differ by as much."""
    found = Replays({1: replace(scheduled(), model=DEFAULT.set("schedule_delay", 0.5)).case()}).seen()
    assert found["schedule_delay"].verdict is Verdict.CONFIRMED


@pytest.mark.parametrize(("period", "periods"), [(10, 90), (20, 45)])
def test_how_target_tracking_makes_its_alarm_is_read(period: int, periods: int) -> None:
    policy = TargetTracking("t", CONCURRENCY, 9.0)
    alarms = {one.name: one.settings for one in target_tracking.alarms(policy, {}, (period, periods))}
    data = {source: {} for one in alarms.values() for source in one.metrics}
    target = ScalableTarget(1, 4, (replace(policy, alarms=alarms),))
    case = World(target, 1, data, dict.fromkeys(alarms, 2.0), 100).case()
    assert made(case) == {"high_resolution_low_period": period, "high_resolution_low_periods": periods}
    assert Replays({1: case}).unexplained() == []
    for name, one in made(case).items():
        found = observed.seen(recording(), {1: case}, name)
        assert found
        assert found.verdict is (Verdict.CONFIRMED if one == DEFAULT.get(name) else Verdict.REFUTED)


def test_what_no_answer_explains_is_told() -> None:
    case = two().case()
    first, *others = case.scalings
    replays = Replays({7: replace(case, scalings=(replace(first, desired=7), *others))})
    event, *_ = replays.unexplained()
    assert event.endswith("in the record, to 8 in the replay (entry 7)")
    confirmed = [one.found for one in replays.seen().values() if one.verdict is Verdict.CONFIRMED]
    assert confirmed
    assert not [one for one in confirmed if event.removesuffix(" (entry 7)") in one], "it shows nothing"


def test_without_captures_all_is_open() -> None:
    assert {one.verdict for one in Replays({}).seen().values()} == {Verdict.OPEN}
