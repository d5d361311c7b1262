"""The answers of `scaleproof choose` beside the best of all settings, on a hundred cases.

python benchmarks/choosing.py [--compute N] [--json]

The best of all settings takes a minute or two a case, so benchmarks/choosing.json keeps it. `--compute` adds
the next N cases that are not in it, or that have changed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import click

# For a script Python puts only the script's own directory there.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.exhaustive import Exhaustive
from scaleproof.cli import output
from scaleproof.cli.app import main
from scaleproof.providers.session import StandIns
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Work
from scaleproof.studies.choose import orders
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.plans import Planner
from scaleproof.studies.room import ranked
from scaleproof.studies.run import Setting
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import parse
from scaleproof.studies.trials import Score, rank
from scaleproof.studies.verdict import CutLimit

KEPT = Path(__file__).with_suffix(".json")
SEEDS = 2
"""Of three, as `choose` has at first, every case would take half as long again."""
STREAMS = {
    "spike": "spike:top=30,base=4,every=0.8,minutes=10,days=0.065,seconds=60",
    "ramp": "ramp:top=30,base=2,after=0.3,hours=0.7,days=0.065,seconds=150",
    "day": "diurnal:peak=32,days=0.41,seconds=120",
    "step": "step:top=28,base=4,after=0.4,days=0.065,seconds=150",
    "constant": "constant:level=22,days=0.05",
}
FILES = {
    "batches": "batches:files=16,per_day=50,days=0.08",
    "spike of files": "spike:top=12,base=1,every=0.8,minutes=10,days=0.065,work=file,seconds=60",
    "ramp of files": "ramp:top=10,base=1,after=0.3,hours=0.7,days=0.065,work=file",
    "step of files": "step:top=9,base=1,after=0.4,days=0.065,work=file",
    "constant files": "constant:level=7,days=0.05,work=file",
}
ANY = CutLimit.parse("any")
LIVE = {
    "plain": {},
    "spare": {"most": 4},
    "no stream cut": {"max_cut": CutLimit(0.0, per_day=True)},
    "some cut": {"max_cut": CutLimit(100.0, per_day=True)},
}
QUEUED = {"whenever": {}, "within 15 min": {"within": 900.0}, "within 5 min": {"within": 300.0}}
TYPES = ("ml.g6.2xlarge", "ml.g6e.2xlarge")
PRICES = {"ml.g6.2xlarge": 1.22, "ml.g6e.2xlarge": 1.50}


@dataclass(frozen=True)
class Case:
    """Traffic, pools and what is asked. `limits`: what each type sustains; with two, they have prices."""

    name: str
    kind: Kind
    traffic: str
    limits: tuple[float, ...]
    seed: int
    most: int | None = None
    max_cut: CutLimit = ANY
    within: float | None = None

    @property
    def shape(self) -> Shape:
        """What is asked."""
        if self.kind is Kind.ASYNC:
            return Shape(Work.FILE, 3_600.0, None, self.within)
        return Shape(Work.STREAM, 1_800.0, None, 0.0)

    def searches(self, planner: Planner) -> Iterator[Search]:
        """One for each order of the pools."""
        price = PRICES if len(self.limits) > 1 else {}
        traffic = [parse(self.traffic, seed=self.seed + number) for number in range(SEEDS)]
        for order in orders(tuple(zip(TYPES, self.limits, strict=False)), bool(price)):
            setting = Setting(price=price, seed=self.seed, max_cut=self.max_cut)
            yield Search(self.shape, self.kind, order, traffic, setting, planner, self.most)


def cases() -> Sequence[Case]:
    """The hundred. `--compute` takes them in this order: what takes longest comes last."""
    one, two = ((12.0,), (4.0,)), ((12.0, 16.0), (4.0, 6.0))
    found = []
    for seed, (streams, files) in product((0, 100), (one, two)):
        for (asked, more), (name, traffic) in product(LIVE.items(), STREAMS.items()):
            if not seed or asked in ("plain", "no stream cut"):
                found.append(_case(Kind.REALTIME, name, asked, traffic, streams, seed, more))
        for (asked, more), (name, traffic) in product(QUEUED.items(), FILES.items()):
            if not seed or asked == "whenever":
                found.append(_case(Kind.ASYNC, name, asked, traffic, files, seed, more))
    return sorted(found, key=lambda case: (case.kind is Kind.ASYNC and "batches" not in case.name, case.seed))


def _case(
    kind: Kind,
    name: str,
    asked: str,
    traffic: str,
    limits: tuple[float, ...],
    seed: int,
    more: dict[str, Any],
) -> Case:
    pools = "two priced types" if len(limits) > 1 else "one type"
    return Case(f"{name}, {asked}, {pools}, seed {seed}", kind, traffic, limits, seed, **more)


@contextmanager
def planned() -> Iterator[Planner]:
    """Plans of the module with the stand-ins."""
    with (
        StandIns() as standins,
        closing(ModulePlanner(module_directory(), "speech", standins=standins)) as planner,
    ):
        yield planner.endpoint


def digest(case: Case, searches: Sequence[Search]) -> str:
    """Of what the best of all settings depends on: the case, the grid, and what simulations of it say."""
    told = []
    for search in searches:
        values = {name: list(values) for name, values in search.grid.values.items()}
        scores = [search.trials.score(one, search.seeds) for one in (search.defaults, search.static)]
        told.append([values, [[round(one.misses, 9), round(one.price, 6)] for one in scores]])
    text = json.dumps([asdict(case), told], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compute(case: Case, searches: Sequence[Search]) -> dict[str, Any]:
    """The best of all settings of a case."""
    began = time.process_time()
    best: Score | None = min((search.best() for search in searches), key=rank)
    if best is not None and best.misses:
        best = None
    trials = 0
    for search in searches:
        everything = Exhaustive(search)
        best = everything.best(best)
        trials += everything.simulated
    return {
        "case": case.name,
        "depends": digest(case, searches),
        "price": best and round(best.price, 6),
        "settings": best and best.proposal.words,
        "first": best and best.proposal.pools[0][0],
        "trials": trials,
        "seconds": round(time.process_time() - began),
    }


def add(number: int, planner: Planner) -> None:
    """Finds the best of all settings of the next cases, and keeps each at once."""
    known = read()
    for case in cases():
        searches = list(case.searches(planner))
        if case.name in known and known[case.name]["depends"] == digest(case, searches):
            continue
        known[case.name] = compute(case, searches)
        click.echo(json.dumps(known[case.name]))
        ordered = [known[one.name] for one in cases() if one.name in known]
        KEPT.write_text(json.dumps(ordered, indent=1) + "\n")
        number -= 1
        if not number:
            return


def measure(known: dict[str, Any], planner: Planner) -> list[dict[str, Any]]:
    """What `choose` finds for the cases that are known, beside the best of all settings."""
    rows = []
    for case in cases():
        kept = known.get(case.name)
        if kept is None:
            continue
        searches = list(case.searches(planner))
        if kept["depends"] != digest(case, searches):
            rows.append({"case": case.name, "changed": True})
            continue
        best = ranked(searches)[0][1]
        held = best.misses == 0
        ratio = best.price / kept["price"] if held and kept["price"] else None
        rows.append(
            {
                "case": case.name,
                "changed": False,
                "ratio": ratio,
                "missed": bool(kept["price"]) and not held,
                "settings": best.proposal.words,
                "best": kept["settings"],
            }
        )
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many cases were compared, and their ratios."""
    ratios = [row["ratio"] for row in rows if row.get("ratio")]
    return {
        "cases": len(cases()),
        "compared": sum(1 for row in rows if not row["changed"]),
        "changed": sum(1 for row in rows if row["changed"]),
        "median": median(ratios) if ratios else None,
        "worst": max(ratios, default=None),
        "within_3_percent": sum(1 for ratio in ratios if ratio <= 1.03),
        "missed": sum(1 for row in rows if row.get("missed")),
    }


