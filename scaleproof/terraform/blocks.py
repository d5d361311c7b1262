"""Reads the files of a configuration: the blocks and values at their top, in both syntaxes.

JSON's is in developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaleproof.hcl import Block, Expression, read_file
from scaleproof.hcl.source import MOST
from scaleproof.texts import read

CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""The endings of Terraform's and OpenTofu's files; Terraform reads the first two."""


def is_read(name: str, endings: tuple[str, ...]) -> bool:
    """Whether Terraform reads a file of this name in a directory, if it reads those with such endings."""
    # A configuration that is hidden is ignored (configs.IsIgnoredFile), a file of variables is not.
    return name.endswith(endings) and not (name.startswith(".") and name.endswith(CONFIGURATION))


def files_in(directory: Path, endings: tuple[str, ...] = CONFIGURATION) -> list[Path]:
    """The files of a directory that Terraform reads, by name. Raises `OSError` where it cannot be listed.

    There is no pipe among them: whoever opened one might wait without an end.
    """
    return sorted(
        path
        for path in directory.iterdir()
        # Path.is_file raises where the user may not look.
        if is_read(path.name, endings) and os.path.isfile(path)  # noqa: PTH113
    )


def read_blocks(file: Path, kind: str, labels: int) -> Iterator[Block]:
    """The blocks of one `kind`, such as "variable", which has one label.

    Those in JSON have all they contain as constant attributes, without texts and places.

    Raises `ScaleproofError` for what is not HCL, `OSError`, and `ValueError` for what is not JSON.
    """
    if file.suffix != ".json":
        yield from (block for block in read_file(file) if block.type == kind and len(block.labels) == labels)
        return
    try:
        document = json.loads(read(file, MOST).decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for part in _objects(document):
        for names, content in _labelled(part.get(kind), labels, ()):
            attributes = {name: Expression("", 0, (0, 0), True, value) for name, value in content.items()}
            yield Block(kind, names, attributes, (), file, 0)


def _labelled(value: Any, labels: int, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for part in _objects(value):
        if labels == 0:
            yield before, part
        else:
            for label, inner in part.items():
                yield from _labelled(inner, labels - 1, (*before, label))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """An object, or those in a list: each stands for a block."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part
