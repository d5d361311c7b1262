"""Metrics of an endpoint that was simulated: what happened is known."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

from scaleproof.recording.metrics import (
    BACKLOG,
    CONCURRENCY,
    CPU,
    FIRST_CHUNK,
    INSTANCES,
    INVOCATIONS,
    LATENCY,
)
from scaleproof.scaling.autoscaling import Activity, Status
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation import Result, Traffic, Work, simulate
from tests.unit.simulation.endpoints import MONDAY, PROMPT, pools, realtime, tracking

START = int(MONDAY.timestamp())
STEP, MINUTE, HOUR = 10, 60, 3600
STREAMS = realtime(tracking(4.0), fleet=pools(g6=10.0), low=4, high=20)


def waves(hours, level, seconds, work=Work.STREAM, seed=1):
    """Requests whose number goes up and down every hour, with log-normal lengths."""
    chance = random.Random(seed)
    made, time = [], 0.0
    most = level / seconds
    while (time := time + chance.expovariate(most)) < hours * HOUR:
        if chance.random() < 0.55 + 0.45 * (1 if time % HOUR < HOUR / 2 else -1):
            made.append((time, seconds * chance.lognormvariate(-0.125, 0.5)))
    return Traffic.from_arrivals(made, work=work, duration=hours * HOUR)


def each_minute(name, number, value=1.0):
    """So many samples in each minute of an hour, and the value of each."""
    return [Datum(name, time, number, number * value) for time in range(START, START + HOUR, MINUTE)]


def change(start, end, desired, status=Status.SUCCESSFUL):
    """A change of the count, as Application Auto Scaling tells of it."""
    return Activity(0, "", "", start, status, end, desired=desired)


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
    def end(self):
        """Epoch seconds, a whole minute."""
        return START + int(self.result.duration) // MINUTE * MINUTE

    @property
    def activities(self):
        """As Application Auto Scaling lists them."""
        return [
            change(
                START + activity.time,
                None if activity.end is None else START + activity.end,
                activity.desired,
                Status(activity.status),
            )
            for activity in self.result.activities
            if activity.desired is not None
        ]


def happened(endpoint, traffic, behaviour=PROMPT, **options):
    """Simulates it from Monday on."""
    samples = []
    result = simulate(endpoint, traffic, start=MONDAY, behaviour=behaviour, samples=samples, **options)
    steps = [(START + STEP * place, *sample) for place, sample in enumerate(samples)]
    made = _queue if endpoint.kind is Kind.ASYNC else _realtime
    return Truth(endpoint, traffic, result, samples, [*_instances(steps), *made(steps, traffic)])


Steps = list[tuple[int, int, int]]
"""When a step began, and at its end requests and instances."""


def _instances(steps):
    for time, _, count in steps:
        if time % MINUTE == MINUTE / 2 and count:
            yield Datum(CPU, time, count, 50.0 * count)


def _realtime(steps, traffic):
    for time, demand, count in steps:
        yield Datum(CONCURRENCY, time, count, demand)
    lengths = defaultdict(list)
    arrivals = Counter()
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


def _queue(steps, traffic):
    came = Counter(int(time) // STEP * STEP + START for time, _ in traffic.arrivals())
    before, gone = 0, Counter[int]()
    for time, backlog, _ in steps:
        yield Datum(BACKLOG, time, 1, backlog)
        gone[time // MINUTE * MINUTE] += before + came[time] - backlog
        before = backlog
    for minute, number in gone.items():
        if number:
            yield Datum("InvocationsProcesssed", minute, number, number)


class Account:
    """Clients of an account whose metrics and activities are in memory; CloudWatch has only what is kept."""

    def __init__(
        self,
        data,
        activities=(),
        every=None,
        initial=1,
    ):
        """`every`: MetricPublishFrequencyInSeconds, if the configuration has it."""
        self._data = defaultdict(list)
        self._activities, self._initial = activities, initial
        self._metrics = {} if every is None else {"MetricsConfig": {"MetricPublishFrequencyInSeconds": every}}
        for datum in data:
            self._data[datum.name].append(datum)
        self.metrics_read = []
        """Queries of metrics."""

    def __call__(self, service):
        """A client."""
        assert service in ("cloudwatch", "sagemaker", "application-autoscaling")
        return self

    def describe_endpoint(self, *, EndpointName):  # noqa: N803
        return {"EndpointConfigName": f"{EndpointName}-3"}

    def describe_endpoint_config(self, *, EndpointConfigName):  # noqa: N803
        assert EndpointConfigName == "speech-3"
        other = {"VariantName": "Other", "InitialInstanceCount": 77}
        own = {"VariantName": "AllTraffic", "InitialInstanceCount": self._initial}
        return {"ProductionVariants": [other, own], **self._metrics}

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=getattr(self, f"_{operation}"))

    def _describe_scaling_activities(self, **scope):
        assert scope["ResourceId"] == "endpoint/speech/variant/AllTraffic"
        for activity in reversed(self._activities):  # the newest come first
            row = {
                "Description": f"Setting desired instance count to {activity.desired}.",
                "Cause": activity.cause,
                "StartTime": datetime.fromtimestamp(activity.start, UTC),
                "StatusCode": activity.status,
            }
            end = {} if activity.end is None else {"EndTime": datetime.fromtimestamp(activity.end, UTC)}
            yield {"ScalingActivities": [{**row, **end}, {**row, "Description": "Something else."}]}

    def _get_metric_data(self, **request):
        results = []
        for query in request["MetricDataQueries"]:
            metric = query["MetricStat"]
            self.metrics_read.append(metric)
            points = list(self._points(metric, request["StartTime"], request["EndTime"]))
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": [datetime.fromtimestamp(time, UTC) for time, _ in points],
                    "Values": [value for _, value in points],
                }
            )
        yield {"MetricDataResults": results}

    def _points(self, metric, start, end):
        period, name = metric["Period"], metric["Metric"]["MetricName"]
        variant = {"Name": "VariantName", "Value": "AllTraffic"} in metric["Metric"]["Dimensions"]
        assert variant is not name.startswith("ApproximateBacklog")
        assert (metric["Metric"]["Namespace"] == INSTANCES) is (name == CPU)
        periods = defaultdict(list)
        for datum in self._data[name]:
            if start <= datum.time < end:
                periods[datum.time // period * period].append(datum)
        for time, some in sorted(periods.items()):
            number, total = math.fsum(sample.count for sample in some), math.fsum(sample.sum for sample in some)
            if number:
                yield time, {"Sum": total, "SampleCount": number, "Average": total / number}[metric["Stat"]]
