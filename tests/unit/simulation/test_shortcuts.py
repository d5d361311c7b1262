"""Passing over what cannot change anything changes nothing: the same runs step by step give the same results.

Step by step means that no alarm rests and intervals are sampled one at a time.
"""

import random
from collections import Counter
from dataclasses import replace

import pytest

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.assumptions import AlarmAssumptions, Assumptions, AutoscalingAssumptions
from scaleproof.scaling.endpoint import ScheduledAction, Suspended
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.simulation import (
    Behaviour,
    Delay,
    Shortage,
    Traffic,
    WhenFull,
    generators,
)
from scaleproof.simulation.cloudwatch import SimulatedCloudWatch
from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.metrics import Metric
from scaleproof.simulation.readings import PointwiseAlarm

from .endpoints import (
    G6,
    asynchronous,
    at_once,
    backlog,
    pools,
    realtime,
    run,
    seeds,
    stat,
    tracking,
    wake_up,
    weighted,
)

MIXED = pools(g6=12, g6e=16)
HOTTEST = weighted("MAX([c1/12, c2/16])", 0.75)
MORNING = ScheduledAction("morning", "cron(0 6 * * ? *)", min=4)
EVENING = ScheduledAction("evening", "cron(0 18 * * ? *)", min=1)


def step_up(name, threshold, statistic, period=60, **dimensions):
    """A step policy that adds one instance after two periods above a threshold."""
    metric = replace(stat(name, statistic, **dimensions), period=period)
    alarm = AlarmSettings(metric, "GreaterThanThreshold", threshold, 2)
    return StepScaling("step", "ChangeInCapacity", (Step(1, lower=0),), {"high": alarm})


CASES = {
    "a day at a call centre": (realtime(tracking()), generators.diurnal(peak=60), {}),
    "spikes": (realtime(tracking()), generators.spike(top=60, every=4, seed=3), {}),
    "hardly any traffic": (realtime(tracking()), generators.constant(level=0.02, seed=1), {}),
    "a mixed fleet": (
        realtime(HOTTEST, tracking(12, disable_scale_in=True, name="guard"), fleet=MIXED),
        generators.diurnal(peak=80, seed=5),
        {"behaviour": Behaviour(shortages=(Shortage(G6, 30_000, 50_000),))},
    ),
    "schedules": (
        realtime(tracking(), schedules=(MORNING, EVENING)),
        generators.constant(level=5, seed=2),
        {"behaviour": Behaviour(stop_grace_seconds=0.0)},
    ),
    "batches": (asynchronous(backlog(), wake_up()), generators.batches(files=80, seed=3), {}),
    "rare batches": (
        asynchronous(backlog(), wake_up(1)),
        generators.batches(files=5, per_day=0.5, days=4, seed=6),
        {},
    ),
    "an expression that looks back": (
        realtime(weighted("FILL(c1, REPEAT)", 7.5, "Average", "g6")),
        generators.ramp(top=30, hours=3, days=0.5, seed=4),
        {},
    ),
    "repeats once a minute": (
        realtime(tracking()),
        generators.diurnal(peak=60, seed=9),
        {"assumptions": Assumptions(alarms=AlarmAssumptions(repeat_high_resolution=60.0))},
    ),
    "other answers": (
        realtime(tracking(), schedules=(MORNING,)),
        generators.diurnal(peak=60, seed=9),
        {
            "assumptions": Assumptions(autoscaling=AutoscalingAssumptions(largest_scale_in=1, cooldown_scope="target")),
            "behaviour": Behaviour(when_full=WhenFull.ACCEPT, metric_delay=25.0),
        },
    ),
    "requests that are counted": (
        realtime(step_up("InvocationsPerInstance", 3.0, "Sum", VariantName="AllTraffic"), tracking()),
        generators.spike(top=30, every=4, days=0.5, seed=3),
        {},
    ),
    "two metrics of ten seconds": (
        realtime(
            step_up("ConcurrentRequestsPerModel", 7.0, "Average", period=10, VariantName="AllTraffic"),
            tracking(),
        ),
        Traffic.from_arrivals([arrival for time in range(500, 90_000, 2_000) for arrival in at_once(8, 300.0, time)]),
        {},
    ),
    "a queue whose requests expire": (
        asynchronous(step_up("ApproximateBacklogSize", 9.0, "Average"), low=1, high=3),
        Traffic.from_arrivals(at_once(20, 5_000.0, 1.0) + at_once(20, 5_000.0, 50_803.0), duration=90_000.0),
        {"behaviour": Behaviour(request_ttl=936.0)},
    ),
    "the age of the oldest request": (
        asynchronous(step_up("ApproximateAgeOfOldestRequest", 300.0, "Maximum"), low=1, high=3),
        generators.batches(files=40, per_day=9, seed=8),
        {},
    ),
    "late metrics of a queue": (
        asynchronous(backlog(), wake_up()),
        generators.batches(files=40, seed=8),
        {"behaviour": Behaviour(metric_delay=130.0)},
    ),
}


