"""Blocks in Terraform's JSON syntax: developer.hashicorp.com/terraform/language/syntax/json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaleproof.hcl.source import MOST
from scaleproof.texts import read


def json_blocks(file: Path, kind: str, labels: int) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The labels and the content of each block of one `kind`, such as "variable", which has one label.

    Raises `OSError`, and `ValueError` for what is not JSON.
    """
    try:
        document = json.loads(read(file, MOST).decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for part in _objects(document):
        yield from _blocks(part.get(kind), labels, ())


def _blocks(
    value: Any, labels: int, before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for part in _objects(value):
        if labels == 0:
            yield before, part
        else:
            for label, inner in part.items():
                yield from _blocks(inner, labels - 1, (*before, label))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """An object, or those in a list: each stands for a block."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part
