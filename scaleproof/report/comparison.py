"""The page of a comparison: cost against waiting or overload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scaleproof.report.page import render
from scaleproof.report.plot import Dot, Plot, Plots, over_time
from scaleproof.report.simulation import about, assumed, priced
from scaleproof.report.timeline import demand_and_capacity, folded
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.wording import duration, hours, money

_COLOURS = {"own": "capacity", "oracle": "good", "": "soft"}
MOST_ROWS = 24_000
"""Rows of all timelines of a page, as few series have them as `small` draws."""


def comparison_page(comparisons: Sequence[Comparison], *, command: str = "") -> str:
    """The page of comparisons. `command`: the command line that made the page."""
    return render(
        "comparison.html.j2",
        title="Comparison: " + ", ".join(one.endpoint.name for one in comparisons),
        command=command,
        assumed=assumed([one.entries[0].outcome for one in comparisons]),
        priced_by=priced([one.entries[0].outcome for one in comparisons]),
        comparisons=[view(one, MOST_ROWS // len(comparisons)) for one in comparisons],
    )


def view(comparison: Comparison, rows: int) -> dict[str, Any]:
    """The values of the page for one comparison, with `rows` of the timelines of all contenders at most."""
    is_async = comparison.endpoint.kind is Kind.ASYNC
    return {
        "heading": comparison.endpoint.name,
        "about": about(comparison.entries[0].outcome.result),
        "summary": comparison.summary,
        "frontier": scatter(
            f"Who pays how much for how little {'waiting' if is_async else 'overload'}?",
            "wait of 95 % at most" if is_async else "time above capacity",
            comparison.priced,
            [
                (
                    entry.contender.name,
                    _price(entry, comparison.priced),
                    entry.outcome.delay_or_overload,
                    _style(entry),
                )
                for entry in comparison.entries
            ],
        ),
        "rows": [
            {"style": _style(entry), "about": entry.contender.about, "cells": cells}
            for entry, cells in zip(comparison.entries, comparison.rows, strict=True)
        ],
        "elasticity": [
            (entry.contender.name, entry.outcome.result.totals.elasticity) for entry in comparison.entries
        ],
        "plots": smalls(comparison, rows),
    }


def smalls(comparison: Comparison, rows: int) -> Plots:
    """Demand and capacity of each contender, on scales that all share."""
    entries = comparison.entries
    first = entries[0].outcome.result
    lines = [folded(entry.outcome.result.timeline, rows // len(entries)) for entry in entries]
    demand = max(max(line.demand, default=0) for line in lines)
    top = max(max([*line.demand, *line.capacity, 1]) for line in lines)
    plots = []
    for number, (entry, line) in enumerate(zip(entries, lines, strict=True), 1):
        series, spans = demand_and_capacity(entry.outcome.result, line)
        plots.append(
            Plot(
                f"{number}. {entry.contender.name}",
                "requests",
                series,
                spans,
                height=190,
                top=min(top, 2.0 * max(demand, 1)),
            )
        )
    return over_time(plots, first.start, lines[0].time, first.duration)


def scatter(question: str, unit: str, priced: bool, points: Sequence[tuple[str, float, float, str]]) -> Plots:
    """Numbered dots: name, price (across), seconds (up) and "own", "oracle" or nothing."""
    dots = []
    for number, (name, price, seconds, style) in enumerate(points, 1):
        label = f"{name}: {money(price) if priced else f'{hours(price)} instance-hours'}, {duration(seconds)}"
        dots.append(Dot(str(number), label, price, seconds, _COLOURS[style]))
    plot = Plot(
        question,
        unit,
        dots=tuple(dots),
        note="Lower left is better. Numbers are those of the table.",
        height=300,
        durations=True,
    )
    prices = sorted(dot.x for dot in dots)
    across = "cost, USD" if priced else "instance-hours"
    return Plots((plot,), across, prices, 1.08 * max(prices[-1], 0.01))


def _price(entry: Entry, priced: bool) -> float:
    cost = entry.outcome.cost
    return (cost.usd or 0.0) if priced else cost.total_hours


def _style(entry: Entry) -> str:
    name = entry.contender.name
    return "own" if name == CONFIGURED else "oracle" if name == "clairvoyant" else ""