MOST = {
    "a day at a call centre": (329, 172, 5688, 76),
    "spikes": (302, 62, 3013, 63),
    "hardly any traffic": (94, 2, 1810, 0),
    "a mixed fleet": (267, 134, 6029, 73),
    "schedules": (303, 200, 4837, 65),
    "batches": (281, 2590, 3232, 30),
    "rare batches": (150, 11409, 5890, 8),
    "an expression that looks back": (0, 0, 3500, 66),
    "repeats once a minute": (4815, 125, 8545, 79),
    "other answers": (266, 132, 5500, 48),
    "requests that are counted": (538, 28, 2200, 27),
    "two metrics of ten seconds": (3749, 324, 8880, 178),
    "a queue whose requests expire": (101, 3, 3002, 2),
    "the age of the oldest request": (10, 3, 2981, 1),
    "late metrics of a queue": (116, 2782, 2983, 12),
}
"""Evaluations of alarms, second looks at paused ones, samples and looks at the fleet that each takes: more make it
slower."""
MOST_DRAWN = [
    (2952, 208, 3193, 417),
    (167, 148, 5255, 71),
    (37, 16, 1962, 2),
    (2660, 174, 3189, 557),
    (161, 67, 3472, 49),
    (11293, 81, 8625, 0),
    (369, 56, 3250, 11),
    (14, 9, 2403, 3),
]
"""The same of what is drawn, by seed."""


def changes_nothing(endpoint, traffic, options, monkeypatch):
    """Also returns how much the shorter way takes, as in MOST."""
    counted = (
        (PointwiseAlarm, "evaluate"),
        (PointwiseAlarm, "reconsider"),
        (SimulatedCloudWatch, "sample"),
        (Fleet, "happen"),
    )
    taken = Counter()
    sample = SimulatedCloudWatch.sample
    with monkeypatch.context() as patch:
        for kind, name in counted:
            method = getattr(kind, name)
            patch.setattr(kind, name, lambda *given, name=name, do=method: taken.update([name]) or do(*given))
        quick = run(endpoint, traffic, **options)
    monkeypatch.setattr(PointwiseAlarm, "pause", lambda *_: None)
    monkeypatch.setattr(SimulatedCloudWatch, "sample", lambda self, end, _number: sample(self, end))
    assert quick == run(endpoint, traffic, **options)
    return [taken[name] for _, name in counted]


@pytest.mark.parametrize("case", CASES)
def test_shortcuts_change_nothing(case, monkeypatch):
    taken = changes_nothing(*CASES[case], monkeypatch)
    assert all(number <= most for number, most in zip(taken, MOST[case], strict=True))


def test_a_calm_day_takes_few_steps(monkeypatch):
    """About one for each row of its timeline."""
    steps, sample = [], SimulatedCloudWatch.sample
    monkeypatch.setattr(SimulatedCloudWatch, "sample", lambda *given: steps.append(sample(*given)) or steps[-1])
    result = run(realtime(tracking()), Traffic.from_arrivals([], duration=86_400.0))
    assert sum(steps) == 8_640
    assert len(steps) < 1.1 * len(result.timeline.demand)


