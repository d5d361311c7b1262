"""Reads the types of a module's variables, without parsing whole files: that takes seconds for a large module."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

# A quote inside `${...}` ends a string here and begins another at the next: brackets stay balanced.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<heredoc><<-?(?P<mark>[\w-]+)[ \t]*\n.*?^[ \t]*(?P=mark)[ \t]*$)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<word>[\w-]+)|(?P<newline>\n)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_EQUALS = re.compile(r"[ \t]*=(?!=)")
_VARIABLE = re.compile(r'^[ \t]*variable[ \t]+"', re.MULTILINE)


def variable_types(files: Iterable[Path]) -> dict[str, str]:
    """The text of each type by name of the variable, without those that are declared twice or have none."""
    types: dict[str, str] = {}
    twice: set[str] = set()
    for file in files:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            continue  # Terraform says what is wrong with it
        for name, written in _types(text) if _VARIABLE.search(text) else ():
            twice |= {name} & types.keys()
            types[name] = written
    return {name: written for name, written in types.items() if name not in twice}


@lru_cache(maxsize=256)
def _types(text: str) -> tuple[tuple[str, str], ...]:
    declared = []
    depth, start, variable = 0, -1, ""
    line: list[str] = []  # the tokens since the last end of a line or the begin of a block
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
            if depth == 1:
                variable = line[1].strip('"') if line[:1] == ["variable"] and len(line) == 2 else ""
                line = []
        elif kind in ("close", "newline"):
            if start >= 0 and depth == 1:
                declared.append((variable, text[start : token.start()].strip()))
                start = -1
            depth -= kind == "close"
            line = []
        elif kind in ("word", "string"):
            line.append(token[0])
            equals = _EQUALS.match(text, token.end())
            if depth == 1 and variable and line == ["type"] and equals:
                start = equals.end()
    return tuple(declared)
