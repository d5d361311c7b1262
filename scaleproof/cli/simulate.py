"""`scaleproof simulate`: endpoints under traffic in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import click
from rich.console import Console

from scaleproof.cli import options, output
from scaleproof.cli.options import report, settings
from scaleproof.cli.sources import Source, source
from scaleproof.errors import ExitCode
from scaleproof.progress import bar, console
from scaleproof.report import simulation_page, write
from scaleproof.studies.outcome import Outcome, OutcomeDocument, numbers
from scaleproof.studies.run import StudyRequest, assign, simulate_each, types_of
from scaleproof.studies.trying import Trial, advise
from scaleproof.studies.verdict import Level
from scaleproof.studies.wording import duration, hours, per_day, share
from scaleproof.workers import Each

_ORDER = (Level.HOLDS, Level.STRAINED, Level.FAILS)


class SimulateDocument(TypedDict):
    """The outcome of each endpoint."""

    outcomes: list[OutcomeDocument]
    report: str | None
    """The file of --report."""


@click.command()
@source
@settings
@click.option(
    "--uncertainty", is_flag=True, help="Repeat the simulation with each assumption changed, one by one."
)
@click.option(
    "--require",
    type=click.Choice([Level.HOLDS.value, Level.STRAINED.value]),
    help="Exit with 1 if a verdict is worse; for CI.",
)
@options.max_cut_streams
@options.workers
@click.option(
    "--no-advice",
    is_flag=True,
    help="Do not look for inputs with which an endpoint would hold, which takes dozens of simulations.",
)
@report
@options.as_json
def simulate(
    source: Source,
    given: StudyRequest,
    uncertainty: bool,
    require: str | None,
    most_cut: float | None,
    each: Each,
    no_advice: bool,
    page: Path | None,
    machine: bool,
) -> None:
    """Simulate endpoints under traffic, in virtual time, with the policies that Terraform would apply.

    SOURCE is the directory of a root configuration (by default the current one; planned as by `scaleproof
    plan`), a plan or state in the JSON of `terraform show -json`, or a .tfstate file.

    Prints a verdict: requests served and lost, time above capacity, waiting, instance-hours and cost. For an
    endpoint that does not hold, finds the inputs of the module with which it does, and what they cost.
    """
    endpoints = source.read()
    setting = given.setting(types_of(endpoints))
    pairs = assign(endpoints, given.named(endpoints))
    for endpoint in endpoints:
        if endpoint not in [chosen for chosen, _ in pairs]:
            console.print(
                f"Leaving out {endpoint.name}: no traffic is for it. Send some with {endpoint.name}=SPEC.",
                style="dim",
                markup=False,
                soft_wrap=True,
            )
    outcomes = simulate_each(pairs, setting, uncertainty=uncertainty, each=each)
    if not no_advice:
        outcomes = [
            _advised(Trial(*pair, setting, most_cut), outcome, each)
            for pair, outcome in zip(pairs, outcomes, strict=True)
        ]
    if page is not None:
        write(simulation_page(outcomes, command=options.command_line()), page)
    if machine:
        output.print_json(
            SimulateDocument(
                outcomes=[outcome.to_dict() for outcome in outcomes], report=str(page) if page else None
            )
        )
    else:
        print_outcomes(outcomes)
        if page is not None:
            output.say(f"Report: {page}")
    worst = max((_ORDER.index(outcome.verdict.level) for outcome in outcomes), default=0)
    over = options.cut_too_many(outcomes, most_cut)
    if over or (require is not None and worst > _ORDER.index(Level(require))):
        raise click.exceptions.Exit(ExitCode.NO)


def _advised(trial: Trial, outcome: Outcome, each: Each) -> Outcome:
    with bar(f"Trying other inputs of {trial.endpoint.name}") as update:
        return replace(outcome, advice=advise(trial, outcome, each=each, progress=update))


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Prints a verdict for each endpoint, and one table of numbers."""
    screen = output.console()
    for outcome in outcomes:
        result = outcome.result
        start = f"{result.start:%a %d %b %Y %H:%M %Z}"
        screen.print(f"{result.endpoint}: {duration(result.duration)} of {result.traffic} from {start}")
        screen.print(f"It {_word(outcome.verdict.level)}.", style="bold", end=" ")
        screen.print(outcome.verdict.sentence, soft_wrap=True)
        for finding in outcome.verdict.findings:
            screen.print(f"- {finding}", soft_wrap=True)
        if outcome.advice:
            screen.print(f"Advice: {' '.join(outcome.advice.sentences)}", soft_wrap=True)
        screen.print()
    _print_numbers(screen, outcomes)
    for sentence in dict.fromkeys(outcome.start_up.sentence for outcome in outcomes):
        screen.print(sentence, soft_wrap=True)
    for outcome in outcomes:
        if outcome.uncertainty:
            _print_uncertainty(screen, outcome)


def _word(level: Level) -> str:
    return {Level.HOLDS: "holds", Level.STRAINED: "is strained", Level.FAILS: "fails"}[level]


def _print_numbers(screen: Console, outcomes: Sequence[Outcome]) -> None:
    table = output.new_table("", "", *(outcome.result.endpoint for outcome in outcomes))
    rows = [numbers(outcome) for outcome in outcomes]
    for name in dict.fromkeys(key for row in rows for key in row):
        table.add_row(name, *(row.get(name, "") for row in rows))
    screen.print(table)


def _print_uncertainty(screen: Console, outcome: Outcome) -> None:
    table = output.new_table(
        f"{outcome.result.endpoint} with one assumption changed",
        "Assumption", "Taken as", "Changed to", "Served", "Cut a day", "Above capacity",
        "Waiting, 95 %", "Instance-hours",
    )  # fmt: skip
    base = outcome.result.totals
    same = []
    for row in outcome.uncertainty:
        unchanged = (row.overload_seconds, row.waiting_p95, row.cut_per_day) == (
            base.overload_seconds,
            base.waiting.p95,
            outcome.verdict.cut_per_day,
        )
        if unchanged and abs(row.instance_hours - outcome.cost.total_hours) < 1e-6:
            same.append(f"{row.assumption}={row.value}")
            continue
        table.add_row(
            row.assumption, row.base, row.value, share(row.served), per_day(row.cut_per_day),
            duration(row.overload_seconds), duration(row.waiting_p95), hours(row.instance_hours),
        )  # fmt: skip
    screen.print(table)
    if same:
        screen.print(f"No difference: {', '.join(same)}.", soft_wrap=True)
