"""The blocks and values at the top of Terraform's files, in both syntaxes.

JSON's is in developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Block, Expression, read_file, read_variables
from scaleproof.hcl.source import MOST
from scaleproof.texts import read


def read_blocks(file: Path, kind: str, labels: int) -> Iterator[Block]:
    """The blocks of one `kind`, such as "variable", which has one label.

    Those in JSON have all they contain as constant attributes, without texts and places.

    Raises `ScaleproofError` for what is not HCL, `OSError`, and `ValueError` for what is not JSON.
    """
    if file.suffix != ".json":
        yield from (one for one in read_file(file) if one.type == kind and len(one.labels) == labels)
        return
    try:
        document = json.loads(read(file, MOST).decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for part in _objects(document):
        for names, content in _labelled(part.get(kind), labels, ()):
            attributes = {name: constant(value) for name, value in content.items()}
            yield Block(kind, names, attributes, (), file, 0)


def read_values(file: Path) -> Mapping[str, Expression]:
    """What a file of variables sets, by name; nothing if Terraform would report an error in it."""
    try:
        if file.suffix != ".json":
            return read_variables(file)
        return {name: constant(value) for name, value in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, RecursionError, ScaleproofError):
        return {}


def constant(value: Any) -> Expression:
    """A value as an expression without a text and a place."""
    return Expression("", 0, (0, 0), True, value)


def _labelled(
    value: Any, labels: int, before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
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
