"""What was measured, as tables for people and as JSON for machines. Neither holds a path of the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

import scaleproof
from benchmarks.arithmetic import exponents, spread
from benchmarks.growth import PHASES, Growth
from scaleproof.localstack.start import LocalStack
from scaleproof.terraform import executable
from scaleproof.translation.schema import load
from scaleproof.workers import cores

CLOCKS = {"wall": "wall time", "terraform": "CPU time of Terraform", "harness": "CPU time of the providers"}
"""The fields of a `Duration` and what they are called."""


@dataclass(frozen=True)
class Setting:
    """Where and on what was measured: nothing that would tell one machine from another of its kind."""

    scaleproof: str
    terraform: str
    providers: str
    localstack: str
    python: str
    cores: int
    load: float
    """Processes that wanted to run in the minute before the start; over `cores`, wall times are too long."""
    date: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")


def setting(stack: LocalStack) -> Setting:
    """The setting of this run."""
    program = executable.find()
    schemas = [load("aws"), load("awscc")]
    origin = "named in the environment" if stack.external else "started for this run"
    return Setting(
        scaleproof=scaleproof.__version__,
        terraform=str(program),
        providers=" and ".join(f"{schema.source} {schema.version}" for schema in schemas),
        localstack=f"{stack.version} ({origin})",
        python=platform.python_version(),
        cores=cores(),
        load=round(os.getloadavg()[0], 1),
    )


def as_json(where: Setting, growth: Growth) -> dict[str, Any]:
    """All of it; times are in seconds."""
    return {
        "setting": asdict(where),
        "growth": {
            "repetitions": _repetitions(growth),
            "phases": {
                phase.replace(" ", "_"): {
                    clock: {
                        "seconds": medians(growth, phase, clock),
                        "exponents": exponents(medians(growth, phase, clock)),
                    }
                    for clock in CLOCKS
                }
                for phase in PHASES
            },
        },
    }


def show(screen: Console, where: Setting, growth: Growth) -> None:
    """Prints all of it."""
    screen.print(
        f"scaleproof {where.scaleproof} on {where.date}, {where.terraform}, LocalStack {where.localstack},\n"
        f"stand-ins for {where.providers},\n"
        f"Python {where.python}, {where.cores} cores, load {where.load:g} at the start.\n"
    )
    for clock, title in CLOCKS.items():
        screen.print(f"Endpoints in one root, {title} in seconds (medians)")
        screen.print(_grown(growth, clock))


def medians(growth: Growth, phase: str, clock: str) -> dict[int, float]:
    """The median of the repetitions of one phase by one clock, by count."""
    return {
        count: spread([getattr(duration, clock) for duration in phases[phase]]).median
        for count, phases in growth.items()
    }


def _grown(growth: Growth, clock: str) -> Table:
    table = _table("Endpoints", *(phase.capitalize() for phase in PHASES), "Repetitions")
    by_phase = {phase: medians(growth, phase, clock) for phase in PHASES}
    for count, repetitions in _repetitions(growth).items():
        table.add_row(str(count), *(_seconds(by_phase[phase][count]) for phase in PHASES), str(repetitions))
    exponents_by_phase = {phase: exponents(by_phase[phase]) for phase in PHASES}
    for over in exponents_by_phase[PHASES[0]]:
        table.add_row(f"exponent {over}", *(f"{exponents_by_phase[phase][over]:.2f}" for phase in PHASES))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table


def _repetitions(growth: Growth) -> dict[int, int]:
    return {count: len(phases[PHASES[0]]) for count, phases in growth.items()}


def _seconds(value: float) -> str:
    return f"{value:.2f}"
