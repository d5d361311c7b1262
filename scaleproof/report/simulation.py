"""The page of simulated endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scaleproof.report import plot
from scaleproof.report.page import render
from scaleproof.report.timeline import MOST_ROWS, failures, timeline
from scaleproof.simulation import Result, ScalingActivity
from scaleproof.studies.assumptions import StartUp
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.wording import count, duration, hours, money, per_day, share

MOST_ACTIVITIES = 200
"""The most rows of tables of activities on a page; a month has thousands."""


def simulation_page(outcomes: Sequence[Outcome], *, command: str = "") -> str:
    """The page of simulated endpoints. `command`: the command line that made the page."""
    return render(
        "simulation.html.j2",
        title=", ".join(outcome.result.endpoint for outcome in outcomes),
        command=command,
        assumed=assumed(outcomes),
        priced_by=priced(outcomes),
        endpoints=[view(outcome, len(outcomes)) for outcome in outcomes],
    )


def assumed(outcomes: Sequence[Outcome]) -> list[StartUp]:
    """The start-ups that outcomes assume, for the box of a page."""
    return list(dict.fromkeys(outcome.start_up for outcome in outcomes))


def priced(outcomes: Sequence[Outcome]) -> list[str]:
    """Whose prices the costs of outcomes have."""
    return list(dict.fromkeys(one.cost.prices.sentence for one in outcomes if one.cost.prices))


def view(outcome: Outcome, endpoints: int) -> dict[str, Any]:
    """The values of the page for one endpoint of several."""
    result, most = outcome.result, max(MOST_ACTIVITIES // endpoints, 10)
    return {
        "heading": result.endpoint,
        "about": about(result),
        "verdict": outcome.verdict,
        "advice": outcome.advice,
        "tiles": list(tiles(outcome)),
        "plots": timeline(outcome, MOST_ROWS // endpoints),
        "failures": [_activity(result, item) for item in failures(result)[:most]],
        "more_failures": max(len(failures(result)) - most, 0),
        "activities": [_activity(result, item) for item in result.activities[:most]],
        "more_activities": max(len(result.activities) - most, 0),
        "uncertainty": outcome.uncertainty,
    }


def about(result: Result) -> str:
    """What was simulated, in one line."""
    kind = "asynchronous" if result.kind == "async" else "real-time"
    start = f"{result.start:%a} {result.start.day} {result.start:%b %Y %H:%M} {plot.zone(result.start)}"
    return (
        f"{kind} endpoint, {duration(result.duration)} of {result.traffic} from {start}, seed {result.seed}"
    )


def tiles(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """The main numbers: what it is, the number, and more of it."""
    result, totals = outcome.result, outcome.result.totals
    yield "Served", outcome.served, f"of {count(totals.arrivals, 'request')}"
    if result.kind == "async":
        yield "Waiting, 95 %", duration(totals.waiting.p95), f"at most {duration(totals.waiting.max)}"
    else:
        yield (
            "Above capacity",
            duration(totals.overload_seconds),
            f"{share(totals.overload_seconds / result.duration)} of the time",
        )
        yield "Waiting, 99 %", duration(totals.waiting.p99), f"at most {duration(totals.waiting.max)}"
        yield "Cut by scale-in", per_day(outcome.verdict.cut_per_day), f"a day, {totals.cut:,} in all"
    yield (
        "Instance-hours",
        hours(outcome.cost.total_hours),
        f"peak {count(totals.peak_instances, 'instance')}",
    )
    if outcome.cost.usd is not None:
        days = result.duration / 86_400
        more = f"{money(outcome.cost.usd / days)} a day" if days > 1 else "at the prices given"
        yield "Cost", money(outcome.cost.usd), more
    yield (
        "Changes",
        f"{totals.scale_outs + totals.scale_ins}",
        f"{totals.scale_outs} out, {totals.scale_ins} in",
    )


def _activity(result: Result, item: ScalingActivity) -> dict[str, str]:
    moved = "unchanged" if item.desired is None else f"{item.before} to {item.desired}"
    took = "" if item.end is None else duration(item.end - item.time)
    return {
        "time": plot.moment(result.start, item.time),
        "moved": moved,
        "status": item.status,
        "took": took,
        "cause": item.cause + (f" ({', '.join(item.not_scaled)})" if item.not_scaled else ""),
        "reason": item.message,
    }
