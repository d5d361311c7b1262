"""`scaleproof simulate`: runs endpoints under traffic in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scaleproof.cli import options, parameters
from scaleproof.cli.options import settings
from scaleproof.cli.output import Delivery
from scaleproof.cli.parameters import option
from scaleproof.cli.sources import Source, source
from scaleproof.errors import ExitCode
from scaleproof.progress import bar, console
from scaleproof.report.simulation import simulation_blocks
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.advice import advise
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import Setting, StudyRequest, assign, check_used, simulate_each
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import Level
from scaleproof.workers import TaskMap


@dataclass(frozen=True)
class SimulateDocument:
    """The outcome of each endpoint."""

    outcomes: list[Outcome]
    before: list[Outcome]
    """The outcomes of the endpoints of --before on the same traffic; empty without it."""
    report: Path | None
    """The file of --report."""
    markdown: Path | None
    """The file of --markdown."""


@dataclass(frozen=True)
class SimulateOptions:
    """Options besides those of the simulation. `require`: the worst verdict that is accepted."""

    uncertainty: bool = option(
        "--uncertainty",
        is_flag=True,
        help="Repeat the simulation with each assumption changed, one at a time.",
    )
    require: str | None = option(
        "--require",
        type=click.Choice([Level.HOLDS.value, Level.STRAINED.value]),
        help="Exit with 1 if a verdict is worse than this; for CI.",
    )
    no_advice: bool = option(
        "--no-advice",
        is_flag=True,
        help="Do not search for inputs that make an endpoint hold; the search runs dozens of simulations.",
    )
    before: Path | None = option(
        "--before",
        type=parameters.SOURCE,
        metavar="SOURCE",
        help="Configuration before a change, which is simulated with the same traffic: a plan, a state or a "
        "directory. A directory is planned with the same --var and --var-file; a file that both directories have is "
        "read from its own.",
    )


@click.command(cls=parameters.GroupedCommand)
@source
@settings
@parameters.gather(SimulateOptions, "simulate_options")
@options.workers
@options.delivery
def simulate(
    source: Source,
    request: StudyRequest,
    simulate_options: SimulateOptions,
    tasks: TaskMap,
    delivery: Delivery,
) -> None:
    """Simulate how endpoints scale under traffic, with the policies that Terraform would apply.

    SOURCE is the directory of a root configuration (by default the current directory), which is planned as by
    `scaleproof plan`; or a plan or state as JSON from `terraform show -json`.

    Prints a verdict for each endpoint (it holds, is strained or fails), with requests served and lost, time above
    capacity, waiting, instance-hours and cost. If an endpoint does not hold, searches for inputs of the module that
    make it hold, and prints their cost.
    """
    endpoints = source.read()
    earlier = _earlier(source, simulate_options.before) if simulate_options.before else []
    setting = source.setting(request, [*endpoints, *earlier])
    traffic = request.named(endpoints)
    pairs = assign(endpoints, traffic)
    check_used(traffic, pairs)
    for endpoint in endpoints:
        if endpoint not in [chosen for chosen, _ in pairs]:
            console.print(
                f"{endpoint.name} is not simulated, because it has no traffic. Add --traffic {endpoint.name}=SPEC.",
                style="dim",
            )
    outcomes = simulate_each(pairs, setting, uncertainty=simulate_options.uncertainty, tasks=tasks)
    was = _simulated_before(pairs, earlier, setting, tasks)
    if not simulate_options.no_advice:
        outcomes = [_advised(outcome, spec, setting, tasks) for (_, spec), outcome in zip(pairs, outcomes, strict=True)]
    gone = sorted({endpoint.name for endpoint in earlier} - {endpoint.name for endpoint in endpoints})
    delivery.deliver(
        simulation_blocks(outcomes, was if simulate_options.before else None, gone),
        SimulateDocument(outcomes, was, delivery.report_path, delivery.markdown_path),
    )
    worst = max((outcome.verdict.level.rank for outcome in outcomes), default=0)
    over = options.cut_too_many(outcomes, request.max_cut)
    if over or (simulate_options.require is not None and worst > Level(simulate_options.require).rank):
        raise click.exceptions.Exit(ExitCode.NO)


def _earlier(source: Source, before: Path) -> list[Endpoint]:
    """The endpoints of --before. Its own files of variables win over those of SOURCE."""
    other = source.beside(before)
    if not before.is_dir():
        return other.read()
    root = (source.path or Path()).resolve()
    files = []
    for file in map(Path, source.root.files):
        own = before.resolve() / file.relative_to(root) if file.is_relative_to(root) else file
        files.append(str(own if own.exists() else file))
    return replace(other, root=replace(source.root, files=tuple(files))).read()


def _simulated_before(
    pairs: Sequence[tuple[Endpoint, TrafficSpec]],
    earlier: Sequence[Endpoint],
    setting: Setting,
    tasks: TaskMap,
) -> list[Outcome]:
    """The outcomes of the earlier endpoints on the traffic of those with the same name and variant."""
    traffic = {(endpoint.name, endpoint.variant): spec for endpoint, spec in pairs}
    known = [
        (endpoint, traffic[endpoint.name, endpoint.variant])
        for endpoint in earlier
        if (endpoint.name, endpoint.variant) in traffic
    ]
    return simulate_each(known, setting, tasks=tasks) if known else []


def _advised(outcome: Outcome, traffic: TrafficSpec, setting: Setting, tasks: TaskMap) -> Outcome:
    with bar(f"Trying other inputs of {outcome.endpoint.name}") as update:
        return replace(outcome, advice=advise(outcome, traffic, setting, tasks=tasks, progress=update))
