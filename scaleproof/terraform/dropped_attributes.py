"""Finds attributes that are not in an object's type. Terraform drops them silently, misspelt ones too.

It reads literal objects, and lists and maps of them, in module blocks, variable files and variables on the
command line. It skips values that Terraform has to compute.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.terraform import hcl
from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.terraform.hcl import Expression, blocks_in
from scaleproof.texts import did_you_mean


@dataclass(frozen=True)
class Dropped(Diagnostic):
    """A warning about an attribute that Terraform drops.

    `module`: the names of the module blocks down to the one that sets it, () for the root. `variable`: whose
    value it is in.
    """

    module: tuple[str, ...] = ()
    variable: str = ""

    def without_names(self) -> Dropped:
        """The warning for a sensitive variable, whose keys and attributes are sensitive too."""
        where = _words(self.module)
        return replace(self, summary=f"Terraform drops an attribute of {self.variable} of {where}", detail="")


def in_modules(root: Path, work: Path) -> list[Dropped]:
    """The dropped attributes in the module blocks of `root` and of the modules below it.

    `work`: the directory in which `terraform init` has run.
    """
    directories = {module["Key"]: module["Dir"] for module in _installed_modules(work)}
    seen: set[tuple[str, int]] = set()
    warnings: list[Dropped] = []
    for key, directory in directories.items():
        for block in blocks_in(_place(root, work, directory), "module"):
            below = ".".join(filter(None, (key, *block.labels)))
            if below not in directories or (block.file, block.line) in seen:
                continue
            seen.add((block.file, block.line))
            types = _types(_place(root, work, directories[below]))
            shown = os.path.relpath(block.file, work if Path(block.file).is_relative_to(work) else root)
            warnings += _warnings(types, block.attributes, tuple(below.split(".")), shown)
    return warnings


def in_variables(
    root: Path, variables: Mapping[str, Any], files: Iterable[Path], arguments: Sequence[str]
) -> list[Dropped]:
    """The dropped attributes in the values for the variables of `root`. Parameters are those of `Root`."""
    types = _types(root)
    warnings: list[Dropped] = []
    for file in _variable_files(root, files, arguments):
        warnings += _warnings(types, _values(file), (), os.path.relpath(file, root))
    values = {name: hcl.of_value(value) for name, value in variables.items()}
    for word, text in pairwise(arguments):
        if word == "-var":
            name, _, value = text.partition("=")
            values[name.strip()] = hcl.expression(value)
    return [*warnings, *_warnings(types, values, (), None)]


def _warnings(
    types: Mapping[str, Expression], values: Mapping[str, Expression], module: tuple[str, ...], file: str | None
) -> Iterator[Dropped]:
    for name, value in values.items():
        for path, attribute, line, names in _missing(types.get(name, Expression()), value, name):
            listed = ", ".join(sorted(names))
            hint = did_you_mean(attribute, sorted(names)) or f"It has {listed or 'none'}."
            yield Dropped(
                "warning",
                f"Terraform drops {path}.{attribute} of {_words(module)}",
                f"Its type has no such attribute. {hint}",
                location=(f"{file}:{line}" if line else file) if file else None,
                module=module,
                variable=name,
            )


def _words(module: tuple[str, ...]) -> str:
    return ".".join(f"module.{name}" for name in module) or "the root"


def _missing(kind: Expression, value: Expression, path: str) -> Iterator[tuple[str, str, int, Collection[str]]]:
    """Attributes that the type lacks: path of the object, name, line, and the attributes of the type."""
    if kind.word == "optional" and kind.parts:
        yield from _missing(kind.parts[0], value, path)
    elif kind.word == "object" and kind.parts and kind.parts[0].items is not None:
        known = kind.parts[0].items
        for name, element in (value.items or {}).items():
            if name in known:
                yield from _missing(known[name], element, f"{path}.{name}")
            else:
                yield path, name, element.line, known
    elif kind.word in ("list", "set") and kind.parts and not value.word:
        for place, element in enumerate(value.parts):
            yield from _missing(kind.parts[0], element, f"{path}[{place}]")
    elif kind.word == "map" and kind.parts:
        for name, element in (value.items or {}).items():
            yield from _missing(kind.parts[0], element, f"{path}[{json.dumps(name)}]")


def _variable_files(root: Path, files: Iterable[Path], arguments: Sequence[str]) -> list[Path]:
    """The files from which Terraform reads variables. Some may not exist."""
    named = [Path(word.removeprefix("-var-file=")) for word in arguments if word.startswith("-var-file=")]
    named_so = [root / "terraform.tfvars", root / "terraform.tfvars.json"]
    return [*named_so, *hcl.files_in(root, (".auto.tfvars", ".auto.tfvars.json")), *files, *named]


def _values(file: Path) -> Mapping[str, Expression]:
    try:
        if file.suffix != ".json":
            return hcl.read_values(file)
        return hcl.of_value(json.loads(hcl.text_of(file))).items or {}
    except (ScaleproofError, ValueError):  # Terraform says what is wrong with it
        return {}


def _types(module: Path) -> dict[str, Expression]:
    """The type of each variable, without those that are declared twice or have none."""
    declared = list(blocks_in(module, "variable"))
    typed = [(block.labels, block.attributes["type"]) for block in declared if "type" in block.attributes]
    times = Counter(labels for labels, _ in typed)
    return {labels[0]: kind for labels, kind in typed if labels and times[labels] == 1}


def _place(root: Path, work: Path, directory: str) -> Path:
    # A local module is where the user wrote it; one that was fetched is below the working directory.
    place = Path(os.path.normpath(root / directory))
    return place if place.is_dir() else work / directory


def _installed_modules(work: Path) -> list[dict[str, str]]:
    """The modules that `init` has found, the root among them."""
    try:
        listed: list[dict[str, str]] = json.loads((work / ".terraform" / "modules" / "modules.json").read_bytes())[
            "Modules"
        ]
    except FileNotFoundError:
        return []  # there are none
    return listed
