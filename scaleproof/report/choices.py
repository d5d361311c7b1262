"""Makes the blocks of choices for many endpoints: today's settings and the proposal, a row for each."""

from __future__ import annotations

from collections.abc import Sequence

from scaleproof.report.blocks import Answer, Block, Code, Heading, Notes, Report, table
from scaleproof.studies.many import EndpointChoice, footnotes, summary
from scaleproof.studies.many import table as cells
from scaleproof.studies.wording import count


def choices_blocks(choices: Sequence[EndpointChoice], priced: bool) -> Report:
    """Proposals for many endpoints. `priced`: whether costs are in USD."""
    first, *others = summary(choices, priced)
    blocks: list[Block] = [Heading("Endpoints today and as proposed"), Answer(first, more=others)]
    if rows := cells(choices, priced):
        words = ("Endpoint", "Today", "Today it", "Proposed", "Then it", "As asked")
        blocks.append(table(rows, words))
    for choice in choices:
        if choice.block is not None:
            blocks.append(Code(choice.block, folded=f"Module block of {choice.endpoint}", page_only=True))
    return Report(f"Choices for {count(len(choices), 'endpoint')}", [*blocks, Notes(footnotes(choices))])
