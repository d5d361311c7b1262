"""The simulation: how fast it is, how that grows, and beside it the same model on SimPy."""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import peer
from benchmarks.arithmetic import exponent
from scaleproof.errors import ScaleproofError
from scaleproof.progress import console
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy, Pool, ScalableTarget
from scaleproof.scaling.metric_math import Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import CONCURRENCY, MetricMath, TargetTracking
from scaleproof.simulation import Behaviour, Result, Traffic, Work, generators, simulate
from scaleproof.simulation.demand import dense

START = datetime(2026, 11, 2, tzinfo=UTC)
HOURS_A_DAY = 24
BEHAVIOUR = Behaviour()


@dataclass(frozen=True)
class Case:
    """What is simulated for how long: `days` of the whole benchmark and `quick` ones."""

    title: str
    endpoint: Endpoint
    traffic: Callable[[float], Traffic]
    days: float
    quick: float
    compared: bool = True


@dataclass(frozen=True)
class Speed:
    """CPU seconds of one process: `ours`, and those of the peer where it was run."""

    title: str
    days: float
    arrivals: int
    instances: int
    ours: float
    peer: float | None

    @property
    def hours_per_second(self) -> float:
        """Simulated hours in one second."""
        return self.days * HOURS_A_DAY / self.ours


@dataclass(frozen=True)
class Speeds:
    """All that was measured. Growth is in CPU seconds, memory in bytes at the peak."""

    cases: tuple[Speed, ...]
    by_traffic: Mapping[int, float]
    by_days: Mapping[int, float]
    by_endpoints: Mapping[int, float]
    memory_by_days: Mapping[int, int]


def tracked(name: str, *policies: Policy, high: int, pools: Mapping[str, float]) -> Endpoint:
    """A real-time endpoint from 1 to `high` instances."""
    fleet = tuple(Pool(kind, place, limit) for place, (kind, limit) in enumerate(pools.items(), 1))
    return Endpoint(name, "AllTraffic", Kind.REALTIME, fleet, 1, ScalableTarget(1, high, policies))


def concurrency(target: float, *, guard: bool = False) -> TargetTracking:
    """Target tracking on the predefined metric, as modules/realtime has it."""
    name = "guard" if guard else "concurrency"
    return TargetTracking(name, CONCURRENCY, target, 60, 300, disable_scale_in=guard)


def fullest(pools: Mapping[str, float], target: float) -> TargetTracking:
    """Target tracking on the fullest type, as modules/realtime has it for unequal pools."""
    metrics = []
    for place, kind in enumerate(pools, 1):
        dimensions = (("EndpointName", "mixed"), ("InstanceType", kind), ("VariantName", "AllTraffic"))
        metric = MetricStat("AWS/SageMaker", "ConcurrentRequestsPerModel", dimensions, "Maximum", 60)
        metrics.append(Query(f"c{place}", metric, returned=False))
    shares = ", ".join(f"c{place}/{limit:g}" for place, limit in enumerate(pools.values(), 1))
    math = MetricMath((*metrics, Query("utilization", expression=f"MAX([{shares}])")))
    return TargetTracking("utilization", math, target, 60, 300)


def queued() -> Endpoint:
    """An asynchronous endpoint that is empty at times, as modules/async has it."""
    name = "queue"

    def metric(metric_name: str) -> MetricStat:
        return MetricStat("AWS/SageMaker", metric_name, (("EndpointName", name),), "Average", 60)

    alarm = AlarmSettings(metric("HasBacklogWithoutCapacity"), "GreaterThanOrEqualToThreshold", 1.0, 2)
    policies = (
        TargetTracking("backlog", metric("ApproximateBacklogSizePerInstance"), 5.0),
        StepScaling("wake-up", "ChangeInCapacity", (Step(1, lower=0),), {"has-backlog": alarm}),
    )
    pool = Pool("ml.g6.2xlarge", 1, 4.0)
    return Endpoint(name, "AllTraffic", Kind.ASYNC, (pool,), 1, ScalableTarget(0, 5, policies))


EQUAL = {"ml.g6.2xlarge": 10.0, "ml.g6e.2xlarge": 10.0}
UNEQUAL = {"ml.g6.2xlarge": 12.0, "ml.g6e.2xlarge": 16.0, "ml.g5.2xlarge": 10.0}
SMALL = tracked("small", concurrency(7.5), high=12, pools=EQUAL)
LARGE = tracked("large", concurrency(7.5), high=120, pools=EQUAL)
MIDDLE = tracked("middle", concurrency(7.5), high=60, pools=EQUAL)
MIXED = tracked("mixed", fullest(UNEQUAL, 0.75), concurrency(12.0, guard=True), high=12, pools=UNEQUAL)


def calls(peak: float, work: Work = Work.STREAM) -> Callable[[float], Traffic]:
    """A call centre by the number of days."""
    return lambda days: generators.diurnal(peak=peak, days=days, work=work, seed=1)


CASES = (
    Case("streams, up to 60 at a time", SMALL, calls(60), 30, 1),
    Case("streams, up to 600 at a time", LARGE, calls(600), 5, 0.5),
    Case("answers in 4 s, up to 60 at a time", SMALL, calls(60, Work.SYNC), 2, 0.25),
    Case("a mixed fleet, up to 60 streams at a time", MIXED, calls(60), 30, 1),
    Case("an idle endpoint", SMALL, lambda days: generators.constant(level=0.05, days=days, seed=1), 30, 2),
    Case(
        "1,000 answers a second of 0.2 s, in groups",
        MIDDLE,
        lambda days: generators.constant(level=200, days=days, work=Work.SYNC, seconds=0.2 * math.exp(-0.32), seed=1),
        7,
        0.5,
        compared=False,
    ),
    Case(
        "batches of files for an endpoint that goes to zero",
        queued(),
        lambda days: generators.batches(files=100, days=days, seed=1),
        30,
        2,
        compared=False,
    ),
)


