"""The page of choices for many endpoints: what runs today and what is proposed, a row for each."""

from __future__ import annotations

from collections.abc import Sequence

from scaleproof.report.page import render
from scaleproof.studies.many import EndpointChoice, footnotes, summary, table
from scaleproof.studies.wording import count


def choices_page(choices: Sequence[EndpointChoice], priced: bool, *, command: str = "") -> str:
    """The page. `priced`: whether costs are in USD; `command`: the command line that made the page."""
    return render(
        "choices.html.j2",
        title=f"Choices for {count(len(choices), 'endpoint')}",
        command=command,
        summary=summary(choices, priced),
        rows=table(choices, priced),
        blocks=[(one.endpoint, one.block) for one in choices if one.block is not None],
        footnotes=footnotes(choices),
    )
