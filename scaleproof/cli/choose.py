"""`scaleproof choose`: real-time or asynchronous, how many of which instances, at which target?"""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli import choose_all, options, output, recorded
from scaleproof.cli.chosen import notes_on, print_choice
from scaleproof.cli.options import report, settings_without_traffic
from scaleproof.cli.proposing import DEFAULT_NAME, NAME, SEEDS, Asked
from scaleproof.cli.recorded import Period
from scaleproof.cli.sources import Source, source
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.report import check_new, choice_page, choice_text, write
from scaleproof.scaling.cron import zone
from scaleproof.studies.choose import ChoiceDocument
from scaleproof.studies.planned import module_directory
from scaleproof.studies.proposal import PLACEHOLDER
from scaleproof.studies.run import StudyRequest, numbers_by_type
from scaleproof.terraform.parts import planning
from scaleproof.texts import number
from scaleproof.workers import TaskMap

_AREA = re.compile(
    "UTC|GMT|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/.+"
)
"""Time zones that the module takes."""


class ChooseDocument(ChoiceDocument):
    """The proposal and the runners-up. The exit code is 1 if nothing meets what was asked."""

    block: str
    """The module block, as HCL."""
    notes: list[str]
    """What the user still has to do."""
    report: Path | None
    """The file of --report."""


def _within(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None or text == "whenever":
        return math.inf if text else None
    value = 0.0 if text == "now" else number(text)
    if not value >= 0:
        raise click.BadParameter(f"{text!r} is not now, whenever or a number of seconds.")
    return value


def _timezone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    zone(name)
    if not _AREA.fullmatch(name):
        raise click.BadParameter(f"{name!r} is not UTC or of the form AREA/CITY, as in Europe/Berlin.")
    return name


@click.command()
@source
@settings_without_traffic
@click.option("--all", "every", is_flag=True, help="Choose for every endpoint of SOURCE.")
@click.option(
    "--output",
    "kept",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="With --all: write NAME.tf and NAME.json of each endpoint as they are found. A rerun takes from "
    "there what was asked before.",
)
@recorded.period
@click.option(
    "--pool",
    "pools",
    multiple=True,
    metavar="TYPE=N",
    help="An instance type and the requests in flight that one sustains; repeat in order of preference. With "
    "--all, those of each endpoint are the default.",
)
@click.option(
    "--longest",
    type=options.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long the longest request takes; by default the longest of the traffic.",
)
@click.option(
    "--largest",
    type=options.FloatRange(0, min_open=True),
    metavar="MB",
    help="Size of the largest request; by default the largest of a CSV file with sizes.",
)
@click.option(
    "--within",
    callback=_within,
    metavar="SECONDS",
    help="When work on a request must begin: now, within a number of seconds, or whenever. The default is "
    "whenever for files and now for everything else.",
)
@options.max_cut_streams
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    metavar="AREA/CITY",
    callback=_timezone,
    help="Time zone of schedules, which are tried on two weeks of traffic or more. Described traffic starts "
    "on a Monday at midnight there.",
)
@click.option(
    "--no-flapping",
    is_flag=True,
    help="Propose nothing that changes between scaling out and scaling in more than 24 times a day.",
)
@click.option("--most", type=click.IntRange(1), metavar="N", help="The most instances.")
@click.option("--name", show_default=DEFAULT_NAME, help="The module's name input.")
@click.option("--image", metavar="URI", help="The model's image, for the block.")
@click.option(
    "--model-package-arn", metavar="ARN", help="The model's package, for the block, instead of an image."
)
@click.option("--s3-output-path", metavar="URI", help="Where asynchronous results go, for the block.")
@click.option(
    "--module",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory of the module; by default the checkout that this command comes from.",
)
@click.option(
    "--module-source", metavar="SOURCE", help="The source of the block; by default the module's directory."
)
@click.option(
    "--write",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.tf",
    help="Write the module block to a new file.",
)
@options.workers
@report
@options.markdown
@options.as_json
def choose(
    source: Source,
    given: StudyRequest,
    every: bool,
    kept: Path | None,
    period: Period,
    pools: Sequence[str],
    longest: float | None,
    largest: float | None,
    within: float | None,
    most_cut: float | None,
    timezone: str,
    no_flapping: bool,
    most: int | None,
    name: str | None,
    image: str | None,
    model_package_arn: str | None,
    s3_output_path: str | None,
    module: Path | None,
    module_source: str | None,
    target: Path | None,
    each: TaskMap,
    page: Path | None,
    summary: Path | None,
    machine: bool,
) -> None:
    """Choose an endpoint for some work: its kind, instances, target, bounds and cooldowns.

    The work is one --traffic; its setting `work` is stream, sync or file. Prints which limits of SageMaker
    decide, finds settings by simulating what the module plans for them, on three seeds, and prints a module
    block that plans cleanly. With prices, it also tries each instance type as the preferred one. With two
    weeks of traffic or more, it also tries schedules: a minimum by hour and weekday.

    With --all it chooses for every endpoint of SOURCE, which is as for `scaleproof simulate`, on the traffic
    of each: --traffic ENDPOINT=FILE, or a directory with files ENDPOINT.csv. Without --traffic it first
    records that of live endpoints, as `scaleproof record` does. The table at the end compares with what runs
    today.

    \b
    scaleproof choose --traffic diurnal:peak=200,days=5 \\
        --pool ml.g6.2xlarge=12 --pool ml.g6e.2xlarge=16 \\
        --price ml.g6.2xlarge=1.22 --price ml.g6e.2xlarge=2.80
    """
    found = list(numbers_by_type(pools).items())
    _check(given, every, pools, found, name, image, model_package_arn)
    if every and target:
        raise click.UsageError("--write is for one endpoint; --all has --output DIRECTORY.")
    if not every and (source.named or kept or period.given):
        raise click.UsageError("SOURCE and its options, --live, --output, --from and --to need --all.")
    if every and name is not None:
        raise click.UsageError("--name is for one endpoint; with --all each keeps its own.")
    if every:
        choose_all.check(source, given, period, kept)
    directory = module_directory(module)
    if target is not None:
        _check_target(target, directory)
    if kept is not None:
        _check_outside(kept / "NAME.tf", directory)
    endpoints = source.found(asks_aws=given.asks_aws) if every else []
    asked = Asked(
        source.setting(given, endpoints, [kind for kind, _ in found]),
        *(longest, largest, within, most_cut, not no_flapping, timezone, most, directory, module_source),
        {"model_package_arn": model_package_arn} if model_package_arn else {"image": image or PLACEHOLDER},
        s3_output_path,
        source.outside["allow_network"],
    )
    if every:
        choose_all.run(source, given, endpoints, found, asked, period, kept, each, page, summary, machine)
        return
    asked.shape(list(itertools.islice(asked.seeds(given.traffic[0]), SEEDS)))
    with planning() as (_, means):
        place = target.parent if target else Path()
        choice, text = asked.propose(name or DEFAULT_NAME, found, given.traffic[0], place, means, each)
    notes = notes_on(choice, image or model_package_arn, s3_output_path, model_package_arn)
    if summary is not None:
        write(choice_text(choice, text, notes, command=options.command_line()), summary)
    if page is not None:
        told = [choice.flapping, *notes] if choice.flapping else notes
        write(choice_page(choice, text, told, command=options.command_line()), page)
    if target is not None:
        _check_target(target, directory)
        write(text, target)
    if machine:
        output.print_json(ChooseDocument(**choice.to_dict(), block=text, notes=notes, report=page))
    else:
        print_choice(choice, text, notes)
        output.say_files({"Block": target, "Report": page, "Summary": summary})
    if choice.best.misses:
        raise click.exceptions.Exit(ExitCode.NO)


