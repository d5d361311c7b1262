"""`scaleproof compare`: compares several ways to scale, on the same traffic and seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

import click

from scaleproof.cli import options, parameters
from scaleproof.cli.options import settings
from scaleproof.cli.output import Delivery
from scaleproof.cli.parameters import option
from scaleproof.cli.sources import Source, check_values, plan_of, source
from scaleproof.endpoints import from_plan
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.progress import bar
from scaleproof.report.comparison import comparison_blocks
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.compare import Comparison, changed, parse_change
from scaleproof.studies.compare import compare as compare_on
from scaleproof.studies.rivals import NAMES, Contender, rivals
from scaleproof.studies.run import Setting, StudyRequest, assign, check_used
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.terraform.sensitive import TEXT
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


@dataclass(frozen=True)
class Variations:
    """The options that name what an endpoint is compared with. `rivals`: the names of built-in ones."""

    against: tuple[Path, ...] = option(
        "--against",
        multiple=True,
        metavar="SOURCE",
        type=parameters.SOURCE,
        help="Compare with another configuration, plan or state that has an endpoint of the same name or kind. Can be "
        "repeated.",
    )
    vary: tuple[str, ...] = option(
        "--vary",
        multiple=True,
        metavar="NAME=VALUE",
        callback=check_values,
        help="Compare with SOURCE planned with another value of a variable. Can be repeated.",
    )
    change: tuple[str, ...] = option(
        "--change",
        multiple=True,
        metavar="KEY=N,...",
        callback=parameters.readable(parse_change),
        help="Compare with the same endpoint after changes. KEY is target (of the policy), target_utilization or "
        "backlog_per_instance (inputs of the module), scale_out_cooldown, scale_in_cooldown, min, max or "
        "initial_instance_count. Can be repeated.",
    )
    rivals: tuple[str, ...] = option(
        "--rival",
        multiple=True,
        type=click.Choice([*NAMES, NONE]),
        callback=_rivals,
        help="Compare with this built-in rival only, or with none; by default with all. Can be repeated.",
    )


@click.command(cls=parameters.GroupedCommand)
@source
@settings
@parameters.gather(Variations, "variations")
@options.workers
@options.delivery
def compare(
    source: Source,
    request: StudyRequest,
    variations: Variations,
    tasks: TaskMap,
    delivery: Delivery,
) -> None:
    """Compare ways to scale an endpoint, on the same traffic.

    SOURCE is as for `scaleproof simulate`. Compares each endpoint with other settings and with built-in rivals: no
    scaling; a constant fleet, as large as the peak needs; the predefined metric alone; and a clairvoyant scaler, which
    knows the demand one start-up time ahead. All rivals have the endpoint's pools and bounds. --max-cut-streams
    applies to the endpoint as configured.
    """
    endpoints = source.read()
    others = list(_others(source, variations))
    traffic = request.named(endpoints)
    pairs = assign(endpoints, traffic)
    check_used(traffic, pairs)
    counterparts = [
        [Contender(name, "", _counterpart(endpoint, candidates, name)) for name, candidates in others]
        for endpoint, _ in pairs
    ]
    changes = [_changed([endpoint for endpoint, _ in pairs], text) for text in variations.change]
    setting = source.setting(request, [*endpoints, *(contender.endpoint for row in counterparts for contender in row)])
    comparisons = []
    for (endpoint, spec), contenders, *altered in zip(pairs, counterparts, *changes, strict=True):
        contenders += altered
        contenders += rivals(endpoint, spec.traffic, setting.model.behaviour, setting.began(spec), variations.rivals)
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


def _others(source: Source, variations: Variations) -> Iterator[tuple[str, list[Endpoint]]]:
    for path in variations.against:
        yield str(path), source.beside(path).read()
    for value in variations.vary:
        if source.where.live or (source.path and not source.path.is_dir()):
            raise click.UsageError("--vary needs a directory to plan again.")
        plan, _ = plan_of(source.path or Path(), replace(source.root, values=(*source.root.values, value)))
        name = value.partition("=")[0]
        shown = f"{name}={TEXT}" if plan.hides(name) else plan.secrets.masked(value)
        yield shown, list(map(source.limited, from_plan(plan)))


def _counterpart(endpoint: Endpoint, candidates: Sequence[Endpoint], where: str) -> Endpoint:
    """The counterpart of an endpoint: the one with its name, else the only one of its kind."""
    named = [
        candidate
        for candidate in candidates
        if (candidate.name, candidate.variant) == (endpoint.name, endpoint.variant)
    ]
    alike = named or [candidate for candidate in candidates if candidate.kind is endpoint.kind]
    if len(alike) != 1:
        raise ScaleproofError(
            f"{where} has {len(alike) or 'no'} {endpoint.kind.value} endpoints, none of them {endpoint.name}."
        )
    return alike[0]
