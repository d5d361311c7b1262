"""Finds attributes that are not in an object's type. Terraform drops them silently, misspelt ones too.

It reads literal objects, and lists and maps of them, in module blocks, variable files and variables on the
command line. It skips values that Terraform has to compute.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import Block, Expression
from scaleproof.hcl.shapes import Shape, of_value, shape
from scaleproof.hcl.types import variable_types
from scaleproof.terraform.blocks import constant, files_in, read_blocks, read_values
from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.fence import installed_modules

_MODULE = re.compile(r'^[ \t]*module[ \t]+"', re.MULTILINE)
_NEAR = 0.6


@dataclass(frozen=True)
class Dropped(Diagnostic):
    """A warning about an `attribute` that Terraform drops."""

    attribute: str = ""


def beside(diagnostics: Iterable[Diagnostic], dropped: Sequence[Dropped]) -> tuple[Diagnostic, ...]:
    """What a command has found, and the attributes that it drops, each said once.

    OpenTofu warns by itself from 1.12 on, in other words and without the address of the module, of most of
    those in module blocks (its internal/tofu/node_module_variable.go).
    """
    places = {(attribute.location, attribute.attribute) for attribute in dropped}
    return (
        *(diagnostic for diagnostic in diagnostics if (diagnostic.location, _ignored(diagnostic)) not in places),
        *dropped,
    )


def _ignored(diagnostic: Diagnostic) -> str | None:
    """The attribute that OpenTofu's own warning is about; None of another diagnostic."""
    named = re.search(r'does not include an attribute named "([^"]+)"', " ".join(diagnostic.detail.split()))
    return named[1] if named and diagnostic.summary == "Object attribute is ignored" else None


def in_modules(root: Path, work: Path) -> list[Dropped]:
    """The dropped attributes in the module blocks of `root` and of the modules below it.

    `work`: the directory in which `terraform init` has run.
    """
    directories = {module["Key"]: module["Dir"] for module in installed_modules(work)}
    seen: set[tuple[Path, int]] = set()
    warnings: list[Dropped] = []
    for key, directory in directories.items():
        for call in _calls(_place(root, work, directory)):
            below = ".".join(filter(None, (key, *call.labels)))
            if below not in directories or (call.file, call.line) in seen:
                continue
            seen.add((call.file, call.line))
            types = variable_types(_files(_place(root, work, directories[below])))
            shown = os.path.relpath(call.file, work if call.file.is_relative_to(work) else root)
            where = "".join(f".module.{name}" for name in below.split("."))[1:]
            warnings += _warnings(types, call.attributes, where, shown)
    return warnings


def in_variables(
    root: Path, variables: Mapping[str, Any], files: Iterable[Path], arguments: Sequence[str]
) -> list[Dropped]:
    """The dropped attributes in the values for the variables of `root`. Parameters are those of `Root`."""
    types = variable_types(_files(root))
    warnings: list[Dropped] = []
    for file in _variable_files(root, files, arguments):
        warnings += _warnings(types, read_values(file), "the root", os.path.relpath(file, root))
    values = {name: constant(value) for name, value in variables.items()}
    values |= {name: Expression(text, 0, (0, 0), False) for name, text in _variable_options(arguments)}
    return [*warnings, *_warnings(types, values, "the root", None)]


def _warnings(
    types: Mapping[str, str], values: Mapping[str, Expression], where: str, file: str | None
) -> Iterator[Dropped]:
    for name, value in values.items():
        if "object" not in types.get(name, ""):
            continue
        known = shape(value.text, value.line) if "{" in value.text else of_value(value.value)
        if not known.items and not known.parts:
            continue  # the type takes longer to parse
        for path, attribute, line, names in _missing(shape(types[name]), known, name):
            near = difflib.get_close_matches(attribute, names, n=1, cutoff=_NEAR)
            hint = f"Did you mean {near[0]}?" if near else f"It has {', '.join(names) or 'none'}."
            yield Dropped(
                "warning",
                f"Terraform drops {path}.{attribute} of {where}",
                f"Its type has no such attribute. {hint}",
                location=(f"{file}:{line}" if line else file) if file else None,
                attribute=attribute,
            )


def _missing(kind: Shape, value: Shape, path: str) -> Iterator[tuple[str, str, int, list[str]]]:
    """Attributes that the type lacks: path of the object, name, line, and the attributes of the type."""
    if kind.word == "optional" and kind.parts:
        yield from _missing(kind.parts[0], value, path)
    elif kind.word == "object" and kind.parts and kind.parts[0].items is not None:
        known = kind.parts[0].items
        for name, item in (value.items or {}).items():
            if name in known:
                yield from _missing(known[name], item, f"{path}.{name}")
            else:
                yield path, name, item.line, sorted(known)
    elif kind.word in ("list", "set") and kind.parts and not value.word:
        for place, item in enumerate(value.parts):
            yield from _missing(kind.parts[0], item, f"{path}[{place}]")
    elif kind.word == "map" and kind.parts:
        for name, item in (value.items or {}).items():
            yield from _missing(kind.parts[0], item, f"{path}[{json.dumps(name)}]")


def _variable_files(root: Path, files: Iterable[Path], arguments: Sequence[str]) -> list[Path]:
    """The files from which Terraform reads variables. Some may not exist."""
    named = [Path(word.removeprefix("-var-file=")) for word in arguments if word.startswith("-var-file=")]
    named_so = [root / "terraform.tfvars", root / "terraform.tfvars.json"]
    return [*named_so, *files_in(root, (".auto.tfvars", ".auto.tfvars.json")), *files, *named]


def _variable_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The name and text of each `-var NAME=TEXT`."""
    for word, text in pairwise(arguments):
        if word == "-var":
            name, _, value = text.partition("=")
            yield name.strip(), value


def _place(root: Path, work: Path, directory: str) -> Path:
    # A local module is where the user wrote it; one that was fetched is below the working directory.
    place = Path(os.path.normpath(root / directory))
    return place if place.is_dir() else work / directory


def _files(directory: Path) -> list[Path]:
    with suppress(OSError):
        return files_in(directory, (".tf",))
    return []


def _calls(directory: Path) -> Iterator[Block]:
    for file in _files(directory):
        with suppress(OSError, ValueError, ScaleproofError):
            if _MODULE.search(file.read_text(encoding="utf-8")):
                yield from read_blocks(file, "module", 1)
