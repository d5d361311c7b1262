"""Makes the blocks of a comparison: a table of the contenders, and cost against waiting or overload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaleproof.report.blocks import Answer, Block, Cell, Heading, Report, Table, table
from scaleproof.report.plot import Dot, Plot, Plots, over_time
from scaleproof.report.simulation import about, beneath
from scaleproof.report.timeline import demand_and_capacity, folded, scale_of
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.wording import duration, hours, money

_COLOURS = {"own": "capacity", "oracle": "good", "": "soft"}
MOST_ROWS = 24_000
"""Rows of all timelines of a page, as few series have them as `_smalls` draws."""


def comparison_blocks(comparisons: Sequence[Comparison]) -> Report:
    """Ways to scale each endpoint, compared."""
    blocks = [block for comparison in comparisons for block in _compared(comparison, MOST_ROWS // len(comparisons))]
    title = "Comparison: " + ", ".join(comparison.endpoint.name for comparison in comparisons)
    return Report(title, [*blocks, beneath(comparison.contenders[0].outcome for comparison in comparisons)])


def _compared(comparison: Comparison, rows: int) -> Iterator[Block]:
    """One comparison, with `rows` of the timelines of all contenders at most."""
    entries, (first, *others) = comparison.contenders, comparison.summary
    is_async = comparison.endpoint.kind is Kind.ASYNC
    yield Heading(f"{comparison.endpoint.name}, compared", about(entries[0].outcome.result))
    yield Answer(sentence=first, more=others)
    yield scatter(
        f"What does less {'waiting' if is_async else 'overload'} cost?",
        "95th percentile of waiting" if is_async else "time above capacity",
        comparison.priced,
        [
            (
                entry.name,
                _price(entry, comparison.priced),
                entry.outcome.delay_or_overload,
                _style(entry),
            )
            for entry in entries
        ],
    )
    cells: list[dict[str, str | Cell]] = [
        {**row, "Scaled by": Cell(entry.name, entry.about)} for entry, row in zip(entries, comparison.rows, strict=True)
    ]
    yield table(cells, ("Scaled by", "Verdict"), list(map(_style, entries)))
    yield _smalls(comparison, rows)
    yield _elasticity(entries)


def _elasticity(entries: Sequence[Entry]) -> Table:
    measures = [(entry.name, entry.outcome.result.totals.elasticity) for entry in entries]
    rows = [
        {
            "Scaled by": name,
            "θ under": f"{elasticity.under_percent:.2f} %",
            "θ over": f"{elasticity.over_percent:.1f} %",
            "T under": f"{elasticity.under_time:.2f} %",
            "T over": f"{elasticity.over_time:.1f} %",
            "Reversals": f"{elasticity.reversals}",
        }
        for name, elasticity in measures
    ]
    note = (
        "θ is how far supply was under and over the demand, relative to it, T the share of the time that it "
        "was. The speed-up compares them to no scaling and has no value where one of them is zero."
    )
    return table(rows, ("Scaled by",), note=note, folded="Measures of elasticity", page_only=True)


def _smalls(comparison: Comparison, rows: int) -> Plots:
    """Demand and capacity of each contender, on scales that all share."""
    entries = comparison.contenders
    first = entries[0].outcome.result
    lines = [folded(entry.outcome.result.timeline, rows // len(entries)) for entry in entries]
    demand = max(max(line.demand, default=0) for line in lines)
    top = max(max([*line.demand, *line.capacity, 1]) for line in lines)
    capacity = max(max(line.capacity, default=0.0) for line in lines)
    scale = scale_of(demand, min(capacity, demand))  # what lies above is cut off
    plots = []
    for number, (entry, line) in enumerate(zip(entries, lines, strict=True), 1):
        series, spans = demand_and_capacity(entry.outcome.result, line)
        plots.append(
            Plot(
                f"{number}. {entry.name}",
                "requests",
                series,
                spans,
                height=190,
                scale=scale,
                top=min(top, 2.0 * max(demand, 1)),
            )
        )
    figure = over_time(plots, first.start, lines[0].time, first.duration)
    return replace(figure, title="Capacity and demand of each", small=True)


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
        scale="durations",
    )
    prices = sorted(dot.x for dot in dots)
    across = "cost, USD" if priced else "instance-hours"
    return Plots((plot,), across, prices, 1.08 * max(prices[-1], 0.01))


def _price(entry: Entry, priced: bool) -> float:
    cost = entry.outcome.cost
    return (cost.usd or 0.0) if priced else cost.total_hours


def _style(entry: Entry) -> str:
    name = entry.name
    return "own" if name == CONFIGURED else "oracle" if name == "clairvoyant" else ""
