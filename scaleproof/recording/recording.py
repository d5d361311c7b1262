"""Makes a recording of one variant: what CloudWatch has of it, and the rates that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scaleproof.endpoints.live import Clients, pages, scope
from scaleproof.errors import ScaleproofError
from scaleproof.recording import instances, rates
from scaleproof.recording.instances import Counts, Delays, fit
from scaleproof.recording.metrics import (
    BACKLOG,
    CONCURRENCY,
    CPU,
    EXPIRED,
    FAILURES,
    FIRST_CHUNK,
    INVOCATIONS,
    LATENCY,
    MISSPELT,
    PROCESSED,
    SAMPLE,
    Gap,
    Metrics,
    Series,
    date,
    gaps,
    moment,
)
from scaleproof.recording.rates import Difference, Rate, difference
from scaleproof.scaling.autoscaling import Activity
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.parsing import parse_activity
from scaleproof.simulation import Behaviour, Work
from scaleproof.simulation.behaviour import slots_of
from scaleproof.studies.traffic_csv import COMMENT, NO_DATA
from scaleproof.times import MINUTE

MICRO = 1e-6
"""Seconds; latencies are in microseconds."""
ALIKE = (0.8, 1.25)
"""Samples of the concurrency to instances: between these, each instance sends one every SAMPLE."""


class NoDataError(ScaleproofError):
    """CloudWatch has too little of an endpoint in the time that was asked for."""


@dataclass(frozen=True)
class Recorded:
    """What was recorded of a variant, and how far the file is from it."""

    variant: str
    kind: Kind
    start: datetime
    """Of the file: the first period with data. What was asked for may begin earlier."""
    end: datetime
    metrics: Sequence[str]
    """The metrics that were read."""
    requests: int
    resolution: int
    """Seconds that a rate holds at least."""
    gaps: Sequence[Gap]
    """Times in which the requests in flight, or the backlog, have no data."""
    instances_by: str
    """How the instances were counted."""
    notes: Sequence[str]
    difference: Difference | None
    """Null where nothing can be compared."""
    delays: Delays | None
    """Null if no scale-out was recorded, and of a LocalStack."""


@dataclass(frozen=True)
class Recording(Recorded):
    """A recording with its rates and the instances that were counted."""

    work: Work
    rates: Sequence[Rate]
    counts: Counts

    def lines(self, comments: Sequence[str]) -> Iterator[str]:
        """The lines of the traffic file, in the form that `scaleproof.studies.traffic_csv` reads."""
        yield from (f"{COMMENT} {comment}\n" for comment in comments)
        for gap in self.gaps:
            yield f"{COMMENT} {NO_DATA.format(gap.start.isoformat(), gap.end.isoformat())}\n"
        yield f"{COMMENT} work: {self.work}\n"
        yield f"{COMMENT} start: {self.start.isoformat()}\n"
        yield f"{COMMENT} end: {self.end.isoformat()}\n"
        yield "time,rate,duration\n"
        last = ""
        for rate in self.rates:
            row = f"{rate.per_second:.6g},{rate.seconds if rate.per_second else 0.0:.3f}\n"
            if row != last:  # a rate holds until the next row
                yield f"{moment(rate.start)},{row}"
            last = row


def record(clients: Clients, endpoint: Endpoint, start: int, end: int, now: float) -> Recording:
    """Reads one variant between two times (epoch seconds, whole minutes).

    Raises NoDataError where CloudWatch has too little of it in that time, and ScaleproofError where its
    metrics contradict each other.
    """
    config = _config(clients, endpoint.name)
    frequency = config.get("MetricsConfig", {}).get("MetricPublishFrequencyInSeconds", MINUTE)
    (initial,) = (
        variant["InitialInstanceCount"]
        for variant in config["ProductionVariants"]
        if variant["VariantName"] == endpoint.variant
    )
    data = Metrics(clients, endpoint, start, end, now, frequency)
    is_async = endpoint.kind is Kind.ASYNC
    moving = _ended(data) if is_async else data(INVOCATIONS, "Sum")
    levels = data(BACKLOG if is_async else CONCURRENCY, "Average")
    latency = data(LATENCY, "Average")
    latency = Series(latency.period, {time: value * MICRO for time, value in latency.values.items()})
    _check_data(endpoint, moving, levels, latency, data(CPU, "SampleCount"), start, end)
    times = _times(moving, levels, data(CPU, "SampleCount"), start)
    activities = _activities(clients, endpoint)
    counts = _counted(data, endpoint, levels, activities, initial)
    notes: list[str] = []
    if is_async:
        slots = next(iter(slots_of(endpoint, Behaviour())[0].values()))
        period_rates = rates.queued(moving, levels, latency, times, counts, slots)
        expected = rates.backlog_of(period_rates, times, counts, slots)
    else:
        levels = _totals(data, counts, notes)
        period_rates = rates.realtime(moving, levels, latency, times)
        expected = rates.levels_of(period_rates, times)
    distance = difference(expected, levels.values)
    if distance is not None and distance.refutes:
        level_name = "backlog" if is_async else "requests in flight"
        raise ScaleproofError(
            f"The metrics of {endpoint.name} contradict each other: by the requests that were counted, the "
            f"{level_name} would differ by {distance.mean:.3g} on average from those recorded, "
            f"{distance.recorded:.3g}.",
            advice="Record another time, with --from and --to"
            + (", or say how many an instance works on with --max-concurrency TYPE=N." if is_async else "."),
        )
    first, last = times.start, times.stop
    return Recording(
        variant=endpoint.variant,
        kind=endpoint.kind,
        start=date(first),
        end=date(last),
        metrics=data.names,
        requests=round(sum(rate.per_second * times.step for rate in period_rates)),
        resolution=times.step,
        gaps=gaps(levels, first, last),
        instances_by=counts.source,
        notes=notes,
        difference=distance,
        delays=fit([activity for activity in activities if first <= activity.start < last], counts),
        work=Work.FILE if is_async else _work(data),
        rates=period_rates,
        counts=counts,
    )


def _config(clients: Clients, name: str) -> Mapping[str, Any]:
    client = clients("sagemaker")
    described = client.describe_endpoint(EndpointName=name)
    config: Mapping[str, Any] = client.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    return config


def _activities(clients: Clients, endpoint: Endpoint) -> list[Activity]:
    """The scaling activities of a variant that set its count, oldest first.

    Application Auto Scaling keeps them for six weeks. Source: API_DescribeScalingActivities.
    """
    rows = pages(
        clients("application-autoscaling"),
        "describe_scaling_activities",
        "ScalingActivities",
        **scope(endpoint.name, endpoint.variant),
    )
    activities = [parse_activity(number, row) for number, row in enumerate(reversed(rows))]
    return sorted(
        (activity for activity in activities if activity.desired is not None), key=lambda activity: activity.start
    )


def _ended(data: Metrics) -> Series:
    """Requests that left the queue in each period, whatever their end."""
    processed, misspelt, *others = (data(name, "Sum") for name in (PROCESSED, MISSPELT, FAILURES, EXPIRED))
    total: dict[int, float] = {}
    for series in (processed if processed.values else misspelt, *others):
        for time, value in series.values.items():
            total[time] = total.get(time, 0.0) + value
    return Series(data.period, dict(sorted(total.items())))


def _check_data(
    endpoint: Endpoint, moving: Series, levels: Series, latency: Series, cpu: Series, start: int, end: int
) -> None:
    """Raises NoDataError where the metrics do not say how many requests there were, or how long they took."""
    is_async = endpoint.kind is Kind.ASYNC
    span = f"of {endpoint.name} from {moment(start)} to {moment(end)}"
    counted, seen = (PROCESSED, BACKLOG) if is_async else (INVOCATIONS, CONCURRENCY)
    if not (moving.values or levels.values or cpu.values):
        raise NoDataError(
            f"CloudWatch has no data {span}: no {seen}, {counted} or {CPU}.",
            advice="Record a time in which it was in service, with --from and --to.",
        )
    if is_async and levels.total and not moving.total:
        raise NoDataError(
            f"CloudWatch has the backlog {span}, but no {PROCESSED}: it does not say how many ended.",
            advice="Record a time in which requests ended, with --from and --to.",
        )
    if moving.total and not (levels.values or latency.values):
        raise NoDataError(
            f"CloudWatch has {counted} {span}, but neither {seen} nor {LATENCY}: it does not say how long "
            "requests took.",
            advice="Record a time that ended some minutes ago, with --from and --to: metrics come late.",
        )


def _times(moving: Series, levels: Series, cpu: Series, start: int) -> range:
    """The periods between the first data and the last: quiet ends are left out."""
    period = levels.period
    present = [time for series in (moving, levels) for time in series.values] or list(cpu.values)
    first = max(min(present), start // period * period)
    return range(first, max(present) + period, period)


def _counted(data: Metrics, endpoint: Endpoint, levels: Series, activities: Sequence[Activity], initial: int) -> Counts:
    """The instances in service: by the best of the metrics that there are, by what scaled them, or as they are."""
    cpu, source = data(CPU, "SampleCount"), f"samples of {CPU}"
    if endpoint.kind is Kind.ASYNC:
        counts = instances.by_samples(cpu, data.frequency, source, present=levels.values)
    else:
        counts = instances.by_samples(cpu, data.frequency, source) or instances.by_samples(
            data(CONCURRENCY, "SampleCount"), SAMPLE, f"samples of {CONCURRENCY}"
        )
    return (
        counts
        or instances.by_activities(activities, initial)
        or instances.constant(sum(endpoint.instances.values()) if endpoint.instances else endpoint.initial)
    )


def _totals(data: Metrics, counts: Counts, notes: list[str]) -> Series:
    """Requests in flight on all instances.

    The metric has a sample of each instance, as far as is known: then their sum is the total. If there are
    not as many samples as instances, it is the average times the instances.
    """
    samples, sums = data(CONCURRENCY, "SampleCount"), data(CONCURRENCY, "Sum")
    sampled_seconds = samples.total * SAMPLE
    instance_seconds = sum(counts.at(time) for time in samples.values) * samples.period
    if not instance_seconds or ALIKE[0] <= sampled_seconds / instance_seconds <= ALIKE[1]:
        share = SAMPLE / sums.period
        return Series(sums.period, {time: value * share for time, value in sums.values.items()})
    notes.append(
        f"{CONCURRENCY} has {sampled_seconds / instance_seconds:.2g} samples for each instance every {SAMPLE} s, "
        "not one: what is in flight is taken as its average times the instances."
    )
    averages = data(CONCURRENCY, "Average")
    return Series(averages.period, {time: value * counts.at(time) for time, value in averages.values.items()})


def _work(data: Metrics) -> Work:
    """Streams send FirstChunkLatency, and requests ModelLatency."""
    streams, requests = (data(name, "SampleCount").total for name in (FIRST_CHUNK, LATENCY))
    return Work.STREAM if streams > requests else Work.SYNC
