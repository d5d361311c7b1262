"""Metrics of an endpoint that was simulated: what happened is known."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scaleproof.recording.metrics import (
    BACKLOG,
    CONCURRENCY,
    CPU,
    FIRST_CHUNK,
    INVOCATIONS,
    LATENCY,
    PER_INSTANCE,
)
from scaleproof.recording.reading import Activity, Reader
from scaleproof.recording.retention import segments
from scaleproof.recording.series import Point, Series
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation import Result, Traffic, Work, simulate
from tests.unit.simulation.endpoints import MONDAY, PROMPT

START = int(MONDAY.timestamp())
STEP, MINUTE = 10, 60


@dataclass(frozen=True)
class Datum:
    """Samples of one metric, put together, at a time."""

    name: str
    time: int
    count: float
    sum: float


@dataclass
class Truth:
    """A simulation and what CloudWatch would have of it."""

    endpoint: Endpoint
    traffic: Traffic
    result: Result
    samples: list[tuple[int, int]]
    data: list[Datum]

    @property
    def end(self) -> int:
        """Epoch seconds, a whole minute."""
        return START + int(self.result.duration) // MINUTE * MINUTE

    @property
    def activities(self) -> list[Activity]:
        """As Application Auto Scaling lists them."""
        return [
            Activity(START + one.time, None if one.end is None else START + one.end, one.status, one.desired)
            for one in self.result.activities
            if one.desired is not None
        ]


def happened(endpoint: Endpoint, traffic: Traffic, behaviour: Any = PROMPT, **options: Any) -> Truth:
    """Simulates it from Monday on."""
    samples: list[tuple[int, int]] = []
    result = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour, samples=samples, **options)
    steps = [(START + STEP * place, *sample) for place, sample in enumerate(samples)]
    made = _queue if endpoint.kind is Kind.ASYNC else _realtime
    return Truth(endpoint, traffic, result, samples, [*_instances(steps), *made(steps, traffic)])


Steps = list[tuple[int, int, int]]
"""When a step began, and at its end requests and instances."""


def _instances(steps: Steps) -> Iterator[Datum]:
    for time, _, count in steps:
        if time % MINUTE == MINUTE / 2 and count:
            yield Datum(CPU, time, count, 50.0 * count)


def _realtime(steps: Steps, traffic: Traffic) -> Iterator[Datum]:
    for time, demand, count in steps:
        yield Datum(CONCURRENCY, time, count, demand)
    lengths: defaultdict[int, list[float]] = defaultdict(list)
    arrivals: Counter[int] = Counter()
    for time, seconds in traffic.arrivals():
        arrivals[START + int(time) // MINUTE * MINUTE] += 1
        if time + seconds < traffic.duration:
            lengths[START + int(time + seconds) // MINUTE * MINUTE].append(seconds)
    for minute in range(START, START + STEP * len(steps), MINUTE):
        yield Datum(INVOCATIONS, minute, 1, arrivals[minute])
        if traffic.work is Work.STREAM:
            yield Datum(FIRST_CHUNK, minute, arrivals[minute], 0.2e6 * arrivals[minute])
        elif lengths[minute]:
            yield Datum(LATENCY, minute, len(lengths[minute]), sum(lengths[minute]) * 1e6)


def _queue(steps: Steps, traffic: Traffic) -> Iterator[Datum]:
    came = Counter(int(time) // STEP * STEP + START for time, _ in traffic.arrivals())
    before, gone = 0, Counter[int]()
    for time, backlog, count in steps:
        yield Datum(BACKLOG, time, 1, backlog)
        if count:
            yield Datum(PER_INSTANCE, time, 1, backlog / count)
        gone[time // MINUTE * MINUTE] += before + came[time] - backlog
        before = backlog
    for minute, number in gone.items():
        if number:
            yield Datum("InvocationsProcesssed", minute, number, number)


class Replayed(Reader):
    """Reads metrics that are in memory, in the periods that CloudWatch would still have."""

    def __init__(
        self,
        data: Iterable[Datum],
        activities: Sequence[Activity] = (),
        every: int = MINUTE,
        initial: int = 1,
    ) -> None:
        self._data: defaultdict[str, list[Datum]] = defaultdict(list)
        self._known, self._every, self._initial = activities, every, initial
        for datum in data:
            self._data[datum.name].append(datum)

    def metrics(
        self, wanted: Iterable[MetricStat], start: int, end: int, now: float
    ) -> dict[MetricStat, Series]:
        return {metric: list(self._points(metric, start, end, now)) for metric in wanted}

    def activities(self, endpoint: str, variant: str, start: float, end: float) -> list[Activity]:
        assert (endpoint, variant) == ("speech", "AllTraffic")
        return [one for one in self._known if start <= one.start < end]

    def frequency(self, name: str) -> int:
        return self._every

    def initial(self, name: str, variant: str) -> int:
        return self._initial

    def _points(self, metric: MetricStat, start: int, end: int, now: float) -> Iterator[Point]:
        for segment in segments(start, end, now, metric.period):
            periods: defaultdict[int, list[Datum]] = defaultdict(list)
            for datum in self._data[metric.name]:
                if segment.start <= datum.time < segment.end:
                    periods[datum.time // segment.period * segment.period].append(datum)
            for time, some in sorted(periods.items()):
                number, total = math.fsum(one.count for one in some), math.fsum(one.sum for one in some)
                if number:
                    values = {"Sum": total, "SampleCount": number, "Average": total / number}
                    yield Point(time, segment.period, values[metric.statistic])
