"""Renders blocks as a page: one HTML file that opens offline."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

import scaleproof
from scaleproof.report.blocks import Block, Cell, Heading, Report
from scaleproof.report.files import MADE


def page(shown: Report, *, command: str = "") -> str:
    """The page, with the library that draws its plots. `command`: the command line that made it."""
    articles: list[list[Block]] = []
    for block in shown.blocks:
        if isinstance(block, Heading) or not articles:
            articles.append([])
        articles[-1].append(block)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            made=MADE,
            version=scaleproof.__version__,
            library={name: (_VENDOR / name).read_text(encoding="utf-8") for name in _LIBRARY},
            title=shown.title,
            articles=articles,
            command=command,
            basis=shown.basis,
        )
    )


_VENDOR = files("scaleproof.report") / "vendor"
_LIBRARY = ("LICENSE", "uPlot.min.css", "uPlot.iife.min.js")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("scaleproof.report"),
        autoescape=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.filters["kind"] = lambda block: type(block).__name__.lower()
    environment.filters["cell"] = lambda cell: Cell(cell) if isinstance(cell, str) else cell
    return environment
