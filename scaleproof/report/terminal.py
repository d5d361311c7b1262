"""Renders blocks on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column
from rich.table import Table as RichTable

from scaleproof.progress import Screen
from scaleproof.report.blocks import Answer, Block, Cell, Code, Heading, Notes, Sentence, Table

WIDE = 160
"""Columns if the output is not a terminal."""


def console() -> Console:
    """A console on stdout. Without a terminal it does not colour, and lines are WIDE."""
    return Screen(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE)


def show(blocks: Iterable[Block]) -> None:
    """Prints all but what only a page has room for."""
    screen = console()
    for block in blocks:
        match block:
            case Heading():
                screen.print(block.text, style="bold")
                if block.about:
                    screen.print(block.about)
            case Answer():
                if block.lead:
                    screen.print(block.lead, style="bold", end=" " if block.sentence else "\n")
                advice = [f"Advice: {block.advice}"] if block.advice else []
                sentence = [block.sentence] if block.sentence else []
                for line in (*sentence, *block.more, *(f"- {point}" for point in block.points), *advice):
                    screen.print(line)
            case Sentence():
                screen.print(block.text)
            case Notes():
                for line in block.sentences:
                    screen.print(line)
            case Table(page_only=False):
                _print(screen, block)
            case Code(page_only=False):
                screen.print()
                click.echo(block.text)  # not wrapped and not coloured


def _print(screen: Console, block: Table) -> None:
    table = new_table(block.title, *block.columns)
    for row in block.rows:
        table.add_row(*(cell.text if isinstance(cell, Cell) else cell for cell in row.cells))
    screen.print(table)
    if block.note:
        screen.print(block.note)


class _Table(RichTable):
    """A table; row by row, a line for each cell, where the screen is too narrow for the words of a row."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        least = Measurement.get(console, options.update(width=sys.maxsize), self).minimum
        if least <= options.max_width:
            self._share(options.max_width - least)
            yield from super().__rich_console__(console, options)
            return
        names = [str(column.header) for column in self.columns]
        if self.title:
            yield console.render_str(str(self.title), style="bold")
        for first, *others in zip(*(column.cells for column in self.columns), strict=True):
            yield ""
            if first:
                yield console.render_str(f"{names[0]}: {first}" if names[0] else str(first), style="bold")
            lines = RichTable.grid(Column(), Column(overflow="fold"), padding=(0, 2, 0, 0))
            for name, cell in zip(names[1:], others, strict=True):
                if cell:
                    lines.add_row(name, cell)
            yield Padding.indent(lines, 2)
        yield ""

    def _share(self, spare: int) -> None:
        """Gives each column the width of its longest word, and the spare width first to those that lack least."""
        texts = [[str(column.header), *map(str, column.cells)] for column in self.columns]
        widths = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in texts]
        full = [max(map(cell_len, column)) for column in texts]
        order = sorted(range(len(texts)), key=lambda index: full[index] - widths[index])
        for left, index in zip(range(len(order), 0, -1), order, strict=True):
            more = min(full[index] - widths[index], spare // left)
            self.columns[index].width = widths[index] + more
            spare -= more


def new_table(title: str, *columns: str) -> RichTable:
    """An empty table in the style of all commands."""
    table = _Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
