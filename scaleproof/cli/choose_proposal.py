"""The options of `scaleproof choose`, and the proposal with its module block for one traffic."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from scaleproof.cli import parameters
from scaleproof.cli.parameters import option
from scaleproof.errors import FailedError
from scaleproof.progress import bar
from scaleproof.scaling.cron import zone
from scaleproof.simulation import Work
from scaleproof.studies import choose as search
from scaleproof.studies import traffic as spelled
from scaleproof.studies.choice import Choice
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.proposal import PLACEHOLDER, block
from scaleproof.studies.run import Setting, numbers_by_type
from scaleproof.studies.shape import Shape, feasible
from scaleproof.studies.traffic import MONDAY, TrafficSpec
from scaleproof.texts import number
from scaleproof.workers import TaskMap

SEEDS = 3
"""Settings are chosen on this many seeds at first."""
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,44}")
"""Names that the module accepts."""
_TYPE = re.compile(r"ml\.[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+")
"""Instance types that the module accepts."""
MOST_POOLS = 5
POOLS_EXPECTED = "Name one to five different instance types with --pool."
DEFAULT_NAME = "model"
"""Where neither a file nor an endpoint names the module."""
_AREA = re.compile("UTC|GMT|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/.+")
"""Time zones that the module takes."""


def _within(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None or text == "whenever":
        return math.inf if text else None
    value = 0.0 if text == "now" else number(text)
    if not value >= 0:
        raise click.BadParameter(f"{text!r} is not a number of seconds, now or whenever.")
    return value


def _timezone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    zone(name)
    if not _AREA.fullmatch(name):
        raise click.BadParameter(f"{name!r} is not UTC or of the form AREA/CITY, as in Europe/Berlin.")
    return name


def _pools(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    pools = tuple(numbers_by_type(words).items())
    if wrong := [kind for kind, _ in pools if not _TYPE.fullmatch(kind)]:
        raise click.BadParameter(f"{wrong[0]!r} is no instance type of SageMaker. Write it as in ml.g6.2xlarge.")
    if small := [kind for kind, sustained in pools if sustained < 1]:
        raise click.UsageError(f"An instance of {small[0]} must sustain at least one request.")
    if len(pools) > MOST_POOLS:
        raise click.UsageError(POOLS_EXPECTED)
    return pools


@dataclass(frozen=True)
class ChooseOptions:
    """Options of a choice for any endpoint, as in `scaleproof choose --help`."""

    pools: tuple[tuple[str, float], ...] = option(
        "--pool",
        multiple=True,
        metavar="TYPE=N",
        callback=_pools,
        help="An instance type, and the requests in flight that one instance sustains; repeat in order of preference.",
    )
    longest: float | None = option(
        "--longest",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="Duration of the longest request; by default the longest of the traffic.",
    )
    largest: float | None = option(
        "--largest",
        type=click.FloatRange(0, min_open=True),
        metavar="MB",
        help="Size of the largest request; by default, size rules out no kind of endpoint.",
    )
    within: float | None = option(
        "--within",
        callback=_within,
        metavar="SECONDS",
        help="Longest time that a request may wait until an instance works on it: seconds, now or whenever. The "
        "default is whenever for files and now for other requests.",
    )
    timezone: str = option(
        "--timezone",
        default="UTC",
        show_default=True,
        metavar="AREA/CITY",
        callback=_timezone,
        help="Time zone of the schedules and of recorded days. Traffic without dates starts on a Monday at midnight in "
        "this zone.",
    )
    no_flapping: bool = option(
        "--no-flapping",
        is_flag=True,
        help="Propose no settings under which the endpoint alternates between scaling out and scaling in more than "
        "24 times a day.",
    )
    most: int | None = option(
        "--most",
        type=click.IntRange(1),
        metavar="N",
        help="Maximum instances of the endpoint; by default as many as the traffic needs.",
    )
    module: Path = option(
        "--module",
        type=parameters.DIRECTORY,
        callback=lambda _context, _option, path: module_directory(path),
        help="Directory of the module; by default the checkout that contains this command.",
    )


choose_options = parameters.gather(ChooseOptions, "choose_options")


@dataclass(frozen=True)
class Chooser:
    """Chooses for one endpoint at a time. `plan_options`: those of a Root."""

    options: ChooseOptions
    setting: Setting
    plan_options: Mapping[str, Any]
    tasks: TaskMap

    def seeds(self, words: str) -> Iterator[TrafficSpec]:
        """The traffic of each seed, without an end; of recorded traffic other days from number SEEDS on."""
        for place in itertools.count():
            spec = spelled.parse(words, more=place)
            if place >= SEEDS and not spec.described:
                began = self.dated(spec).began(spec)
                spec = spelled.resampled(spec, spec.seed, began, self.options.timezone)
            yield spec

    def dated(self, traffic: TrafficSpec) -> Setting:
        """The setting on some traffic: without dates it begins in the time zone that is asked for."""
        if self.setting.start is None and traffic.start is None:
            return replace(self.setting, start=MONDAY.replace(tzinfo=zone(self.options.timezone)))
        return self.setting

    def shape(self, traffic: Sequence[TrafficSpec]) -> Shape:
        """The shape of the work. Raises NoEndpointError if no endpoint takes it."""
        work, within = traffic[0].traffic.work, self.options.within
        if within is None:
            within = math.inf if work is Work.FILE else 0.0
        shape = Shape(
            work,
            longest=self.options.longest or max(spec.longest for spec in traffic),
            largest=self.options.largest,
            within=None if math.isinf(within) else within,
            flaps=not self.options.no_flapping,
        )
        feasible(shape)
        return shape

    def propose(
        self,
        name: str,
        pools: Sequence[tuple[str, float]],
        words: str,
        directory: Path,
    ) -> tuple[Choice, str]:
        """The choice for traffic in `words`, and its module block for a root in `directory`.

        Raises ScaleproofError.
        """
        unseen = self.seeds(words)
        traffic = list(itertools.islice(unseen, SEEDS))
        shape = self.shape(traffic)
        source = _source(self.options.module, directory)
        with closing(ModulePlanner(self.options.module, name, **self.plan_options)) as planner:
            with bar(f"Trying settings for {name}") as update:
                choice = search.choose(
                    shape,
                    pools,
                    traffic,
                    self.dated(traffic[0]),
                    planner.endpoint,
                    most=self.options.most,
                    unseen=unseen,
                    timezone=self.options.timezone,
                    progress=update,
                    tasks=self.tasks,
                )
            text = block(
                choice.best.proposal,
                name=name,
                source=source,
                model={"image": PLACEHOLDER},
                s3_output_path=f"s3://{name.lower()}-results/out/",
            )
            # Print only what was simulated.
            if planner.check(text, source) != choice.best.endpoint:
                raise FailedError("The block plans another endpoint than the one simulated (a defect).")
        return choice, text


def _source(module: Path, directory: Path) -> str:
    """The module as a source for a root in `directory`; where that is the module itself, for any other root."""
    path = os.path.relpath(module, directory)
    if path == ".":
        return str(module.resolve())
    return path if path.startswith("../") or path == ".." else f"./{path}"  # Terraform needs a leading dot
