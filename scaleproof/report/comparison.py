"""The page of a comparison: cost against waiting or overload."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scaleproof.report import drawing, plot
from scaleproof.report.drawing import columns
from scaleproof.report.page import render
from scaleproof.report.plot import Layer, Plot, scatter
from scaleproof.report.simulation import about
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.outcome import Cost
from scaleproof.studies.verdict import lost
from scaleproof.studies.wording import duration, hours, money, per_day

_SMALL = 240
"""Columns of a small picture."""


@dataclass(frozen=True)
class Row:
    """One contender in the table; its dot has the same number."""

    number: int
    entry: Entry
    small: Plot


def comparison_page(comparisons: Sequence[Comparison], *, command: str = "") -> str:
    """The page of comparisons. `command`: the command line that made the page."""
    return render(
        "comparison.html.j2",
        title="Comparison: " + ", ".join(one.endpoint.name for one in comparisons),
        command=command,
        assumed=dict.fromkeys(one.entries[0].outcome.start_up.sentence for one in comparisons),
        comparisons=[view(one) for one in comparisons],
    )


def view(comparison: Comparison) -> dict[str, Any]:
    """The values of the page for one comparison."""
    top = max(
        max([*entry.outcome.result.timeline.demand, *entry.outcome.result.timeline.capacity, 1])
        for entry in comparison.entries
    )
    demand = max(max(entry.outcome.result.timeline.demand, default=1) for entry in comparison.entries)
    rows = [
        Row(number, entry, small(entry, min(top, 2.0 * demand)))
        for number, entry in enumerate(comparison.entries, 1)
    ]
    return {
        "heading": comparison.endpoint.name,
        "about": about(comparison.entries[0].outcome.result),
        "summary": comparison.summary,
        "frontier": frontier(comparison),
        "rows": [_cells(row) for row in rows],
        "smalls": rows,
        "priced": comparison.priced,
    }


def frontier(comparison: Comparison) -> Plot:
    """The cost of each contender against waiting or overload; lower left is better."""
    is_async = comparison.endpoint.kind is Kind.ASYNC

    up = "the longest wait of 95 % of the requests" if is_async else "time with a demand above the capacity"

    def price(cost: Cost) -> float:
        return (cost.usd or 0.0) if comparison.priced else cost.total_hours

    return scatter(
        f"Who pays how much ({'USD' if comparison.priced else 'instance-hours'}, across) for how little "
        f"{'waiting' if is_async else 'overload'} (up)?",
        [
            (entry.contender.name, price(entry.outcome.cost), entry.outcome.delay_or_overload, _style(entry))
            for entry in comparison.entries
        ],
        f"Lower left is better. Up: {up}, on a logarithmic scale.",
        height=300,
    )


def small(entry: Entry, top: float) -> Plot:
    """Demand and capacity of one contender, on a scale that all share."""
    result = entry.outcome.result
    found = columns(result, _SMALL)
    end, y = plot.values(top)
    marks = plot.times(result.start, result.duration)
    return Plot(
        entry.contender.name,
        (
            Layer(drawing.bars(found.overloaded), "fill overload"),
            Layer(drawing.area(found.demand, None, end), "fill demand"),
            Layer(drawing.line(found.demand, end), "line demand"),
            Layer(drawing.line(found.capacity, end), "line capacity"),
        ),
        tuple(marks[:: max(1, math.ceil(len(marks) / 4))]),
        (y[0], y[-1]),
        height=90,
    )


def _cells(row: Row) -> dict[str, Any]:
    outcome, totals = row.entry.outcome, row.entry.outcome.result.totals
    elasticity = totals.elasticity
    return {
        "number": row.number,
        "style": _style(row.entry),
        "name": row.entry.contender.name,
        "about": row.entry.contender.about,
        "level": outcome.verdict.level.value,
        "served": outcome.served,
        "lost": f"{lost(outcome.result):,}",
        "cut": per_day(outcome.verdict.cut_per_day),
        "overload": duration(totals.overload_seconds),
        "waiting": duration(totals.waiting.p95),
        "waiting_max": duration(totals.waiting.max),
        "hours": hours(outcome.cost.total_hours),
        "cost": money(outcome.cost.usd) if outcome.cost.usd is not None else "",
        "changes": f"{totals.scale_outs + totals.scale_ins}",
        "reversals": f"{elasticity.reversals}",
        "under": f"{elasticity.under_percent:.2f} %",
        "over": f"{elasticity.over_percent:.1f} %",
        "under_time": f"{elasticity.under_time:.2f} %",
        "over_time": f"{elasticity.over_time:.1f} %",
        "speedup": "" if row.entry.speedup is None else f"{row.entry.speedup:.2f}",
    }


def _style(entry: Entry) -> str:
    name = entry.contender.name
    return "own" if name == CONFIGURED else "oracle" if name == "clairvoyant" else ""
