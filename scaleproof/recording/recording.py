"""A recording: what was read of one variant, and the traffic that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.recording import instances, metrics
from scaleproof.recording.delays import Delays, fit
from scaleproof.recording.file import moment
from scaleproof.recording.instances import Counts
from scaleproof.recording.metrics import (
    BACKLOG,
    CONCURRENCY,
    CPU,
    ENDED,
    FIRST_CHUNK,
    INVOCATIONS,
    LATENCY,
    PER_INSTANCE,
    Metrics,
)
from scaleproof.recording.reading import Reader
from scaleproof.recording.requests import (
    Line,
    Rate,
    Request,
    averaged,
    in_flight,
    queued,
    rates_at_once,
    served_at_once,
    served_in_turn,
)
from scaleproof.recording.series import Curve, Gap, Point, Series, gaps
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation import Behaviour, Work
from scaleproof.simulation.behaviour import slots_of
from scaleproof.simulation.demand import STEP

MINUTE = 60
MOST_REQUESTS = 1_000_000
"""Of a file with a row for each."""
MANY = 0.02
"""The share of requests that is worth a note."""
ALIKE = (0.8, 1.25)
"""Samples of the concurrency to instances: between these, each instance sends one every STEP, as in
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html."""


class NoDataError(ScaleproofError):
    """CloudWatch has too little of an endpoint in the time that was asked for."""


@dataclass(frozen=True)
class Recording:
    """What was recorded between `start` and `end`, whole minutes in epoch seconds.

    `levels`: requests in flight on all instances, or the backlog, as recorded. `read`: the metrics that were
    asked for. `delays` are None without a scale-out. `notes` are findings for people.
    """

    endpoint: Endpoint
    start: int
    end: int
    work: Work
    line: Line
    levels: Series
    counts: Counts
    gaps: Sequence[Gap]
    read: Sequence[str]
    delays: Delays | None
    notes: Sequence[str]
    _latency: Curve | None

    def rows(self) -> Iterator[Request] | Iterator[Rate]:
        """The requests, or their rates where there are more than MOST_REQUESTS."""
        if self.line.number <= MOST_REQUESTS:
            return self.requests()
        if self.endpoint.kind is Kind.REALTIME:
            return rates_at_once(self.line, self._latency)
        return averaged(self.requests(), self.start, self.end)

    def requests(self) -> Iterator[Request]:
        """The requests, in the order of time; each call gives the same."""
        if self.endpoint.kind is Kind.REALTIME:
            return served_at_once(self.line, self._latency)
        slots, _ = slots_of(self.endpoint, Behaviour())
        return served_in_turn(self.line, self._latency, self.counts, next(iter(slots.values())))

    @property
    def resolution(self) -> list[tuple[int, int]]:
        """From when on (epoch seconds) which period (seconds) the levels have."""
        found: list[tuple[int, int]] = []
        for point in self.levels:
            if not found or found[-1][1] != point.period:
                found.append((point.start, point.period))
        return found


def record(reader: Reader, endpoint: Endpoint, start: int, end: int, now: float) -> Recording:
    """Reads one variant between two times (epoch seconds, whole minutes).

    Raises NoDataError where CloudWatch has nothing of it in that time, FailedError where it cannot be
    read.
    """
    asked = Metrics(endpoint, reader.frequency(endpoint.name))
    wanted = list(asked.wanted())
    found = _Data(asked, reader.metrics(wanted, start, end, now))
    activities = reader.activities(endpoint.name, endpoint.variant, start, end)
    is_async = endpoint.kind is Kind.ASYNC
    moving = _ended(found) if is_async else found(INVOCATIONS, "Sum")
    levels = found(BACKLOG, "Average") if is_async else found(CONCURRENCY, "Average")
    if not moving and not levels:
        named = f"{BACKLOG} or {ENDED[0]}" if is_async else f"{CONCURRENCY} or {INVOCATIONS}"
        raise NoDataError(
            f"CloudWatch has no data of {endpoint.name} from {moment(start)} to {moment(end)}: no {named}.",
            advice="Name a time in which it had requests, with --from and --to.",
        )
    if is_async and not any(point.value for point in moving):
        raise NoDataError(
            f"CloudWatch has the backlog of {endpoint.name} from {moment(start)} to {moment(end)}, but no "
            f"{ENDED[0]}: it does not say how many requests ended.",
            advice="Name a time in which requests ended, with --from and --to.",
        )
    start, end = _trimmed([*moving, *levels], start, end)
    notes: list[str] = []
    counts = (
        _counted(found, endpoint)
        or _scaled(reader, endpoint, end)
        or instances.constant(endpoint.initial, start)
    )
    latency = metrics.seconds(found(LATENCY, "Average"))
    if is_async:
        line, work = queued(moving, levels, start, end), Work.FILE
    else:
        levels = _totals(found, counts, notes)
        line, work = in_flight(moving, levels, latency, start, end), _work(found)
    if line.differ > MANY * line.number:
        told = "ended" if is_async else "came"
        notes.append(
            f"The metrics disagree: the number of requests that {told} and of those that were there differ "
            f"by {line.differ:.0f} of {line.number}."
        )
    return Recording(
        endpoint=endpoint,
        start=start,
        end=end,
        work=work,
        line=line,
        levels=[point for point in levels if start <= point.start and point.end <= end],
        counts=counts,
        gaps=[gap for gap in gaps(levels, start, end) if gap.end - gap.start > MINUTE],
        read=metrics.names(wanted),
        delays=fit(activities, counts),
        notes=notes,
        _latency=latency,
    )


class _Data:
    """The series by name and statistic."""

    def __init__(self, asked: Metrics, series: Mapping[MetricStat, Series]) -> None:
        self._asked, self._series = asked, series
        self.frequency = asked.frequency

    def __call__(self, name: str, statistic: str) -> Series:
        found = self._series[self._asked.of(name, statistic)]
        if name != CONCURRENCY:
            return found
        return metrics.finest(found, self._series[self._asked.by_the_minute(name, statistic)])


def _trimmed(points: Sequence[Point], start: int, end: int) -> tuple[int, int]:
    """The whole minutes between the first data point and the last."""
    first = min(point.start for point in points) // MINUTE * MINUTE
    last = -(-max(point.end for point in points) // MINUTE) * MINUTE
    return max(start, first), min(end, last)


def _ended(found: _Data) -> Series:
    """Requests that left the queue in each period, whatever their end."""
    total: dict[tuple[int, int], float] = {}
    processed, misspelt, *others = (found(name, "Sum") for name in ENDED)
    for series in (processed or misspelt, *others):
        for point in series:
            total[point.start, point.period] = total.get((point.start, point.period), 0.0) + point.value
    return [Point(start, period, value) for (start, period), value in sorted(total.items())]


def _counted(found: _Data, endpoint: Endpoint) -> Counts | None:
    """The instances in service, by the best of the metrics that there are; None without any."""
    cpu = found(CPU, "SampleCount")
    counts = instances.by_samples(cpu, found.frequency, f"samples of {CPU}")
    if endpoint.kind is Kind.ASYNC:
        if counts:
            return instances.with_zeros(counts, found(BACKLOG, "Average"), cpu)
        return instances.by_division(found(BACKLOG, "Average"), found(PER_INSTANCE, "Average"))
    samples = found(CONCURRENCY, "SampleCount")
    return counts or instances.by_samples(samples, STEP, f"samples of {CONCURRENCY}")


def _scaled(reader: Reader, endpoint: Endpoint, end: int) -> Counts | None:
    """The instances by what scaled them, also before the recording; None where nothing did."""
    activities = reader.activities(endpoint.name, endpoint.variant, 0, end)
    return instances.by_activities(activities, reader.initial(endpoint.name, endpoint.variant))


def _totals(found: _Data, counts: Counts, notes: list[str]) -> Series:
    """Requests in flight on all instances.

    The metric has a sample of each instance, as far as is known: then their sum is the total. If there are
    not as many samples as instances, it is the average times the instances.
    """
    samples, sums = found(CONCURRENCY, "SampleCount"), found(CONCURRENCY, "Sum")
    each = sum(point.value * STEP for point in samples)
    there = sum(counts.at(point.start) * point.period for point in samples)
    if not there or ALIKE[0] <= each / there <= ALIKE[1]:
        return [point._replace(value=point.value * STEP / point.period) for point in sums]
    notes.append(
        f"{CONCURRENCY} has {each / there:.2g} samples for each instance every {STEP:g} s, not one: what is "
        "in flight is taken as its average times the instances."
    )
    averages = found(CONCURRENCY, "Average")
    return [point._replace(value=point.value * counts.at(point.start)) for point in averages]


def _work(found: _Data) -> Work:
    """Streams send FirstChunkLatency, and requests ModelLatency."""
    streams, requests = (
        sum(point.value for point in found(name, "SampleCount")) for name in (FIRST_CHUNK, LATENCY)
    )
    return Work.STREAM if streams > requests else Work.SYNC
