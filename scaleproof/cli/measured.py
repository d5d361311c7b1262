"""What a measurement is asked for, and how it says what was found: on the screen, as JSON, in files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from scaleproof.cli import options, output
from scaleproof.errors import ExitCode
from scaleproof.measuring import objective as objectives
from scaleproof.measuring.finding import Answer, Finding, FindingDocument, pools
from scaleproof.measuring.search import Plan
from scaleproof.report import check_new, measurement_page, write
from scaleproof.report.measurement import cells
from scaleproof.scaling.endpoint import Pool


class MeasureDocument(FindingDocument):
    """What was found. The exit code is 1 unless `answer` is "found" or "beyond"."""

    endpoint: str
    instance_type: str
    """The type of the instance that was measured."""
    instance_pools: str | None
    """The input `instance_pools` as HCL; None where no level held."""
    written: Path | None
    """The file of --write; None where no level held."""
    report: Path | None
    """The file of --report."""


def _tfvars(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix != ".tfvars":
        raise click.BadParameter(f"{str(path)!r} does not end in .tfvars.")
    return path


def asked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the objective, the search and the output.

    The command gets `objective`, an Objective; `plan`, a Plan; and `target`, `page` and `machine` for `show`.
    """

    @functools.wraps(function)
    def call(wanted: str, errors: float, plan: Plan, **rest: Any) -> Any:
        if plan.longest < plan.hold:
            raise click.UsageError(f"--longest must be at least --hold, {plan.hold:g} s.")
        if plan.budget < plan.warm_up + plan.hold:
            raise click.UsageError(f"--budget must be at least one hold, {plan.warm_up + plan.hold:g} s.")
        return function(objective=objectives.parse(wanted, errors), plan=plan, **rest)

    return options.gathered(Plan, "plan", [*_OBJECTIVE, *_PLAN, *_OUTPUT], call)


def show(
    finding: Finding,
    *,
    endpoint: str,
    instance_type: str,
    others: Sequence[Pool],
    target: Path | None,
    page: Path | None,
    machine: bool,
) -> None:
    """Prints what was found, and writes the report and the tfvars file. Exits with 1 where the answer is no.

    `others`: all pools of the endpoint in order of priority. `target`, `page`, `machine`: as the options say.
    """
    found = finding.max_concurrency
    known = [(one.instance_type, one.max_concurrency) for one in others]
    text = None if found is None else pools(instance_type, found, known)
    if page is not None:
        made = measurement_page(
            finding,
            endpoint=endpoint,
            instance_type=instance_type,
            pools=text or "",
            command=options.command_line(),
        )
        write(made, page)
    written = target if text else None
    if text and target:
        check_new(target)
        write(text, target)
    if machine:
        output.print_json(
            MeasureDocument(
                **finding.to_dict(),
                endpoint=endpoint,
                instance_type=instance_type,
                instance_pools=text,
                written=written,
                report=page,
            )
        )
    else:
        _print(finding, text)
        output.say_files({"Variables": written, "Report": page})
    if finding.answer not in (Answer.FOUND, Answer.BEYOND):
        raise click.exceptions.Exit(ExitCode.NO)


def _print(finding: Finding, text: str | None) -> None:
    screen = output.console()
    table = output.new_table(
        finding.objective.sentence,
        "In flight", "Held", "Value", "Between", "Requests/s", "Requests", "Failed",
    )  # fmt: skip
    for one in finding.levels:
        row = cells(one)
        names = ("concurrency", "held", "value", "between", "throughput", "requests", "errors")
        table.add_row(*(str(row[name]) for name in names))
    screen.print(table)
    screen.print(finding.headline, style="bold")
    for note in finding.notes:
        screen.print(note)
    if text:
        screen.print()
        # Not wrapped and not coloured.
        output.say(text)


_OBJECTIVE: list[options.Add] = [
    click.option(
        "--objective",
        "wanted",
        required=True,
        metavar="MEASURE:STATISTIC=SECONDS",
        help="What has to hold: the mean or a percentile of latency, first_chunk or lag, and its limit, as "
        f"in latency:p95=0.4; or the name of a preset: {', '.join(objectives.PRESETS)}.",
    ),
    click.option(
        "--errors",
        type=options.FloatRange(0, 1, max_open=True),
        default=objectives.ERRORS,
        show_default=True,
        metavar="SHARE",
        help="The largest share of requests that may fail.",
    ),
]
_PLAN: list[options.Add] = [
    click.option(
        "--max",
        "most",
        type=click.IntRange(1),
        default=Plan.most,
        show_default=True,
        metavar="N",
        help="The most requests in flight that are tried.",
    ),
    *(
        click.option(
            f"--{name.replace('_', '-')}",
            type=options.FloatRange(0, min_open=name != "warm_up"),
            default=getattr(Plan, name),
            show_default=True,
            metavar="SECONDS",
            help=what,
        )
        for name, what in (
            ("warm_up", "The beginning of each hold, which is not judged."),
            ("hold", "How long a level is judged at first; each further look takes twice as long."),
            ("longest", "How long one level is judged at most."),
            ("budget", "How long there is load at most."),
        )
    ),
]
_OUTPUT: list[options.Add] = [
    click.option(
        "--write",
        "target",
        type=options.NEW_FILE,
        metavar="FILE.tfvars",
        callback=_tfvars,
        help="Write instance_pools with what was found to a new file.",
    ),
    options.report,
    options.as_json,
]
