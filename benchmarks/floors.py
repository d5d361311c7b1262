"""Schedules that `scaleproof choose` proposes, beside the same endpoint without and a clairvoyant scaler.

python benchmarks/floors.py [NAME ...]

Each kind of traffic has two weeks: one to fit on, and one to judge on. First settings without schedules are
searched on the first week, as `choose` does.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

# For a script Python puts only the script's own directory there.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scaleproof.cli import output
from scaleproof.cli.app import main
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Work
from scaleproof.simulation.demand import offered
from scaleproof.simulation.generators import diurnal, length, poisson
from scaleproof.studies.choose import searched
from scaleproof.studies.days import part
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.run import MONDAY, Setting
from scaleproof.studies.scheduling import Schedules, schedules
from scaleproof.studies.search import Goal, Judge, Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.verdict import CUT_LIMIT
from scaleproof.studies.wording import DAY, HOUR, duration
from scaleproof.terraform.parts import planning

DAYS, SEEDS = 14.0, 2
POOLS = (("ml.g6.2xlarge", 10.0),)
LIVE = Shape(Work.STREAM, 1_800.0, None, 0.0)
LENGTH = length(Work.STREAM)
Level = Callable[[float, int], float]
"""The demand at a time (seconds from Monday on), in requests at a time, on a day with a number."""


def drawn(level: Level) -> Callable[[int], TrafficSpec]:
    """Traffic by seed, with a demand of `level` on average."""

    def made(seed: int) -> TrafficSpec:
        traffic = poisson(lambda time: level(time, seed) / LENGTH.mean, DAYS * DAY, lasting=LENGTH, seed=seed)
        return TrafficSpec("drawn", traffic, MONDAY)

    return made


def call_centre(peak: float) -> Callable[[int], TrafficSpec]:
    """The generator of `choose --traffic diurnal`."""
    return lambda seed: TrafficSpec("diurnal", diurnal(peak=peak, days=DAYS, seed=seed), MONDAY)


def open_at(time: float, opens: float, closes: float) -> bool:
    """Whether a working day is between two hours."""
    return int(time // DAY) % 7 < 5 and opens <= time % DAY / HOUR < closes


def practice(time: float, _seed: int) -> float:
    """All lines are busy from the minute in which they open."""
    return 50.0 if open_at(time, 8, 12) else 30.0 if open_at(time, 13, 18) else 1.0


def varying(time: float, seed: int) -> float:
    """The same, but each day has its own level: two thirds are within 25 % of the usual one."""
    factor = random.Random(f"{seed} {time // DAY}").lognormvariate(0, 0.25)
    return max(factor * practice(time, seed), 1.0)


def growing(time: float, seed: int) -> float:
    """The same, but the second week has 10 % more than the first."""
    return float(practice(time, seed) * 1.1 ** (time // (7 * DAY)))


def moved(time: float, seed: int) -> float:
    """The same, but in the second week the lines open two hours later."""
    return practice(time - 2 * HOUR if time >= 7 * DAY else time, seed)


def always(_time: float, _seed: int) -> float:
    """The same load all the time."""
    return 40.0


def bursts(time: float, seed: int) -> float:
    """Four times a day for half an hour, at random."""
    chance = random.Random(f"{seed} {time // DAY}")
    starts = [chance.uniform(0, DAY - 1_800) for _ in range(4)]
    return 40.0 if any(start <= time % DAY < start + 1_800 for start in starts) else 4.0


TRAFFIC = {
    "call centre, up to 60": call_centre(60),
    "practice, opens at once": drawn(practice),
    "practice, each day another level": drawn(varying),
    "practice, 10 % more in the second week": drawn(growing),
    "practice, later hours in the second week": drawn(moved),
    "the same all the time": drawn(always),
    "bursts at random": drawn(bursts),
}


def tried(planner: ModulePlanner, made: Callable[[int], TrafficSpec]) -> tuple[str, Schedules]:
    """The best settings without schedules, in words, and what schedules would change."""
    seeds, start = list(range(SEEDS)), MONDAY.timestamp()
    traffic = tuple(made(seed) for seed in seeds)
    week = [part(one, MONDAY, start, start + 7 * DAY) for one in traffic]
    peak = max(max(offered(one.traffic)) for one in week)
    space = Space(Kind.REALTIME, POOLS, peak, planner.endpoint, None)
    search = Search(Judge(LIVE, Setting(), tuple(week)), space.values, space.endpoint, seeds)
    found = searched(space, search, Goal(CUT_LIMIT))
    search.judge = Judge(LIVE, Setting(), traffic)
    best = found.at("without schedules", found.score.point)
    return best.proposal.words, schedules(search.judge, best, seeds, "UTC")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
def floors(names: tuple[str, ...]) -> None:
    """Print a row for each kind of traffic, or for those whose name has one of NAMES."""
    with (
        planning() as (_, means),
        closing(ModulePlanner(module_directory(), "speech", allow_network=False, **means)) as planner,
    ):
        for name, made in TRAFFIC.items():
            if names and not any(one in name for one in names):
                continue
            words, found = tried(planner, made)
            output.say(f"{name}\n  without: {words}\n  {found.sentence}")
            if found.candidate is not None:
                output.say(f"  with: {found.candidate.proposal.words}")
            if found.judgement is not None:
                output.say(f"  {row(name, found)}")


def row(name: str, found: Schedules) -> str:
    """The row of a table in Markdown."""
    assert found.judgement is not None
    without, scheduled, ideal = (
        found.judgement.without,
        found.judgement.scheduled,
        found.judgement.clairvoyant,
    )
    left = without.overload - ideal.overload
    cells = (
        name,
        duration(without.overload),
        duration(scheduled.overload),
        duration(ideal.overload),
        f"{100 * (scheduled.overload - ideal.overload) / left:.0f} %" if left > 0 else "",
        f"{without.hours:.1f}",
        f"{scheduled.hours:.1f} ({100 * (scheduled.hours / without.hours - 1):+.0f} %)",
        f"{ideal.hours:.1f}",
        "yes" if found.candidate is not None else "no",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(command=floors, name="benchmarks/floors.py")
