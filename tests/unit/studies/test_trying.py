"""What is advised was tried: with it the endpoint holds, and with one step less it does not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Endpoint, Kind, ScheduledAction
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation.demand import offered
from scaleproof.studies.advice import Advice, Change, Tried, advice
from scaleproof.studies.inputs import Axis, axes, with_inputs
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import StudyRequest, types_of
from scaleproof.studies.traffic import parse
from scaleproof.studies.trying import Trial, advise
from scaleproof.studies.verdict import CutLimit, Level, Overload
from tests.unit.simulation.endpoints import (
    G6,
    asynchronous,
    backlog,
    realtime,
    stat,
    tracking,
)

NONE, ANY = Overload(), CutLimit.parse("any")
NIGHT = ScheduledAction("night", "cron(0 0 * * ? *)", "UTC", 1, 4)
FILES = "work=file,seconds=300,days=0.5"


def trial(endpoint: Endpoint, spec: str, limit: CutLimit = ANY, **words: tuple[str, ...]) -> Trial:
    given = {"assume": (), "shortage": (), "price": ()} | words
    setting = StudyRequest((), 0, None, **given).setting(types_of([endpoint]))
    return Trial(endpoint, parse(spec, seed=0), replace(setting, max_cut=limit))


CASES = {
    "the maximum is too low": (
        trial(realtime(tracking(), low=5, high=5), "constant:level=45,days=0.1"),
        "capacity.max",
    ),
    "instances come too late": (
        trial(realtime(tracking(), high=30), "step:top=60,after=1,days=0.2"),
        "capacity.min",
    ),
    "there is no room": (
        trial(realtime(tracking(9.8), low=3, high=30), "diurnal:peak=60,days=0.5"),
        "target_utilization",
    ),
    "scale-in cuts too many": (
        trial(realtime(tracking(), high=12), "diurnal:peak=60,days=0.6", limit=CutLimit(20, per_day=True)),
        "target_utilization",
    ),
    "the maximum is too low, and instances come too late": (
        trial(realtime(tracking(), high=4), "spike:top=60,days=0.3"),
        "capacity.max and target_utilization",
    ),
    "files do not get through": (
        trial(asynchronous(backlog(), low=2, high=2, initial=2, invocations=1), f"constant:level=3,{FILES}"),
        "capacity.max",
    ),
    "schedules take instances away": (
        trial(realtime(tracking(), high=4, schedules=(NIGHT,)), "constant:level=50,days=0.1"),
        "capacity.max and every lower max of schedules and capacity.min and every lower min of schedules",
    ),
}


def inputs(case: Trial, tried: Tried) -> dict[Axis, float]:
    """The changes by the axes that they are on; another input beside a higher maximum reaches further."""
    peak = max(offered(case.traffic.traffic))
    found = {axis.input: axis for axis in axes(case.endpoint, peak)}
    if len(tried.changes) > 1 and tried.changes[0].input.startswith("capacity.max"):
        reach = axes(with_inputs(case.endpoint, {"max": tried.changes[0].value}), peak)
        found = {axis.input: axis for axis in reach} | {tried.changes[0].input: found[tried.changes[0].input]}
    return {found[change.input]: change.value for change in tried.changes}


def outcome(case: Trial, values: Mapping[Axis, float]) -> Outcome:
    changed = with_inputs(case.endpoint, {axis.key: value for axis, value in values.items()})
    return case.setting.outcome(changed, case.traffic)


def holds(case: Trial, found: Outcome) -> bool:
    return found.verdict.level is Level.HOLDS


def advised(case: Trial) -> Advice:
    found = advise(case, case.setting.outcome(case.endpoint, case.traffic))
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_holds_with_what_is_advised_and_not_with_one_step_less(name: str) -> None:
    case, expected = CASES[name]
    found = advised(case)
    assert found.enough
    assert found.nearest is None
    assert " and ".join(change.input for change in found.enough.changes) == expected
    for answer in (found.enough, *found.others):
        values = inputs(case, answer)
        whole = outcome(case, values)
        assert holds(case, whole)
        assert answer.instance_hours == whole.cost.total_hours
        for axis, value in values.items():
            at = axis.values.index(value)
            less = (
                {**values, axis: axis.values[at - 1]}
                if at
                else {one: values[one] for one in values if one != axis}
            )
            bounds = {one.key: value for one, value in less.items()}
            possible = bounds.get("min", 0) <= bounds.get("max", math.inf)
            assert not possible or not holds(case, outcome(case, less))


def test_what_is_advised_is_said_with_its_price() -> None:
    case, _ = CASES["there is no room"]
    found = advised(case)
    assert found.sentences == (
        "It holds with target_utilization = 0.85 (3.9 instance-hours more, +7.2 %).",
        "Or with capacity.min = 8 (42.9 instance-hours more, +79 %).",
    )
    priced = replace(case, setting=replace(case.setting, price={G6: 10.0}))
    assert found.enough
    hours = found.enough.instance_hours - case.setting.outcome(case.endpoint, case.traffic).cost.total_hours
    wanted = f"It holds with target_utilization = 0.85 (${10 * hours:.2f} more, +7.2 %)."
    assert advised(priced).sentences[0] == wanted


def test_two_inputs_are_changed_only_where_one_is_not_enough() -> None:
    assert "No single input is enough." not in advised(CASES["there is no room"][0]).sentences
    found = advised(CASES["the maximum is too low, and instances come too late"][0])
    assert "No single input is enough." in found.sentences
    assert all(len(one.changes) == 2 for one in (found.enough, *found.others) if one)


def test_an_endpoint_that_holds_needs_no_advice() -> None:
    case = trial(realtime(tracking(), high=30), "constant:level=3,days=0.1")
    assert advise(case, case.setting.outcome(case.endpoint, case.traffic)) is None


def test_what_scale_in_may_cut_off_counts_where_it_is_limited() -> None:
    limited = CASES["scale-in cuts too many"][0]
    free = replace(limited, setting=replace(limited.setting, max_cut=ANY))
    for case, most in ((limited, 20.0), (free, math.inf)):
        found = advised(case)
        assert found.enough
        cut = [one.cut_per_day for one in (found.enough, *found.others)]
        assert max(cut) <= most
        assert (max(cut) > 20) == (most == math.inf)


def test_what_nothing_scales_has_no_input_to_change() -> None:
    found = advised(trial(realtime(), "constant:level=40,days=0.05"))
    assert found == Advice(("Nothing scales it, so there is no input to change.",), None, (), None, 0)


def test_trials_run_beside_each_other() -> None:
    case, _ = CASES["there is no room"]
    shown: list[float] = []
    with ThreadPoolExecutor(2) as pool:
        alike = advise(
            case,
            case.setting.outcome(case.endpoint, case.traffic),
            each=pool.map,
            progress=shown.append,
        )
    assert alike == advised(case)
    assert shown == sorted(shown)
    assert shown[-1] == 1.0


def tried(level: Level, over: Overload = NONE, *, hours: float = 10.0, **more: Any) -> Tried:
    made = Tried((), False, level, over.total, 1, hours, None, over, 0, 0.0)
    return replace(made, **more)


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        ("starting", "Instances start too slowly for this traffic: they have to run before it comes"),
        ("short", "Instances could not be had: another type in instance_pools would help."),
        ("unasked", "No policy asks for more meanwhile"),
        ("at_max", "The maximum is in the way."),
    ],
)
def test_where_nothing_is_enough_it_says_what_comes_nearest_and_why(cause: str, why: str) -> None:
    base = tried(Level.FAILS, Overload(at_max=900))
    near = tried(
        Level.STRAINED,
        Overload(**{cause: 200.0, "unasked_longest": 5.0}),
        hours=15.0,
        changes=(Change("capacity.max", 4, 9),),
        lost=3,
        cut_per_day=2.0,
    )
    far = replace(near, level=Level.FAILS, shortfall=0.5)
    found = advice(base, [far, near], [])
    assert (found.enough, found.nearest, found.simulations) == (None, near, 2)
    assert found.sentences[0] == (
        "No change of one or two of its inputs is enough (2 simulations). capacity.max = 9 comes nearest "
        "(5.0 instance-hours more, +50 %): above capacity for 3 min 20 s, 3 requests lost, 2 cut off a day."
    )
    assert found.sentences[1].startswith(why)


def test_where_nothing_comes_nearer_it_says_so() -> None:
    found = advice(tried(Level.STRAINED), [tried(Level.FAILS)], [])
    assert found.sentences == (
        "No change of one or two of its inputs is enough (1 simulation). "
        "None comes nearer than what there is.",
    )


@pytest.fixture(scope="module")
def planner(standins: StandIns | None) -> Iterator[ModulePlanner]:
    with closing(ModulePlanner(module_directory(), "speech", standins=standins)) as made:
        yield made


EQUAL, UNEQUAL = ((G6, 10.0),), ((G6, 12.0), ("ml.g6e.2xlarge", 8.0))
LIVE = Proposal(Kind.REALTIME, EQUAL, 2, 9, 0.7, 60, 300)
QUEUED = Proposal(Kind.ASYNC, UNEQUAL, 0, 4, 6.0, 120, 300, 12, 2, 3)


@pytest.mark.parametrize(
    "plain",
    [LIVE, replace(LIVE, pools=UNEQUAL), QUEUED],
    ids=["one type", "types that differ", "files"],
)
def test_inputs_are_those_of_the_module(plain: Proposal, planner: ModulePlanner) -> None:
    """An endpoint with another input is the one that Terraform plans with that input."""
    names = {"wake_up.instances": "wake_instances", "wake_up.evaluation_periods": "wake_periods"}
    names |= dict.fromkeys(("target_utilization", "backlog_per_instance"), "target")
    planned = planner.endpoint(plain)
    found = [axis for axis in axes(planned, 100) if axis.key != "min" or plain.min]
    assert len(found) == (5 if plain.kind is Kind.REALTIME else 6)
    several = {}
    for axis in found:
        name = names.get(axis.input, axis.input.removeprefix("capacity."))
        assert axis.before == getattr(plain, name)
        assert axis.before not in axis.values
        several[axis.key] = (name, axis.values[min(1, len(axis.values) - 1)])
    changed = with_inputs(planned, {key: value for key, (_, value) in several.items()})
    inputs = {name: type(getattr(plain, name))(value) for name, value in several.values()}
    assert changed == planner.endpoint(replace(plain, **inputs))


def test_a_target_in_a_unit_of_its_own() -> None:
    own = TargetTracking("own", stat("Utterances"), 40.0)
    found = {axis.input: axis for axis in axes(realtime(own), 10)}
    assert found["signal.target_value"].values[:2] == (38.0, 36.0)
    changed = with_inputs(realtime(own), {"target": 38.0})
    assert changed.target
    assert changed.target.policies == (replace(own, target=38.0),)


def test_bounds_of_schedules_are_raised_and_never_lowered() -> None:
    day = ScheduledAction("day", "cron(0 8 * * ? *)", "UTC", 6, 20)
    endpoint = realtime(tracking(), low=2, high=10, schedules=(NIGHT, day))
    changed = with_inputs(endpoint, {"min": 5, "max": 12}).target
    assert changed
    assert (changed.min, changed.max) == (5, 12)
    assert [(one.min, one.max) for one in changed.schedules] == [(5, 12), (6, 20)]
    lowest = with_inputs(realtime(tracking(), low=3, schedules=(NIGHT,)), {"min": 2}).target
    assert lowest
    assert lowest.min == 3
