"""YAML files: cases of plan tests, and inventories for tests in Python."""

from __future__ import annotations

import difflib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
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
MOST, MOST_VALUES = 16 * 2**20, 100_000
"""The most bytes of a file, and values in it after aliases are resolved."""
_EXTRA = "Install the extra for pytest: pip install 'scaleproof[pytest]'."


class CaseError(ScaleproofError):
    """A bad file; the message names the file and the key."""


@dataclass(frozen=True)
class Case:
    """One plan and its expectations.

    `tfvars`: files of variables, relative to the root; `variables` win over them. `sections`: the inventory,
    as part of the file's own tree. `simulations`: of endpoints of the plan. `refused`: what the errors say,
    None where the plan is to succeed.
    """

    name: str
    root: Path
    tfvars: tuple[Path, ...]
    variables: dict[str, Any]
    sections: MutableMapping[str, Any]
    simulations: tuple[ExpectedSimulation, ...]
    refused: tuple[str, ...] | None


class CaseFile:
    """A YAML file with its comments, which can be written back."""

    def __init__(self, path: Path) -> None:
        """Raises `CaseError` if the file cannot be read or is not a mapping."""
        self.path = path
        self._yaml, errors = _parser()
        try:
            self._text = read(path, MOST).decode()
            if "*" in self._text:
                _check_aliases(self._yaml.compose(self._text))
            self._tree = self._yaml.load(self._text)
        except OSError as error:
            raise CaseError(f"{path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CaseError(f"{path} cannot be read: {error}.") from error
        except (errors, ValueError, RecursionError) as error:
            raise CaseError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
        if not isinstance(self._tree, MutableMapping):
            raise CaseError(f"{path} holds no mapping.", advice=f"Its keys are cases or {', '.join(_CASE)}.")

    def cases(self) -> list[Case]:
        """The cases of the file: those under `cases`, or the file as one case under its own name."""
        several = self._tree.get("cases")
        if "cases" not in self._tree:
            self._check(self._tree, _CASE, "")
            return [self._case("plan", self._tree)]
        self._check(self._tree, (*_SHARED, "cases"), "")
        if not isinstance(several, MutableMapping) or not several:
            raise CaseError(f"{self.path}: cases holds no mapping from names to cases.")
        for name, node in several.items():
            if not isinstance(node, MutableMapping):
                raise CaseError(
                    f"{self.path}: {name} holds no mapping.", advice=f"Its keys: {', '.join(_CASE)}."
                )
            self._check(node, _CASE, f"{name}: ")
        return [self._case(printable(str(name)), node) for name, node in several.items()]

    def sections(self) -> MutableMapping[str, Any]:
        """The file as an inventory alone; raises `CaseError` for any other key."""
        self._check(self._tree, tuple(SECTIONS), "")
        tree: MutableMapping[str, Any] = self._tree
        return tree

    def write(self) -> None:
        """Replaces the file by the changed tree; raises `CaseError`.

        Comments of removed parts move to the end of the file.
        """
        written = io.StringIO()
        self._yaml.dump(self._tree, written)
        text = written.getvalue()
        # The parser attaches a comment to the value before it, and drops both together.
        lost = Counter(_comments(self._text)) - Counter(_comments(text))
        text += "".join(f"{comment}\n" for comment in lost.elements())
        try:
            with scratch.replacing(self.path) as file:
                file.write(text)
        except OSError as error:
            raise CaseError(f"{self.path} cannot be written: {error.strerror}.") from error

    def _case(self, name: str, node: MutableMapping[str, Any]) -> Case:
        where = f"{self.path}: " if node is self._tree else f"{self.path}: {name}: "
        root = node.get("root", self._tree.get("root"))
        if not isinstance(root, str) or not root:
            raise CaseError(
                f"{where}root names no directory.",
                advice="Name the root configuration, relative to the file, as in root: ../infra.",
            )
        variables: dict[str, Any] = {}
        for given in (self._tree.get("variables"), node.get("variables")):
            if not isinstance(given, Mapping | None):
                raise CaseError(f"{where}variables holds no mapping from names to values.")
            variables |= {str(key): plain(value) for key, value in (given or {}).items()}
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
            node,
            tuple(self._simulations(node, where)),
            tuple(self._texts(node, "refused", where)) if "refused" in node else None,
        )

    def _simulations(self, node: Mapping[str, Any], where: str) -> Iterator[ExpectedSimulation]:
        given = plain(node.get("simulate", {}))
        if not isinstance(given, Mapping) or ("simulate" in node and not given):
            raise CaseError(f"{where}simulate holds no mapping from endpoints to simulations.")
        for name, one in given.items():
            try:
                yield ExpectedSimulation.of(name, one)
            except ScaleproofError as error:
                raise CaseError(f"{where}simulate: {name}: {error.message}", advice=error.advice) from error

    def _texts(self, node: Mapping[str, Any], key: str, where: str) -> list[str]:
        given = node.get(key, self._tree.get(key) if key in _SHARED else None)
        texts = [given] if isinstance(given, str) else given
        if texts is None and key == "tfvars":
            return []
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise CaseError(f"{where}{key} is neither a text nor a list of texts.")
        return [str(text) for text in texts]

    def _check(self, node: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key, value in node.items():
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                raise CaseError(
                    f"{self.path}: {where}there is no key {key}.",
                    advice=f"Is it {near[0]}?" if near else f"There are {', '.join(known)}.",
                )
            if key in SECTIONS and not isinstance(value, Mapping | None):
                raise CaseError(f"{self.path}: {where}{key} holds no mapping.")
            if key == "counts":
                for kind, number in (value or {}).items():
                    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                        raise CaseError(f"{self.path}: {where}counts: {kind} is no whole number.")


def sections(case: Case) -> dict[str, Any]:
    """The inventory of a case, by section."""
    return {name: case.sections[name] for name in SECTIONS if name in case.sections}


def plain(value: Any) -> Any:
    """A value of the tree as plain Python values, without position and quotes."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    for kind in (bool, int, float, str):
        # The parser has its own types of numbers and texts. A bool is also an int.
        if isinstance(value, kind):
            return kind(value)
    return value if value is None else str(value)


def _check_aliases(tree: Any) -> None:
    """Raises `ValueError` for aliases that expand to too many values, or that contain themselves."""
    sizes: dict[int, int | None] = {}

    def size(node: Any) -> int:
        if not isinstance(node.value, list):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = None  # until all of it is known
            parts = [part for one in node.value for part in (one if isinstance(one, tuple) else (one,))]
            sizes[id(node)] = 1 + sum(map(size, parts))
        if (found := sizes[id(node)]) is None:
            raise ValueError("a value is a part of itself")
        return found

    if tree and size(tree) > MOST_VALUES:
        raise ValueError(f"its aliases stand for more than {MOST_VALUES:,} values")


def _comments(text: str) -> list[str]:
    return re.findall(r"^\s*(#.*)$", text, re.MULTILINE)


def _parser() -> tuple[Any, type[Exception]]:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ImportError as error:
        raise ScaleproofError("Cases and inventories in YAML need ruamel.yaml.", advice=_EXTRA) from error
    parser = YAML()
    parser.preserve_quotes = True
    parser.width = 4096
    parser.indent(mapping=2, sequence=4, offset=2)
    return parser, YAMLError
