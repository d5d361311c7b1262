"""`scaleproof compare`: compares several ways to scale, on the same traffic and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli import options, parameters
from scaleproof.cli.options import settings
from scaleproof.cli.output import Delivery
from scaleproof.cli.sources import Source, source
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.progress import bar
from scaleproof.report.comparison import comparison_blocks
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.compare import Comparison, changed, parse_change
from scaleproof.studies.compare import compare as compare_on
from scaleproof.studies.rivals import NAMES, Contender, rivals
from scaleproof.studies.run import Setting, StudyRequest, assign, check_used
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.workers import TaskMap


@dataclass(frozen=True)
class CompareDocument:
    """One comparison for each endpoint."""

    comparisons: list[Comparison]
    """Without timelines, transitions and activities."""
    report: Path | None
    """The file of --report."""


NONE = "none"
"""The value of --rival for no built-in rival."""


def _rivals(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    if NONE in names and len(names) > 1:
        raise click.BadParameter(f"{NONE} and a rival exclude each other.")
    return () if NONE in names else names or tuple(NAMES)


@click.command(cls=parameters.GroupedCommand)
@source
@settings
@click.option(
    "--change",
    "changes",
    multiple=True,
    metavar="KEY=N,...",
    callback=parameters.readable(parse_change),
    help="Compare with the same endpoint after changes. KEY is target (of the policy), target_utilization or "
    "backlog_per_instance (inputs of the module), scale_out_cooldown, scale_in_cooldown, min, max or "
    "initial_instance_count. Can be repeated.",
)
@click.option(
    "--rival",
    "rival_names",
    multiple=True,
    type=click.Choice([*NAMES, NONE]),
    callback=_rivals,
    help="Compare with this built-in rival only, or with none; by default with all. Can be repeated.",
)
@options.workers
@options.delivery
def compare(
    source: Source,
    request: StudyRequest,
    changes: tuple[str, ...],
    rival_names: tuple[str, ...],
    tasks: TaskMap,
    delivery: Delivery,
) -> None:
    """Compare ways to scale an endpoint, on the same traffic.

    SOURCE is as for `scaleproof simulate`. Compares each endpoint with other settings and with built-in rivals: no
    scaling; a constant fleet, as large as the peak needs; the predefined metric alone; and a clairvoyant scaler, which
    knows the demand one start-up time ahead. All rivals have the endpoint's pools, and all but the constant
    fleet its bounds. --max-cut-streams applies to the endpoint as configured.
    """
    endpoints = source.read()
    traffic = request.named(endpoints)
    pairs = assign(endpoints, traffic)
    check_used(traffic, pairs)
    altered = [_changed([endpoint for endpoint, _ in pairs], text) for text in changes]
    setting = source.setting(request, endpoints)
    comparisons = []
    for (endpoint, spec), *contenders in zip(pairs, *altered, strict=True):
        contenders += rivals(endpoint, spec.traffic, setting.model.behaviour, setting.began(spec), rival_names)
        comparisons.append(_compared(endpoint, spec, contenders, setting, tasks))
    delivery.deliver(
        comparison_blocks(comparisons),
        CompareDocument(comparisons=[comparison.bare for comparison in comparisons], report=delivery.report_path),
    )
    if options.cut_too_many([comparison.contenders[0].outcome for comparison in comparisons], request.max_cut):
        raise click.exceptions.Exit(ExitCode.NO)


def _compared(
    endpoint: Endpoint, traffic: TrafficSpec, contenders: Sequence[Contender], setting: Setting, tasks: TaskMap
) -> Comparison:
    with bar(f"Comparing {len(contenders) + 1} ways to scale {endpoint.name}") as update:
        return compare_on(endpoint, traffic, contenders, setting, update, tasks)


def _changed(endpoints: Sequence[Endpoint], text: str) -> list[Contender]:
    """Each endpoint after a change. Raises ScaleproofError, which names those that can have it, if not all can."""
    contenders, refusals = [], []
    for endpoint in endpoints:
        try:
            contenders.append(changed(endpoint, text))
        except ScaleproofError as error:
            refusals.append(error)
    if not refusals:
        return contenders
    able = " ".join(f"--endpoint {quote(contender.endpoint.name)}" for contender in contenders)
    alone = f"To compare the others alone: {able}." if able else ""
    raise ScaleproofError(refusals[0].message, advice=f"{refusals[0].advice} {alone}".strip())
