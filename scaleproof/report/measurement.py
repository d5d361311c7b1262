"""The page of a measurement: the answer, the curves over concurrency, and every level."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from scaleproof.measuring.finding import Answer, Finding, Judged
from scaleproof.report import drawing, plot
from scaleproof.report.page import render
from scaleproof.report.plot import Dot, Key, Layer, Mark, Plot
from scaleproof.studies.wording import count, duration, share

_LEVELS = {
    Answer.FOUND: "holds",
    Answer.BEYOND: "holds",
    Answer.UNFINISHED: "strained",
    Answer.NEVER: "fails",
}


def measurement_page(
    finding: Finding, *, endpoint: str, instance_type: str, pools: str, command: str = ""
) -> str:
    """The page of a measurement. `pools`: `finding.pools`, or nothing; `command`: the command line."""
    return render(
        "measurement.html.j2",
        title=f"What {endpoint} sustains",
        command=command,
        endpoint=endpoint,
        instance_type=instance_type,
        objective=finding.objective.sentence,
        statistic=finding.objective.words.capitalize(),
        finding=finding,
        level=_LEVELS[finding.answer],
        tiles=list(_tiles(finding)),
        plots=[_latency(finding), _throughput(finding)],
        pools=pools,
        rows=[cells(one, own=one.concurrency == finding.max_concurrency) for one in finding.levels],
    )


def cells(level: Judged, *, own: bool = False) -> dict[str, Any]:
    """A level as text, for a row of a table."""
    estimate = level.estimate
    return {
        "own": own,
        "concurrency": level.concurrency,
        "held": ("yes" if level.held else "no") + ("" if level.sure else ", in doubt"),
        "style": ("holds" if level.held else "fails") if level.sure else "strained",
        "value": seconds(estimate.value),
        "between": f"{seconds(estimate.low)} to {seconds(estimate.high)}",
        "throughput": f"{level.throughput:.3g}",
        "seconds": duration(level.seconds),
        "requests": f"{level.replies:,}",
        "errors": ", ".join(f"{code} {number:,}" for code, number in level.errors.items()),
        "late": seconds(level.generator_lag),
    }


def seconds(value: float) -> str:
    """A time as text: 0.412 s, 12.3 s; ? where it is not known."""
    return f"{value:.3g} s" if math.isfinite(value) else "?"


def _tiles(finding: Finding) -> Iterator[dict[str, str]]:
    """The main numbers."""
    failed = finding.errors.total()
    own = next((one for one in finding.levels if one.concurrency == finding.max_concurrency), None)
    yield {
        "name": "max_concurrency",
        "value": str(finding.max_concurrency or "none"),
        "more": f"without doubt {finding.interval}",
    }
    if own is not None:
        yield {
            "name": finding.objective.words.capitalize(),
            "value": seconds(own.estimate.value),
            "more": f"the objective allows {seconds(finding.objective.limit)}",
        }
        yield {"name": "Requests a second", "value": f"{own.throughput:.3g}", "more": "at max_concurrency"}
    yield {
        "name": "Failed",
        "value": share(failed / finding.requests) if finding.requests else "none",
        "more": f"{failed:,} of {count(finding.requests, 'request')}",
    }
    yield {
        "name": "Load",
        "value": duration(finding.seconds),
        "more": f"at {count(len(finding.levels), 'level')}",
    }


def _latency(finding: Finding) -> Plot:
    limit = finding.objective.limit
    levels = [one for one in finding.levels if math.isfinite(one.estimate.value)]
    # What failed by far would press all that matters to the axis.
    top, y = plot.values(min(max([limit, *(one.estimate.value for one in levels)]), 3 * limit) * 1.1)
    place, x = _across(finding)
    spans = [
        (place(one), one.estimate.low, one.estimate.high if math.isfinite(one.estimate.high) else top)
        for one in levels
    ]
    layers = [
        Layer(drawing.band(spans, top), "fill demand"),
        Layer(drawing.curve([(place(one), one.estimate.value) for one in levels], top), "line capacity"),
        Layer(drawing.level(limit, top), "dash overload"),
        *_knee(finding, place),
    ]
    legend = [
        Key(finding.objective.words, "line capacity"),
        Key("its confidence interval", "area demand"),
        Key(f"the objective, {seconds(limit)}", "dash overload"),
        *([Key("max_concurrency", "mark out")] if finding.max_concurrency else []),
    ]
    dots = [_dot(one, place(one), 100 * min(one.estimate.value / top, 1.02)) for one in levels]
    return Plot(
        "Where does latency leave the objective?",
        tuple(layers),
        tuple(x),
        tuple(y),
        "seconds, over requests in flight",
        tuple(legend),
        dots=tuple(dots),
        note="What is off the scale stands at its upper end." if any(dot.y > 100 for dot in dots) else "",
        height=280,
    )


def _throughput(finding: Finding) -> Plot:
    levels = finding.levels
    top, y = plot.values(max([one.throughput for one in levels], default=0.0) * 1.1)
    place, x = _across(finding)
    return Plot(
        "What does one instance get done?",
        (
            Layer(drawing.curve([(place(one), one.throughput) for one in levels], top), "line signal"),
            *_knee(finding, place),
        ),
        tuple(x),
        tuple(y),
        "requests that succeed per second, over requests in flight",
        (Key("throughput", "line signal"),),
        dots=tuple(_dot(one, place(one), 100 * one.throughput / top) for one in levels),
        height=200,
    )


def _across(finding: Finding) -> tuple[Callable[[Judged], float], list[Mark]]:
    """The axis of levels: from a level to a share of the width, and the marks."""
    end, marks = plot.values(max([one.concurrency for one in finding.levels], default=1))
    return lambda level: level.concurrency / end, [one for one in marks if "." not in one.label]


def _knee(finding: Finding, place: Callable[[Judged], float]) -> list[Layer]:
    """A line at max_concurrency."""
    found = [place(one) for one in finding.levels if one.concurrency == finding.max_concurrency]
    return [Layer(drawing.ticks(found, 0, 1), "line out")]


def _dot(level: Judged, x: float, y: float) -> Dot:
    words = "held" if level.held else "failed"
    label = f"{level.concurrency} in flight {words}{'' if level.sure else ', in doubt'}"
    return Dot(str(level.concurrency), label, 100 * x, y, "oracle" if level.held else "failed", 14)
