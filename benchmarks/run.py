"""Measures the simulation beside a peer, the harness as endpoints grow, and the answers of `choose`.

python benchmarks/run.py [--quick] [--json] [--only simulation|harness|choosing]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

# For a script Python puts only the script's own directory there.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import choosing, growth, report, simulation
from scaleproof.cli import output
from scaleproof.cli.app import main
from scaleproof.errors import ScaleproofError
from scaleproof.localstack.start import find_or_start
from scaleproof.providers.session import StandIns
from scaleproof.report.terminal import console
from scaleproof.terraform.parts import provider_kind

COUNTS = {1: 5, 10: 3, 50: 1, 100: 1}
"""Repetitions by count of endpoints. Few endpoints take little time, of which noise is a large part."""
QUICK_COUNTS = {1: 2, 10: 1}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Few repetitions, 1 and 10 endpoints: to see that it works.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output in place of tables.")
@click.option("--only", type=click.Choice(["simulation", "harness", "choosing"]), help="One of them.")
def bench(quick: bool, as_json: bool, only: str | None) -> None:
    """Measures how fast an endpoint is simulated, what the harness takes, and how good `choose` is.

    The simulation runs beside the same model on SimPy, whose results have to be the same. The harness is
    measured on LocalStack with the stand-ins for the providers: 1, 10, 50 and 100 endpoints in one root are
    applied and destroyed. What `choose` finds is compared with the best of all settings, as kept in
    benchmarks/choosing.json. All of it happens in one run, so that ratios and exponents hold for one machine
    in one state.
    """
    document: dict[str, Any] = {}
    if only in (None, "harness"):
        check_environment()
        with find_or_start() as stack, StandIns() as standins:
            where = report.setting(stack)
            grown = growth.measure(stack, standins, QUICK_COUNTS if quick else COUNTS)
        document |= report.as_json(where, grown)
        if not as_json:
            report.show(console(), where, grown)
    if only in (None, "simulation"):
        speeds = simulation.measure(quick)
        document["simulation"] = simulation.as_json(speeds)
        if not as_json:
            simulation.show(console(), speeds)
    if only in (None, "choosing"):
        with choosing.planned() as planner:
            rows = list(choosing.measure(planner))
        document["choosing"] = rows
        if not as_json:
            choosing.show(rows)
    if as_json:
        output.print_json(document)


def check_environment() -> None:
    """Refuses what would have something else measured than the stand-ins on a LocalStack that answers."""
    if provider_kind() == "registry":
        raise ScaleproofError("What is measured are the stand-ins.", advice="Unset SCALEPROOF_PROVIDERS.")
    # Endpoints that take their time to be created would be what is measured.
    os.environ.pop("SCALEPROOF_ENDPOINT_SECONDS", None)


if __name__ == "__main__":
    main(command=bench, name="benchmarks/run.py")
