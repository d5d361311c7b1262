"""Write the tables of docs/assumptions.md, from the fields of the package's assumptions.

`python -m tools.assumption_tables` writes them between the markers of the page.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path

from scaleproof.studies.assumptions import PARTS, names, spell
from tools.readme_tables import inject, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "assumptions.md"
BEGIN, END = "<!-- BEGIN_ASSUMPTIONS -->", "<!-- END_ASSUMPTIONS -->"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SOURCE = re.compile(r"^\[(\w+)\] (.+?)(?=\n\[|\n\n|\Z)", re.MULTILINE | re.DOTALL)


def page(text: str) -> str:
    """Return the page with the tables between its markers made anew."""
    return inject(text, "\n\n".join(_sections()), BEGIN, END)


def _sections() -> Iterator[str]:
    for part in PARTS:
        yield f"## {_CAPITAL.sub(' ', part.__name__).capitalize()}"
        yield inspect.cleandoc(part.__doc__ or "")
        meanings = _notes(part)
        rows = [
            (
                f"`{field.name}`",
                f"`{spell(field.default)}`",
                ", ".join(f"`{spell(value)}`" for value in field.metadata.get("others", ())),
                meanings[field.name],
            )
            for field in fields(part)
            if field.name in names()
        ]
        yield table(("NAME", "VALUE", "`--uncertainty` tries", "Meaning and evidence"), rows)
    texts = [inspect.getdoc(sys.modules[module]) or "" for module in dict.fromkeys(part.__module__ for part in PARTS)]
    sources = {name: " ".join(source.split()) for text in texts for name, source in _SOURCE.findall(text)}
    yield "## Sources"
    yield "\n".join(f"- [{name}] {source}" for name, source in sorted(sources.items()))


def _notes(kind: type) -> dict[str, str]:
    """The text below each member, of a class and of those that it extends."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    texts: dict[str, str] = {}
    for base in node.bases:
        known = vars(sys.modules[kind.__module__]).get(ast.unparse(base))
        if is_dataclass(known):
            texts |= _notes(known)
    for member, after in pairwise(node.body):
        if isinstance(member, ast.AnnAssign) and isinstance(after, ast.Expr):
            texts[ast.unparse(member.target)] = " ".join(ast.literal_eval(after.value).split())
    return texts


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
