"""Small faults to put into the code, and the tests that should notice each.

A `.faults` file has, in the order of your choice, lines `tests PATH: TEST ...`, the tests for what is below
PATH (the longest path counts), comments (#), and faults between blank lines:

    FILE: what is wrong with it
    -text as it stands
    +text in its place

The text may begin and end within a line, its spaces may be aligned otherwise, and it occurs once in the file.
A fault may have several such pairs.

`lifecycles.txt` has a line `FILE RESOURCE WHAT: TEST ...` for each part of a life cycle; the fault is that it
is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIFECYCLES = HERE / "lifecycles.txt"
_BLOCK = re.compile(r'^(resource|data|module) ("[^\n]+") \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_PART = re.compile(
    r"^ *(replace_triggered_by|depends_on|create_before_destroy|ignore_changes) += "
    r"(\[(?:[^][]|\[[^]]*\])*\]|\S+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Fault:
    """One fault in a file of the project; `edits`: from what to what, `tests`: who should notice."""

    area: str
    file: str
    description: str
    edits: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.description}"

    def places(self, text: str) -> list[int]:
        """How often each text that is replaced occurs."""
        return [len(_pattern(old).findall(text)) for old, _ in self.edits]

    def applied(self, text: str) -> str:
        """The file with the fault in it."""
        for old, new in self.edits:
            text = _pattern(old).sub(lambda _match, new=new: new.lstrip(" "), text, count=1)
        return text


def faults() -> list[Fault]:
    """All that are listed, by area, and those of life cycles."""
    return [fault for path in sorted(HERE.glob("*.faults")) for fault in _read(path)] + list(lifecycles())


def lifecycles() -> Iterator[Fault]:
    """Those that are listed and stand in the code."""
    listed = listed_lifecycles()
    for (file, part), edit in life_cycle_parts().items():
        yield Fault("lifecycles", file, f"{part} is gone", (edit,), listed.get(f"{file} {part}", ()))


def listed_lifecycles() -> dict[str, tuple[str, ...]]:
    """The tests by file, resource and part."""
    lines = LIFECYCLES.read_text(encoding="utf-8").splitlines()
    pairs = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    return {key: tuple(tests.split()) for key, tests in pairs}


def life_cycle_parts() -> dict[tuple[str, str], tuple[str, str]]:
    """By file and name of each part: its block as it stands, and without it."""
    parts = {}
    for path in sorted([*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf")]):
        file, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            address = block[2].replace('"', "").replace(" ", ".")
            for part in _PART.finditer(block[3]):
                name, value = part[1], part[2]
                for member in _members(value) if name == "ignore_changes" else [""]:
                    rest = [other for other in _members(value) if other != member] if member else []
                    less = f"{name} = [{', '.join(rest)}]" if rest else ""
                    body = block[3][: part.start()] + less + block[3][part.end() :]
                    key = f"{address} {name}" + (f" {member}" if member else "")
                    parts[file, key] = block[0], block[0].replace(block[3], body)
    return parts


def _members(value: str) -> list[str]:
    return [member.strip() for member in value[1:-1].split(",") if member.strip()]


def _read(path: Path) -> Iterator[Fault]:
    tests: dict[str, tuple[str, ...]] = {}
    for part in re.split(r"\n{2,}", path.read_text(encoding="utf-8").strip()):
        lines = [line for line in part.split("\n") if not line.startswith("#")]
        for line in lines:
            if named := re.match(r"tests (\S+): (.+)", line):
                tests[named[1]] = tuple(named[2].split())
        if lines and not lines[0].startswith("tests "):
            file, description = lines[0].split(": ", 1)
            yield Fault(path.stem, file, description, tuple(_edits(lines[1:])), _tests_of(file, tests))


def _edits(lines: list[str]) -> Iterator[tuple[str, str]]:
    body = "\n".join(lines) + "\n"
    for pair in re.finditer(r"((?:-.*\n)+)((?:\+.*\n)*)", body):
        old, new = (re.sub(r"^[-+]", "", side, flags=re.MULTILINE)[:-1] for side in pair.groups())
        yield old, new


def _tests_of(file: str, tests: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    fitting = [path for path in tests if file.startswith(path) or ("/" not in file and fnmatch(file, path))]
    return tests[max(fitting, key=len)] if fitting else ()


def _pattern(text: str) -> re.Pattern[str]:
    """The text with any alignment."""
    lines = [r" +".join(map(re.escape, line.split())) for line in text.split("\n")]
    return re.compile(r" *\n *".join(lines))