def _check(
    given: StudyRequest,
    every: bool,
    pools: Sequence[str],
    found: Sequence[tuple[str, float]],
    name: str | None,
    image: str | None,
    model_package_arn: str | None,
) -> None:
    """Refuses bad options before any work."""
    if not every and len(given.traffic) != 1:
        raise click.UsageError("Give exactly one --traffic.")
    if not (every or found) or len(found) > 5:
        raise click.UsageError("Give one to five instance types with --pool, each once.")
    if small := [kind for kind, sustained in found if sustained < 1]:
        raise click.UsageError(f"An instance of {small[0]} must sustain at least one request.")
    if name is not None and not NAME.fullmatch(name):
        raise click.UsageError(f"--name {name!r} is not 1 to 45 letters, digits and single hyphens.")
    if image and model_package_arn:
        raise click.UsageError("--image and --model-package-arn exclude each other.")


def _check_target(target: Path, module: Path) -> None:
    """Refuses a file that cannot be written, or that would be part of the module."""
    _check_outside(target, module)
    check_new(target)


def _check_outside(target: Path, module: Path) -> None:
    module, place = module.resolve(), target.parent.resolve()
    if place == module or place.is_relative_to((module / "modules").resolve()):
        root = Path(os.path.relpath(module.parent / target.stem))
        raise ScaleproofError(
            f"{target} would be part of the module in {module}, which would then call itself.",
            advice="Write it into a root configuration of your own, for example a new one: "
            f"mkdir -p {quote(str(root))}, then --write {quote(str(root / target.name))}",
        )
