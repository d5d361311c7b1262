"""A plugin of pytest: which lines of scaleproof/ each test runs, for how long, and what the test starts.

    COVERED=DIR python -m pytest -p tests.mutants.covered -n 0 tests/unit/scaling

writes a file of DIR: pairs of the test and its `Run`. Python 3.12 or newer. Nobody sees the lines of other processes,
and a line that runs while a module is imported belongs to no test. Tests that need LocalStack are left out.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PACKAGE = f"{Path(__file__).resolve().parents[2] / 'scaleproof'}{os.sep}"
LOCALSTACK = {"scaleproof_cloud", "scaleproof_new_account", "apply", "stays"}
"""Fixtures that start LocalStack."""


@dataclass
class Run:
    """What a test did: `lines` as file of the package and number, `seconds` of wall time, `programs` it started."""

    lines: set[tuple[str, int]] = field(default_factory=set)
    seconds: float = 0.0
    programs: list[str] = field(default_factory=list)


RUNS: dict[str, Run] = {}
FAILED: set[str] = set()
_current = Run()


def _line(code, number):
    if code.co_filename.startswith(PACKAGE):
        _current.lines.add((code.co_filename.removeprefix(PACKAGE), number))
    return sys.monitoring.DISABLE  # until the next test starts


def _audit(event, arguments):
    if event in ("subprocess.Popen", "os.posix_spawn", "os.fork"):
        _current.programs.append(f"{event} {arguments[:2]}"[:1000])


def pytest_configure():
    tool, events = sys.monitoring.PROFILER_ID, sys.monitoring.events
    sys.monitoring.use_tool_id(tool, __name__)
    sys.monitoring.register_callback(tool, events.LINE, _line)
    sys.monitoring.set_events(tool, events.LINE)
    sys.addaudithook(_audit)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    def fixtures(test):
        """Without what it is parametrized with, which may be called like one."""
        return set(test.fixturenames) - (test.callspec.params.keys() if hasattr(test, "callspec") else set())

    items[:] = [test for test in items if not LOCALSTACK & fixtures(test)]


def pytest_runtest_logstart(nodeid):
    global _current
    _current = RUNS[nodeid] = Run()
    sys.monitoring.restart_events()
    _current.seconds = -time.perf_counter()


def pytest_runtest_logfinish(nodeid):
    RUNS[nodeid].seconds += time.perf_counter()


def pytest_runtest_logreport(report):
    if report.failed:
        FAILED.add(report.nodeid)


def pytest_sessionfinish():
    sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
    sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
    directory = Path(os.environ["COVERED"])
    directory.mkdir(parents=True, exist_ok=True)
    runs = {test: (run.lines, run.seconds, run.programs) for test, run in RUNS.items() if test not in FAILED}
    (directory / f"{os.getpid()}.pickle").write_bytes(pickle.dumps(runs))
