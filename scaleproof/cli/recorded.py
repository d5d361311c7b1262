"""A recording as commands take it, keep it and tell of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import click

import scaleproof
from scaleproof import bounds
from scaleproof.cli import options
from scaleproof.cli.clouds import Cloud
from scaleproof.errors import ScaleproofError
from scaleproof.progress import bar, tell
from scaleproof.recording import check, file
from scaleproof.recording.check import Difference
from scaleproof.recording.file import Header, moment
from scaleproof.recording.reading import Reader
from scaleproof.recording.recording import Recording, record
from scaleproof.recording.retention import DAY, OLDEST
from scaleproof.report import write
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.simulation.generators import MOST
from scaleproof.studies import traffic_csv
from scaleproof.studies.wording import count, duration, per_day

MINUTE = 60


class Span(TypedDict):
    """A range of time."""

    start: datetime
    end: datetime


class Resolution(TypedDict):
    """Which period the data has from a time on."""

    start: datetime
    seconds: int


class Fitted(TypedDict):
    """Delays that were fitted to recorded scale-outs."""

    assume: list[str]
    """Values of --assume."""
    scale_outs: int
    resolution: float
    """Seconds between two counts of the instances."""


class RecordDocument(TypedDict):
    """What was recorded, and whether the file gives it back."""

    endpoint: str
    variant: str
    kind: str
    account: str
    region: str | None
    start: datetime
    """Of the file: the first minute with data. What was asked for may begin earlier."""
    end: datetime
    metrics: list[str]
    """That were read."""
    requests: int
    resolution: list[Resolution]
    """Of the requests in flight, or of the backlog."""
    gaps: list[Span]
    """Times in which these have no data; the file has no traffic there, or what other metrics say."""
    instances_by: str
    """How the instances were counted."""
    notes: list[str]
    difference: Difference | None
    """Null where nothing can be compared."""
    delays: Fitted | None
    """Null if no scale-out was recorded."""
    file: Path
    traffic: str
    """The value of --traffic that names the file."""


def _moment(_context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(bounds.instant(text, UTC).timestamp()) // MINUTE * MINUTE
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not {error}. Write it as in 2026-03-02T08:00+01:00.") from None


@dataclass(frozen=True)
class Period:
    """The options --from and --to, in epoch seconds."""

    since: int | None
    until: int | None

    @property
    def given(self) -> bool:
        """Whether the user gave one."""
        return self.since is not None or self.until is not None

    def range(self, now: float) -> tuple[int, int]:
        """From when to when, in whole minutes; raises UsageError where CloudWatch can have nothing."""
        end = int(now) // MINUTE * MINUTE if self.until is None else self.until
        start = end - DAY if self.since is None else self.since
        if end > now:
            raise click.UsageError(f"--to {moment(end)} is in the future; it is {moment(now)}.")
        if start >= now:
            raise click.UsageError(f"--from {moment(start)} is in the future; it is {moment(now)}.")
        if start >= end:
            raise click.UsageError(f"--from {moment(start)} is not before --to {moment(end)}: exchange them.")
        if start < now - OLDEST:
            raise click.UsageError(
                f"--from {moment(start)} is more than {OLDEST // DAY} days ago, and CloudWatch keeps data no "
                "longer. Name a later time."
            )
        return start, end


def period(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options --from and --to; the command gets a Period as `period`."""
    return options.gathered(Period, "period", _PERIOD, function)


_PERIOD: list[options.Add] = [
    click.option(
        "--from",
        "since",
        metavar="TIME",
        callback=_moment,
        help="Record from this time on, as in 2026-03-02T08:00+01:00; by default a day before --to.",
    ),
    click.option(
        "--to", "until", metavar="TIME", callback=_moment, help="Record until this time; by default now."
    ),
]


