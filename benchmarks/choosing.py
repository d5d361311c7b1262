"""What the search of `choose` finds beside the best of a grid that is tried as a whole.

python benchmarks/choosing.py [NAME ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scaleproof.cli.app import main
from scaleproof.report.terminal import console, new_table
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Work
from scaleproof.simulation.demand import offered
from scaleproof.studies.choose import searched
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.run import Setting
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Planner, Space
from scaleproof.studies.traffic import parse
from scaleproof.studies.trials import Goal, Judge, Score
from scaleproof.studies.verdict import CutLimit
from scaleproof.studies.wording import DAY
from scaleproof.terraform.parts import planning

SEEDS = 2
THIN = {"target": 3, "scale_out_cooldown": 2, "scale_in_cooldown": 4, "wake_instances": 2, "wake_periods": 2}
"""The whole grid has every value of the bounds, and every second, third or fourth of the others."""
THINNER = THIN | {"min": 2, "max": 3}
"""The grid of a week, of which every point is simulated to the end."""
ONE, TWO = (("ml.g6.2xlarge", 12.0),), (("ml.g6.2xlarge", 12.0), ("ml.g6e.2xlarge", 16.0))
PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 1.50}
CALLS, FILES = Shape(Work.STREAM, 1_800.0, None, 0.0), Shape(Work.FILE, 3_600.0, None, 900.0)
CASES: Mapping[str, tuple[str, Shape, tuple[tuple[str, float], ...], str]] = {
    "spike": ("spike:top=30,base=6,every=0.7,minutes=10,days=0.06,seconds=60", CALLS, ONE, "0.1%"),
    "step": ("step:top=34,base=4,after=0.3,days=0.06,seconds=120", CALLS, ONE, "0.1%"),
    "ramp, any cut": ("ramp:top=40,base=3,after=0.2,hours=0.7,days=0.06", CALLS, ONE, "any"),
    "day, 1 % cut": ("diurnal:peak=32,days=0.41,seconds=120", CALLS, ONE, "1%"),
    "day, two types": ("diurnal:peak=32,days=0.41,seconds=120", CALLS, TWO, "0.1%"),
    "batches": ("batches:files=16,per_day=50,days=0.08", FILES, ONE, "0.1%"),
    "week": ("diurnal:peak=60,days=7", CALLS, ONE, "0.1%"),
    "ramp of files": ("ramp:top=10,base=1,after=0.3,hours=0.7,days=0.065,work=file", FILES, ONE, "0.1%"),
}
"""Traffic, what is asked, the types, and the limit of what scale-in may cut off."""


def made(name: str, planner: Planner) -> tuple[Space, Search, Goal]:
    """The search of a case."""
    spec, shape, pools, limit = CASES[name]
    traffic = tuple(parse(spec, seed=seed) for seed in range(SEEDS))
    peaks = [max(offered(spec.traffic), default=0) for spec in traffic]
    kind = Kind.ASYNC if shape.work is Work.FILE else Kind.REALTIME
    space = Space(kind, pools, max(peaks), planner, None)
    price = PRICES if len(pools) > 1 else {}
    setting = Setting(price=price, max_cut=CutLimit.parse(limit))
    hardest = sorted(range(SEEDS), key=lambda seed: -peaks[seed])
    search = Search(Judge(shape, setting, traffic), space.values, space.endpoint, hardest)
    return space, search, Goal(setting.max_cut)


def everything(search: Search, goal: Goal) -> Score | None:
    """The best of the thin grid; None where nothing on it holds."""
    week = search.judge.traffic[0].traffic.duration > DAY
    thin = THINNER if week else THIN
    rows = [list(values)[:: thin.get(name, 1)] for name, values in search.values.items()]
    best: Score | None = None
    for values in product(*rows):
        point = dict(zip(search.values, values, strict=True))
        if point["min"] > point["max"] or (best and search.least(point) > best.price):
            continue
        for score in search.scores([point], goal, None if week else best):
            if not score.distance and (best is None or score.price < best.price):
                best = score
    return best


def measure(planner: Planner, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """A row for each case: the price of what is found as a multiple of the best, simulations and CPU seconds."""
    for name in names or CASES:
        space, search, goal = made(name, planner)
        began = time.process_time()
        choice = searched(space, search, goal).score
        seconds, simulations = time.process_time() - began, search.simulations
        best = everything(search, goal)
        yield {
            "case": name,
            "price": None if choice.distance else choice.price,
            "ratio": None if choice.distance or best is None else choice.price / best.price,
            "missed": bool(choice.distance) and best is not None,
            "simulations": simulations,
            "grid": search.simulations,
            "seconds": seconds,
        }


@contextmanager
def planned() -> Iterator[Planner]:
    """Plans with the module of this checkout."""
    with (
        planning() as (_, means),
        closing(ModulePlanner(module_directory(), "speech", **means)) as planner,
    ):
        yield planner.endpoint


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints a table."""
    table = new_table("", "Case", "Price / best", "Simulations", "Of the grid", "CPU seconds")
    for row in rows:
        ratio = "missed" if row["missed"] else "-" if row["ratio"] is None else f"{row['ratio']:.3f}"
        counts = (f"{row['simulations']}", f"{row['grid']}", f"{row['seconds']:.1f}")
        table.add_row(row["case"], ratio, *counts)
    console().print(table)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
def choosing(names: tuple[str, ...]) -> None:
    """Print a row for each case, or for those with NAMES."""
    with planned() as planner:
        show(list(measure(planner, names)))


if __name__ == "__main__":
    main(command=choosing, name="benchmarks/choosing.py")
