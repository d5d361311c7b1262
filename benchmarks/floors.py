"""Schedules that `scaleproof choose` proposes, beside the best settings without.

python benchmarks/floors.py [NAME ...]

Each kind of traffic has two weeks: one to make them from, and one to judge them on.
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
from scaleproof.studies.choice import Schedules
from scaleproof.studies.choose import Ranked, searched, with_schedules
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.run import Setting
from scaleproof.studies.search import Search
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import MONDAY, TrafficSpec
from scaleproof.studies.trials import Goal, Judge
from scaleproof.studies.verdict import CUT_LIMIT
from scaleproof.studies.wording import DAY, HOUR
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


def tried(planner: ModulePlanner, made: Callable[[int], TrafficSpec]) -> tuple[Ranked, Schedules, Ranked | None]:
    """The best settings without schedules, whether schedules pay, and the best settings with them if so."""
    seeds = list(range(SEEDS))
    traffic = tuple(made(seed) for seed in seeds)
    peak = max(max(offered(spec.traffic)) for spec in traffic)
    space = Space(Kind.REALTIME, POOLS, peak, planner.endpoint, None)
    search = Search(Judge(LIVE, Setting(), traffic), space.values, space.endpoint, seeds)
    best = searched(space, search, Goal(CUT_LIMIT))
    schedules, scheduled, _ = with_schedules(best, Goal(CUT_LIMIT), "UTC", (), 0)
    return best, schedules, scheduled


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
def floors(names: tuple[str, ...]) -> None:
    """Print a row for each kind of traffic, or for those whose name has one of NAMES."""
    with (
        planning() as (_, means),
        closing(ModulePlanner(module_directory(), "speech", **means)) as planner,
    ):
        for name, made in TRAFFIC.items():
            if names and not any(word in name for word in names):
                continue
            best, schedules, scheduled = tried(planner, made)
            output.say(f"{name}\n  without: {best.space.proposal(best.score.point).words}\n  {schedules.sentence}")
            if scheduled is not None:
                output.say(f"  with: {scheduled.space.proposal(scheduled.score.point).words}")


if __name__ == "__main__":
    main(command=floors, name="benchmarks/floors.py")
