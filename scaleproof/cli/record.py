"""`scaleproof record`: the traffic of a live endpoint, from CloudWatch, as a file for `simulate`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import click
from botocore.exceptions import BotoCoreError, ClientError

import scaleproof
from scaleproof.cli import clouds, options, output
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.endpoints import EndpointError, from_api
from scaleproof.endpoints.live import endpoint_names
from scaleproof.errors import ScaleproofError
from scaleproof.progress import bar, console
from scaleproof.recording import check, file
from scaleproof.recording.check import Difference
from scaleproof.recording.file import Header, moment
from scaleproof.recording.reading import Reader
from scaleproof.recording.recording import Recording
from scaleproof.recording.recording import record as recorded
from scaleproof.recording.retention import DAY, OLDEST
from scaleproof.report import check_new, write
from scaleproof.scaling.endpoint import Endpoint, Kind, with_limits
from scaleproof.studies import traffic_csv
from scaleproof.studies.run import numbers_by_type
from scaleproof.studies.wording import count, duration

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
    file: str
    traffic: str
    """The value of --traffic that names the file."""


def _moment(_context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a point in time. Write it as in 2026-03-02T08:00+01:00."
        ) from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return int(found.timestamp()) // MINUTE * MINUTE


def _new(_context: click.Context, _option: click.Parameter, path: Path) -> Path:
    check_new(path)
    return path


@click.command()
@click.argument("name", metavar="ENDPOINT")
@click.option(
    "--output",
    "target",
    required=True,
    metavar="FILE.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_new,
    help="Write the traffic to a new file.",
)
@click.option(
    "--from",
    "since",
    metavar="TIME",
    callback=_moment,
    help="Record from this time on, as in 2026-03-02T08:00+01:00; by default a day before --to.",
)
@click.option(
    "--to", "until", metavar="TIME", callback=_moment, help="Record until this time; by default now."
)
@click.option("--variant", metavar="NAME", help="The variant, where the endpoint has several.")
@click.option(
    "--max-concurrency",
    multiple=True,
    metavar="TYPE=N",
    help="Requests in flight that an instance of a type sustains, for the check. Default: as many as come; "
    "of an asynchronous endpoint, as it says.",
)
@clouds.place("Where the endpoint is; AWS only if you name it, and it is only read. Default: localstack.")
@options.as_json
def record(
    name: str,
    target: Path,
    since: int | None,
    until: int | None,
    variant: str | None,
    max_concurrency: tuple[str, ...],
    where: Where,
    machine: bool,
) -> None:
    """Record the traffic of ENDPOINT, from its metrics in CloudWatch, for `scaleproof simulate`.

    Writes a file of requests. Simulates it on the instances that there were, and says how far that is from
    what was recorded. Fits how long instances took to start. Nothing is changed.
    """
    now = time.time()
    start, end = _range(since, until, now)
    limits = numbers_by_type(max_concurrency)
    cloud = clouds.reached(where, f"Recording {name}")
    endpoint = with_limits(_endpoint(cloud, name, variant), limits)
    _say(f"Reading the metrics of {name}, variant {endpoint.variant}, from {moment(start)} to {moment(end)}.")
    with bar(f"Reading CloudWatch of {name}") as update:
        found = recorded(Reader(cloud.client, tell=_say, progress=update), endpoint, start, end, now)
    _say(f"Read {', '.join(found.read)}, and the scaling activities.")
    if found.line.number > traffic_csv.MOST_REQUESTS:
        raise ScaleproofError(
            f"These are {count(found.line.number, 'request')}; at most {traffic_csv.MOST_REQUESTS:,} are "
            "simulated.",
            advice="Record a shorter time, with --from and --to.",
        )
    header = Header(found.work, found.start, found.end, _notes(found, cloud), found.gaps)
    check_new(target)
    with bar(f"Writing {target}"):
        write("".join(file.lines(header, found.rows())), target)
    with bar(f"Simulating {target} on the instances that there were") as update:
        traffic = traffic_csv.read(target, {}).traffic
        distance = check.compare(endpoint, traffic, found.start, found.counts, found.levels, update)
    if machine:
        output.print_json(_document(found, distance, cloud, target))
    else:
        _print(found, distance, target)


def _range(since: int | None, until: int | None, now: float) -> tuple[int, int]:
    """From when to when, in whole minutes; raises UsageError where CloudWatch can have nothing."""
    end = int(now) // MINUTE * MINUTE if until is None else until
    start = end - DAY if since is None else since
    if start >= end:
        raise click.UsageError(f"--from {moment(start)} is not before --to {moment(end)}: exchange them.")
    if end > now:
        raise click.UsageError(f"--to {moment(end)} is in the future; it is {moment(now)}.")
    if start < now - OLDEST:
        raise click.UsageError(
            f"--from {moment(start)} is more than {OLDEST // DAY} days ago, and CloudWatch keeps data no "
            "longer. Name a later time."
        )
    return start, end


def _endpoint(cloud: Cloud, name: str, variant: str | None) -> Endpoint:
    """The variant that is recorded. Raises EndpointError that says what there is."""
    try:
        variants = from_api(cloud.client, [name])
    except EndpointError as error:
        raise EndpointError(
            f"There is no endpoint {name} in {cloud.place}.", advice=_others(cloud)
        ) from error
    present = [one.variant for one in variants]
    chosen = [one for one in variants if variant in (None, one.variant)]
    if len(chosen) != 1:
        what = f"has no variant {variant}" if variant else f"has {len(present)} variants"
        raise EndpointError(
            f"{name} {what}: there are {', '.join(present)}.", advice=f"Add --variant {present[0]}."
        )
    return chosen[0]


def _others(cloud: Cloud) -> str:
    try:
        known = endpoint_names(cloud.client)
    except (ClientError, BotoCoreError):
        known = []
    if not known:
        return "There is none at all: name another --region or --account."
    return f"Known endpoints: {', '.join(known)}. Or name another --region or --account."


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


def _document(found: Recording, distance: Difference | None, cloud: Cloud, target: Path) -> RecordDocument:
    delays = found.delays
    return RecordDocument(
        endpoint=found.endpoint.name,
        variant=found.endpoint.variant,
        kind=found.endpoint.kind.value,
        account=cloud.account,
        region=cloud.region,
        start=_date(found.start),
        end=_date(found.end),
        metrics=list(found.read),
        requests=found.line.number,
        resolution=[Resolution(start=_date(since), seconds=seconds) for since, seconds in found.resolution],
        gaps=[Span(start=_date(gap.start), end=_date(gap.end)) for gap in found.gaps],
        instances_by=found.counts.source,
        notes=list(found.notes),
        difference=distance,
        delays=Fitted(assume=list(delays.assume), scale_outs=delays.scale_outs, resolution=delays.resolution)
        if delays
        else None,
        file=str(target),
        traffic=_traffic(found, target),
    )


def _print(found: Recording, distance: Difference | None, target: Path) -> None:
    is_async = found.endpoint.kind is Kind.ASYNC
    what = "backlog" if is_async else "requests in flight"
    periods = ", ".join(f"{seconds} s from {moment(since)} on" for since, seconds in found.resolution)
    output.say(
        f"Recorded {count(found.line.number, 'request')} in {duration(found.end - found.start)} from "
        f"{moment(found.start)} on. Resolution: {periods or 'none'}."
    )
    for gap in found.gaps:
        output.say(f"No data of the {what} from {moment(gap.start)} to {moment(gap.end)}.")
    for note in found.notes:
        output.say(note)
    output.say(f"Instances are counted by {found.counts.source}.")
    if distance is None:
        output.say(f"There is no data of the {what} to compare the file with.")
    else:
        output.say(
            f"Simulated on these instances, the file has the recorded {what} ({distance.recorded:.3g} in the "
            f"mean) within {distance.mean:.2g} in the mean and {distance.largest:.2g} at most, at "
            f"{moment(distance.at.timestamp())}."
        )
    assume = ""
    if found.delays is None:
        output.say("No scale-out was recorded: how long instances take to start stays an assumption.")
    else:
        assume = "".join(f" --assume {one}" for one in found.delays.assume)
        output.say(
            f"Instead of the assumptions on how long instances take to start:{assume} (from "
            f"{count(found.delays.scale_outs, 'scale-out')}, counted every {found.delays.resolution:g} s)."
        )
    output.say(f"Traffic: {target}")
    output.say(f"Simulate it: scaleproof simulate DIR --traffic {_traffic(found, target)}{assume}")


def _traffic(found: Recording, target: Path) -> str:
    return f"{found.endpoint.name}={target}"


def _date(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _say(text: str) -> None:
    console.print(text, style="dim", markup=False, soft_wrap=True)
