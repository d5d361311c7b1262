"""Puts one fault at a time into a copy of the project and says which no test notices.

    python -m tests.mutants.run [--workers N] [--unchecked] [WORD ...]

With words, only the faults of the areas or rooms they name, of the tests they name, or whose file or description has
one of them. A sampled fault whose line is gone is named and left out.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.faults import Fault, faults
from tests.mutants.running import copy_project, failures, output, put, share_imports, start_tests, wait
from tests.mutants.sampled import Sampled, sampled

LONGEST = 900
"""Seconds that the tests of one fault may take: one that hangs is noticed."""


@dataclass(frozen=True)
class Running:
    """The tests of one fault in a process of their own."""

    fault: Fault | Sampled
    copy: Path
    right: bytes
    started: float


def main() -> int:
    """Exit code 0 where every fault is noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="copies that are tested at a time (2)")
    parser.add_argument("--unchecked", action="store_true", help="do without a run on the code as it is")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    every = [*faults(), *sampled()]
    areas = {fault.area for fault in every}
    chosen = [fault for fault in every if not options.words or any(_has(fault, word, areas) for word in options.words)]
    gone = [fault for fault in chosen if isinstance(fault, Sampled) and not fault.is_there()]
    chosen = [fault for fault in chosen if fault not in gone]
    print("".join(f"GONE {fault}\n" for fault in gone), end="")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    share_imports()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scaleproof-mutants-") as base:
        copies = [copy_project(Path(base) / str(number)) for number in range(options.workers)]
        tests = sorted({test for fault in chosen for test in fault.tests})
        if not options.unchecked and wait(start_tests(copies[0], tests, 20 * LONGEST))[1]:
            print(f"Tests fail without any fault, so nothing can be said:\n{output(copies[0])[-4000:]}")
            return 2
        survivors = _survivors(chosen, copies)
    total, left = Counter(fault.area for fault in chosen), Counter(fault.area for fault in survivors)
    print(f"\nNoticed, in {(time.monotonic() - started) / 60:.0f} minutes:")
    for area, number in total.items():
        print(f"  {area:<12} {number - left[area]:>3} of {number:>3}")
    print(f"  {'all':<12} {len(chosen) - len(survivors):>3} of {len(chosen):>3}")
    print("".join(f"\nSURVIVED {fault}" for fault in survivors))
    return 1 if survivors else 0


def _has(fault: Fault | Sampled, word: str, areas: set[str]) -> bool:
    return fault.area == word if word in areas else word in str(fault) or word in fault.tests


def _survivors(chosen: list[Fault | Sampled], copies: list[Path]) -> list[Fault | Sampled]:
    """Runs the tests of every fault, one in each copy at a time."""
    waiting, free, survivors = list(reversed(chosen)), list(copies), []
    running: dict[int, Running] = {}
    while waiting or running:
        while waiting and free:
            fault, copy = waiting.pop(), free.pop()
            right = (copy / fault.file).read_bytes()
            put(copy / fault.file, fault.applied(right.decode()).encode())
            child = start_tests(copy, fault.tests, LONGEST, "-x")
            running[child] = Running(fault, copy, right, time.monotonic())
        child, code = wait(-1)
        if child not in running:
            continue
        done = running.pop(child)
        put(done.copy / done.fault.file, done.right)
        by = (*failures(done.copy), f"exit code {code}")
        result = f"noticed by {by[0]}" if code else "SURVIVED"
        took = time.monotonic() - done.started
        print(f"{done.fault.area}: {done.fault}\n    {result} ({took:.0f} s)", flush=True)
        survivors += [] if code else [done.fault]
        free.append(done.copy)
    return survivors


if __name__ == "__main__":
    sys.exit(main())
