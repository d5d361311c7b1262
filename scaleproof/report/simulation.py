"""Makes the blocks of simulations: verdicts, tiles, timelines and footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scaleproof.report import plot
from scaleproof.report.blocks import (
    Answer,
    Block,
    Cell,
    Heading,
    Notes,
    Report,
    Sentence,
    Table,
    Tiles,
    left_out,
    table,
)
from scaleproof.report.timeline import MOST_ROWS, failures, timeline
from scaleproof.simulation import Result, ScalingActivity
from scaleproof.studies.baseline import counterparts, rows
from scaleproof.studies.candidate import price
from scaleproof.studies.outcome import Outcome, columns, numbers
from scaleproof.studies.verdict import Level, ended, lost
from scaleproof.studies.wording import count, duration, hours, money, more, per_day, share

MOST_ACTIVITIES = 200
"""The most rows of tables of activities on a page; a month has thousands."""
_PAST = {Level.HOLDS: "held", Level.STRAINED: "was strained", Level.FAILS: "failed"}


def simulation_blocks(
    outcomes: Sequence[Outcome], baseline: Sequence[Outcome] | None = None, gone: Sequence[str] = ()
) -> Report:
    """Simulated endpoints; beside each what it did before a change, unless `baseline` is None.

    `gone`: the names of those that there were before only.
    """
    blocks: list[Block] = []
    for outcome, was in zip(outcomes, counterparts(outcomes, baseline or ()), strict=True):
        blocks += _simulated(outcome, was, baseline is not None, len(outcomes))
    blocks += [Sentence(f"{name} is gone.") for name in gone]
    return Report(", ".join(outcome.result.endpoint for outcome in outcomes), [*blocks, beneath(outcomes)])


def beneath(outcomes: Iterable[Outcome]) -> Notes:
    """What belongs beneath outcomes, once for all of them."""
    return Notes(tuple(dict.fromkeys(sentence for outcome in outcomes for sentence in outcome.beneath)))


def _simulated(outcome: Outcome, was: Outcome | None, beside: bool, endpoints: int) -> Iterator[Block]:
    result, verdict = outcome.result, outcome.verdict
    advice = " ".join(outcome.advice.sentences) if outcome.advice else ""
    yield Heading(result.endpoint, about(result), verdict.level.words)
    yield Answer(verdict.headline, verdict.sentence, (), verdict.findings, advice, verdict.level)
    if beside:
        yield Sentence(f"{result.endpoint} is new." if was is None else _moved(was, outcome))
    yield Tiles(tuple(tiles(outcome)))
    if was is None:
        cells = [{"": name, result.endpoint: text} for name, text in numbers(outcome).items()]
        yield table(cells, ("",), folded="All numbers")
    else:
        cells = [{"": row.name, "Before": row.before, "After": row.after} for row in rows(was, outcome)]
        yield table(cells, list(cells[0]), title=f"{result.endpoint}, before and after")
    yield timeline(outcome, MOST_ROWS // endpoints)
    most = max(MOST_ACTIVITIES // endpoints, 10)
    if failed := failures(result):
        yield _failures(result, failed, most)
    if outcome.uncertainty:
        yield from _uncertainty(outcome)
    if result.activities:
        yield _activities(result, most)


def _moved(was: Outcome, now: Outcome) -> str:
    """What a change did to the verdict and to the bill."""
    priced = was.cost.usd is not None and now.cost.usd is not None
    before_cost, after_cost = (price(cost) if priced else cost.total_hours for cost in (was.cost, now.cost))
    same = now.verdict.level is was.verdict.level
    before = "as before" if same else f"where it {_PAST[was.verdict.level]} before"
    return f"It {now.verdict.level.words}, {before}: {more(before_cost, after_cost, priced=priced)}."


def about(result: Result) -> str:
    """What was simulated, in one line."""
    kind = "asynchronous" if result.kind == "async" else "real-time"
    start = f"{result.start:%a} {result.start.day} {result.start:%b %Y %H:%M} {plot.zone(result.start)}"
    return f"{kind} endpoint, {duration(result.traffic_duration)} of {result.traffic} from {start}, seed {result.seed}"


def tiles(outcome: Outcome, seeds: int = 1) -> Iterator[tuple[str, str, str]]:
    """The main numbers: what it is, the number, and more of it. `seeds`: its cost is the mean of so many."""
    result, totals = outcome.result, outcome.result.totals
    mean = f", mean of {seeds} seeds" if seeds > 1 else ""
    yield "Served", outcome.served, f"of {count(ended(result), 'request')}"
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
        f"peak {count(totals.peak_instances, 'instance')}{mean}",
    )
    if (monthly := outcome.cost_a_month) is not None:
        yield "Cost", money(price(outcome.cost)), f"{money(monthly)} a month{mean}"
    yield (
        "Changes",
        f"{totals.scale_outs + totals.scale_ins}",
        f"{totals.scale_outs} out, {totals.scale_ins} in",
    )


def _failures(result: Result, failed: Sequence[ScalingActivity], most: int) -> Table:
    cells = [
        {**_event(result, activity), "Status": Cell(activity.status, level="fails"), "Reason": activity.message}
        for activity in failed[:most]
    ]
    note = left_out(len(failed) - most)
    return table(cells, list(cells[0]), title="What failed", note=note, page_only=True)


def _activities(result: Result, most: int) -> Table:
    cells = [
        {
            **_event(result, activity),
            "Status": activity.status,
            "Took": "" if activity.end is None else duration(activity.end - activity.time),
            "Cause": activity.cause + (f" ({', '.join(activity.not_scaled)})" if activity.not_scaled else ""),
        }
        for activity in result.activities[:most]
    ]
    number, words = len(result.activities), ("Time", "Instances", "Status", "Cause")
    title, note = f"Scaling activities ({number})", left_out(number - most)
    return table(cells, words, note=note, folded=title, page_only=True)


def _event(result: Result, activity: ScalingActivity) -> dict[str, str | Cell]:
    moved = "unchanged" if activity.desired is None else f"{activity.before} to {activity.desired}"
    return {"Time": plot.moment(result.start, activity.time), "Instances": moved}


def _uncertainty(outcome: Outcome) -> Iterator[Block]:
    cells, same = [], []
    usual = _measures(outcome)
    for variation in outcome.uncertainty:
        (change,) = variation.changes
        if _measures(variation.outcome) == usual:
            same.append(f"{change.name}={change.value}")
            continue
        named = {"Assumption": change.name, "Taken as": f"{change.before}", "Changed to": f"{change.value}"}
        used = {"Instance-hours": hours(variation.outcome.cost.total_hours)}
        cells.append({**named, **columns(variation.outcome), **used})
    if cells:
        title = f"{outcome.result.endpoint} with one assumption changed"
        about = "The same traffic and seed, with one assumption changed to another value that the sources allow."
        yield table(cells, ("Assumption", "Taken as", "Changed to"), title=title, about=about)
    if same:
        yield Sentence(f"No difference: {', '.join(same)}.")


def _measures(outcome: Outcome) -> tuple[float, ...]:
    """What a change of an assumption may change."""
    totals = outcome.result.totals
    gone, used = lost(outcome.result), round(outcome.cost.total_hours, 6)
    return totals.overload_seconds, totals.waiting.p95, totals.cut, gone, used
