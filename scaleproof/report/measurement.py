"""Makes the blocks of a measurement: the answer, the curves over concurrency, and every level."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from scaleproof.measuring.levels import LoadLevel
from scaleproof.measuring.measurement import Answer, Measurement
from scaleproof.report.blocks import Answer as Shown
from scaleproof.report.blocks import Block, Cell, Code, Heading, Report, Table, Tiles, table
from scaleproof.report.plot import Dot, Plot, Plots, Series, Spans
from scaleproof.studies.wording import count, duration, share

_LEVELS = {
    Answer.FOUND: "holds",
    Answer.BEYOND: "holds",
    Answer.UNFINISHED: "strained",
    Answer.NEVER: "fails",
}


def measurement_blocks(measurement: Measurement, *, endpoint: str, instance_type: str, pools: str | None) -> Report:
    """A measurement. `pools`: `instance_pools`, None where no level held."""
    blocks: list[Block] = [
        Heading(endpoint, f"one instance of {instance_type}, {measurement.objective.sentence}"),
        Shown(measurement.headline, points=measurement.notes, level=_LEVELS[measurement.answer]),
        Tiles(tuple(_tiles(measurement))),
    ]
    if measurement.levels:
        blocks += [_plots(measurement), _levels(measurement)]
    if pools is not None:
        blocks.append(Code(pools, "For the module block"))
    return Report(f"What {endpoint} sustains", blocks, _BASIS)


_BASIS = (
    "Measured on one instance, with the requests of this run. Other audio, other features or another "
    "instance may differ; the interval covers chance only."
)


def _levels(measurement: Measurement) -> Table:
    cells = [_cells(level, measurement.objective.words.capitalize()) for level in measurement.levels]
    levels = table(cells, ("Held", "Failed"), title="Every level")
    own = [level.concurrency == measurement.max_concurrency for level in measurement.levels]
    rows = [replace(row, style="own" if mine else "") for row, mine in zip(levels.rows, own, strict=True)]
    return replace(levels, rows=rows)


def _cells(level: LoadLevel, statistic: str) -> dict[str, str | Cell]:
    held = ("yes" if level.held else "no") + ("" if level.sure else ", in doubt")
    return {
        "In flight": str(level.concurrency),
        "Held": Cell(held, level=("holds" if level.held else "fails") if level.sure else "strained"),
        statistic: seconds(level.value),
        "Between": f"{seconds(level.low)} to {seconds(level.high)}",
        "Requests/s": f"{level.throughput:.3g}",
        "Judged for": duration(level.seconds),
        "Requests": f"{level.requests:,}",
        "Failed": ", ".join(f"{code} {number:,}" for code, number in level.errors.items()),
        "Generator late by": seconds(level.generator_lag),
    }


def seconds(value: float | None) -> str:
    """A time as text: 0.412 s, 12.3 s; ? where it is not known."""
    return "?" if value is None else f"{value:.3g} s"


def _tiles(finding: Measurement) -> Iterator[tuple[str, str, str]]:
    """The main numbers: what it is, the number, and more of it."""
    failed = sum(finding.errors.values())
    own = next((level for level in finding.levels if level.concurrency == finding.max_concurrency), None)
    yield "max_concurrency", str(finding.max_concurrency or "none"), f"without doubt {finding.interval}"
    if own is not None:
        yield (
            finding.objective.words.capitalize(),
            seconds(own.value),
            f"the objective allows {seconds(finding.objective.limit)}",
        )
        yield "Requests a second", f"{own.throughput:.3g}", "at max_concurrency"
    yield (
        "Failed",
        share(failed / finding.requests) if finding.requests else "none",
        f"{failed:,} of {count(finding.requests, 'request')}",
    )
    yield "Load", duration(finding.seconds), f"at {count(len(finding.levels), 'level')}"


def _plots(finding: Measurement) -> Plots:
    levels = finding.levels
    places = [float(level.concurrency) for level in levels]
    sustained = finding.max_concurrency
    knee = (Spans("max_concurrency", [(sustained, sustained)], "good"),) if sustained else ()
    limit = finding.objective.limit
    values = [_number(level.value) for level in levels]
    highest = max([limit, *filter(math.isfinite, values)])
    # What failed by far would press all that matters to the axis.
    top = 1.1 * min(highest, 3 * limit)
    latency = Plot(
        "At which level does latency exceed the objective?",
        "seconds",
        (
            Series(
                "its confidence interval",
                [_number(level.high) for level in levels],
                "demand",
                "band",
                [_number(level.low) for level in levels],
            ),
            Series(finding.objective.words, values, "capacity"),
            Series(f"the objective, {seconds(limit)}", [limit] * len(levels), "overload", "dash"),
        ),
        knee,
        dots=tuple(_dot(level, level.value) for level in levels if level.value is not None),
        note="Values above the scale are drawn at its upper end." if highest > top else "",
        top=top,
    )
    throughput = Plot(
        "What is the throughput of one instance?",
        "requests a second that succeed",
        (Series("throughput", [level.throughput for level in levels], "signal"),),
        knee,
        dots=tuple(_dot(level, level.throughput) for level in levels),
    )
    return Plots((latency, throughput), "requests in flight", places, 1.05 * places[-1])


def _dot(level: LoadLevel, y: float) -> Dot:
    words = "held" if level.held else "failed"
    label = f"{level.concurrency} in flight {words}{'' if level.sure else ', in doubt'}"
    return Dot(str(level.concurrency), label, level.concurrency, y, "good" if level.held else "overload")


def _number(value: float | None) -> float:
    return math.nan if value is None else value
