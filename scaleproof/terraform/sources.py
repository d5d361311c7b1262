"""Local copies in place of the sources of modules, as a run without network needs them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Module, ModuleCall


def parse(word: str, base: Path) -> tuple[str, Path]:
    """A source and the directory to use for it, of the form SOURCE=DIR; DIR is relative to `base`.

    Raises `ScaleproofError` where it is of another form, or where DIR holds no module.
    """
    # A source may have a query (?ref=v1), and a directory seldom has an equals sign.
    source, equals, directory = word.rpartition("=")
    if not equals or not source or not directory:
        raise ScaleproofError(
            f"{word!r} is not of the form SOURCE=DIR.",
            advice="As in github.com/acme/terraform-aws-speech=../terraform-aws-speech.",
        )
    path = (base / directory).resolve()
    if not any(path.glob("*.tf")):
        raise ScaleproofError(
            f"{path} holds no module (*.tf).", advice=f"Name the copy of {source}, or leave the option out."
        )
    return source, path


def local(root: Path, sources: Mapping[str, Path]) -> dict[str, str]:
    """The local source for each of the root's own module blocks that is meant, by name of the block.

    `sources`: directories by source; a block is meant whose source is the same but for getter, scheme, `.git`
    and query, and a directory inside the source (`//modules/async`) is looked for inside the copy.
    """
    return {call.name: source for call, source in _meant(root, sources)}


def option(source: str = "SOURCE") -> str:
    """The options that name a copy of a module from elsewhere, for the commands and for pytest."""
    word = f"{quote(_repository(source)[0])}=DIR"
    return f"--source {word} (in pytest: --scaleproof-source {word})"


def rewritten(root: Path, sources: Mapping[str, Path]) -> dict[str, str]:
    """The root's files with such blocks, by name: their text with the local sources, line by line as it was.

    An override file would not do: none can take away a `version`, which no Terraform takes beside a path, and
    before 1.15 not even where it is null.
    """
    changes: dict[Path, list[tuple[int, int, str]]] = {}
    for call, source in _meant(root, sources):
        found = changes.setdefault(call.block.file, [])
        written = call.block.attributes
        found.append((*written["source"].span, f"source = {json.dumps(source, ensure_ascii=False)}"))
        if "version" in written:
            found.append((*written["version"].span, ""))
    return {file.name: _changed(file.read_text(encoding="utf-8"), found) for file, found in changes.items()}


def _meant(root: Path, sources: Mapping[str, Path]) -> Iterator[tuple[ModuleCall, str]]:
    wanted = {_repository(source)[0]: directory for source, directory in sources.items()}
    for call in Module.read(root).calls.values() if wanted else ():
        repository, inside = _repository(call.source)
        if repository in wanted:
            directory = wanted[repository] / inside
            # Relative: an absolute source would be a package of its own, copied with all that is in it.
            path = Path(os.path.relpath(directory, root.resolve())).as_posix()
            yield call, path if path.startswith("..") else f"./{path}"


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + "\n" * text.count("\n", start, end) + text[end:]
    return text


def _repository(source: str) -> tuple[str, str]:
    plain = re.sub(r"\?.*$", "", source)
    plain = re.sub(r"^[a-z0-9]+::", "", plain)
    plain = re.sub(r"^[a-z0-9+]+://", "", plain)
    plain = re.sub(r"^[\w.-]+@", "", plain).replace(":", "/", 1) if "@" in plain else plain
    repository, _, inside = plain.partition("//")
    return repository.removesuffix(".git").rstrip("/"), inside
