"""Write the tables of a module's inputs and outputs from its declarations.

`python -m tools.readme_tables [--check] DIR...` writes them between the markers of DIR/docs/inputs.md
if there is one, else of DIR/README.md. Members, long types and long defaults follow the table of inputs.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scaleproof.errors import ScaleproofError
from tools.terraform_module import Module, Output, Variable

BEGIN = "<!-- BEGIN_TF_DOCS -->"
END = "<!-- END_TF_DOCS -->"
PAGE_OF_ITS_OWN = Path("docs/inputs.md")

_LONGEST_IN_CELL = 40
_LIST = re.compile(r"^(?=- )", re.MULTILINE)
_CONSTRUCTOR = re.compile(r"\b(object|tuple)\([\[{]")


def render(module: Module) -> str:
    """Render requirements, inputs and outputs in Markdown, without the markers and a final newline."""
    variables = _inputs_in_order(module)
    sections = [
        *_requirements(module),
        *_inputs(variables),
        *_members(variables),
        *_outputs(list(module.outputs.values())),
    ]
    return "\n\n".join(sections)


def _inputs_in_order(module: Module) -> list[Variable]:
    """The inputs by name, whichever file declares them."""
    return sorted(module.variables.values(), key=lambda variable: variable.name)


def inject(text: str, generated: str, begin: str = BEGIN, end: str = END) -> str:
    """Return the text of a page with what is generated between its markers.

    Raises ScaleproofError if the pair of markers is not there exactly once and in order.
    """
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ScaleproofError(
            "The page does not hold one pair of markers.",
            advice=f"Put the lines {begin} and {end} where the tables belong.",
        )
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n{generated}\n{end}{after}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; its cells hold no line breaks and no bare pipes."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def stale(directory: Path) -> dict[Path, str]:
    """Return the page of the module in DIR with the text it should have, if it is out of date.

    Raises ScaleproofError if the module or its page cannot be read.
    """
    generated = render(Module.read(directory))
    page = directory / PAGE_OF_ITS_OWN
    if page.exists():
        generated = generated.replace("](modules/", "](../modules/")  # descriptions link from the root
    else:
        page = directory / "README.md"
    present = _read(page)
    updated = _injected(page, present, generated)
    return {} if updated == present else {page: updated}


def update(directory: Path) -> list[Path]:
    """Write the page of the module in DIR if it is out of date, and return what was written.

    Raises ScaleproofError if the module or its page cannot be read; nothing is written then.
    """
    pages = stale(directory)
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
    return list(pages)


def _read(page: Path) -> str:
    try:
        return page.read_text(encoding="utf-8")
    except OSError as error:
        raise ScaleproofError(
            f"{page} cannot be read: {error.strerror or error}.",
            advice=f"Write one with the lines {BEGIN} and {END}.",
        ) from error


def _injected(page: Path, present: str, generated: str) -> str:
    try:
        return inject(present, generated)
    except ScaleproofError as error:
        raise ScaleproofError(f"{page}: {error.message}", advice=error.advice) from error


def _requirements(module: Module) -> Iterator[str]:
    rows = [("Terraform", module.required_version or "any")]
    rows += [(provider.source, provider.version or "any") for provider in module.required_providers.values()]
    yield "## Requirements"
    yield table(("Name", "Version"), [(name, f"`{version}`") for name, version in rows])


def _inputs(variables: Sequence[Variable]) -> Iterator[str]:
    yield "## Inputs"
    if not variables:
        yield "None."
        return
    yield table(
        ("Name", "Description", "Type", "Default", "Required"),
        [
            (
                _name_cell(variable),
                _prose(_summary(variable.description)),
                _type_cell(variable),
                _default_cell(variable),
                "no" if variable.has_default else "**yes**",
            )
            for variable in variables
        ],
    )


def _members(variables: Sequence[Variable]) -> Iterator[str]:
    for variable in variables:
        yield from _details(variable)


def _outputs(outputs: Sequence[Output]) -> Iterator[str]:
    yield "## Outputs"
    if not outputs:
        yield "None."
        return
    yield table(
        ("Name", "Description"),
        [
            (
                f"`{output.name}`",
                _prose(output.description) + (" Sensitive." if output.sensitive else ""),
            )
            for output in outputs
        ],
    )


def _details(variable: Variable) -> list[str]:
    """Return what does not fit the table: the list in a description, long types and defaults."""
    parts = []
    if rest := _rest(variable.description):
        parts.append(rest)
    if _is_long(variable.type):
        parts.append(f"```hcl\n{variable.type}\n```")
    if variable.default is not None and _is_long(variable.default.text):
        parts.append(f"Default:\n\n```hcl\n{variable.default.text}\n```")
    return [f'### <a id="{_anchor(variable)}"></a>{variable.name}', *parts] if parts else []


def _summary(description: str) -> str:
    """Return the description up to its first list."""
    return _LIST.split(description, maxsplit=1)[0].strip()


def _rest(description: str) -> str:
    """Return the first list of the description and what follows it, as Markdown."""
    rest = description[len(_LIST.split(description, maxsplit=1)[0]) :].strip()
    # Without an empty line Markdown takes a sentence after a list for a part of its last entry.
    return re.sub(r"^((?:- |  ).*)\n(?=[^\s-])", r"\1\n\n", rest, flags=re.MULTILINE)


def _anchor(variable: Variable) -> str:
    # A heading of the page's own text may have the name of an input.
    return f"input_{variable.name}"


def _name_cell(variable: Variable) -> str:
    name = _code(variable.name)
    return f"[{name}](#{_anchor(variable)})" if _details(variable) else name


def _type_cell(variable: Variable) -> str:
    return _code(_short_type(variable.type) if _is_long(variable.type) else variable.type or "any")


def _short_type(text: str) -> str:
    """Name the outer constructors of a long type, such as `list(object)`."""
    outer = _CONSTRUCTOR.search(text)
    if outer is None:
        return text.split("(")[0]
    depth = text[: outer.start()].count("(")
    return text[: outer.start()].strip() + outer[1] + ")" * depth


def _default_cell(variable: Variable) -> str:
    if variable.default is None:
        return ""
    return "see its members" if _is_long(variable.default.text) else _code(variable.default.text)


def _is_long(text: str) -> bool:
    return "\n" in text or len(text) > _LONGEST_IN_CELL


def _code(text: str) -> str:
    """Write text as code in a table cell, where a pipe would end the cell even inside backticks."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def _prose(text: str) -> str:
    """Put a description on one line: line breaks before paragraphs and entries of lists, pipes escaped."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=- )", text.strip()))
    return "<br>".join(paragraphs).replace("|", "\\|")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 if a page is out of date (--check) or cannot be written."""
    parser = argparse.ArgumentParser(
        description="Write the tables of inputs, outputs and requirements into the pages of modules.",
    )
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a page is out of date")
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR", help="directory of a module")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            pages = [page for directory in options.directories for page in stale(directory)]
            for page in pages:
                print(f"{page} is out of date: run 'make docs'.", file=sys.stderr)
            return 1 if pages else 0
        for directory in options.directories:
            for page in update(directory):
                print(f"{page} updated")
    except ScaleproofError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
