"""The tables of a module's README, made from its declarations.

`python -m scaleproof.hcl.docs [--check] DIR...` writes them between the markers of DIR/README.md.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.hcl.module import Module, Output, Variable

BEGIN = "<!-- BEGIN_TF_DOCS -->"
END = "<!-- END_TF_DOCS -->"

_LONGEST_IN_CELL = 40
_LIST = re.compile(r"^(?=- )", re.MULTILINE)
_CONSTRUCTOR = re.compile(r"\b(object|tuple)\([\[{]")


def render(module: Module) -> str:
    """Render requirements, inputs and outputs in Markdown, without the markers and a final newline.

    Types and defaults that do not fit a table cell follow the table of inputs, as written in the source:
    the comments in an object type document its attributes.
    """
    sections = [
        *_requirements(module),
        *_inputs(list(module.variables.values())),
        *_outputs(list(module.outputs.values())),
    ]
    return "\n\n".join(sections)


def inject(readme: str, tables: str) -> str:
    """Return the README with the tables between its markers.

    Raises ScaleproofError if the pair of markers is not there exactly once and in order.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ScaleproofError(
            "The README does not hold one pair of markers.",
            advice=f"Put the lines {BEGIN} and {END} where the tables belong.",
        )
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def is_current(directory: Path) -> bool:
    """Whether DIR/README.md holds the tables that the module in DIR gives now.

    Raises ScaleproofError if the module or its README cannot be read.
    """
    readme = _read(directory / "README.md")
    return _injected(directory, readme) == readme


def update(directory: Path) -> bool:
    """Write the tables into DIR/README.md; return whether that changed it.

    Raises ScaleproofError if the module or its README cannot be read.
    """
    readme = _read(directory / "README.md")
    wanted = _injected(directory, readme)
    if wanted != readme:
        (directory / "README.md").write_text(wanted, encoding="utf-8")
    return wanted != readme


def _read(readme: Path) -> str:
    try:
        return readme.read_text(encoding="utf-8")
    except OSError as error:
        raise ScaleproofError(
            f"{readme} cannot be read: {error.strerror or error}.",
            advice=f"Write one with the lines {BEGIN} and {END}.",
        ) from error


def _injected(directory: Path, readme: str) -> str:
    tables = render(Module.read(directory))
    try:
        return inject(readme, tables)
    except ScaleproofError as error:
        raise ScaleproofError(f"{directory / 'README.md'}: {error.message}", advice=error.advice) from error


def _requirements(module: Module) -> Iterator[str]:
    rows = [("Terraform", module.required_version or "any")]
    rows += [(provider.source, provider.version or "any") for provider in module.required_providers.values()]
    yield "## Requirements"
    yield _table(("Name", "Version"), [(name, f"`{version}`") for name, version in rows])


def _inputs(variables: Sequence[Variable]) -> Iterator[str]:
    yield "## Inputs"
    if not variables:
        yield "None."
        return
    yield _table(
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
    for variable in variables:
        yield from _details(variable)


def _outputs(outputs: Sequence[Output]) -> Iterator[str]:
    yield "## Outputs"
    if not outputs:
        yield "None."
        return
    yield _table(
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
    # A heading of the README's own text may have the name of an input.
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
    return "see below" if _is_long(variable.default.text) else _code(variable.default.text)


def _is_long(text: str) -> bool:
    return "\n" in text or len(text) > _LONGEST_IN_CELL


def _code(text: str) -> str:
    """Write text as code in a table cell, where a pipe would end the cell even inside backticks."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def _prose(text: str) -> str:
    """Put a description on one line: paragraphs become line breaks, pipes are escaped."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))
    return "<br>".join(paragraphs).replace("|", "\\|")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 if a README is out of date (--check) or cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m scaleproof.hcl.docs",
        description="Write the tables of inputs, outputs and requirements into the README.md of modules.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if a README is out of date"
    )
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR", help="directory of a module")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            stale = [directory for directory in options.directories if not is_current(directory)]
            for directory in stale:
                print(f"{directory / 'README.md'} is out of date: run 'make docs'.", file=sys.stderr)
            return 1 if stale else 0
        for directory in options.directories:
            if update(directory):
                print(f"{directory / 'README.md'} updated")
    except ScaleproofError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
