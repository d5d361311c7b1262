"""What Terraform marks as sensitive, and what is shown in its place.

A mark stands where a value is: `after_sensitive`, `sensitive_values` and the `sensitive` of outputs. What is
read back from an API, and what a provider says of an error, has no marks: there the values themselves are
looked for.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from scaleproof.errors import ScaleproofError
from scaleproof.hcl.module import Module
from scaleproof.hcl.source import read_variables

TEXT: Final = "(sensitive)"
_SHORTEST = 4
"""Characters of a value that is looked for in other texts: a shorter one is in half of all names."""


class Hidden(str):
    """The type of `HIDDEN`: a text wherever it is shown, which no reader takes for a value."""

    __slots__ = ()


HIDDEN: Final = Hidden(TEXT)
"""Stands for a sensitive value that is no text: a number, or all that is in a block."""


class Secrets:
    """The sensitive texts of one plan, state or set of variables."""

    def __init__(self, marked: Iterable[tuple[Any, Any]]) -> None:
        """`marked`: values with their marks, True or the same shape with True wherever it is sensitive."""
        found = {text for value, mark in marked for text in _marked_texts(value, mark)}
        words = sorted((re.escape(text) for text in found if len(text) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(words)) if words else None

    def masked(self, value: Any, mark: Any = None, hidden: object = HIDDEN) -> Any:
        """`value` without what is marked, and without sensitive texts within other texts.

        A text becomes `TEXT`, anything else `hidden`; null stays.
        """
        if mark is True and value is not None:
            return TEXT if isinstance(value, str) else hidden
        if self._pattern is None and not marks(mark):
            return value
        if isinstance(value, str):
            found = self._pattern.sub(TEXT, value) if self._pattern else value
            return value if found == value else found  # a member of an enumeration stays one
        if isinstance(value, Mapping):
            named = mark if isinstance(mark, dict) else {}
            return {name: self.masked(item, named.get(name), hidden) for name, item in value.items()}
        if isinstance(value, list | tuple):
            placed = [*(mark if isinstance(mark, list) else ()), *[None] * len(value)]
            return type(value)(self.masked(item, placed[place], hidden) for place, item in enumerate(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = {part.name: self.masked(getattr(value, part.name)) for part in dataclasses.fields(value)}
            return dataclasses.replace(value, **parts)
        return value


def variables_of(
    root: Path, variables: Mapping[str, Any], files: Iterable[Path], arguments: Sequence[str]
) -> Secrets:
    """What is given for the sensitive variables of a root, from wherever Terraform takes it.

    `variables`, `files` and `arguments` (`-var`, `-var-file`) are as for a `Root`. What cannot be read gives
    nothing: Terraform says what is wrong with it.
    """
    try:
        declared = {name: one for name, one in Module.read(root).variables.items() if one.sensitive}
    except ScaleproofError:
        return Secrets([])
    given = [*variables.items()]
    given += [(name, one.default.value) for name, one in declared.items() if one.default]
    given += [(name, os.environ.get(f"TF_VAR_{name}")) for name in declared]
    for file in variable_files(root, files, arguments) if declared else ():
        given += _read(file).items()
    for name, value in variable_options(arguments):
        # As it is for a text, HCL for anything else.
        given += [(name, [value, *re.findall(r'"([^"]+)"', value)])]
    return Secrets((value, name in declared) for name, value in given)


def variable_files(root: Path, files: Iterable[Path], arguments: Sequence[str]) -> list[Path]:
    """The files that Terraform takes values of variables from, some of which may not be there."""
    named = [Path(word.removeprefix("-var-file=")) for word in arguments if word.startswith("-var-file=")]
    automatic = [root / "terraform.tfvars", root / "terraform.tfvars.json", *root.glob("*.auto.tfvars*")]
    return [*automatic, *files, *named]


def variable_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The name and the text of each `-var NAME=TEXT`."""
    for word, text in pairwise(arguments):
        if word == "-var":
            name, _, value = text.partition("=")
            yield name.strip(), value


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix == ".json":
            return dict(json.loads(file.read_bytes()))
        return {name: one.value for name, one in read_variables(file).items() if one.is_constant}
    except (OSError, TypeError, ValueError, RecursionError, ScaleproofError):
        return {}


def marks(mark: Any) -> bool:
    """Whether a shape of marks (sensitive, unknown) has one: Terraform writes empty shapes as well."""
    inner = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return mark is True or any(marks(item) for item in inner)


def _marked_texts(value: Any, mark: Any) -> Iterator[str]:
    if mark is True:
        yield from _texts(value)
    elif isinstance(value, Mapping) and isinstance(mark, dict):
        for name, inner in mark.items():
            yield from _marked_texts(value.get(name), inner)
    elif isinstance(value, list) and isinstance(mark, list):
        for item, inner in zip(value, mark, strict=False):
            yield from _marked_texts(item, inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in [*value, *value.values()] if isinstance(value, Mapping) else value:
            yield from _texts(item)
