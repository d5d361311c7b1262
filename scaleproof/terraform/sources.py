"""Replaces the sources of modules by local copies, for runs without a network."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.hcl import Expression, files_in, read_file, text_of


def parse(word: str, base: Path) -> tuple[str, Path]:
    """Parses SOURCE=DIR, a source and the directory that replaces it. DIR is relative to `base`.

    Raises `ScaleproofError` if the form is wrong, or if DIR has no module.
    """
    # A source may have a query (?ref=v1). A directory rarely has an equals sign.
    source, equals, directory = word.rpartition("=")
    if not equals or not source or not directory:
        raise ScaleproofError(
            f"{word!r} is not of the form SOURCE=DIR.",
            advice="An example: github.com/acme/terraform-aws-speech=../terraform-aws-speech.",
        )
    path = (base / directory).resolve()
    if not (path.is_dir() and files_in(path, (".tf",))):
        raise ScaleproofError(
            f"The directory of {word} has no module (*.tf).",
            advice="Write SOURCE=DIR with the local copy of the module, or omit the option.",
        )
    return source, path


def rewritten_files(root: Path, sources: Mapping[str, Path]) -> dict[str, str]:
    """The root's files whose module blocks have a copy: texts by name, with local sources and the same lines.

    `sources`: directories by source. Getter, scheme, `.git` and query of a source do not matter. A directory
    inside the source (`//modules/async`) is one inside the copy. Raises ScaleproofError for two copies of one.

    An override file cannot remove a `version`, which Terraform refuses beside a path, before 1.15 even if it
    is null.
    """
    copies: dict[str, Path] = {}
    for replaced, directory in sources.items():
        repository = _repository(replaced)[0]
        if copies.setdefault(repository, directory) != directory:
            raise ScaleproofError(
                f"{repository} has two copies, {copies[repository]} and {directory}.",
                advice="Name one: it replaces the module whatever the version in its source.",
            )
    rewritten = {}
    for file in files_in(root, (".tf",)) if copies else ():
        text, edits = text_of(file), []
        for block in read_file(file):
            source = block.attributes.get("source", Expression())
            repository, inside = _repository(str(source.value))
            if block.type == "module" and repository in copies:
                # Relative: Terraform would copy the whole directory of an absolute source.
                path = Path(os.path.relpath(copies[repository] / inside, root.resolve())).as_posix()
                local = json.dumps(path if path.startswith("..") else f"./{path}", ensure_ascii=False)
                edits.append((*source.span, f"source = {local}"))
                if "version" in block.attributes:
                    edits.append((*block.attributes["version"].span, ""))
        if edits:
            rewritten[file.name] = _changed(text, edits)
    return rewritten


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + "\n" * text.count("\n", start, end) + text[end:]
    return text


def _repository(source: str) -> tuple[str, str]:
    plain = re.sub(r"\?.*$", "", source)
    plain = re.sub(r"^[a-z0-9]+::", "", plain)
    plain = re.sub(r"^[a-z0-9+]+://", "", plain)
    plain = re.sub(r"^[^/]*@", "", plain)  # a user, and perhaps a password
    plain = re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", plain)  # scp's form; a port stays
    repository, _, inside = plain.partition("//")
    return repository.removesuffix(".git").rstrip("/"), inside
