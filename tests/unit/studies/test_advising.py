"""What is advised was simulated: with it the endpoint holds, and it does not without any of its changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from unittest.mock import Mock

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.advice import Inputs, _simpler, advice, advise
from scaleproof.studies.inputs import Axis, axes, configured, targets, woken_by
from scaleproof.studies.outcome import Advice, Change, Cost, Outcome, Variation
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import parse
from scaleproof.studies.trials import Goal, Score
from scaleproof.studies.verdict import CutLimit, Level, Overload, Verdict
from tests.unit.report.made import ENDPOINT, day
from tests.unit.simulation.endpoints import (
    G6,
    asynchronous,
    backlog,
    pools,
    realtime,
    stat,
    tracking,
    wake_up,
    weighted,
)

pytestmark = pytest.mark.usefixtures("kept_plans")
NONE, ANY = Overload(), CutLimit.parse("any")
NIGHT = ScheduledAction("night", "cron(0 0 * * ? *)", "UTC", 1, 4)
FILES = "work=file,seconds=300,days=0.3"


@dataclass(frozen=True)
class Case:
    endpoint: Endpoint
    spec: str
    limit: CutLimit = ANY

    @property
    def setting(self):
        return Setting(max_cut=self.limit, price={G6: 10.0})

    def outcome(self, endpoint=None):
        return self.setting.outcome(endpoint or self.endpoint, parse(self.spec, seed=0))

    def advised(self, **more):
        found = advise(self.outcome(), parse(self.spec, seed=0), self.setting, **more)
        assert found is not None
        return found


CASES = {
    "the maximum is too low": (
        Case(realtime(tracking(), low=5, high=5), "constant:level=45,days=0.1"),
        {"capacity.max"},
    ),
    "instances come too late": (
        Case(realtime(tracking(), high=30), "step:top=60,after=1,days=0.2"),
        {"capacity.min"},
    ),
    "scale-in cuts too many": (
        Case(realtime(tracking(), high=12), "diurnal:peak=60,days=0.6", CutLimit(20, per_day=True)),
        {"target_utilization"},
    ),
    "files do not get through": (
        Case(asynchronous(backlog(), low=2, high=2, initial=2, invocations=1), f"constant:level=3,{FILES}"),
        {"capacity.max"},
    ),
    "files do not get through from zero": (
        Case(asynchronous(backlog(), wake_up(), high=1, invocations=1), f"constant:level=3,{FILES}", CutLimit()),
        {"capacity.max"},
    ),
    "batches expire": (
        Case(asynchronous(backlog(), wake_up(), fleet=pools(g6=1.0)), "batches:files=400,per_day=6", CutLimit()),
        {"capacity.max"},
    ),
    "schedules take instances away": (
        Case(realtime(tracking(), high=4, schedules=(NIGHT,)), "constant:level=50,days=0.1"),
        {"capacity.max and every lower max of schedules"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_holds_with_what_is_advised_and_with_no_change_less(name):
    case, needed = CASES[name]
    found = case.advised()
    assert found.enough
    assert found.nearest is None
    inputs = Inputs.from_endpoint(case.endpoint, 200)
    keys = {name: key for key, name in inputs.names.items()}
    for answer in (found.enough, *found.others):
        point = {**inputs.now, **{keys[change.name]: change.value for change in answer.changes}}
        whole = case.outcome(inputs.endpoint_at(point))
        assert whole.verdict.level is Level.HOLDS
        assert answer.outcome == whole.bare
    assert needed <= {change.name for change in found.enough.changes}
    assert case.outcome().verdict.level is not Level.HOLDS
    for change in found.enough.changes if len(found.enough.changes) > 1 else ():
        key = keys[change.name]
        less = {
            **inputs.now,
            **{keys[one.name]: one.value for one in found.enough.changes},
            key: inputs.now[key],
        }
        if less["min"] <= less["max"]:
            short = case.outcome(inputs.endpoint_at(less))
            assert short.verdict.level is not Level.HOLDS or short.cost.usd > 1.02 * found.enough.outcome.cost.usd


def test_an_endpoint_that_holds_needs_no_advice():
    case = Case(realtime(tracking(), high=30), "constant:level=3,days=0.1")
    assert advise(case.outcome(), parse(case.spec), case.setting) is None


def test_what_nothing_scales_has_no_input_to_change():
    found = Case(realtime(), "constant:level=40,days=0.05").advised()
    assert found == Advice(("Nothing scales it, so there is no input to change.",))


def test_suspended_scaling_is_to_be_resumed():
    endpoint = realtime(tracking(), high=8)
    suspended = replace(endpoint, target=replace(endpoint.target, suspended=Suspended(scale_out=True)))
    found = Case(suspended, "constant:level=40,days=0.05").advised()
    assert found == Advice(("Scaling out is suspended: resume it.",))


def test_a_maximum_may_rise_together_with_the_minimum():
    """Where both are the same, neither is enough by itself. No target helps while there is no load."""
    case = Case(realtime(tracking(), low=2, high=2), "step:top=60,base=0,after=1,days=0.1", CutLimit())
    found = case.advised()
    assert found.enough
    assert {change.name for change in found.enough.changes} >= {"capacity.max", "capacity.min"}


@pytest.mark.parametrize(("initial", "moves"), [(4, {"capacity.initial"}), (2, set())])
def test_a_minimum_above_the_initial_count_takes_it_along(initial, moves):
    """The module refuses an initial count outside the bounds. One that is the minimum is mostly not set."""
    endpoint = replace(realtime(tracking(), low=2, high=30), initial=initial)
    found = Case(endpoint, "step:top=60,after=1,days=0.2").advised()
    assert found.enough
    assert {change.name for change in found.enough.changes} == {"capacity.min"} | moves
    changed = {change.name: change.value for change in found.enough.changes}
    assert changed.get("capacity.initial", changed["capacity.min"]) == changed["capacity.min"] > 4


def test_trials_run_beside_each_other():
    case, _ = CASES["the maximum is too low"]
    shown = []
    with ThreadPoolExecutor(2) as pool:
        alike = case.advised(tasks=pool.map, progress=shown.append)
    assert alike == case.advised()
    assert shown == sorted(shown)
    assert shown[0] == 0.0


def tried(level, *changes, over=NONE, hours=10.0, lost=0, cut=0.0):
    """A variation of a day: what its verdict and its bill say."""
    result = replace(day(), totals=replace(day().totals, refused=lost))
    verdict = Verdict(level, "", "", (), over, cut)
    return Variation(changes, Outcome(endpoint=ENDPOINT, verdict=verdict, cost=Cost({G6: hours}, None), result=result))


BASE = tried(Level.FAILS, over=Overload(at_max=900)).outcome
MAX, MIN = Change("capacity.max", 4.0, 9.0), Change("capacity.min", 1.0, 3.0)


def test_what_is_enough_is_said_with_its_price():
    best, other = tried(Level.HOLDS, MAX, MIN, hours=12.0), tried(Level.HOLDS, MIN, hours=14.0)
    assert advice(BASE, best, (), 9).sentences == (
        "It holds with capacity.max = 9 and capacity.min = 3 (2.0 instance-hours more, +20 %).",
        "No single input that was tried is enough.",
    )
    found = advice(BASE, best, (other, other), 9)
    assert found.sentences[1:] == (
        "Or with capacity.min = 3 (4.0 instance-hours more, +40 %), or with capacity.min = 3 "
        "(4.0 instance-hours more, +40 %).",
    )
    assert (found.enough, found.others, found.nearest, found.simulations) == (best, (other, other), None, 9)


@pytest.mark.parametrize(("hours", "told"), [(15.0, False), (15.1, True)])
def test_what_is_dear_points_to_choose(hours, told):
    found = advice(BASE, tried(Level.HOLDS, MAX, hours=hours), (), 9).sentences
    assert any(one.startswith("That is expensive: try scaleproof choose") for one in found) == told


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        ("starting", "Instances start too slowly for this traffic: start them earlier"),
        ("short", "Instances were out of stock: another type in instance_pools would help."),
        ("unasked", "No policy scales out meanwhile"),
        ("at_max", "The maximum limits the endpoint."),
    ],
)
def test_where_nothing_is_enough_it_says_what_comes_nearest_and_why(cause, why):
    over = Overload(**{cause: 200.0, "unasked_longest": 5.0})
    near = tried(Level.STRAINED, MAX, over=over, hours=15.0, lost=3, cut=2.0)
    found = advice(BASE, near, (), 2)
    assert (found.enough, found.nearest, found.simulations) == (None, near, 2)
    assert found.sentences[0] == (
        "No change of its inputs that was tried is enough (2 simulations). capacity.max = 9 comes nearest "
        "(5.0 instance-hours more, +50 %): above capacity for 3 min 20 s, 3 requests lost, 2 cut off a day."
    )
    assert found.sentences[1].startswith(why)


def test_where_nothing_comes_nearer_it_says_so():
    assert advice(BASE, tried(Level.STRAINED), (), 1).sentences == (
        "No change of its inputs that was tried is enough (1 simulation). None is better than the present inputs.",
    )


@pytest.fixture(scope="module")
def planner(standins):
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
def test_inputs_are_those_of_the_module(plain, planner):
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
    changed = configured(planned, {key: value for key, (_, value) in several.items()})
    inputs = {name: type(getattr(plain, name))(value) for name, value in several.values()}
    assert changed == planner.endpoint(replace(plain, **inputs))


COOLDOWNS = [
    Axis("scale_out_cooldown", "scale_out_cooldown", 60, (30, 0)),
    Axis("scale_in_cooldown", "scale_in_cooldown", 300, (600, 1_800, 3_600, 7_200, 14_400)),
]
FRACTIONS = (0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05)


@pytest.mark.parametrize(
    ("endpoint", "inputs"),
    [
        (
            realtime(tracking(8.0), low=2, high=4, fleet=pools(g6=12.0, g6e=16.0)),
            [
                Axis("max", "capacity.max", 4, (5, 6, 7, 8)),
                Axis("target", "target_utilization", 0.666667, FRACTIONS),
                Axis("min", "capacity.min", 2, (3, 4)),
                *COOLDOWNS,
            ],
        ),
        (
            realtime(tracking(0.6), low=1, high=3, schedules=(NIGHT, replace(NIGHT, min=None, max=9))),
            [
                Axis("max", "capacity.max and every lower max of schedules", 9, tuple(range(10, 19))),
                Axis("target", "target_utilization", 0.06, (0.05,)),
                Axis("min", "capacity.min and every lower min of schedules", 1, tuple(range(2, 10))),
                *COOLDOWNS,
            ],
        ),
        (
            asynchronous(backlog(3.0), wake_up(periods=4), high=2, invocations=20),
            [
                Axis("max", "capacity.max", 2, (3, 4, 5)),
                Axis("target", "backlog_per_instance", 3.0, (2, 1)),
                Axis("min", "capacity.min", 0, (1, 2)),
                Axis("wake_instances", "wake_up.instances", 1, (2,)),
                Axis("wake_periods", "wake_up.evaluation_periods", 4, (3, 2, 1)),
                Axis("scale_out_cooldown", "scale_out_cooldown", 300, (240, 180, 120, 60, 30, 0)),
                Axis("scale_in_cooldown", "scale_in_cooldown", 300, (600, 1_800, 3_600, 7_200, 14_400)),
            ],
        ),
    ],
)
def test_the_inputs_that_may_change_and_their_values(endpoint, inputs):
    assert axes(endpoint, 60) == inputs


@pytest.mark.parametrize(
    ("bounds", "names"),
    [
        ({"min": None}, {"capacity.min", "capacity.max and every lower max of schedules"}),
        ({"max": None}, {"capacity.max", "capacity.min and every lower min of schedules"}),
    ],
)
def test_a_bound_is_raised_with_those_of_schedules_that_have_it(bounds, names):
    scheduled = realtime(tracking(8.0), low=2, high=4, schedules=(replace(NIGHT, **bounds),))
    assert {axis.input for axis in axes(scheduled, 60) if axis.key in ("min", "max")} == names


@pytest.mark.parametrize(("now", "values"), [(3.5, (3, 2, 1)), (2.0, (1,)), (1.0, (0.5, 0.25))])
def test_a_backlog_falls_by_whole_requests_and_below_one_by_halves(now, values):
    (axis,) = targets(asynchronous(backlog(now)))
    assert (axis.before, axis.values) == (now, values)


def test_what_tracks_nothing_aims_at_nothing():
    assert targets(asynchronous(wake_up())) == []


@pytest.mark.parametrize(("price", "simpler"), [(102.0, True), (102.1, False)])
def test_a_change_that_saves_two_percent_or_less_is_left_out(price, simpler):
    search = Mock(scores=lambda points, _goal: [Score(point, 0.0, price) for point in points])
    best, now = Score({"max": 4.0}, 0.0, 100.0), Mock(values={"max": [2.0, 4.0]}, now={"max": 2.0})
    assert _simpler(search, best, now, Goal(ANY)).point == {"max": 2.0 if simpler else 4.0}


@pytest.mark.parametrize(("limits", "now"), [((12, 8), 9.0), ((8, 12), 6.0), ((12, None), 6.0), ((None, 8), 6.0)])
def test_a_backlog_is_of_the_weakest_type_where_all_limits_are_known(limits, now):
    (axis,) = targets(asynchronous(backlog(6.0), fleet=pools(**dict(zip(("g6", "g6e"), limits, strict=True)))))
    assert axis.before == now


def test_what_an_input_is_now_is_no_other_value_of_it():
    tracked = [tracking(out=out, into=into) for out, into in ((0, 14_400), (60, 600), (240, 1_800))]
    for endpoint in (*map(realtime, tracked), asynchronous(backlog(1.0), wake_up(1), invocations=1)):
        assert [axis.input for axis in axes(endpoint, 60) if axis.before in axis.values or not axis.values] == []


def test_a_utilization_is_that_of_the_type_that_sustains_least():
    (axis,) = targets(realtime(tracking(6.0), fleet=pools(g6=12.0, g6e=8.0)))
    assert (axis.input, axis.before) == ("target_utilization", 0.75)


@pytest.mark.parametrize(("target", "name"), [(1.0, "target_utilization"), (1.1, "signal.target_value")])
def test_metric_math_up_to_one_is_a_utilization(target, name):
    assert [axis.input for axis in targets(realtime(weighted("c1 + c2", target)))] == [name]


def test_only_the_metric_of_a_backlog_without_capacity_wakes():
    policy = wake_up()
    ((name, alarm),) = policy.alarms.items()
    other = replace(alarm, source=replace(alarm.source, name="ApproximateBacklogSize"))
    assert woken_by(policy) is alarm
    assert woken_by(replace(policy, alarms={name: other})) is None


def test_a_target_in_a_unit_of_its_own():
    own = TargetTracking("own", stat("Utterances"), 40.0)
    found = {axis.input: axis for axis in axes(realtime(own), 10)}
    steps = found["signal.target_value"].values
    assert (steps[:2], steps[-1], len(steps)) == ((38.0, 36.0), 2.0, 19)
    changed = configured(realtime(own), {"target": 38.0})
    assert changed.target
    assert changed.target.policies == (replace(own, target=38.0),)


@pytest.mark.parametrize(
    ("endpoint", "inputs", "message"),
    [
        (
            replace(realtime(tracking()), target=None),
            {"max": 3},
            "Nothing scales .*, so it has no settings to change",
        ),
        (realtime(tracking(), low=2), {"max": 1}, "cannot have bounds of 2 to 1 instances"),
        (realtime(tracking()), {"min": 0}, "cannot have bounds of 0 to"),
        (asynchronous(wake_up()), {"target": 0.5}, "No policy tracks a target, so target has no effect"),
        (realtime(tracking()), {"policy_target": 0}, "Set the target to more than 0"),
    ],
)
def test_what_an_endpoint_cannot_have_is_refused(endpoint, inputs, message):
    with pytest.raises(ScaleproofError, match=message):
        configured(endpoint, inputs)


def test_a_maximum_is_tried_from_one_more_up_to_one_and_a_half_times_what_the_peak_needs():
    endpoint = realtime(tracking(), low=2, high=4)
    inputs = Inputs.from_endpoint(endpoint, 60)
    assert inputs.values["max"] == [4, 5, 6, 7, 8, 9]
    assert inputs.values["min"] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert Inputs.from_endpoint(endpoint, 10).values["max"] == [4, 5, 6, 7, 8], "at least twice as many"
    starts = inputs.starts(60)
    assert [start["max"] for start in starts] == [4, 6, 6, 6]
    assert starts[-1]["min"] == 6, "of constant size"
    eager = {name: inputs.values[name].index(starts[2][name]) for name in inputs.values}
    last = {name: len(values) - 1 for name, values in inputs.values.items()}
    assert (eager["scale_out_cooldown"], eager["scale_in_cooldown"]) == (0, last["scale_in_cooldown"])
    assert eager["target"] == last["target"] // 5 > 0


@pytest.mark.parametrize(
    ("endpoint", "sizes", "high"),
    [
        (realtime(tracking(), low=2, high=4, fleet=pools(g6=6.0, g6e=20.0)), [10, 5], 15),
        (realtime(tracking(), low=2, high=4, fleet=pools(g6=20.0, g6e=6.0)), [10, 5], 15),
        (realtime(tracking(), low=2, high=4, fleet=pools(g6=20.0, g6e=None)), [], 8),
        (realtime(tracking(), low=2, high=40, fleet=pools(g6=6.0)), [], 80),
        (realtime(tracking(), low=2, high=4, fleet=pools(g6=None)), [60, 30, 15, 7], 90),  # a request each
        (asynchronous(backlog(), low=2, high=4, invocations=12), [5], 8),
    ],
)
def test_room_is_tried_up_to_the_peak_on_the_smallest_type(endpoint, sizes, high):
    inputs = Inputs.from_endpoint(endpoint, 60)
    now, *roomy, eager, constant = inputs.starts(60)
    assert now == inputs.now
    assert roomy == [{**now, "max": size} for size in sizes]
    assert eager["max"] == constant["max"] == constant["min"] == max([now["max"], *sizes])
    assert inputs.values["max"][-1] == high


def test_bounds_of_schedules_are_raised_and_never_lowered():
    day = ScheduledAction("day", "cron(0 8 * * ? *)", "UTC", 6, 20)
    inputs = Inputs.from_endpoint(realtime(tracking(), low=2, high=10, schedules=(NIGHT, day)), 400)
    changed = inputs.endpoint_at({**inputs.now, "min": 5, "max": 24}).target
    assert changed
    assert (changed.min, changed.max) == (5, 24)
    assert [(one.min, one.max) for one in changed.schedules] == [(5, 24), (6, 24)]
    lower = inputs.endpoint_at({**inputs.now, "min": 5}).target
    assert lower
    assert [(one.min, one.max) for one in lower.schedules] == [(5, 5), (6, 20)]
    same = inputs.endpoint_at(inputs.now).target
    assert same
    assert [(one.min, one.max) for one in same.schedules] == [(1, 4), (6, 20)]
    closed = replace(NIGHT, min=0, max=0)
    queue = asynchronous(backlog())
    scheduled = replace(queue, target=ScalableTarget(0, 5, queue.target.policies, (closed,)))
    empty = Inputs.from_endpoint(scheduled, 10)
    asleep = empty.endpoint_at(empty.now).target
    assert asleep
    assert asleep.schedules == (closed,)
    lowest = Inputs.from_endpoint(realtime(tracking(), low=3, high=10, schedules=(NIGHT,)), 10)
    kept = lowest.endpoint_at({**lowest.now, "min": 2}).target
    assert kept
    assert (kept.min, [one.min for one in kept.schedules]) == (3, [2])
