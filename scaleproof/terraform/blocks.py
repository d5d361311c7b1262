"""The files of a configuration, and the blocks at their top, in both syntaxes.

JSON's is in developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.terraform import literals

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


def text_of(file: Path) -> str:
    """The text of a file; none of one that cannot be read, where Terraform says so, and of a pipe."""
    try:
        return file.read_bytes().decode("utf-8-sig") if os.path.isfile(file) else ""  # noqa: PTH113
    except (OSError, ValueError):
        return ""


def content_of(file: Path) -> bytes:
    """The content of a file that Terraform reads; raises `ScaleproofError` where it could not read it all."""
    try:
        if not file.is_file():
            raise OSError(0, "it is not a file" if file.exists() else "it is a link to nothing")
        return file.read_bytes()
    except OSError as error:
        raise ScaleproofError(
            f"{file} cannot be read: {error.strerror}.",
            advice="Terraform reads every file with such a name: correct it, or rename it.",
        ) from error


def data_in(file: Path) -> Iterator[tuple[str, str]]:
    """Type and name of each data source in a file."""
    text = text_of(file)
    if file.suffix != ".json":
        for block in literals.blocks(text, "data"):
            if len(block.labels) == 2:
                yield block.labels[0], block.labels[1]
        return
    try:
        document = json.loads(text)
    except ValueError:
        return  # Terraform says what is wrong with it
    for part in _objects(document):
        for types in _objects(part.get("data")):
            for kind, named in types.items():
                for names in _objects(named):
                    yield from ((kind, name) for name, body in names.items() for _ in _objects(body))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """An object, or those in a list: each stands for a block."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part
