"""Makes the blocks of a choice: the proposal, what decides, the module block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaleproof.report.blocks import (
    Answer,
    Block,
    Cell,
    Code,
    Heading,
    Report,
    Row,
    Table,
    Tiles,
    table,
)
from scaleproof.report.comparison import scatter
from scaleproof.report.simulation import about, beneath, tiles
from scaleproof.report.timeline import timeline
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.choice import Choice
from scaleproof.studies.outcome import mean_cost
from scaleproof.studies.shape import Reason


def choice_blocks(choice: Choice, block: str, notes: Sequence[str]) -> Report:
    """A proposal. `block`: the module block; `notes`: what the user still has to do."""
    return Report(f"Choice: {choice.kind.lower()}", tuple(_blocks(choice, block, notes)))


def _blocks(choice: Choice, block: str, notes: Sequence[str]) -> Iterator[Block]:
    best, verdict = choice.best, choice.best.outcome.verdict
    holding = sum(1 for outcome in best.outcomes if outcome.verdict.level == "holds")
    seeds = f"It holds on {holding} of {len(best.outcomes)} seeds. {choice.unseen.sentence}".strip()
    flaps = [choice.flapping] if choice.flapping else []
    yield Heading(choice.headline, about(best.outcome.result))
    yield Answer(
        best.sentence,
        f"{verdict.headline} {verdict.sentence} {seeds}",
        (*flaps, choice.schedules.sentence),
        notes,
        level=verdict.level,
    )
    mean = replace(best.outcome, cost=mean_cost(best.outcomes))
    yield Tiles(tuple(tiles(mean, len(best.outcomes))))
    limits = ("Limit", "Yours", "So", "Leaves")
    yield Table(limits, list(map(_limit, choice.feasible.reasons)), limits, title="What decides")
    yield scatter(
        best.outcome.cost.usd is not None,
        [
            (candidate.proposal.words, candidate.price, candidate.outcomes, "own" if candidate is best else "")
            for candidate in (best, *choice.runners_up)
        ],
    )
    words = ("What it is", "Kind", "First type", "Settings", "As asked")
    styles = ["own", *[""] * len(choice.runners_up)]
    yield table(choice.rows, words, styles, title="Proposal and runners-up")
    yield timeline(best.outcome)
    yield beneath([best.outcome])
    yield Code(block, "The module block")


def _limit(reason: Reason) -> Row:
    left = {Kind.REALTIME: "asynchronous", Kind.ASYNC: "real-time", None: ""}[reason.rules_out]
    source = Cell(reason.limit, reason.source.split("/")[2], reason.source)
    return Row((source, reason.yours, reason.meaning, left), "own" if left else "")
