"""The page of a choice: the limits, the proposal and the runners-up."""

from __future__ import annotations

from collections.abc import Sequence

from scaleproof.report.comparison import scatter
from scaleproof.report.page import render
from scaleproof.report.plot import Plots
from scaleproof.report.simulation import about, assumed, tiles
from scaleproof.report.simulation import priced as priced_by
from scaleproof.report.timeline import timeline
from scaleproof.studies.candidate import Candidate
from scaleproof.studies.choose import Choice


def choice_page(choice: Choice, block: str, notes: Sequence[str], *, command: str = "") -> str:
    """The page of a choice. `block`: the module block; `command`: the command line that made the page."""
    best = choice.best
    candidates = [best, *choice.runners_up]
    priced = best.outcome.cost.usd is not None
    kept = sum(1 for outcome in best.outcomes if outcome.verdict.level == "holds")
    return render(
        "choice.html.j2",
        title=f"Choice: {choice.kind.lower()}",
        command=command,
        assumed=assumed([best.outcome]),
        priced_by=priced_by([best.outcome]),
        kind=choice.kind,
        why=choice.why,
        about=about(best.outcome.result),
        reasons=choice.reasons,
        words=best.proposal.words,
        first=best.proposal.pools[0][0],
        verdict=best.outcome.verdict,
        seeds=f"It holds on {kept} of {len(best.outcomes)} seeds. {choice.unseen.sentence}".strip(),
        schedules=choice.schedules.sentence,
        tiles=list(tiles(best.outcome)),
        block=block,
        notes=notes,
        frontier=_frontier(candidates, priced),
        rows=[
            {"style": "" if number else "own", "about": cells.pop("Settings"), "cells": cells}
            for number, cells in enumerate(choice.rows)
        ],
        plots=timeline(best.outcome),
    )


def _frontier(candidates: Sequence[Candidate], priced: bool) -> Plots:
    return scatter(
        "What does less waiting cost?",
        "longest wait",
        priced,
        [
            (one.proposal.words, one.price, one.outcome.result.totals.waiting.max, "" if number else "own")
            for number, one in enumerate(candidates)
        ],
    )
