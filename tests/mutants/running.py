"""Copies of the project, and tests in them, each run in a process that shares the imports of libraries."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.faults import ROOT

SHARED = (
    "_pytest.assertion.rewrite",
    "boto3",
    "click",
    "grpc",
    "hcl2",
    "jinja2",
    "jmespath",
    "jsonpatch",
    "lark",
    "msgpack",
    "numpy",
    "pytest",
    "regex",
    "rich.table",
    "ruamel.yaml",
)
"""What tests import and no fault is in: imported once, half of what a run of a few tests takes. Hypothesis is not among
them: pytest warns of a plugin that is imported before it."""


def share_imports() -> None:
    """Imports the libraries, for all processes that follow."""
    for name in SHARED:
        importlib.import_module(name)


def copy_project(directory: Path) -> Path:
    """Copies what git has or would add, and returns the directory."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    return directory


def put(path: Path, content: bytes) -> None:
    """Writes a file, without what Python made of its earlier content: that may have the same size and second."""
    path.write_bytes(content)
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def failures(copy: Path) -> list[str]:
    """The tests that failed in the last run, without parameters, as paths of the project."""
    return list(dict.fromkeys(re.findall(r"^(?:FAILED|ERROR) (\S+?\.py(?:::\w+)*)", output(copy), re.MULTILINE)))


def start_tests(copy: Path, tests: Iterable[str], longest: int, *options: str) -> int:
    """Starts tests in a copy, for at most `longest` seconds; returns the process id."""
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.alarm(longest)
    os.chdir(copy)
    file = os.open(copy / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
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


def wait(child: int) -> tuple[int, int]:
    """The child that has ended, and its exit code."""
    ended, status = os.waitpid(child, 0)
    return ended, os.waitstatus_to_exitcode(status)


def output(copy: Path) -> str:
    """What the last run printed."""
    return (copy / "output.txt").read_text(encoding="utf-8", errors="replace")