def document(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The summary and the cases."""
    return {"summary": summary(rows), "cases": list(rows)}


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Prints a table of the cases and the summary."""
    screen, total = output.console(), summary(rows)
    table = output.new_table(
        "choose beside the best of all settings", "Case", "Price / best", "Chosen", "Best"
    )
    for row in rows:
        ratio = f"{row['ratio']:.3f}" if row.get("ratio") else "missed" if row.get("missed") else "-"
        told = "compute it again" if row["changed"] else ratio
        table.add_row(row["case"], told, row.get("settings", ""), row.get("best") or "nothing holds")
    screen.print(table)
    if total["worst"]:
        screen.print(
            f"{total['compared']} of {total['cases']} cases: {total['median']:.3f} times the best price at "
            f"the median, {total['worst']:.3f} at worst; {total['within_3_percent']} within 3 %. Nothing was "
            f"found where something holds: {total['missed']}."
        )


def read() -> dict[str, Any]:
    """What is kept, by case."""
    return {one["case"]: one for one in json.loads(KEPT.read_text())} if KEPT.exists() else {}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--compute", "more", type=click.IntRange(1), metavar="N", help="Find the best of N more cases.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output in place of a table.")
def command(more: int | None, as_json: bool) -> None:
    """Compares the answers of `choose` with the best of all settings."""
    with planned() as planner:
        if more:
            add(more, planner)
            return
        rows = measure(read(), planner)
    if as_json:
        output.print_json(document(rows))
    else:
        show(rows)


if __name__ == "__main__":
    main(command=command, name="benchmarks/choosing.py")
