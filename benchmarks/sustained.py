"""Searches for what an instance sustains, on instances whose truth is known, in virtual time.

python benchmarks/sustained.py [--seeds N]

An instance answers as the emulator's containers do (`scaleproof.emulator.engine.container`), with noise: each
answer takes a random multiple of that, and for some seconds the whole instance is slower or faster.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from statistics import NormalDist, fmean

import click

# For a script Python puts only the script's own directory there.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scaleproof.cli import output
from scaleproof.cli.app import main
from scaleproof.emulator.engine.container import Container
from scaleproof.measuring.levels import Hold, Reply
from scaleproof.measuring.measurement import Answer, Measurement
from scaleproof.measuring.objective import Measure, Objective
from scaleproof.measuring.search import SearchPlan, search
from scaleproof.report.terminal import console, new_table

CAPACITIES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 40, 50, 64)
SHAPES: dict[str, Callable[[int], Container]] = {
    "constant": lambda capacity: Container(answer=0.3, slots=capacity),
    "sharing": lambda capacity: Container(answer=0.3, sharing=max(1, capacity // 2)),
    "table": lambda capacity: Container(answer={1: 0.2, capacity: 0.3, 2 * capacity + 2: 1.2}),
}
"""Instances by the shape of their latency, given the last level that is to hold. The first refuses more."""
STATISTICS = ("mean", "p95")
SPREAD, DRIFT = 0.25, 0.05
"""Standard deviations of the noise's logarithm: what each answer has alone, and what the instance has."""
DRIFTS = 2.0
"""Seconds in which the instance forgets two thirds of its drift."""
MOST = 256
"""The highest level of a search."""
REFUSAL = 0.2
"""Seconds until whoever was refused is back with a request."""


@cache
def _pace(shape: str, capacity: int, level: int) -> float:
    return pace(SHAPES[shape](capacity), level)


def pace(container: Container, level: int) -> float:
    """Seconds that an answer takes while so many requests are in flight all the time, without noise."""
    pauses: list[float] = []
    pauses.extend(container.pauses(lambda: level, lambda: sum(pauses)))
    return sum(pauses)


class Instance:
    """One instance under a closed loop of requests, with a clock of its own: a `Load`.

    `noise`: 0 for none, 1 for that of this module. `asked`: the levels that were asked for.
    """

    def __init__(self, container: Container, seed: int, noise: float = 1.0) -> None:
        self.container, self.noise = container, noise
        self.requested: list[int] = []
        self._random = random.Random(seed)
        self._drift = self._random.gauss(0, 1)

    def hold(self, concurrency: int, seconds: float) -> Hold:
        self.requested.append(concurrency)
        slots = self.container.slots or concurrency
        takes = pace(self.container, min(concurrency, slots))
        # By its count of answers, not by the clock: so its share in the truth is the same at each level.
        self._persistence = math.exp(-takes / min(concurrency, slots) / DRIFTS)
        # Each request in flight: when it ends, when it began, and whether it is refused.
        flying = [(self._noisy(takes), 0.0, False) for _ in range(min(slots, concurrency))]
        flying += [(REFUSAL, 0.0, True)] * (concurrency - len(flying))
        heapq.heapify(flying)
        replies = []
        while (first := flying[0])[0] <= seconds:
            end, began, refused = first
            replies.append(Reply(began, end - began, error="ModelError" if refused else None))
            # A slot that is free again goes to whoever asks next: here, the same one.
            heapq.heapreplace(flying, (end + (REFUSAL if refused else self._noisy(takes)), end, refused))
        return Hold(seconds, tuple(replies))

    def _noisy(self, seconds: float) -> float:
        self._drift = self._persistence * self._drift + math.sqrt(1 - self._persistence**2) * self._random.gauss(0, 1)
        return seconds * math.exp(self.noise * (SPREAD * self._random.gauss(0, 1) + DRIFT * self._drift))


@dataclass(frozen=True)
class Case:
    """A search with a known truth: the last level that holds is `capacity`."""

    shape: str
    capacity: int
    statistic: str
    seed: int

    @property
    def objective(self) -> Objective:
        """What exactly `capacity` requests in flight keep, and one more does not."""
        share = None if self.statistic == "mean" else float(self.statistic[1:])
        spread = math.hypot(SPREAD, DRIFT)
        noise = math.exp(spread**2 / 2 if share is None else spread * NormalDist().inv_cdf(share / 100))
        last, over = (_pace(self.shape, self.capacity, self.capacity + more) for more in (0, 1))
        place = random.Random(f"{self.shape} {self.capacity} {self.seed}").random()
        limit = 2 * last if self.shape == "constant" else last + place * (over - last)
        return Objective(Measure.LATENCY, self.statistic, limit * noise)

    def run(self) -> Measurement:
        return search(Instance(SHAPES[self.shape](self.capacity), self.seed), self.objective, SearchPlan(most=MOST))

    def error(self, measurement: Measurement) -> float:
        """By how many levels the answer misses the truth."""
        return math.inf if measurement.max_concurrency is None else abs(measurement.max_concurrency - self.capacity)

    def covered(self, measurement: Measurement) -> bool:
        """Whether the truth is in the interval."""
        return measurement.low <= self.capacity <= (math.inf if measurement.high is None else measurement.high)


def _outcome(case: Case) -> tuple[Case, float, bool, Measurement]:
    measurement = case.run()
    return case, case.error(measurement), case.covered(measurement), measurement


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(1), help="Searches per case.")
def bench(seeds: int) -> None:
    """Searches for twenty capacities in three shapes of latency, with two statistics."""
    cases = [Case(*words) for words in product(SHAPES, CAPACITIES, STATISTICS, range(seeds))]
    with ProcessPoolExecutor() as pool:
        outcomes = list(pool.map(_outcome, cases, chunksize=20))
    table = new_table(
        f"{len(cases)} searches", "Latency", "Statistic", "Searches", "Right", "Within one",
        "In the interval", "Width", "Minutes", "At most",
    )  # fmt: skip
    for shape, statistic in product(SHAPES, STATISTICS):
        row = [outcome for outcome in outcomes if (outcome[0].shape, outcome[0].statistic) == (shape, statistic)]
        table.add_row(
            shape,
            statistic,
            str(len(row)),
            f"{100 * fmean(error == 0 for _, error, _, _ in row):.1f} %",
            f"{100 * fmean(error <= 1 for _, error, _, _ in row):.1f} %",
            f"{100 * fmean(covered for _, _, covered, _ in row):.1f} %",
            f"{fmean((measurement.high or MOST) - measurement.low for *_, measurement in row):.2f}",
            f"{fmean(measurement.seconds for *_, measurement in row) / 60:.1f}",
            f"{max(measurement.seconds for *_, measurement in row) / 60:.1f}",
        )
    console().print(table)
    unfinished = sum(measurement.answer is not Answer.FOUND for *_, measurement in outcomes)
    output.say(f"{unfinished} of them ended otherwise than with an answer.")


if __name__ == "__main__":
    main(command=bench, name="benchmarks/sustained.py")
