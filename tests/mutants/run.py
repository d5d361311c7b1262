"""Puts one fault at a time into a copy of the project and says which no test notices.

    python -m tests.mutants.run [--workers N] [--unchecked] [WORD ...]

With words, only the faults of the areas they name, or whose file or description has one of them.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.faults import ROOT, Fault, faults

LONGEST = 900
"""Seconds that the tests of one fault may take: one that hangs is noticed."""
SHARED = ("pytest", "_pytest.assertion.rewrite", "hypothesis.core", "boto3", "hcl2", "lark", "ruamel.yaml")
"""What all tests import and no fault is in: imported once, half of what a run of a few tests takes."""


@dataclass(frozen=True)
class Running:
    """The tests of one fault in a process of their own."""

    fault: Fault
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
    every = faults()
    areas = {fault.area for fault in every}
    chosen = [fault for fault in every if not options.words or any(_has(fault, word, areas) for word in options.words)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in SHARED:
        importlib.import_module(name)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scaleproof-mutants-") as base:
        copies = [_copy(Path(base) / str(number)) for number in range(options.workers)]
        tests = sorted({test for fault in chosen for test in fault.tests})
        if not options.unchecked and _wait(_pytest(copies[0], tests, 20 * LONGEST))[1]:
            print(f"Tests fail without any fault, so nothing can be said:\n{_output(copies[0])}")
            return 2
        survivors = _survivors(chosen, copies)
    total, left = Counter(fault.area for fault in chosen), Counter(fault.area for fault in survivors)
    print(f"\nNoticed, in {(time.monotonic() - started) / 60:.0f} minutes:")
    for area, number in total.items():
        print(f"  {area:<12} {number - left[area]:>3} of {number:>3}")
    print(f"  {'all':<12} {len(chosen) - len(survivors):>3} of {len(chosen):>3}")
    print("".join(f"\nSURVIVED {fault}" for fault in survivors))
    return 1 if survivors else 0


def _has(fault: Fault, word: str, areas: set[str]) -> bool:
    return fault.area == word if word in areas else word in str(fault)


def _copy(directory: Path) -> Path:
    """What git has or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    return directory


def _survivors(chosen: list[Fault], copies: list[Path]) -> list[Fault]:
    """Runs the tests of every fault, one in each copy at a time."""
    waiting, free, survivors = list(reversed(chosen)), list(copies), []
    running: dict[int, Running] = {}
    while waiting or running:
        while waiting and free:
            fault, copy = waiting.pop(), free.pop()
            right = (copy / fault.file).read_bytes()
            (copy / fault.file).write_text(fault.applied(right.decode()), encoding="utf-8")
            child = _pytest(copy, fault.tests, LONGEST, "-x")
            running[child] = Running(fault, copy, right, time.monotonic())
        child, code = _wait(-1)
        if child not in running:
            continue
        done = running.pop(child)
        (done.copy / done.fault.file).write_bytes(done.right)
        by = re.search(r"^(?:FAILED|ERROR) (\S+)", _output(done.copy), re.MULTILINE)
        said = f"noticed by {by[1] if by else f'exit code {code}'}" if code else "SURVIVED"
        took = time.monotonic() - done.started
        print(f"{done.fault.area}: {done.fault}\n    {said} ({took:.0f} s)", flush=True)
        survivors += [] if code else [done.fault]
        free.append(done.copy)
    return survivors


def _pytest(copy: Path, tests: tuple[str, ...] | list[str], longest: int, *options: str) -> int:
    """Starts tests in a copy; returns the process id."""
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.alarm(longest)
    os.chdir(copy)
    output = os.open(copy / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # The copy's own package and tests, in this process and in those that it starts.
    os.environ["PYTHONPATH"] = str(copy)
    sys.path[:0] = [str(copy)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("scaleproof", "tests")]:
        del sys.modules[name]
    import pytest

    code = 1
    try:
        code = int(pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *options, *tests]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait(child: int) -> tuple[int, int]:
    """The child that has ended, and its exit code."""
    ended, status = os.waitpid(child, 0)
    return ended, os.waitstatus_to_exitcode(status)


def _output(copy: Path) -> str:
    return (copy / "output.txt").read_text(encoding="utf-8", errors="replace")[-4000:]


if __name__ == "__main__":
    sys.exit(main())
