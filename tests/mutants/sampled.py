"""The pool of sampled faults: one-token faults on lines that tests run, with tests that notice each.

A file of sampled/ has those of a room of scaleproof/, between blank lines: file and function, the line with its token
marked as in `if level «>→>=» limit:`, and a line for each test. `tests.mutants.draw` draws them and renews the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tests.mutants.faults import HERE, ROOT
from tests.mutants.places import functions

POOL = HERE / "sampled"
PACKAGE = ROOT / "scaleproof"
_MARK = re.compile("«(.*?)→(.*?)»")


@dataclass(frozen=True)
class Sampled:
    """A fault in `function` of `file`; `marked` is the line, `tests` are those that notice."""

    file: str
    function: str
    marked: str
    tests: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file} {self.function}: {self.marked}"

    @property
    def area(self) -> str:
        """The room."""
        return self.file.split("/")[1]

    @property
    def line(self) -> str:
        """As it is in the code, without indentation."""
        return _MARK.sub(r"\1", self.marked).strip()

    def position(self, text: str) -> int | None:
        """Index of the line: the only such one of the file, else of the function; None if it is gone."""
        matching = [number for number, line in enumerate(text.split("\n")) if line.strip() == self.line]
        if len(matching) > 1:
            names = functions(text)
            matching = [number for number in matching if names[number] == self.function]
        return matching[0] if len(matching) == 1 else None

    def applied(self, text: str) -> str:
        """The file with the fault in it."""
        lines = text.split("\n")
        position = self.position(text)
        line = lines[position]
        lines[position] = line[: len(line) - len(line.lstrip())] + _MARK.sub(r"\2", self.marked)
        return "\n".join(lines)

    def is_there(self) -> bool:
        """Whether its file has its line."""
        path = ROOT / self.file
        return path.is_file() and self.position(path.read_text(encoding="utf-8")) is not None


def rooms() -> list[str]:
    """Those of the package, and those of the pool that the package has no more."""
    return sorted(
        {path.parent.name for path in PACKAGE.glob("*/__init__.py")} | {path.stem for path in POOL.glob("*.txt")}
    )


def sampled() -> list[Sampled]:
    """The pool, room by room."""
    return [fault for room in rooms() for fault in read(room)]


def read(room: str) -> list[Sampled]:
    """The faults of a room."""
    path = POOL / f"{room}.txt"
    text = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    return [_fault(block.split("\n")) for block in text.split("\n\n") if block]


def write(room: str, pool: list[Sampled]) -> None:
    """Replaces the faults of a room; a room without any has no file."""
    POOL.mkdir(exist_ok=True)
    blocks = ["\n  ".join([f"{fault.file} {fault.function}".strip(), fault.marked, *fault.tests]) for fault in pool]
    (POOL / f"{room}.txt").write_text("\n\n".join(sorted(blocks)) + "\n", encoding="utf-8")
    if not pool:
        (POOL / f"{room}.txt").unlink()


def moved(fault: Sampled) -> Sampled | None:
    """The fault in the file that has its line now, of several the one with its function; None if no file has it."""
    there = [replace(fault, file=file) for file, text in _texts(PACKAGE).items() if fault.line in text]
    there = [candidate for candidate in there if candidate.is_there()]
    if len(there) > 1:
        name = re.compile(rf"(def|class) {fault.function.split('.')[-1]}\b")
        there = [candidate for candidate in there if name.search(_texts(PACKAGE)[candidate.file])]
    return there[0] if len(there) == 1 else None


def renamed(test: str) -> str | None:
    """The test where it is now: in its file, or in the only other one that has it; None if it is gone."""
    file, _, name = test.partition("::")
    if not name:
        return test if (ROOT / file).exists() else None
    texts, definition = _texts(ROOT / "tests"), f"def {name.split('::')[-1]}("
    if definition in texts.get(file, ""):
        return test
    files = [other for other, text in texts.items() if definition in text]
    return f"{files[0]}::{name}" if len(files) == 1 else None


def exists(test: str) -> bool:
    """Whether a test, or a file or directory of tests, is there."""
    return renamed(test) == test


@lru_cache
def _texts(directory: Path) -> dict[str, str]:
    """All modules below a directory of the project."""
    paths = sorted(directory.rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _fault(lines: list[str]) -> Sampled:
    file, _, function = lines[0].partition(" ")
    marked, *tests = [line.strip() for line in lines[1:]]
    return Sampled(file, function, marked, tuple(tests))
