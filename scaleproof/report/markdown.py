"""Renders blocks as a summary in Markdown, as for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scaleproof.report.blocks import Answer, Block, Cell, Code, Heading, Notes, Report, Sentence, Table
from scaleproof.report.files import MADE


def markdown(shown: Report, *, command: str = "") -> str:
    """The summary, without what only a page has room for. `command`: the command line that made it."""
    lines = [line for block in shown.blocks for line in _lines(block)]
    if command:
        lines.append(f"<sub>Made by: `{' '.join(command.replace('`', ' ').split())}`</sub>")
    return "\n".join([MADE, "", *lines, ""])


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield from (f"### {_plain(f'{block.text} {block.outcome}')}", "")
            if block.about:
                yield from (_plain(block.about), "")
        case Answer():
            lead = [f"**{_plain(block.lead)}**"] if block.lead else []
            yield from (" ".join([*lead, _plain(block.sentence)]).strip(), "")
            for sentence in block.more:
                yield from (_plain(sentence), "")
            if block.points:
                yield from (*(f"- {_plain(point)}" for point in block.points), "")
            if block.advice:
                yield from (f"**Advice:** {_plain(block.advice)}", "")
        case Sentence():
            yield from (_plain(block.text), "")
        case Notes():
            yield from (f"<sub>{_plain(sentence)}</sub>" for sentence in block.sentences)
        case Table(page_only=False):
            if block.title:
                yield from (f"**{_plain(block.title)}**", "")
            yield _row(block.columns)
            yield "|" + " --- |" * len(block.columns)
            yield from (_row(row.cells) for row in block.rows)
            yield from ("", *((_plain(block.note), "") if block.note else ()))
        case Code(page_only=False):
            yield from ("```hcl", block.text.rstrip("\n"), "```", "")


def _row(cells: Iterable[str | Cell]) -> str:
    return f"| {' | '.join(_plain(cell.text if isinstance(cell, Cell) else cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, in one cell."""
    return " ".join(text.split()).translate(_SHOWN)


_SHOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_|[]~"} | {"&": "&amp;", "<": "&lt;"})
