"""The options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import click

from scaleproof.cli.output import Delivery
from scaleproof.cli.parameters import TRAFFIC, WRITTEN, Add, as_json, gather, readable
from scaleproof.progress import console
from scaleproof.simulation.generators import GENERATORS
from scaleproof.studies import assumptions, traffic
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import StudyRequest
from scaleproof.studies.verdict import CutLimit, cuts_too_many
from scaleproof.studies.wording import per_day
from scaleproof.workers import workers as opened


def cut_too_many(outcomes: Iterable[Outcome], limit: CutLimit | None) -> bool:
    """Whether scale-in cuts off more than the user's limit (None if none was given); says so on stderr."""
    over = [outcome for outcome in outcomes if limit and cuts_too_many(outcome.result, limit)]
    for outcome in over:
        console.print(
            f"Scale-in at {outcome.result.endpoint} cuts off {per_day(outcome.verdict.cut_per_day)} requests a day; "
            f"the limit is {limit.words if limit else ''}."
        )
    return bool(over)


def _cut_limit(_context: click.Context, _option: click.Parameter, text: str | None) -> CutLimit | None:
    return None if text is None else CutLimit.parse(text)


def workers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option --workers; the command gets who simulates as `tasks`, until it ends."""

    @click.option(
        "--workers",
        metavar="N|ADDRESS",
        callback=_workers,
        help="Simulate in N processes, by default one for each core, or on the workers of a Dask scheduler at an "
        "address such as tcp://10.0.0.5:8786.",
    )
    @functools.wraps(function)
    def call(workers: tuple[int | None, str | None], **values: Any) -> Any:
        tasks = click.get_current_context().with_resource(opened(*workers))
        return function(tasks=tasks, **values)

    return call


def _workers(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int | None, str | None]:
    """How many processes, or the address of a scheduler."""
    if text is None or "://" in text:
        return None, text
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(
            f"{text!r} is neither a number of processes, 1 or more, nor an address such as tcp://10.0.0.5:8786."
        )
    return int(text), None


report = click.option(
    "--report",
    "report_path",
    type=WRITTEN,
    metavar="FILE.html",
    help="Write a report with plots to one HTML file, which needs no network.",
)

markdown = click.option(
    "--markdown",
    "markdown_path",
    type=WRITTEN,
    metavar="FILE.md",
    help="Write a summary in Markdown, for example for a comment on a pull request.",
)

page_delivery = gather(Delivery, "delivery", [report, as_json])
delivery = gather(Delivery, "delivery", [report, markdown, as_json])
"""Where the result goes; the command gets a Delivery as `delivery`."""

assume = click.option(
    "--assume",
    multiple=True,
    metavar="NAME=VALUE",
    callback=readable(lambda word: assumptions.parse([word])),
    help="Change an assumption about what AWS does not document, such as provisioning=300 or "
    "stop_grace_seconds=0. Can be repeated.",
)


def _readable_prices(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """Prices as they are said; what cannot be read is refused before any work. AWS is not asked yet."""
    StudyRequest((), price=words).prices((), lambda _types, _region: None)
    return words


price = click.option(
    "--price",
    multiple=True,
    metavar="TYPE=USD|FILE|aws[:REGION]",
    callback=_readable_prices,
    help="Prices per instance-hour: of one type in USD, from a CSV file, or from AWS's Price List. TYPE=USD "
    "overrides the others. Can be repeated. Every cost names the source and date of its prices.",
)

max_cut_streams = click.option(
    "--max-cut-streams",
    "max_cut",
    metavar="PER_DAY|SHARE%|any",
    callback=_cut_limit,
    help="Requests that scale-in may cut off: a number per day, a share of all such as 0.5%, or any. The default "
    "is 0.1%; a single request is always allowed. With this option, simulate and compare exit with 1 above it.",
)

_PARAMETERS: list[Add] = [
    click.option(
        "--traffic",
        type=TRAFFIC,
        multiple=True,
        required=True,
        metavar="[ENDPOINT=]SPEC",
        callback=readable(traffic.check),
        help=f"A CSV file or one of {', '.join(GENERATORS)}, with settings: diurnal:peak=200,days=7. Can be "
        "repeated. Without ENDPOINT=, work=file applies to asynchronous endpoints, other work to real-time ones.",
    ),
    click.option("--seed", type=click.IntRange(0), default=0, help="Seed of the random numbers; default 0."),
    click.option(
        "--start",
        metavar="TIME",
        help="Time at which the traffic starts, such as 2026-03-02T08:00+01:00; by default that of the recording, or "
        "a Monday at 00:00 UTC.",
    ),
    assume,
    click.option(
        "--shortage",
        multiple=True,
        metavar="TYPE=FROM-TO",
        callback=readable(lambda word: assumptions.shortages([word])),
        help="Out of stock: no instance of TYPE starts between FROM and TO, in hours from the start. Can be repeated.",
    ),
    price,
    max_cut_streams,
]
settings = gather(StudyRequest, "request", _PARAMETERS)
"""The options of every study; the command gets a StudyRequest as `request`."""
