"""Endpoints and traffic as the tests of the simulation write them."""

import os
import random
from datetime import UTC, datetime

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, MetricMath, TargetTracking
from scaleproof.simulation import Behaviour, Delay, Traffic, simulate

G6, G6E = "ml.g6.2xlarge", "ml.g6e.2xlarge"
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
PROMPT = Behaviour(provisioning=Delay(100.0), start_up=Delay(20.0))
"""An instance is in service 120 s after it was asked for, to the second."""


def pools(**limits):
    """Pools in priority order: `pools(g6=12, g6e=16)`."""
    return tuple(Pool(f"ml.{family}.2xlarge", place, limit) for place, (family, limit) in enumerate(limits.items(), 1))


def tracking(target=7.5, *, out=60, into=300, name="concurrency", **fields):
    """Target tracking on the predefined high-resolution metric."""
    return TargetTracking(name, CONCURRENCY, target, out, into, **fields)


def stat(name, statistic="Average", **dimensions):
    """A statistic of a metric of the endpoint, by the minute."""
    pairs = {"EndpointName": "speech", **dimensions}
    return MetricStat("AWS/SageMaker", name, tuple(sorted(pairs.items())), statistic, 60)


def weighted(expression, target, statistic="Maximum", *families):
    """Target tracking on metric math over the concurrency of each type: c1 is the first family's."""
    metrics = [
        Query(
            f"c{number}",
            stat(
                "ConcurrentRequestsPerModel",
                statistic,
                VariantName="AllTraffic",
                InstanceType=f"ml.{family}.2xlarge",
            ),
            returned=False,
        )
        for number, family in enumerate(families or ("g6", "g6e"), 1)
    ]
    math = MetricMath((*metrics, Query("signal", expression=expression)))
    return TargetTracking("weighted", math, target, 60, 300)


def backlog(target=5.0):
    """Target tracking on the backlog per instance, as modules/async has it."""
    return TargetTracking("backlog", stat("ApproximateBacklogSizePerInstance"), target, 300, 300)


def wake_up(periods=2):
    """The step policy that leaves zero, with the alarm of the guide."""
    metric = stat("HasBacklogWithoutCapacity")
    alarm = AlarmSettings(metric, "GreaterThanOrEqualToThreshold", 1.0, periods, periods)
    return StepScaling("wake-up", "ChangeInCapacity", (Step(1, lower=0),), {"has-backlog": alarm}, 300)


def realtime(
    *policies,
    fleet=None,
    low=1,
    high=10,
    initial=None,
    schedules=(),
):
    """A real-time endpoint; without policies and schedules nothing scales it."""
    scales = policies or schedules
    target = ScalableTarget(low, high, policies, schedules) if scales else None
    return Endpoint("speech", "AllTraffic", Kind.REALTIME, fleet or pools(g6=10.0), initial or low, target)


def asynchronous(
    *policies,
    fleet=None,
    low=0,
    high=5,
    initial=1,
    invocations=None,
):
    """An asynchronous endpoint; without policies nothing scales it."""
    target = ScalableTarget(low, high, policies) if policies else None
    return Endpoint("speech", "AllTraffic", Kind.ASYNC, fleet or pools(g6=4.0), initial, target, invocations)


def run(endpoint, traffic, behaviour=PROMPT, **options):
    """A simulation from Monday midnight on."""
    return simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour, **options)


def steady(rate, duration, length, seed=0):
    """A Poisson process with lengths of any distribution, made without the generators that are tested."""

    def arrivals():
        chance, time = random.Random(seed), 0.0
        while (time := time + chance.expovariate(rate)) < duration:
            yield time, length(chance)

    return Traffic.from_arrivals(arrivals(), duration=duration)


def at_once(number, seconds, time=0.0):
    """So many requests at one time."""
    return [(time, seconds)] * number


def seeds(few, many):
    """Of repetitions that differ in nothing else: `few`, or `many` where FUZZ_SECONDS is set."""
    return range(many if os.environ.get("FUZZ_SECONDS") else few)