def measure(quick: bool) -> Speeds:
    """All of it. Raises ScaleproofError where the two models do not give the same results."""
    cases = tuple(_case(case, case.quick if quick else case.days) for case in CASES)
    console.print("Growth of the simulation")
    peaks = (15, 60, 240) if quick else (15, 60, 240, 960)
    return Speeds(
        cases,
        by_traffic={peak: _seconds(LARGE, calls(peak)(1))[0] for peak in peaks},
        by_days={days: _seconds(SMALL, calls(60)(days))[0] for days in ((1, 4) if quick else (1, 5, 30))},
        by_endpoints={number: _several(number) for number in ((1, 4) if quick else (1, 10, 50))},
        memory_by_days={days: _memory(days) for days in ((1, 4) if quick else (1, 5, 30))},
    )


def _case(case: Case, days: float) -> Speed:
    console.print(f"Simulating {case.title}, {days:g} days")
    traffic = _in_memory(case.traffic(days))
    ours, result = _seconds(case.endpoint, traffic, repetitions=3)
    theirs = None
    if case.compared:
        started = time.process_time()
        peer_totals = peer.Peer(case.endpoint, traffic, BEHAVIOUR, START, seed=0).run()
        theirs = time.process_time() - started
        wrong = peer.differences(peer_totals, result)
        if wrong:
            raise ScaleproofError(f"The two models differ for {case.title}: {'; '.join(wrong[:3])}.")
    totals = result.totals
    return Speed(case.title, days, totals.arrivals, totals.peak_instances, ours, theirs)


def _in_memory(traffic: Traffic) -> Traffic:
    """The same with its arrivals in memory: how long it takes to make them up is not what is measured. Dense
    traffic has none: its groups are made up as it goes."""
    if dense(traffic):
        return traffic
    chunks = list(traffic.chunks())
    return replace(traffic, chunks=lambda: iter(chunks))


def _seconds(endpoint: Endpoint, traffic: Traffic, repetitions: int = 1) -> tuple[float, Result]:
    traffic = _in_memory(traffic)
    durations = []
    for _ in range(repetitions):
        gc.collect()
        started = time.process_time()
        result = simulate(endpoint, traffic, start=START, behaviour=BEHAVIOUR)
        durations.append(time.process_time() - started)
    return median(durations), result


def _several(number: int) -> float:
    """A day of so many endpoints, each with traffic of its own."""
    traffics = [_in_memory(generators.diurnal(peak=60, days=1, seed=seed)) for seed in range(number)]
    started = time.process_time()
    for traffic in traffics:
        simulate(SMALL, traffic, start=START, behaviour=BEHAVIOUR)
    return time.process_time() - started


def _memory(days: int) -> int:
    """The most that is allocated at a time, traffic that is made up as it goes included."""
    traffic = calls(20)(days)
    gc.collect()
    tracemalloc.start()
    try:
        simulate(SMALL, traffic, start=START, behaviour=BEHAVIOUR)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def as_json(speeds: Speeds) -> dict[str, Any]:
    """All of it: CPU seconds and bytes."""
    return {
        "cases": [
            {
                **asdict(speed),
                "hours_per_second": speed.hours_per_second,
                "peer_over_ours": speed.peer / speed.ours if speed.peer else None,
            }
            for speed in speeds.cases
        ],
        "growth": {
            name: {"seconds": dict(durations), "exponent": exponent(durations)}
            for name, durations in (
                ("traffic", speeds.by_traffic),
                ("days", speeds.by_days),
                ("endpoints", speeds.by_endpoints),
            )
        },
        "memory_by_days": dict(speeds.memory_by_days),
    }


def show(screen: Console, speeds: Speeds) -> None:
    """Prints all of it."""
    screen.print("Simulation of one endpoint at 10 s resolution, CPU seconds of one core (median of 3)")
    table = _table("Traffic", "Days", "Requests", "Instances", "Seconds", "Hours/s", "SimPy", "SimPy/ours")
    for speed in speeds.cases:
        table.add_row(
            speed.title,
            f"{speed.days:g}",
            f"{speed.arrivals:,}",
            f"{speed.instances}",
            f"{speed.ours:.2f}",
            f"{speed.hours_per_second:,.0f}",
            f"{speed.peer:.1f}" if speed.peer else "-",
            f"{speed.peer / speed.ours:.1f}" if speed.peer else "-",
        )
    screen.print(table)
    for title, durations in (
        ("Streams at a time, a day", speeds.by_traffic),
        ("Days, up to 60 streams at a time", speeds.by_days),
        ("Endpoints, a day each", speeds.by_endpoints),
    ):
        table = _table(title, *map(str, durations), "Exponent")
        table.add_row("seconds", *(f"{value:.2f}" for value in durations.values()), f"{exponent(durations):.2f}")
        screen.print(table)
    table = _table("Days, up to 20 streams at a time", *map(str, speeds.memory_by_days))
    table.add_row("most memory (MB)", *(f"{value / 1e6:.1f}" for value in speeds.memory_by_days.values()))
    screen.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table
