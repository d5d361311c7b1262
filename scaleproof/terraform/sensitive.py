"""Replaces values that Terraform marks as sensitive.

The marks are in `after_sensitive`, in `sensitive_values` and in the `sensitive` of outputs. Responses of an
API and a provider's errors have no marks, so there the values themselves are searched for.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.blocks import files_in, read_blocks, read_values

TEXT: Final = "(sensitive)"
_SHORTEST = 4
"""The shortest value to search for in other texts. Shorter ones occur in many names."""


class Hidden(str):
    """The type of `HIDDEN`. Output shows it as a text, but readers can tell it from a value."""

    __slots__ = ()


HIDDEN: Final = Hidden(TEXT)
"""Replaces a sensitive value that is not a text: a number, or a block."""


class Secrets:
    """The sensitive texts of one plan, state or set of variables."""

    def __init__(self, marked: Iterable[tuple[Any, Any]]) -> None:
        """`marked`: values with their marks: True, or the same shape with True for sensitive values."""
        texts = {text for value, mark in marked for text in _marked_texts(value, mark)}
        words = sorted((re.escape(text) for text in texts if len(text) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(words)) if words else None

    def masked(self, value: Any, mark: Any = None, hidden: object = HIDDEN) -> Any:
        """`value` without marked values and without sensitive texts inside other texts.

        A marked text becomes `TEXT`, other values `hidden`. Null stays.
        """
        if mark is True and value is not None:
            return TEXT if isinstance(value, str) else hidden
        if self._pattern is None and not marks(mark):
            return value
        if isinstance(value, str):
            masked = self._pattern.sub(TEXT, value) if self._pattern else value
            return value if masked == value else masked  # keeps the type of an enumeration's member
        if isinstance(value, Mapping):
            marks_by_name = mark if isinstance(mark, dict) else {}
            return {name: self.masked(member, marks_by_name.get(name), hidden) for name, member in value.items()}
        if isinstance(value, list | tuple):
            padded = [*(mark if isinstance(mark, list) else ()), *[None] * len(value)]
            return type(value)(self.masked(member, padded[place], hidden) for place, member in enumerate(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = {part.name: self.masked(getattr(value, part.name)) for part in dataclasses.fields(value)}
            return dataclasses.replace(value, **parts)
        return value


def variables_of(root: Path, variables: Mapping[str, Any], files: Iterable[Path], arguments: Sequence[str]) -> Secrets:
    """The values of the sensitive variables of a root, from all places where Terraform reads them.

    `variables`, `files` and `arguments` (`-var`, `-var-file`) are those of a `Root`. Files that cannot be
    read are skipped, as Terraform reports them.
    """
    declared = declared_variables(root)
    values = [*variables.items()]
    values += [(name, value) for name, variable in declared.items() for value in variable.defaults]
    values += [(name, os.environ.get(f"TF_VAR_{name}")) for name in declared]
    for file in variable_files(root, files, arguments):
        values += [(name, expression.value) for name, expression in read_values(file).items()]
    for name, text in variable_options(arguments):
        # The text may be HCL, so the strings in it are included.
        values += [(name, [text, *re.findall(r'"([^"]+)"', text)])]
    plain = {name for name, variable in declared.items() if not variable.sensitive}
    return Secrets((value, name not in plain) for name, value in values)


@dataclasses.dataclass
class Declared:
    """A variable of a root, from all of its files: an override file may repeat it."""

    sensitive: bool = False
    defaults: list[Any] = dataclasses.field(default_factory=list)


def declared_variables(root: Path) -> dict[str, Declared]:
    """The variables that all files of a root declare, by name; none if one cannot be read.

    So a value may be shown if its variable is there and is not sensitive. One that any file calls sensitive
    is.
    """
    declared: dict[str, Declared] = {}
    try:
        for file in files_in(root):
            for block in read_blocks(file, "variable", 1):
                variable = declared.setdefault(block.labels[0], Declared())
                # An expression, which no constant is, may say true.
                plain = block.constant("sensitive", "sensitive" in block.attributes or None)
                variable.sensitive |= plain not in (None, False, "false")
                variable.defaults += [block.constant("default")]
    except (OSError, ValueError, ScaleproofError):
        return {}
    return declared


def variable_files(root: Path, files: Iterable[Path], arguments: Sequence[str]) -> list[Path]:
    """The files from which Terraform reads variables. Some may not exist."""
    named = [Path(word.removeprefix("-var-file=")) for word in arguments if word.startswith("-var-file=")]
    named_so = [root / "terraform.tfvars", root / "terraform.tfvars.json"]
    return [*named_so, *files_in(root, (".auto.tfvars", ".auto.tfvars.json")), *files, *named]


def variable_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The name and text of each `-var NAME=TEXT`."""
    for word, text in pairwise(arguments):
        if word == "-var":
            name, _, value = text.partition("=")
            yield name.strip(), value


def marks(mark: Any) -> bool:
    """Whether a shape of marks (sensitive, unknown) has one. Terraform also writes shapes without any."""
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
