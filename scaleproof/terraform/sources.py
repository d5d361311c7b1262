"""Local copies in place of the sources of modules, as a run without network needs them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Module


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


def overrides(root: Path, sources: Mapping[str, Path]) -> dict[str, dict[str, str | None]]:
    """Arguments that replace those of the root's own module blocks, by name of the block.

    `sources`: directories by source; a block is meant whose source is the same but for getter, scheme, `.git`
    and query, and a directory inside the source (`//modules/async`) is looked for inside the copy.
    """
    wanted = {_repository(source)[0]: directory for source, directory in sources.items()}
    found: dict[str, dict[str, str | None]] = {}
    for name, call in Module.read(root).calls.items() if wanted else ():
        repository, inside = _repository(call.source)
        if repository in wanted:
            directory = wanted[repository] / inside
            # Relative: an absolute source would be a package of its own, copied with all that is in it.
            path = Path(os.path.relpath(directory, root.resolve())).as_posix()
            found[name] = {"source": path if path.startswith("..") else f"./{path}", "version": None}
    return found


def _repository(source: str) -> tuple[str, str]:
    plain = re.sub(r"\?.*$", "", source)
    plain = re.sub(r"^[a-z0-9]+::", "", plain)
    plain = re.sub(r"^[a-z0-9+]+://", "", plain)
    plain = re.sub(r"^[\w.-]+@", "", plain).replace(":", "/", 1) if "@" in plain else plain
    repository, _, inside = plain.partition("//")
    return repository.removesuffix(".git").rstrip("/"), inside
