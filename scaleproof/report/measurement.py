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


def measurement_blocks(found: Measurement, *, endpoint: str, instance_type: str, pools: str | None) -> Report:
    """A measurement. `pools`: `instance_pools`, None where no level held."""
    blocks: list[Block] = [
        Heading(endpoint, f"one instance of {instance_type}, {found.objective.sentence}"),
        Shown(found.headline, points=found.notes, level=_LEVELS[found.answer]),
        Tiles(tuple(_tiles(found))),
    ]
    if found.levels:
        blocks += [_plots(found), _levels(found)]
    if pools is not None:
        blocks.append(Code(pools, "For the module block"))
    return Report(f"What {endpoint} sustains", blocks, _BASIS)


_BASIS = (
    "Measured on one instance, with the requests of this run. Other audio, other features or another "
    "instance may differ; the interval covers chance only."
)


def _levels(found: Measurement) -> Table:
    told = [_cells(one, found.objective.words.capitalize()) for one in found.levels]
    made = table(told, ("Held", "Failed"), title="Every level")
    own = [one.concurrency == found.max_concurrency for one in found.levels]
    rows = [replace(row, style="own" if mine else "") for row, mine in zip(made.rows, own, strict=True)]
    return replace(made, rows=rows)


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
    own = next((one for one in finding.levels if one.concurrency == finding.max_concurrency), None)
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
    levels = sorted(finding.levels, key=lambda one: one.concurrency)
    places = [float(one.concurrency) for one in levels]
    found = finding.max_concurrency
    knee = (Spans("max_concurrency", [(found, found)], "good"),) if found else ()
    limit = finding.objective.limit
    values = [_number(one.value) for one in levels]
    highest = max([limit, *filter(math.isfinite, values)])
    # What failed by far would press all that matters to the axis.
    top = 1.1 * min(highest, 3 * limit)
    latency = Plot(
        "Where does latency leave the objective?",
        "seconds",
        (
            Series(
                "its confidence interval",
                [_number(one.high) for one in levels],
                "demand",
                "band",
                [_number(one.low) for one in levels],
            ),
            Series(finding.objective.words, values, "capacity"),
            Series(f"the objective, {seconds(limit)}", [limit] * len(levels), "overload", "dash"),
        ),
        knee,
        dots=tuple(_dot(one, one.value) for one in levels if one.value is not None),
        note="What is off the scale stands at its upper end." if highest > top else "",
        height=300,
        top=top,
    )
    throughput = Plot(
        "What does one instance get done?",
        "requests a second that succeed",
        (Series("throughput", [one.throughput for one in levels], "signal"),),
        knee,
        dots=tuple(_dot(one, one.throughput) for one in levels),
        height=240,
    )
    return Plots((latency, throughput), "requests in flight", places, 1.05 * max(places, default=1.0))


def _dot(level: LoadLevel, y: float) -> Dot:
    words = "held" if level.held else "failed"
    label = f"{level.concurrency} in flight {words}{'' if level.sure else ', in doubt'}"
    return Dot(str(level.concurrency), label, level.concurrency, y, "good" if level.held else "overload")


def _number(value: float | None) -> float:
    return math.nan if value is None else value
