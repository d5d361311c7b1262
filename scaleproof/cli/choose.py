"""`scaleproof choose`: proposes the kind of endpoint, its instances and its scaling target for some traffic."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli import clouds, options, parameters
from scaleproof.cli.choose_many import (
    ChooseAllDocument,
    block_file,
    check_directory,
    choose_each,
    traffic_by_endpoint,
)
from scaleproof.cli.choose_proposal import (
    DEFAULT_NAME,
    NAME,
    POOLS_EXPECTED,
    SEEDS,
    ChooseOptions,
    Chooser,
    choose_options,
)
from scaleproof.cli.output import Delivery
from scaleproof.cli.sources import Source, max_concurrency, root_options
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.progress import tell
from scaleproof.report.choice import choice_blocks, choices_blocks
from scaleproof.report.files import check_new, write
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.choice import Choice
from scaleproof.studies.many import totals
from scaleproof.studies.run import StudyRequest
from scaleproof.studies.traffic import check as check_spec
from scaleproof.terraform.parts import planning
from scaleproof.workers import TaskMap


@dataclass(frozen=True)
class ChooseDocument:
    """The proposal and the runners-up. The exit code is 1 if nothing meets what was asked."""

    headline: str
    choice: Choice
    """Without timelines, transitions and activities."""
    block: str
    """The module block, as HCL."""
    notes: list[str]
    """Sentences about what the user still has to do."""
    report: Path | None
    """The file of --report."""


@dataclass(frozen=True)
class ChooseDelivery(Delivery):
    """Where results go. `output`: the file of the block, or the directory of all blocks."""

    output: Path | None = None


def _check_traffic(word: str) -> None:
    if not Path(word).is_dir():
        check_spec(word)


_SOURCE: list[parameters.Add] = [
    click.argument("path", metavar="[SOURCE]", required=False, type=parameters.SOURCE),
    clouds.place("With --all: read the endpoints of a cloud instead of SOURCE; AWS is only read."),
    max_concurrency,
    root_options,
]
_STUDY: list[parameters.Add] = [
    click.option(
        "--traffic",
        type=parameters.TRAFFIC,
        multiple=True,
        required=True,
        metavar="[ENDPOINT=]SPEC",
        callback=parameters.readable(_check_traffic),
        help="A CSV file or a generator with settings, as for `scaleproof simulate`. With --all: "
        "ENDPOINT=SPEC, once for each endpoint, or a directory with files ENDPOINT.csv.",
    ),
    options.assume,
    options.price,
    options.max_cut_streams,
]
_DELIVERY: list[parameters.Add] = [
    click.option(
        "--output",
        type=parameters.OUTPUT,
        metavar="FILE.tf|DIRECTORY",
        help="Write the module block to a new file, whose name becomes the name of the module. With --all: write "
        "a new file ENDPOINT.tf for each endpoint into a directory.",
    ),
    options.report,
    options.markdown,
    parameters.as_json,
]


@click.command(
    cls=parameters.GroupedCommand,
    groups={
        "Traffic and requirements": (
            "traffic",
            "pools",
            "longest",
            "largest",
            "within",
            "max_cut",
            "no_flapping",
            "most",
            "timezone",
        ),
        "Several endpoints": ("every", *parameters.HEADINGS["Endpoints"], *parameters.HEADINGS["Root configuration"]),
        "Assumptions and prices": ("assume", "price"),
        "Module, workers and output": ("module", "workers", "output", "report_path", "markdown_path", "as_json"),
    },
)
@parameters.gather(Source, "source", _SOURCE)
@parameters.gather(StudyRequest, "request", _STUDY)
@click.option("--all", "every", is_flag=True, help="Choose for every endpoint that --traffic names.")
@choose_options
@options.workers
@parameters.gather(ChooseDelivery, "delivery", _DELIVERY)
def choose(
    source: Source,
    request: StudyRequest,
    every: bool,
    choose_options: ChooseOptions,
    tasks: TaskMap,
    delivery: ChooseDelivery,
) -> None:
    """Choose an endpoint for your traffic: its kind, instance types, target, bounds and cooldowns.

    Takes one --traffic; its setting `work` is stream, sync or file. Prints which limits of SageMaker rule out a kind
    of endpoint, searches for the best settings by simulating what the module plans for them, on three seeds, and
    prints a module block that has been planned. With prices, also tries each instance type as the preferred one.
    With two weeks of traffic or more, also tries schedules: a minimum by hour and weekday.

    With --all, chooses for every endpoint of SOURCE (a plan, a state or a directory) or of a cloud that has traffic,
    and compares the proposals with the present settings in a table.

    \b
    scaleproof choose --traffic diurnal:peak=200,days=5 \\
        --pool ml.g6.2xlarge=12 --pool ml.g6e.2xlarge=16 \\
        --price ml.g6.2xlarge=1.22 --price ml.g6e.2xlarge=2.80
    """
    target = delivery.output
    if target is not None:
        _check_outside(block_file(target, "NAME") if every else target, choose_options.module)
    if every:
        _choose_all(source, request, choose_options, tasks, delivery)
    elif source.named:
        raise click.UsageError("SOURCE, --live, --max-concurrency and the options of a root configuration need --all.")
    elif not choose_options.pools:
        raise click.UsageError(POOLS_EXPECTED)
    else:
        _choose_one(source, request, choose_options, tasks, delivery)


def _choose_one(
    source: Source, request: StudyRequest, choose_options: ChooseOptions, tasks: TaskMap, delivery: ChooseDelivery
) -> None:
    if len(request.traffic) != 1:
        raise click.UsageError("Use --traffic exactly once.")
    words, target, pools = request.traffic[0], delivery.output, choose_options.pools
    if target is not None:
        check_new(target)
    name = DEFAULT_NAME if target is None else target.stem
    if not NAME.fullmatch(name):
        raise ScaleproofError(
            f"The module would be named {name!r}, after {target}; a name has 1 to 45 letters, digits and single "
            "hyphens.",
            advice="Name another file with --output.",
        )
    setting = source.setting(request, [], dict(pools))
    with planning() as (_, plan_options):
        chooser = Chooser(choose_options, setting, plan_options, tasks)
        chooser.shape(list(islice(chooser.seeds(words), SEEDS)))
        choice, block = chooser.propose(name, pools, words, Path() if target is None else target.parent)
    notes = _notes(choice)
    if target is not None:
        write(block, target)
    delivery.deliver(
        choice_blocks(choice, block, notes),
        ChooseDocument(choice.headline, choice.bare, block, notes, delivery.report_path),
        files={"Block": target},
    )
    if choice.best.misses:
        raise click.exceptions.Exit(ExitCode.NO)


def _choose_all(
    source: Source, request: StudyRequest, choose_options: ChooseOptions, tasks: TaskMap, delivery: ChooseDelivery
) -> None:
    endpoints, target = source.endpoints(), delivery.output
    names = list(dict.fromkeys(endpoint.name for endpoint in endpoints))
    traffic = traffic_by_endpoint(request.traffic, names)
    if idle := [name for name in names if name not in traffic]:
        tell(f"Not simulated, because they have no --traffic: {', '.join(idle)}.")
    endpoints = [endpoint for endpoint in endpoints if endpoint.name in traffic]
    setting = source.setting(request, endpoints, dict(choose_options.pools))
    if target is not None:
        check_directory(target, traffic)
    with planning() as (_, plan_options):
        chooser = Chooser(choose_options, setting, plan_options, tasks)
        choices = choose_each(source, endpoints, traffic, chooser, target)
    delivery.deliver(
        choices_blocks(choices, bool(setting.price)),
        ChooseAllDocument(choices, totals(choices), target, delivery.report_path, delivery.markdown_path),
        files={"Blocks": target},
    )
    if not all(choice.meets_what_was_asked for choice in choices):
        raise click.exceptions.Exit(ExitCode.NO)


def _check_outside(target: Path, module: Path) -> None:
    """Refuses a file that would be part of the module."""
    module, directory = module.resolve(), target.parent.resolve()
    if directory == module or directory.is_relative_to((module / "modules").resolve()):
        root = Path(os.path.relpath(module.parent / target.stem))
        raise ScaleproofError(
            f"{target} would be part of the module in {module}, which would then call itself.",
            advice="Write it into another root configuration, for example a new one: "
            f"mkdir -p {quote(str(root))}, then --output {quote(str(root / target.name))}",
        )


def _notes(choice: Choice) -> list[str]:
    """Sentences about what the user still has to do."""
    best = choice.best
    notes = ["No settings meet your requirements: these are the nearest."] if best.misses else []
    notes.append("Set your image or model package in the block.")
    if best.proposal.kind is Kind.ASYNC:
        notes.append("Set s3_output_path to your bucket.")
        notes.append("Deepgram says that its Marketplace packages cannot be deployed asynchronously for now.")
    return notes
