"""The blocks that the output of a command consists of, such as headings, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaleproof.report.plot import Plots

SIMULATED = (
    "Simulated in virtual time with the documented rules of CloudWatch alarms, Application Auto Scaling and "
    "SageMaker, and with assumptions where AWS documents nothing. scaleproof simulate --uncertainty varies the "
    "assumptions, and scaleproof record fits how long instances took to start. AWS guarantees none of this."
)


@dataclass(frozen=True)
class Heading:
    """Begins what there is of one endpoint. `about`: what was done with it; `outcome`: what it did, for a
    summary."""

    text: str
    about: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Answer:
    """The answer: `lead` and `sentence` first, then more sentences, points, and what to change.

    `level`: "holds", "strained" or "fails", which colours it on a page.
    """

    lead: str = ""
    sentence: str = ""
    more: Sequence[str] = ()
    points: Sequence[str] = ()
    advice: str = ""
    level: str = ""


@dataclass(frozen=True)
class Sentence:
    """A sentence of its own."""

    text: str


@dataclass(frozen=True)
class Notes:
    """What belongs beneath a result, each sentence once. `title`: of the box on a page."""

    sentences: Sequence[str]
    title: str = "Assumptions"


@dataclass(frozen=True)
class Tiles:
    """The main numbers, in large letters on a page: what it is, the number, and more of it."""

    items: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell of a table. `small`: what a page has beneath; `link`: where that leads; `level` colours it."""

    text: str
    small: str = ""
    link: str = ""
    level: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table. `number` stands in a plot as well; `style` is "own", "oracle", "differs", "explained"
    or nothing; `id`: for links to it."""

    cells: Sequence[str | Cell]
    style: str = ""
    number: str = ""
    id: str = ""


@dataclass(frozen=True)
class Table:
    """A table. `words`: the columns that hold no numbers; `about`: a sentence above it, `note` one below.

    `folded`: what a page says of it while it is closed, as at first; `page_only`: long, or for a close look.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    words: Sequence[str] = ()
    title: str = ""
    about: str = ""
    note: str = ""
    folded: str = ""
    page_only: bool = False


@dataclass(frozen=True)
class Code:
    """A text to copy, as it is. `folded`, `page_only`: as of a table."""

    text: str
    title: str = ""
    folded: str = ""
    page_only: bool = False


Block = Heading | Answer | Sentence | Notes | Tiles | Table | Code | Plots


@dataclass(frozen=True)
class Report:
    """What a command shows. `title`: of the page; `basis`: what a reader has to know of all of it."""

    title: str
    blocks: Sequence[Block]
    basis: str = SIMULATED


def table(
    rows: Sequence[Mapping[str, str | Cell]], words: Sequence[str], styles: Sequence[str] = (), **more: Any
) -> Table:
    """A table of cells by heading. `styles`: of its rows, which are numbered then; `more`: of the table.

    Verdicts, yes and no have their colour.
    """
    body = []
    for number, row in enumerate(rows, 1):
        cells = [Cell(cell, level=_LEVELS.get(cell, "")) if isinstance(cell, str) else cell for cell in row.values()]
        body.append(Row(cells, styles[number - 1], str(number)) if styles else Row(cells))
    return Table(list(rows[0]), body, words, **more)


_LEVELS = {**{level: level for level in ("holds", "strained", "fails")}, "yes": "holds", "no": "fails"}


def left_out(number: int) -> str:
    """What stands below a list that leaves out so many."""
    return f"{number} more; --json has them all." if number > 0 else ""
