"""Simulates the module's settings and their rivals, and writes the tables of the decision on its defaults.

python benchmarks/defaults/run.py [--seeds N] [--write]
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

# For a script Python puts only the script's own directory there.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.defaults import table
from benchmarks.defaults.cases import STUDIES
from benchmarks.defaults.endpoints import planned
from benchmarks.defaults.runs import everything
from scaleproof.cli import output
from scaleproof.cli.app import main
from scaleproof.progress import bar, step


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=10, show_default=True, type=click.IntRange(1), help="Repetitions of each case.")
@click.option("--write", is_flag=True, help="Put the tables into docs/decisions/0016.")
def defaults(seeds: int, write: bool) -> None:
    """Simulates each setting of the module against its rivals, on the same traffic and seeds."""
    texts = []
    for study in STUDIES:
        with step(f"Planning endpoints of modules/{study.module}"):
            endpoints = planned(study)
        with bar(f"Simulating modules/{study.module}") as progress:
            found = everything(study, endpoints, seeds, progress)
        texts.append(table.render(study, found, seeds))
    text = "\n".join(texts)
    if write:
        table.insert(text)
    else:
        output.console().print(text)


if __name__ == "__main__":
    main(command=defaults, name="benchmarks/defaults/run.py")
