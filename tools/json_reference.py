"""The exit codes and the JSON documents of the commands in docs/json.md, made from the package's types.

`python -m tools.json_reference` writes them between the markers of the page.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from scaleproof.cli import (
    app,
    audit,
    choose,
    choose_many,
    compare,
    configurations,
    demo,
    environment,
    measure,
    record,
    simulate,
)
from scaleproof.errors import ExitCode
from scaleproof.scaling.endpoint import Endpoint
from tools.readme_tables import inject, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "json.md"
BEGIN, END = "<!-- BEGIN_JSON -->", "<!-- END_JSON -->"
ERROR = app.ErrorDocument
DOCUMENTS: dict[str, type] = {
    "apply": configurations.ApplyDocument,
    "audit": audit.AuditDocument,
    "choose": choose.ChooseDocument,
    "choose --all": choose_many.ChooseAllDocument,
    "compare": compare.CompareDocument,
    "demo": demo.DemoDocument,
    "destroy": configurations.DestroyDocument,
    "doctor": environment.DoctorDocument,
    "down": environment.DownDocument,
    "measure": measure.MeasureDocument,
    "plan": configurations.PlanDocument,
    "record": record.RecordDocument,
    "simulate": simulate.SimulateDocument,
    "up": environment.UpDocument,
}
"""By command."""

_PLAIN = {
    bool: "boolean",
    datetime: "string, a time in ISO 8601",
    float: "number",
    int: "integer",
    NoneType: "null",
    Path: "string",
    str: "string",
}


def page(text: str) -> str:
    """The page with what stands between its markers made anew."""
    return inject(text, "\n".join(_sections()), BEGIN, END)


def fields(kind: type) -> dict[str, Any]:
    """The types of an object's members by name; an endpoint is its name."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: str if annotation is Endpoint else annotation for name, annotation in hints.items()}


def _sections() -> Iterator[str]:
    yield "## Exit codes\n"
    yield table(("code", "means"), [(f"{code:d}", code.meaning) for code in ExitCode])
    yield "\n## Documents\n"
    documents = {**DOCUMENTS, "an error": ERROR}
    for name, kind in documents.items():
        yield f"### {name if kind is ERROR else f'scaleproof {name}'}\n"
        yield from _object(kind)
    yield "## Objects in them\n"
    seen: dict[str, type] = {}
    for kind in documents.values():
        for nested in _inner(kind):
            name = _name(nested)
            assert seen.setdefault(name, nested) is nested, f"two classes are called {name}"
    for name in sorted(seen):
        if seen[name] not in documents.values():
            yield f"### {name}\n"
            yield from _object(seen[name])


def _object(kind: type) -> Iterator[str]:
    yield f"{_text(inspect.cleandoc(kind.__doc__ or ''))}\n"
    texts = notes(kind)
    rows = [(f"`{name}`", _words(annotation), _text(texts.get(name, ""))) for name, annotation in fields(kind).items()]
    yield table(("member", "is", ""), rows)
    yield ""


def _inner(kind: type) -> Sequence[type]:
    """An object's own class and those of all objects in it, which may have such objects in them again."""
    inner = [kind]
    for known in inner:
        parts = (part for annotation in fields(known).values() for part in _parts(annotation))
        inner += dict.fromkeys(part for part in parts if is_dataclass(part) and part not in inner)
    return inner


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


def _name(kind: type) -> str:
    return kind.__name__.removesuffix("Document")


def _words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return f"[{_name(annotation)}](#{_name(annotation).lower()})"
    if origin in (Union, UnionType):
        return " or ".join(_words(argument) for argument in arguments)
    if origin is Literal:
        return " or ".join(f'"{argument}"' for argument in arguments)
    if origin in (list, tuple, Sequence) and (origin is not tuple or arguments[1:] == (...,)):
        return f"list of {_words(arguments[0])}"
    if origin is tuple:
        return f"list: {', '.join(map(_words, arguments))}"
    if origin in (dict, Mapping):
        return f"object, by name: {_words(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f'"{member.value}"' for member in annotation)
    return "any value" if annotation is Any else _PLAIN[annotation]


def notes(kind: type) -> dict[str, str]:
    """The text below each member, of a class and of those that it extends."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    texts: dict[str, str] = {}
    for base in node.bases:
        known = vars(sys.modules[kind.__module__]).get(ast.unparse(base))
        if is_dataclass(known):
            texts |= notes(known)
    for member, after in pairwise(node.body):
        if isinstance(member, ast.AnnAssign) and isinstance(after, ast.Expr):
            texts[ast.unparse(member.target)] = " ".join(ast.literal_eval(after.value).split())
    return texts


def _text(docstring: str) -> str:
    paragraphs = (" ".join(paragraph.split()) for paragraph in docstring.split("\n\n"))
    return re.sub(r"\bNone\b", "null", re.sub(r"^None\b", "Null", "\n\n".join(paragraphs)))


def main() -> None:
    """Brings the page up to date."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
