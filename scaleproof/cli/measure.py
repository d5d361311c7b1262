"""`scaleproof measure`: loads one endpoint to find how many requests in flight one instance sustains."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import click
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.cli import clouds, options, output, parameters
from scaleproof.cli.clouds import Cloud, Where
from scaleproof.cli.output import Delivery
from scaleproof.cli.parameters import option
from scaleproof.errors import ExitCode, FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import SECRET_KEY
from scaleproof.measuring import objective as objectives
from scaleproof.measuring.levels import LoadLevel
from scaleproof.measuring.load.bodies import read_bodies, with_rate
from scaleproof.measuring.load.closed_loop import DRAIN
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.measuring.measurement import Answer, Measurement, instance_pools
from scaleproof.measuring.objective import Measure, Objective
from scaleproof.measuring.search import SearchPlan, search
from scaleproof.measuring.subject import Subject, find_subject, other_traffic
from scaleproof.progress import step, tell
from scaleproof.report.files import write
from scaleproof.report.measurement import measurement_blocks, seconds
from scaleproof.studies.wording import duration

STREAM_PORT = 8443
"""Of bidirectional streams on AWS: `rules` of the client's model name it, but the client leaves it out."""
MEASURES = {
    CallKind.REQUESTS: [Measure.LATENCY],
    CallKind.RESPONSE_STREAMS: [Measure.LATENCY, Measure.FIRST_CHUNK],
    CallKind.STREAMS: list(Measure),
}
"""What replies can have that an objective judges."""


@dataclass(frozen=True)
class MeasureDocument(Measurement):
    """The result of a measurement. The exit code is 1 unless `answer` is "found" or "beyond"."""

    endpoint: str
    instance_type: str
    """The type of the instance that was measured."""
    instance_pools: str | None
    """The input `instance_pools` as HCL; None where no level held."""
    output: Path | None
    """The file of --output; None where no level held."""
    report: Path | None
    """The file of --report."""


