"""`scaleproof record`: writes the traffic of a live endpoint, from CloudWatch, to a file for `simulate`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC
from pathlib import Path
from shlex import quote

import click

import scaleproof
from scaleproof.cli import clouds, output, parameters
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.endpoints.live import endpoint_of
from scaleproof.endpoints.metric_data import RETENTION
from scaleproof.errors import ScaleproofError
from scaleproof.progress import bar, tell
from scaleproof.recording.metrics import moment
from scaleproof.recording.recording import Recorded, Recording
from scaleproof.recording.recording import record as read
from scaleproof.report.files import write
from scaleproof.scaling.endpoint import Kind, with_limits
from scaleproof.studies.run import check_types, numbers_by_type, types_of
from scaleproof.studies.shape import Shape, check_taken
from scaleproof.studies.wording import ENOUGH_REQUESTS, count, duration, little, per_day
from scaleproof.times import DAY, MINUTE, instant

OLDEST = RETENTION[-1][1]


@dataclass(frozen=True)
class RecordDocument(Recorded):
    """The recorded traffic, and how far the file is from the metrics."""

    endpoint: str
    account: str
    region: str
    output: Path
    traffic: str
    """The value of --traffic that names the file."""


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(instant(text, UTC).timestamp()) // MINUTE * MINUTE
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not {error}. Write it as 2026-03-02T08:00+01:00.") from None


@click.command()
@click.argument("name", metavar="ENDPOINT")
@click.option(
    "--output",
    "target",
    required=True,
    metavar="FILE.csv",
    type=parameters.NEW_FILE,
    help="Write the traffic to a new file.",
)
@click.option(
    "--from",
    "since",
    metavar="TIME",
    callback=_moment,
    help="Start of the recording, such as 2026-03-02T08:00+01:00; by default a day before --to.",
)
@click.option("--to", "until", metavar="TIME", callback=_moment, help="End of the recording; by default now.")
@click.option(
    "--max-concurrency",
    multiple=True,
    metavar="TYPE=N",
    help="Requests that one instance of an asynchronous endpoint processes at a time, if the endpoint does not "
    "limit them.",
)
@clouds.place("Where the endpoint is, by default localstack; AWS is only read.")
@parameters.as_json
def record(
    name: str,
    target: Path,
    since: int | None,
    until: int | None,
    max_concurrency: tuple[str, ...],
    where: Where,
    as_json: bool,
) -> None:
    """Record the traffic of ENDPOINT from its CloudWatch metrics, for `scaleproof simulate`.

    Writes the number of requests and their duration over time. Compares the requests in flight, or the backlog, that
    the file produces with those recorded, and estimates how long instances took to start. Changes nothing.
    """
    now = time.time()
    start, end = _range(since, until, now)
    limits = numbers_by_type(max_concurrency)
    cloud = clouds.reached(where, f"Recording {name}")
    endpoint = endpoint_of(cloud.client, name)
    check_types("max-concurrency", limits, types_of([endpoint]))
    endpoint = with_limits(endpoint, limits)
    tell(f"Reading the metrics of {name}, variant {endpoint.variant}, from {moment(start)} to {moment(end)}.")
    with bar(f"Reading CloudWatch of {name}"):
        recording = read(cloud.client, endpoint, start, end, now)
    tell(f"Read {', '.join(recording.metrics)}, and the scaling activities.")
    document = _document(recording, name, cloud, target)
    write("".join(recording.lines(_comments(document, cloud))), target)
    output.answer(document, _sentences(document, cloud), as_json=as_json)


def _range(since: int | None, until: int | None, now: float) -> tuple[int, int]:
    """From when to when, in whole minutes; raises UsageError where CloudWatch can have nothing."""
    end = int(now) // MINUTE * MINUTE if until is None else until
    start = end - DAY if since is None else since
    if end > now:
        raise click.UsageError(f"--to {moment(end)} is in the future; it is {moment(now)}.")
    if start >= end:
        raise click.UsageError(f"--from {moment(start)} is not before the end, {moment(end)}.")
    if start < now - OLDEST:
        raise click.UsageError(
            f"--from {moment(start)} is more than {OLDEST // DAY} days ago, and CloudWatch keeps no older "
            "data. Use a later time."
        )
    return start, end


def _document(recording: Recording, endpoint: str, cloud: Cloud, target: Path) -> RecordDocument:
    recorded = {field.name: getattr(recording, field.name) for field in fields(Recorded)}
    if cloud.connection is not None:  # LocalStack starts as it is told to
        recorded["delays"] = None
    longest = max((rate.seconds for rate in recording.rates if rate.per_second), default=0.0)
    try:
        check_taken(endpoint, recording.kind, Shape(recording.work, longest))
    except ScaleproofError as error:
        recorded["notes"] = [*recording.notes, f"scaleproof simulate refuses this traffic: {error.message}"]
    return RecordDocument(
        **recorded,
        endpoint=endpoint,
        account=cloud.account,
        region=cloud.region,
        output=target,
        traffic=f"{endpoint}={target}",
    )


def _comments(document: RecordDocument, cloud: Cloud) -> list[str]:
    return [
        f"recorded by scaleproof {scaleproof.__version__} from CloudWatch, {cloud.place}",
        f"endpoint {document.endpoint}, variant {document.variant}",
        f"metrics: {', '.join(document.metrics)}",
        f"resolution: {document.resolution} s",
        f"instances counted by {document.instances_by}",
        "durations are means, by Little's law",
        *document.notes,
    ]


def _sentences(document: RecordDocument, cloud: Cloud) -> Iterator[str]:
    """The sentences that the command prints about a recording."""
    metric = "backlog" if document.kind is Kind.ASYNC else "requests in flight"
    seconds = (document.end - document.start).total_seconds()
    few = f" That is little: settings need {ENOUGH_REQUESTS:,} requests and a day."
    yield (
        f"Recorded {count(document.requests, 'request')} in {duration(seconds)} from "
        f"{document.start.isoformat()} on, in periods of {document.resolution} s."
        f"{few if little(document.requests, seconds) else ''}"
    )
    for gap in document.gaps:
        yield f"No data of the {metric} from {gap.start.isoformat()} to {gap.end.isoformat()}."
    yield from document.notes
    yield f"Instances are counted by {document.instances_by}."
    if (difference := document.difference) is None:
        yield f"There is no data of the {metric} to compare the file with."
    else:
        yield (
            f"By the hour, the {metric} of the file differ from those recorded "
            f"({per_day(difference.recorded)} on average) by {per_day(difference.mean)} on average and by "
            f"{per_day(difference.largest)} at most, in the hour from {difference.at.isoformat()} on."
        )
    assume = ""
    if cloud.connection is not None:
        yield "How long instances take to start stays an assumption: in LocalStack it is a setting."
    elif document.delays is None:
        yield "No scale-out was recorded: how long instances take to start stays an assumption."
    else:
        assume = "".join(f" --assume {value}" for value in document.delays.assume)
        yield (
            f"Instead of the assumptions on how long instances take to start:{assume} (from "
            f"{count(document.delays.scale_outs, 'scale-out')}, counted every "
            f"{document.delays.resolution:g} s)."
        )
    yield f"Traffic: {document.output}"
    yield f"Simulate it: scaleproof simulate DIR --traffic {quote(document.traffic)}{assume}"