@dataclass(frozen=True)
class Taken:
    """What was recorded of an endpoint, and how far the file is from it, if that can be compared."""

    recording: Recording
    difference: Difference | None
    cloud: Cloud

    def document(self, target: Path) -> RecordDocument:
        """The JSON document; `target` is the file."""
        found = self.recording
        delays = found.delays
        return RecordDocument(
            endpoint=found.endpoint.name,
            variant=found.endpoint.variant,
            kind=found.endpoint.kind.value,
            account=self.cloud.account,
            region=self.cloud.region,
            start=_date(found.start),
            end=_date(found.end),
            metrics=list(found.read),
            requests=found.line.number,
            resolution=[
                Resolution(start=_date(since), seconds=seconds) for since, seconds in found.resolution
            ],
            gaps=[Span(start=_date(gap.start), end=_date(gap.end)) for gap in found.gaps],
            instances_by=found.counts.source,
            notes=list(found.notes),
            difference=self.difference,
            delays=Fitted(
                assume=list(delays.assume), scale_outs=delays.scale_outs, resolution=delays.resolution
            )
            if delays
            else None,
            file=target,
            traffic=_traffic(found, target),
        )

    def lines(self, target: Path) -> Iterator[str]:
        """All of it for people; `target` is the file."""
        found, distance = self.recording, self.difference
        is_async = found.endpoint.kind is Kind.ASYNC
        what = "backlog" if is_async else "requests in flight"
        periods = ", ".join(f"{seconds} s from {moment(since)} on" for since, seconds in found.resolution)
        yield (
            f"Recorded {count(found.line.number, 'request')} in {duration(found.end - found.start)} from "
            f"{moment(found.start)} on. Resolution: {periods or 'none'}."
        )
        for gap in found.gaps:
            yield f"No data of the {what} from {moment(gap.start)} to {moment(gap.end)}."
        yield from found.notes
        yield f"Instances are counted by {found.counts.source}."
        if distance is None:
            yield f"There is no data of the {what} to compare the file with."
        else:
            yield (
                f"Simulated on these instances, the file differs from the recorded {what} "
                f"({per_day(distance.recorded)} on average) by {per_day(distance.mean)} on average and by "
                f"{per_day(distance.largest)} at most, at {moment(distance.at.timestamp())}."
            )
        assume = ""
        if found.delays is None:
            yield "No scale-out was recorded: how long instances take to start stays an assumption."
        else:
            assume = "".join(f" --assume {one}" for one in found.delays.assume)
            yield (
                f"Instead of the assumptions on how long instances take to start:{assume} (from "
                f"{count(found.delays.scale_outs, 'scale-out')}, counted every "
                f"{found.delays.resolution:g} s)."
            )
        yield f"Traffic: {target}"
        yield f"Simulate it: scaleproof simulate DIR --traffic {_traffic(found, target)}{assume}"


def take(cloud: Cloud, endpoint: Endpoint, span: Period, target: Path) -> Taken:
    """Records an endpoint into a new file, and compares what that gives with what was recorded.

    Says on stderr what is read. Raises ScaleproofError.
    """
    now = time.time()
    start, end = span.range(now)
    name = endpoint.name
    tell(f"Reading the metrics of {name}, variant {endpoint.variant}, from {moment(start)} to {moment(end)}.")
    with bar(f"Reading CloudWatch of {name}") as update:
        found = record(Reader(cloud.client, tell=tell, progress=update), endpoint, start, end, now)
    tell(f"Read {', '.join(found.read)}, and the scaling activities.")
    if found.line.number > MOST:
        raise ScaleproofError(
            f"These are {count(found.line.number, 'request')}; at most {MOST:,} are simulated.",
            advice="Record a shorter time, with --from and --to.",
        )
    header = Header(found.work, found.start, found.end, _notes(found, cloud), found.gaps)
    with bar(f"Writing {target}"):
        write("".join(file.lines(header, found.rows())), target)
    with bar(f"Simulating {target} on the instances that there were") as update:
        traffic = traffic_csv.read(target, {}).traffic
        distance = check.compare(endpoint, traffic, found.start, found.counts, found.levels, update)
    return Taken(found, distance, cloud)


def _notes(found: Recording, cloud: Cloud) -> list[str]:
    """What the comments of the file say."""
    length = "how long instances work on them" if found.endpoint.kind is Kind.ASYNC else "their lengths"
    return [
        f"recorded by scaleproof {scaleproof.__version__} from CloudWatch, {cloud.place}",
        f"endpoint {found.endpoint.name}, variant {found.endpoint.variant}",
        f"metrics: {', '.join(found.read)}",
        *(f"resolution: {seconds} s from {moment(since)} on" for since, seconds in found.resolution),
        f"instances counted by {found.counts.source}",
        f"between two data points requests come evenly, and {length} follow from how many were there",
        *found.notes,
    ]


def _traffic(found: Recording, target: Path) -> str:
    return f"{found.endpoint.name}={target}"


def _date(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