def _tfvars(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix != ".tfvars":
        raise click.BadParameter(f"{str(path)!r} does not end in .tfvars.")
    return path


@dataclass(frozen=True)
class RunOptions:
    """How the search runs. `target`: the file of --output."""

    dry_run: bool = option(
        "--dry-run",
        is_flag=True,
        help="Check the options and the endpoint, print the plan of the measurement, and send no load.",
    )
    processes: int = option(
        "--processes",
        type=click.IntRange(1, 64),
        default=min(os.cpu_count() or 1, 8),
        metavar="N",
        help="Processes that send requests; by default one for each core, up to 8.",
    )
    target: Path | None = option(
        "--output",
        type=parameters.NEW_FILE,
        metavar="FILE.tfvars",
        callback=_tfvars,
        help="Write instance_pools with the measured max_concurrency to a new file.",
    )


run_options = parameters.gather(RunOptions, "run_options")
objective = click.option(
    "--objective",
    type=parameters.OBJECTIVE,
    required=True,
    metavar="MEASURE:STATISTIC=SECONDS",
    callback=lambda _context, _option, text: objectives.parse(text),
    help="Limit in seconds of the mean or a percentile of latency, first_chunk or lag, such as latency:p95=0.4; or "
    f"the name of a preset: {', '.join(objectives.PRESETS)}.",
)
errors = click.option(
    "--errors",
    type=click.FloatRange(0, 1, max_open=True),
    default=objectives.ERRORS,
    show_default=True,
    metavar="SHARE",
    help="Largest share of requests that may fail.",
)
_CALLS: list[parameters.Add] = [
    click.argument("endpoint", metavar="ENDPOINT"),
    click.option(
        "--load",
        "kind",
        type=click.Choice([kind.value for kind in CallKind]),
        callback=lambda _context, _option, value: CallKind(value),
        default=CallKind.REQUESTS.value,
        show_default=True,
        help="Kind of call: InvokeEndpoint, InvokeEndpointWithResponseStream, or bidirectional streams that send audio "
        "in real time.",
    ),
    click.option(
        "--body",
        "bodies",
        type=parameters.BODY,
        multiple=True,
        required=True,
        metavar="FILE",
        callback=lambda _context, _option, paths: read_bodies(paths),
        help="Body of the requests: a file (audio, for streams) or a directory of such files. Can be repeated; "
        "requests use the files in turn.",
    ),
    click.option(
        "--content-type",
        default=Calls.content_type,
        show_default=True,
        metavar="TYPE",
        help="Content type of the body.",
    ),
    click.option(
        "--rate",
        type=click.FloatRange(0, min_open=True),
        metavar="BYTES",
        help="Bytes per second of audio in files that are not WAV files of PCM, which contain their rate: 32000 for "
        "16-bit audio at 16 kHz.",
    ),
    click.option(
        "--chunk",
        type=click.FloatRange(0.01, 5),
        default=Calls.chunk,
        show_default=True,
        metavar="SECONDS",
        help="Seconds of audio in each part of a stream.",
    ),
    click.option(
        "--last-part",
        default="",
        metavar="TEXT",
        help='Text to send after the audio of a stream, such as {"type": "CloseStream"}.',
    ),
    click.option("--path", default="", metavar="PATH", help="Path of the model for streams, such as v1/listen."),
    click.option("--query", default="", metavar="QUERY", help="Query of that path."),
]
_PLAN: list[parameters.Add] = [
    click.option(
        "--max",
        "most",
        type=click.IntRange(1),
        default=SearchPlan.most,
        show_default=True,
        metavar="N",
        help="Highest number of requests in flight to try.",
    ),
    *(
        click.option(
            f"--{name.replace('_', '-')}",
            type=click.FloatRange(0, min_open=name != "warm_up"),
            default=getattr(SearchPlan, name),
            show_default=True,
            metavar="SECONDS",
            help=help_text,
        )
        for name, help_text in (
            ("warm_up", "Seconds at the start of each level that do not count."),
            ("hold", "Seconds that a level lasts at first; each repetition lasts twice as long."),
            ("longest", "Longest time to spend on one level."),
            ("budget", "Longest time to send load."),
        )
    ),
]
calls = parameters.gather(Calls, "calls", _CALLS)
"""The endpoint and what is sent to it; the command gets Calls as `calls`."""
search_plan = parameters.gather(SearchPlan, "plan", _PLAN)
"""How far and how long the search goes; the command gets a SearchPlan as `plan`."""


@click.command(cls=parameters.GroupedCommand)
@calls
@objective
@errors
@search_plan
@run_options
@options.page_delivery
@clouds.place("Where the endpoint is, by default localstack.")
def measure(
    calls: Calls,
    objective: Objective,
    errors: float,
    plan: SearchPlan,
    run_options: RunOptions,
    delivery: Delivery,
    where: Where,
) -> None:
    """Measure how many requests in flight one instance of ENDPOINT sustains.

    Keeps 1, 2, 4, ... requests in flight until a level fails the objective, then narrows down between the last two.
    Prints the highest level that holds, how sure the result is, and `instance_pools` with max_concurrency for the
    module. The endpoint must be in service with exactly one instance; its scaling must be suspended, or its maximum
    must be 1.
    """
    dry_run = run_options.dry_run
    if delivery.as_json and dry_run:
        raise click.UsageError("--json and --dry-run exclude each other: only a measurement has a document.")
    objective, calls = replace(objective, errors=errors), _checked(calls, objective, plan)
    cloud = clouds.reached(where, "Measuring")
    address = f"--endpoint-url {cloud.connection.endpoint_url} " if cloud.connection else ""
    subject = find_subject(cloud.client, calls.endpoint, f"{address}--region {cloud.region}")
    others = other_traffic(cloud.client, subject.endpoint)
    for line in filter(None, [others, *_plan(subject, calls, objective, plan)]):
        (output.say if dry_run else tell)(line)
    generator = Generator(
        calls, _service(calls.kind, cloud), lambda: _credentials(cloud), 1 if dry_run else run_options.processes
    )
    with generator:
        if dry_run:  # it starts
            return
        with step(f"Measuring {calls.endpoint}"):
            measurement = search(generator, objective, plan, _progress)
    _show(measurement, subject, run_options.target, delivery)


def _checked(calls: Calls, objective: Objective, plan: SearchPlan) -> Calls:
    """The calls with the rates of their audio. Raises ScaleproofError for what is wrong with the options."""
    if objective.measure not in (measures := MEASURES[calls.kind]):
        raise click.UsageError(
            f"--load {calls.kind} has no {objective.measure}: choose an objective of {' or '.join(measures)}."
        )
    if plan.longest < plan.hold:
        raise click.UsageError(f"--longest must be at least --hold, {plan.hold:g} s.")
    if plan.budget < plan.warm_up + plan.hold:
        raise click.UsageError(f"--budget must be at least one hold, {plan.warm_up + plan.hold:g} s.")
    if calls.kind is not CallKind.STREAMS:
        if calls.rate or calls.last_part or calls.path or calls.query:
            raise click.UsageError("--rate, --last-part, --path and --query are for --load streams.")
        return calls
    bodies = tuple(with_rate(body, calls.rate) for body in calls.bodies)
    longest = max(bodies, key=lambda body: body.seconds)
    if (lasts := longest.seconds) > plan.hold:
        raise ScaleproofError(
            f"The audio of {longest.path} lasts {lasts:.1f} s, but a level lasts {plan.hold:g} s at first, so its "
            "streams would not end in it.",
            advice=f"Use shorter audio, or --hold {2 * lasts:.0f}.",
        )
    return replace(calls, bodies=bodies)


def _service(kind: CallKind, cloud: Cloud) -> Service:
    streams = kind is CallKind.STREAMS
    if cloud.connection:
        local = control.streams(cloud.connection) if streams else None
        url, ca = (local.endpoint_url, local.ca_bundle) if local else (cloud.connection.endpoint_url, "")
        return Service(cloud.connection.region, url, local=True, ca=ca)
    url = cloud.client("sagemaker-runtime").meta.endpoint_url
    return Service(cloud.region, f"{url}:{STREAM_PORT}" if streams else url)


def _credentials(cloud: Cloud) -> Credentials:
    """The user's, as they are now. Raises FailedError where they are gone."""
    if cloud.connection:
        return Credentials(cloud.connection.account, SECRET_KEY)
    try:
        frozen = cloud.session.get_credentials().get_frozen_credentials()
    except (BotoCoreError, ClientError, AttributeError) as error:  # there may be none at all
        raise FailedError(f"There are no credentials for AWS any more: {error}") from error
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


def _plan(subject: Subject, calls: Calls, objective: Objective, plan: SearchPlan) -> Iterator[str]:
    """Sentences about the levels of the measurement, and the longest time it takes."""
    kind, first = subject.instance_type, plan.warm_up + plan.hold
    if calls.kind is CallKind.STREAMS:
        request_seconds = fmean(body.seconds for body in calls.bodies)
        why = "one after the other, as long as its audio is"
    else:
        request_seconds, why = objective.limit, "if each takes as long as the objective allows"
    yield f"{subject.endpoint.name} has one instance of {kind} in service."
    yield (
        f"Levels: 1, 2, 4, ... {calls.kind} in flight until one fails or {plan.most} hold, then those "
        f"between. Each is held for {duration(first)} first, and is judged for {duration(plan.longest)} at "
        "most."
    )
    yield (
        f"It sends load for {duration(plan.budget)} at most, and waits up to {duration(DRAIN)} after each level for "
        f"its last answers. The levels decide how many {calls.kind} are sent: with 100 in flight "
        f"{100 * first / request_seconds:,.0f} in {duration(first)}, {why}."
    )


def _progress(level: LoadLevel) -> None:
    held, sure = "holds" if level.held else "fails", "" if level.sure else ", not sure yet"
    value = "no request ended" if level.value is None else seconds(level.value)
    tell(f"{level.concurrency} in flight: {held}{sure} ({value}).")


def _show(measurement: Measurement, subject: Subject, target: Path | None, delivery: Delivery) -> None:
    """Prints what was found and writes the files. Exits with 1 where the answer is no."""
    last, name, kind = measurement.max_concurrency, subject.endpoint.name, subject.instance_type
    types = [pool.instance_type for pool in subject.endpoint.pools]
    pools = None if last is None else instance_pools(kind, last, types)
    written = target if pools else None
    if pools and target:
        write(pools, target)
    delivery.deliver(
        measurement_blocks(measurement, endpoint=name, instance_type=kind, pools=pools),
        MeasureDocument(
            **vars(measurement),
            endpoint=name,
            instance_type=kind,
            instance_pools=pools,
            output=written,
            report=delivery.report_path,
        ),
        files={"Variables": written},
    )
    if measurement.answer not in (Answer.FOUND, Answer.BEYOND):
        raise click.exceptions.Exit(ExitCode.NO)
