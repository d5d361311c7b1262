"""Which tests notice a fault: it is put into the functions of a forked process that has collected the tests already.

A fault costs the time of its tests and a fork, and no file changes. Processes that a test starts do not have the fault.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.faults import ROOT
from tests.mutants.sampled import PACKAGE, Sampled

LONGEST = 120
"""Seconds after which a fault counts as one that hangs."""
Notice = Callable[[Sampled, list[str]], list[str] | None]
"""Of a fault and tests, with parameters or without: the first that fails, or None if they hang or end their process."""


def with_tests(paths: Iterable[str], use: Callable[[Notice], None]) -> int:
    """Collects tests and calls `use` instead of running them; returns the exit code of pytest."""
    # Nobody reads why a test fails, and to say it natively takes a tenth of the time.
    options = ["-q", "--no-header", "-s", "-p", "no:xdist", "--tb=native"]
    return int(pytest.main([*options, *paths], plugins=[_Loop(use)]))


class _Loop:
    def __init__(self, use: Callable[[Notice], None]) -> None:
        self.use = use
        self.failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = defaultdict[str, list[pytest.Item]](list)
        for test in session.items:
            for name in {test.nodeid, test.nodeid.partition("[")[0]}:
                self.items[name].append(test)
        self.functions = live_functions()
        self.use(self.notice)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and (test := report.nodeid.partition("[")[0]) not in self.failed:
            self.failed.append(test)

    def notice(self, fault: Sampled, tests: list[str]) -> list[str] | None:
        """See `Notice`."""
        reading, writing = os.pipe()
        with warnings.catch_warnings(action="ignore"):  # threads of libraries, which do nothing now
            child = os.fork()
        if not child:
            self.run(fault, tests, writing)
        os.close(writing)
        with os.fdopen(reading) as answers:
            answer = answers.read()
        os.waitpid(child, 0)
        return json.loads(answer) if answer else None

    def run(self, fault: Sampled, tests: list[str], writing: int) -> None:
        """In the child, which ends here."""
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.alarm(LONGEST)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            put_into(self.functions[fault.file], fault)
            items = [test for name in tests for test in self.items[name]]
            for test, following in zip(items, [*items[1:], None], strict=True):
                runtestprotocol(test, nextitem=following)
                if self.failed:
                    break
            test.session._setupstate.teardown_exact(None)  # what fixtures started ends
            os.write(writing, json.dumps(self.failed).encode())
        finally:
            os._exit(0)


def live_functions() -> dict[str, list[FunctionType]]:
    """The functions of the package, by file; imports all modules, but for those of LocalStack's own environment."""
    for path in sorted(set(PACKAGE.rglob("*.py")) - set(PACKAGE.rglob("__main__.py"))):
        with suppress(ImportError):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    functions = defaultdict[str, list[FunctionType]](list)
    gc.unfreeze()
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename.startswith(str(PACKAGE)):
            functions[Path(function.__code__.co_filename).relative_to(ROOT).as_posix()].append(function)
    gc.freeze()
    return functions


def put_into(functions: list[FunctionType], fault: Sampled) -> None:
    """Replaces the code of each function that the fault makes another one."""
    path = ROOT / fault.file
    text = path.read_text(encoding="utf-8")
    right, changed = (
        _codes(compile(source, path, "exec", dont_inherit=True)) for source in (text, fault.applied(text))
    )
    wrong = {_key(code): code for code in changed}
    once = {key for key, number in Counter(map(_key, right)).items() if number == 1}  # not two lambdas of a line
    for function in functions:
        key = _key(function.__code__)
        if key in once and key in wrong:
            function.__code__ = wrong[key]


def _key(code: CodeType) -> tuple[str, int, tuple[str, ...]]:
    return code.co_qualname, code.co_firstlineno, code.co_freevars


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
