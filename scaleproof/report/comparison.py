"""Makes the blocks of a comparison: a table of the contenders, and cost against waiting or overload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from scaleproof.report.blocks import Answer, Block, Cell, Heading, Report, Table, table
from scaleproof.report.plot import Dot, Plot, Plots, Scale, over_time
from scaleproof.report.simulation import about, beneath
from scaleproof.report.timeline import demand_and_capacity, folded, scale_of
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.candidate import price
from scaleproof.studies.compare import CONFIGURED, Comparison, Entry
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.wording import duration, hours, money, share

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
    yield Heading(f"{comparison.endpoint.name}, compared", about(entries[0].outcome.result))
    yield Answer(sentence=first, more=others)
    points = [(entry.name, _price(entry, comparison.priced), [entry.outcome], _style(entry)) for entry in entries]
    yield scatter(comparison.priced, points)
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
    demand = max(1, *(max(line.demand) for line in lines))
    capacity = max(max(line.capacity) for line in lines)
    scale, top = scale_of(demand, min(capacity, demand)), max(capacity, demand)
    plots = []
    for number, (entry, line) in enumerate(zip(entries, lines, strict=True), 1):
        series, spans = demand_and_capacity(entry.outcome.result, line)
        # What lies far above the demand is cut off.
        title, end = f"{number}. {entry.name}", min(top, 2.0 * demand)
        plots.append(Plot(title, "requests", series, spans, scale=scale, top=end))
    figure = over_time(plots, first.start, lines[0].time, first.duration)
    return replace(figure, title="Capacity and demand of each", small=True)


Point = tuple[str, float, Sequence[Outcome], str]
"""Name, price, the outcome of each seed, and "own", "oracle" or nothing."""


def scatter(priced: bool, points: Sequence[Point]) -> Plots:
    """What callers notice beside what it costs: failed requests, and overload or, where requests queue, waiting."""
    if any(outcome.result.kind == Kind.ASYNC for _, _, outcomes, _ in points for outcome in outcomes):
        slow, unit, seconds = "waiting", "95th percentile of waiting", _waiting
    else:
        slow, unit, seconds = "overload", "time above capacity", _overload
    plots = (
        _dots("What do fewer failed requests cost?", "lost or cut off", "shares", priced, points, _failed),
        _dots(f"What does less {slow} cost?", unit, "durations", priced, points, seconds),
    )
    prices = sorted(paid for _, paid, _, _ in points)
    across = "cost, USD" if priced else "instance-hours"
    return Plots(plots, across, prices, 1.08 * max(prices[-1], 0.01))


def _dots(
    question: str, unit: str, scale: Scale, priced: bool, points: Sequence[Point], measure: Callable[[Outcome], float]
) -> Plot:
    """Numbered dots: what they cost (across), and the mean of a measure over the seeds (up)."""
    dots = []
    for number, (name, paid, outcomes, style) in enumerate(points, 1):
        mean = fmean(map(measure, outcomes))
        cost = money(paid) if priced else f"{hours(paid)} instance-hours"
        harm = duration(mean) if scale == "durations" else f"{share(mean)} lost or cut off"
        dots.append(Dot(str(number), f"{name}: {cost}, {harm}", paid, mean, _COLOURS[style]))
    note = "Lower left is better. Numbers are those of the table."
    return Plot(question, unit, dots=tuple(dots), note=note, scale=scale)


def _failed(outcome: Outcome) -> float:
    return outcome.failed


def _waiting(outcome: Outcome) -> float:
    return outcome.result.totals.waiting.p95


def _overload(outcome: Outcome) -> float:
    return outcome.result.totals.overload_seconds


def _price(entry: Entry, priced: bool) -> float:
    cost = entry.outcome.cost
    return price(cost) if priced else cost.total_hours


def _style(entry: Entry) -> str:
    name = entry.name
    return "own" if name == CONFIGURED else "oracle" if name == "clairvoyant" else ""
