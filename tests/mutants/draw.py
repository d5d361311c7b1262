"""Draws sampled faults for rooms of scaleproof/ and keeps the pool true to code and tests.

    python -m tests.mutants.draw [--count N] [--covered DIR] [ROOM ...]

For each room, all by default: faults and their tests follow their lines and names to other files. A fault whose line is
gone goes, and so does a test. A fault that loses its last test runs against those of its neighbours, then against the
others that run its line: one that survives stays, without a test, until a test notices it. Then faults are drawn, with
a fixed seed, until the room has N.

Lines of tests are those of DIR if it is given (`tests.mutants.covered` writes it), else of the room's own tests.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.mutants import sampled
from tests.mutants.faults import ROOT
from tests.mutants.noticing import Notice, with_tests
from tests.mutants.places import places
from tests.mutants.sampled import Sampled

SEED = 27
SECONDS, TESTS = 15, 300
"""What the tests of one fault may take together, and how many they may be."""


@dataclass(frozen=True)
class Covered:
    """Which tests run a line, and the seconds that each takes."""

    tests: dict[tuple[str, int], set[str]]
    seconds: dict[str, float]

    def of_line(self, file: str, number: int) -> list[str]:
        """The quickest tests of a line, another function before more cases of the same."""
        chosen, functions, total = [], defaultdict[str, int](int), 0.0
        for test in sorted(self.tests[file, number], key=lambda test: (self.seconds[test], test)):
            total += self.seconds[test]
            if chosen and (total > SECONDS or len(chosen) == TESTS):
                break
            functions[function := test.partition("[")[0]] += 1
            chosen.append((functions[function], test))
        return [test for _, test in sorted(chosen, key=lambda pair: pair[0])]


def main() -> int:
    """Exit code 1 where a fault of the pool has lost its last test and survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=0, help="faults that each room has at the end (as many as now)")
    parser.add_argument("--covered", type=Path, help="lines that tests run")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", default=sampled.rooms())
    options = parser.parse_args()
    for room, pool in renew(options.rooms).items():
        ask_neighbours(room, pool)
        if len(pool) < options.count or not all(fault.tests for fault in pool):
            if not options.covered and sys.version_info < (3, 12):
                parser.error("only Python 3.12 and newer can record the lines of tests: make .venv with one")
            with tempfile.TemporaryDirectory(prefix="scaleproof-covered-") as base:
                covered = read_covered(options.covered or collect(room, Path(base)))
            tests = sorted({test.partition("::")[0] for test in covered.seconds})
            with_tests(tests, partial(fill, room, pool, options.count, covered))
    left = [fault for room in options.rooms for fault in sampled.read(room) if not fault.tests]
    print("".join(f"SURVIVED {fault}\n" for fault in left), end="")
    return 1 if left else 0


def renew(names: list[str]) -> dict[str, list[Sampled]]:
    """The pools of rooms, true to the files that are there; also writes them."""
    rooms = {room: list[Sampled]() for room in names}
    for fault in [fault for room in names for fault in sampled.read(room)]:
        moved = fault if fault.is_there() else sampled.moved(fault)
        if moved is None:
            print(f"GONE {fault}")
            continue
        tests = tuple(filter(None, map(sampled.renamed, moved.tests)))
        pool = rooms.setdefault(moved.area, sampled.read(moved.area))
        pool.append(replace(moved, tests=tests))
    for room, pool in rooms.items():
        if pool != sampled.read(room):
            sampled.write(room, pool)
    return rooms


def ask_neighbours(room: str, pool: list[Sampled]) -> None:
    """Finds tests for faults that have none, among those of the other faults of their file."""
    known = defaultdict[str, set[str]](set)
    for fault in pool:
        known[fault.file].update(fault.tests)

    def fill(notice: Notice) -> None:
        for number, fault in enumerate(pool):
            if not fault.tests:
                pool[number] = replace(fault, tests=tests_of(fault, sorted(known[fault.file]), notice))

    files = {test.partition("::")[0] for fault in pool if not fault.tests for test in known[fault.file]}
    if files:
        with_tests(sorted(files), fill)
        sampled.write(room, pool)


def collect(room: str, directory: Path) -> Path:
    """Runs the room's tests and records their lines."""
    options = ["-p", "tests.mutants.covered", "-n", "0", "-q", "-m", "not nightly"]
    environment = {**os.environ, "COVERED": str(directory)}
    command = [sys.executable, "-m", "pytest", *options, f"tests/unit/{room}"]
    subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)
    return directory


def read_covered(directory: Path) -> Covered:
    """What `tests.mutants.covered` wrote below a directory, without files of tests that start LocalStack."""
    runs = {test: run for path in directory.rglob("*.pickle") for test, run in pickle.loads(path.read_bytes()).items()}
    slow = {
        test.partition("::")[0] for test, (_, _, programs) in runs.items() if "scaleproof.emulator" in str(programs)
    }
    tests, seconds = defaultdict[tuple[str, int], set[str]](set), dict[str, float]()
    for test, (lines, took, _programs) in runs.items():
        if test.partition("::")[0] not in slow:
            seconds[test] = took
            for file, number in lines:
                tests[f"scaleproof/{file}", number].add(test)
    return Covered(tests, seconds)


def drawn(room: str, pool: list[Sampled], covered: Covered) -> Iterator[Sampled]:
    """All faults on lines that tests run, in an order that the seed makes, without those of the pool."""
    candidates = []
    for path in sorted((sampled.PACKAGE / room).rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        for place in places(path.read_text(encoding="utf-8")):
            if (file, place.number) in covered.tests:
                candidates.append(Sampled(file, place.function, place.marked))
    random.Random(SEED).shuffle(candidates)
    known = {str(fault) for fault in pool}
    return (fault for fault in candidates if str(fault) not in known)


def fill(room: str, pool: list[Sampled], count: int, covered: Covered, notice: Notice) -> None:
    """Finds tests for the faults of a pool that have none, then draws until it has `count`."""

    def with_witnesses(fault: Sampled) -> Sampled:
        number = fault.position((ROOT / fault.file).read_text(encoding="utf-8")) + 1
        return replace(fault, tests=tests_of(fault, covered.of_line(fault.file, number), notice))

    pool[:] = [fault if fault.tests else with_witnesses(fault) for fault in pool]
    candidates = drawn(room, pool, covered)
    while len(pool) < count and (candidate := next(candidates, None)):
        if (fault := with_witnesses(candidate)).tests:
            pool.append(fault)
            sampled.write(room, pool)
    sampled.write(room, pool)


def tests_of(fault: Sampled, tests: list[str], notice: Notice) -> tuple[str, ...]:
    """The first of the tests that notices a fault."""
    failed = notice(fault, tests) if tests else []
    result = "NOTICED" if failed else "NO ANSWER" if failed is None else "SURVIVED"
    print(f"{result} ({len(tests)} tests): {fault}", flush=True)
    return tuple(failed or ())


if __name__ == "__main__":
    sys.exit(main())
