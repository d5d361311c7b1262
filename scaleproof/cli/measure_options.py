"""The options of `scaleproof measure`: the requests, the objective, and the limits of the search."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from scaleproof.cli import parameters
from scaleproof.cli.parameters import option
from scaleproof.measuring import objective as objectives
from scaleproof.measuring.load.bodies import read_bodies
from scaleproof.measuring.load.job import CallKind, Calls
from scaleproof.measuring.search import SearchPlan


def _tfvars(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix != ".tfvars":
        raise click.BadParameter(f"{str(path)!r} does not end in .tfvars.")
    return path


@dataclass(frozen=True)
class RunOptions:
    """How the search runs. `target`: the file of --write."""

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
        "--write",
        type=parameters.NEW_FILE,
        metavar="FILE.tfvars",
        callback=_tfvars,
        help="Write instance_pools with the measured max_concurrency to a new file.",
    )


run_options = parameters.gather(RunOptions, "run_options")
objective = click.option(
    "--objective",
    required=True,
    metavar="MEASURE:STATISTIC=SECONDS",
    callback=lambda _context, _option, text: objectives.parse(text),
    help="Limit in seconds of the mean or a percentile of latency, first_chunk or lag, such as latency:p95=0.4; or "
    f"the name of a preset: {', '.join(objectives.PRESETS)}.",
)
errors = click.option(
    "--errors",
    type=parameters.FloatRange(0, 1, max_open=True),
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
        type=parameters.SOURCE,
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
        type=parameters.FloatRange(0, min_open=True),
        metavar="BYTES",
        help="Bytes per second of audio, unless --body is a WAV file: 32000 for 16-bit audio at 16 kHz.",
    ),
    click.option(
        "--chunk",
        type=parameters.FloatRange(0.01, 5),
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
            type=parameters.FloatRange(0, min_open=name != "warm_up"),
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