def drawn(chance):
    """Any endpoint under any traffic with any answers. Delays that no two events can happen at once after."""
    seed, high = chance.randrange(1_000), chance.choice([2, 5, 10])
    policy, second = (
        tracking(
            chance.choice([5.0, 7.5]),
            out=chance.choice([0, 60, 600]),
            into=chance.choice([0, 300, 900]),
            name=name,
            disable_scale_in=chance.random() < 0.3,
        )
        for name in ("first", "second")
    )
    guard = tracking(12, disable_scale_in=chance.random() < 0.8, name="guard")
    step = step_up("ConcurrentRequestsPerModel", 9.0, "Maximum", chance.choice([10, 60]), VariantName="AllTraffic")
    down = replace(
        step,
        steps=(Step(-1, upper=0),),
        alarms={"low": replace(step.alarms["high"], comparison="LessThanThreshold", threshold=3.0)},
    )
    fleet = {"fleet": MIXED, "high": high}
    endpoint = chance.choice(
        [
            realtime(policy, high=high),
            realtime(policy, schedules=(MORNING, EVENING), high=max(high, 4)),
            realtime(policy, second, high=high),
            realtime(policy, chance.choice([step, down]), high=high),
            realtime(HOTTEST, guard, **fleet),
            realtime(HOTTEST, guard, schedules=(MORNING, EVENING), **{**fleet, "high": max(high, 4)}),
            realtime(HOTTEST, *chance.sample([policy, step, guard], 2), **fleet),
            asynchronous(backlog(chance.choice([2.0, 5.0])), wake_up(chance.choice([1, 2]))),
        ]
    )
    if chance.random() < 0.2:
        suspended = Suspended(*(chance.random() < 0.4 for _ in range(3)))
        endpoint = replace(endpoint, target=replace(endpoint.target, suspended=suspended))
    top = chance.randint(5, 90)
    traffic = chance.choice(
        [
            generators.diurnal(peak=top, seed=seed),
            generators.spike(top=top, every=chance.choice([2, 6]), days=0.6, seed=seed),
            generators.ramp(top=top, hours=chance.choice([0.2, 3]), days=0.4, seed=seed),
        ]
    )
    if endpoint.kind == "async":
        traffic = generators.batches(files=top, per_day=chance.choice([2, 8]), seed=seed)
    behaviour = Behaviour(
        provisioning=Delay(chance.choice([20.123, 180.777]), chance.choice([0, 0.4])),
        start_up=Delay(chance.choice([1.37, 80.91]), chance.choice([0, 0.4])),
        scale_in_time=chance.choice([0.0, 61.71]),
        stop_grace_seconds=chance.choice([0.0, 30.0, 1800.0]),
        when_full=chance.choice(list(WhenFull)),
        metric_delay=chance.choice([0.0, 5.0, 30.0]),
        shortages=(Shortage(G6, chance.uniform(0, 20_000), chance.uniform(20_001, 60_000)),),
        provision_timeout=chance.choice([303.33, 1801.77]),
    )
    assumptions = Assumptions(
        alarms=AlarmAssumptions(action_delay=chance.choice([0.17, 3.0])),
        autoscaling=AutoscalingAssumptions(
            tracked_value=chance.choice(["mean", "newest"]),
            cooldown_scope=chance.choice(["target", "policy"]),
            largest_scale_in=chance.choice([None, 1]),
        ),
    )
    return endpoint, traffic, {"behaviour": behaviour, "assumptions": assumptions, "seed": seed}


@pytest.mark.parametrize("seed", seeds(8, 16))
def test_shortcuts_change_nothing_whatever_is_assumed(seed, monkeypatch):
    """More of it where FUZZ_SECONDS is set."""
    taken = changes_nothing(*drawn(random.Random(seed)), monkeypatch)
    for number, most in zip(taken, MOST_DRAWN[seed] if seed < len(MOST_DRAWN) else taken, strict=True):
        assert number <= most


@pytest.mark.parametrize("seed", range(6))
def test_metrics_are_kept_as_long_as_alarms_look_at_them(seed, monkeypatch):
    """Nothing changes if all is kept: alarms that slide, and expressions that look back, at every phase."""
    chance = random.Random(seed)
    metric = replace(stat("ConcurrentRequestsPerModel", "Average", VariantName="AllTraffic"), period=300)
    high = AlarmSettings(metric, "GreaterThanThreshold", 3.0, chance.choice((1, 2, 3)))
    low = replace(high, comparison="LessThanThreshold", threshold=2.0)
    steps = StepScaling("up", "ChangeInCapacity", (Step(1, lower=0),), {"high": high}, 60)
    down = StepScaling("down", "ChangeInCapacity", (Step(-1, upper=0),), {"low": low}, 60)
    endpoint = realtime(steps, down, weighted("FILL(c1, REPEAT)", 4, "Average", "g6"), high=20)
    arrivals = sorted((chance.uniform(0, 30_000), chance.expovariate(1 / 400)) for _ in range(400))
    traffic = Traffic.from_arrivals(arrivals, duration=30_000.0)
    found = run(endpoint, traffic, seed=seed)
    assert len(found.transitions) > 20
    take = Metric.sample

    def keep(self, *given):
        self.length = 10**9
        take(self, *given)

    monkeypatch.setattr(Metric, "sample", keep)
    assert run(endpoint, traffic, seed=seed) == found
