"""`scaleproof choose`: proposes the kind of endpoint, its instances and its scaling target for some traffic."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli import clouds, options, parameters
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
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.report.choice import choice_blocks
from scaleproof.report.files import write
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.choice import Choice
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
    """Where results go. `output`: the file of the block."""

    output: Path | None = None


_STUDY: list[parameters.Add] = [
    click.option(
        "--traffic",
        type=parameters.TRAFFIC,
        multiple=True,
        required=True,
        metavar="SPEC",
        callback=parameters.readable(check_spec),
        help="A CSV file or a generator with settings, as for `scaleproof simulate`.",
    ),
    options.assume,
    options.price,
    options.max_cut_streams,
]
_DELIVERY: list[parameters.Add] = [
    click.option(
        "--output",
        type=parameters.NEW_FILE,
        metavar="FILE.tf",
        help="Write the module block to a new file, whose name becomes the name of the module.",
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
        "Assumptions and prices": ("assume", "price"),
        "Module, workers and output": ("module", "workers", "output", "report_path", "markdown_path", "as_json"),
    },
)
@parameters.gather(StudyRequest, "request", _STUDY)
@choose_options
@options.workers
@parameters.gather(ChooseDelivery, "delivery", _DELIVERY)
def choose(request: StudyRequest, choose_options: ChooseOptions, tasks: TaskMap, delivery: ChooseDelivery) -> None:
    """Choose an endpoint for your traffic: its kind, instance types, target, bounds and cooldowns.

    Takes one --traffic; its setting `work` is stream, sync or file. Prints which limits of SageMaker rule out a kind
    of endpoint, searches for the best settings by simulating what the module plans for them, on three seeds, and
    prints a module block that has been planned. With prices, also tries each instance type as the preferred one.
    With two weeks of traffic or more, also tries schedules: a minimum by hour and weekday.

    \b
    scaleproof choose --traffic diurnal:peak=200,days=5 \\
        --pool ml.g6.2xlarge=12 --pool ml.g6e.2xlarge=16 \\
        --price ml.g6.2xlarge=1.22 --price ml.g6e.2xlarge=2.80
    """
    if not choose_options.pools:
        raise click.UsageError(POOLS_EXPECTED)
    if len(request.traffic) != 1:
        raise click.UsageError("Use --traffic exactly once.")
    words, target, pools = request.traffic[0], delivery.output, choose_options.pools
    if target is not None:
        _check_outside(target, choose_options.module)
    name = DEFAULT_NAME if target is None else target.stem
    if not NAME.fullmatch(name):
        raise ScaleproofError(
            f"The module would be named {name!r}, after {target}; a name has 1 to 45 letters, digits and single "
            "hyphens.",
            advice="Name another file with --output.",
        )
    setting = request.setting(dict(pools), clouds.price_list(None))
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
