"""Write what each file of the package is for into docs/files.md, from the first lines of their docstrings.

`python -m tools.file_tables` writes the tables between the markers of the page.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.readme_tables import inject, table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "files.md"
BEGIN, END = "<!-- BEGIN_FILES -->", "<!-- END_FILES -->"


def page(text: str) -> str:
    """Return the page with the tables between its markers made anew."""
    return inject(text, "\n\n".join(_sections()), BEGIN, END)


def purpose(path: Path) -> str:
    """Return the first line of a module's docstring, empty if it has none."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _sections() -> Iterator[str]:
    """Yield a heading, a sentence and a table of files for the package and each of its rooms."""
    for room in sorted((ROOT / "scaleproof").rglob("__init__.py")):
        yield f"## {room.parent.relative_to(ROOT)}"
        yield purpose(room)
        files = sorted(path for path in room.parent.glob("*.py") if path != room)
        yield table(("File", "What it is for"), [(f"`{path.name}`", purpose(path)) for path in files])


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
