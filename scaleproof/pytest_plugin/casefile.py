"""Reads cases of plan tests from YAML files, and writes them anew."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert, defstruct

from scaleproof.errors import ScaleproofError, with_extra
from scaleproof.processes import scratch
from scaleproof.pytest_plugin.inventories import SECTIONS
from scaleproof.pytest_plugin.simulated import ExpectedSimulation
from scaleproof.texts import did_you_mean

_SHARED = ("root", "tfvars", "variables")
_EXPECTED = (*SECTIONS, "simulate", "refused")
_CASE = (*_SHARED, *_EXPECTED)
KEYS = (*_CASE, "cases")
"""Keys at the top of a file."""
_FORM = defstruct(
    "Case",
    [
        ("variables", dict[str, Any] | None, None),
        *((section, dict[str, Any] | None, None) for section in SECTIONS if section != "counts"),
        ("counts", dict[str, int] | None, None),
        ("simulate", dict[str, Any], {}),
        ("cases", dict[str, dict[str, Any]], {}),
    ],
)
"""What is in a file and in a case; `root`, `tfvars` and `refused` are read apart."""


@dataclass(frozen=True)
class Case:
    """One plan and its expectations.

    `tfvars`: files of variables, relative to the root; `variables` win over them. `sections`: the inventory,
    by section. `simulations`: of endpoints of the plan. `refused`: what the errors say, None where the plan
    is to succeed.
    """

    name: str
    root: Path
    tfvars: tuple[Path, ...]
    variables: dict[str, Any]
    sections: dict[str, Any]
    simulations: tuple[ExpectedSimulation, ...]
    refused: tuple[str, ...] | None


class CaseFile:
    """A YAML file in plain values, which can be written back."""

    def __init__(self, path: Path) -> None:
        """Raises `ScaleproofError` if the file cannot be read or is not a mapping."""
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8")
            self._tree = _parsed(self._text)
        except OSError as error:
            raise ScaleproofError(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise ScaleproofError(f"{path} is not YAML with values of JSON: {error}.") from error
        if not isinstance(self._tree, dict):
            raise ScaleproofError(f"{path} is not a mapping.", advice=f"Its keys are cases or {', '.join(_CASE)}.")

    def cases(self) -> list[Case]:
        """The cases of the file: those under `cases`, or the file as one case under its own name."""
        if "cases" not in self._tree:
            return [self._case("plan", self._tree, str(self.path))]
        self._check(self._tree, (*_SHARED, "cases"), str(self.path))
        if not (cases := self._tree["cases"]):
            raise ScaleproofError(f"{self.path}: cases has no case.")
        return [self._case(name, node, f"{self.path}: {name}") for name, node in cases.items()]

    def rewrite(self, case: str, sections: Mapping[str, Any]) -> None:
        """Replaces the sections of a case, and writes the file; raises `ScaleproofError`.

        Comments above the first key stay, others are lost.
        """
        cases = self._tree.get("cases", {})
        node = cases.get(case, self._tree)
        node.update(sections)
        head = re.match(r"\ufeff?(?:(?:%.*|(?:---)?[ \t]*(?:#.*)?)\r?\n)*", self._text)
        assert head
        try:
            with scratch.replacing(self.path) as file:
                file.write(head[0])
                _yaml().dump(self._tree, file)
        except OSError as error:
            raise ScaleproofError(f"{self.path} cannot be written: {error.strerror}.") from error

    def _case(self, name: str, node: Mapping[str, Any], where: str) -> Case:
        self._check(node, _CASE, where)
        root = node.get("root", self._tree.get("root"))
        if not isinstance(root, str) or not root:
            raise ScaleproofError(
                f"{where}: root is not a directory.",
                advice="Set root to the root configuration, relative to the file, such as root: ../infra.",
            )
        expected = [key for key in _EXPECTED if key in node and (key != "simulate" or node[key])]
        if "refused" in node and len(expected) > 1:
            raise ScaleproofError(f"{where}: refused cannot be combined with {', '.join(expected[:-1])}.")
        if not expected:
            raise ScaleproofError(
                f"{where}: no key checks the plan.",
                advice=f"Add {', '.join(_EXPECTED)}; --scaleproof-rebuild fills empty sections.",
            )
        return Case(
            name,
            self.path.parent / root,
            tuple(Path(file) for file in self._texts(node, "tfvars", where)),
            {**(self._tree.get("variables") or {}), **(node.get("variables") or {})},
            {section: node[section] for section in SECTIONS if section in node},
            tuple(_simulation(endpoint, value, where) for endpoint, value in node.get("simulate", {}).items()),
            tuple(self._texts(node, "refused", where)) if "refused" in node else None,
        )

    def _texts(self, node: Mapping[str, Any], key: str, where: str) -> list[str]:
        value = node.get(key, self._tree.get(key) if key in _SHARED else None)
        texts = [value] if isinstance(value, str) else value
        if texts is None and key == "tfvars":
            return []
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise ScaleproofError(f"{where}: {key} is neither a text nor a list of texts.")
        return texts

    def _check(self, node: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in node:
            if key not in known:
                raise ScaleproofError(
                    f"{where}: there is no key {key:.60}.",
                    advice=did_you_mean(key, known) or f"There are {', '.join(known)}.",
                )
        try:
            convert(node, _FORM)
        except ValidationError as error:
            raise ScaleproofError(f"{where}: {error}.") from error


def _simulation(endpoint: str, value: Any, where: str) -> ExpectedSimulation:
    try:
        return ExpectedSimulation.from_mapping(endpoint, value)
    except ScaleproofError as error:
        raise ScaleproofError(f"{where}: simulate: {endpoint:.60}: {error.message}", advice=error.advice) from error


def _parsed(text: str) -> Any:
    """What a text in YAML says, as JSON has it. Raises ValueError for anything else."""
    yaml = _yaml()
    from ruamel.yaml.error import YAMLError

    try:
        return json.loads(json.dumps(yaml.load(text), allow_nan=False))
    except (YAMLError, ArithmeticError, LookupError, TypeError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _yaml() -> Any:
    """A reader and writer of YAML 1.2 in which a time is a text."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.constructor import SafeConstructor
    except ImportError as error:
        raise ScaleproofError(f"Cases in YAML need ruamel.yaml: {with_extra('pytest')}") from error

    class Constructor(SafeConstructor):
        """Leaves that of others as it is."""

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", Constructor.construct_scalar)
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
