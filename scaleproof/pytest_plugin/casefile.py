"""Reads YAML files: cases of plan tests, and inventories for tests in Python."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.pytest_plugin.inventories import SECTIONS
from scaleproof.pytest_plugin.simulated import ExpectedSimulation
from scaleproof.texts import printable, read

_SHARED = ("root", "tfvars", "variables")
_EXPECTED = (*SECTIONS, "simulate", "refused")
_CASE = (*_SHARED, *_EXPECTED)
KEYS = (*_CASE, "cases")
"""Keys at the top of a file."""
MOST = 16 * 2**20
"""The most bytes of a file."""
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_EXTRA = "Install the extra for pytest: pip install 'scaleproof[pytest]'."


class CaseError(ScaleproofError):
    """A bad file; the message names the file and the key."""


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
        """Raises `CaseError` if the file cannot be read or is not a mapping."""
        self.path = path
        yaml, yaml_error = _yaml(path)
        try:
            self._text = read(path, MOST).decode()
            self._tree = _plain(yaml.load(self._text))
        except OSError as error:
            raise CaseError(f"{path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CaseError(f"{path} cannot be read: {error}.") from error
        except RecursionError as error:
            raise CaseError(f"{path} is not YAML: it is nested too deeply.") from error
        except (yaml_error, ValueError) as error:
            raise CaseError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
        if not isinstance(self._tree, dict):
            raise CaseError(f"{path} holds no mapping.", advice=f"Its keys are cases or {', '.join(_CASE)}.")

    def cases(self) -> list[Case]:
        """The cases of the file: those under `cases`, or the file as one case under its own name."""
        if "cases" not in self._tree:
            self._check(self._tree, _CASE, "")
            return [self._case("plan", self._tree, f"{self.path}: ")]
        self._check(self._tree, (*_SHARED, "cases"), "")
        several = self._tree["cases"]
        if not isinstance(several, dict) or not several:
            raise CaseError(f"{self.path}: cases holds no mapping from names to cases.")
        for name, node in several.items():
            if not isinstance(node, dict):
                raise CaseError(f"{self.path}: {name} holds no mapping.", advice=f"Its keys: {', '.join(_CASE)}.")
            self._check(node, _CASE, f"{name}: ")
        return [self._case(printable(name), node, f"{self.path}: {name}: ") for name, node in several.items()]

    def sections(self) -> dict[str, Any]:
        """The file as an inventory alone; raises `CaseError` for any other key."""
        self._check(self._tree, tuple(SECTIONS), "")
        return dict(self._tree)

    def rewrite(self, case: str | None, sections: Mapping[str, Any]) -> None:
        """Replaces the sections of a case, or of the file for None, and writes the file; raises `CaseError`.

        Comments above the first key stay, others are lost.
        """
        several = self._tree.get("cases", {})
        node = next((node for name, node in several.items() if printable(name) == case), self._tree)
        node.update(sections)
        head = re.match(r"(?:[ \t]*(?:#.*)?\n)*", self._text)
        assert head
        try:
            with scratch.replacing(self.path) as file:
                file.write(head[0])
                _yaml(self.path)[0].dump(self._tree, file)
        except OSError as error:
            raise CaseError(f"{self.path} cannot be written: {error.strerror}.") from error

    def _case(self, name: str, node: dict[str, Any], where: str) -> Case:
        root = node.get("root", self._tree.get("root"))
        if not isinstance(root, str) or not root:
            raise CaseError(
                f"{where}root names no directory.",
                advice="Name the root configuration, relative to the file, as in root: ../infra.",
            )
        variables: dict[str, Any] = {}
        for values in (self._tree.get("variables"), node.get("variables")):
            if not isinstance(values, dict | None):
                raise CaseError(f"{where}variables holds no mapping from names to values.")
            variables |= values or {}
        expected = [key for key in _EXPECTED if key in node]
        if "refused" in node and len(expected) > 1:
            raise CaseError(f"{where}a refused plan has no {', '.join(expected[:-1])}.")
        if not expected:
            raise CaseError(
                f"{where}nothing is expected of the plan.",
                advice=f"Add {', '.join(_EXPECTED)}; --scaleproof-rebuild fills empty sections.",
            )
        return Case(
            name,
            self.path.parent / root,
            tuple(Path(file) for file in self._texts(node, "tfvars", where)),
            variables,
            {section: node[section] for section in SECTIONS if section in node},
            tuple(self._simulations(node, where)),
            tuple(self._texts(node, "refused", where)) if "refused" in node else None,
        )

    def _simulations(self, node: Mapping[str, Any], where: str) -> Iterator[ExpectedSimulation]:
        simulations = node.get("simulate", {})
        if not isinstance(simulations, dict) or ("simulate" in node and not simulations):
            raise CaseError(f"{where}simulate holds no mapping from endpoints to simulations.")
        for name, simulation in simulations.items():
            try:
                yield ExpectedSimulation.from_mapping(name, simulation)
            except ScaleproofError as error:
                raise CaseError(f"{where}simulate: {name}: {error.message}", advice=error.advice) from error

    def _texts(self, node: Mapping[str, Any], key: str, where: str) -> list[str]:
        value = node.get(key, self._tree.get(key) if key in _SHARED else None)
        texts = [value] if isinstance(value, str) else value
        if texts is None and key == "tfvars":
            return []
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise CaseError(f"{where}{key} is neither a text nor a list of texts.")
        return texts

    def _check(self, node: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key, value in node.items():
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                raise CaseError(
                    f"{self.path}: {where}there is no key {key}.",
                    advice=f"Is it {near[0]}?" if near else f"There are {', '.join(known)}.",
                )
            if key in SECTIONS and not isinstance(value, dict | None):
                raise CaseError(f"{self.path}: {where}{key} holds no mapping.")
            if key == "counts":
                for kind, number in (value or {}).items():
                    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                        raise CaseError(f"{self.path}: {where}counts: {kind} is no whole number.")


def _plain(value: Any) -> Any:
    """A value as JSON has it: keys are texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _yaml(path: Path) -> tuple[Any, type[Exception]]:
    """A reader and writer of YAML 1.2, in which a time is a text and nothing has an alias; and its error."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.composer import Composer
        from ruamel.yaml.constructor import SafeConstructor
        from ruamel.yaml.error import YAMLError
        from ruamel.yaml.events import AliasEvent
        from ruamel.yaml.nodes import MappingNode, ScalarNode
    except ImportError as error:
        raise ScaleproofError("Cases and inventories in YAML need ruamel.yaml.", advice=_EXTRA) from error

    class Constructor(SafeConstructor):
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            """Every value and every key passes here. Raises `CaseError` for one that JSON does not have."""
            try:
                if not isinstance(node, ScalarNode):
                    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else []
                    if node.tag not in _COLLECTIONS or not all(isinstance(key, ScalarNode) for key in keys):
                        raise TypeError(node.tag)
                    return super().construct_object(node, deep=deep)
                value = super().construct_object(node, deep=deep)
                if isinstance(value, str):  # JSON may have a character as a pair of surrogates
                    value = value.encode("utf-16", "surrogatepass").decode("utf-16")
                elif value is not None and not math.isfinite(value):
                    raise ValueError(value)
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise CaseError(
                    f"{path}:{node.start_mark.line + 1} has a value that is no text, no finite number, not true, false "
                    "or null, no list, and no mapping from texts."
                ) from error
            return value

    class WithoutAliases(Composer):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.parser.check_event(AliasEvent):  # a few lines of them can stand for more than there is memory
                raise CaseError(f"{path} has an alias (*NAME).", advice="Write its value in each place.")
            return super().compose_node(parent, index)

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", Constructor.construct_scalar)
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Composer, yaml.Constructor = WithoutAliases, Constructor
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml, YAMLError
