"""What a simulation shows."""

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
    Row,
    Sentence,
    Table,
    Tiles,
    more,
)
from scaleproof.report.timeline import MOST_ROWS, failures, timeline
from scaleproof.simulation import Result, ScalingActivity
from scaleproof.studies.before import counterparts, rows
from scaleproof.studies.outcome import Outcome, numbers
from scaleproof.studies.verdict import Level
from scaleproof.studies.wording import count, duration, hours, money, per_day, share
from scaleproof.studies.wording import more as costs_more

MOST_ACTIVITIES = 200
"""The most rows of tables of activities on a page; a month has thousands."""
_PAST = {Level.HOLDS: "held", Level.STRAINED: "was strained", Level.FAILS: "failed"}


def simulation_blocks(
    outcomes: Sequence[Outcome], before: Sequence[Outcome] | None = None, gone: Sequence[str] = ()
) -> Report:
    """Simulated endpoints; beside each what it did before a change, unless `before` is None.

    `gone`: the names of those that there were before only.
    """
    blocks: list[Block] = []
    for outcome, was in zip(outcomes, counterparts(outcomes, before or ()), strict=True):
        blocks += _simulated(outcome, was, before is not None, len(outcomes))
    blocks += [Sentence(f"{name} is gone.") for name in gone]
    return Report(", ".join(one.result.endpoint for one in outcomes), [*blocks, beneath(outcomes)])


def beneath(outcomes: Iterable[Outcome]) -> Notes:
    """What belongs beneath outcomes, once for all of them."""
    return Notes(tuple(dict.fromkeys(sentence for one in outcomes for sentence in one.beneath)))


def _simulated(outcome: Outcome, was: Outcome | None, compared: bool, endpoints: int) -> Iterator[Block]:
    result, found = outcome.result, outcome.verdict
    advice = " ".join(outcome.advice.sentences) if outcome.advice else ""
    yield Heading(result.endpoint, about(result), found.level.words)
    yield Answer(found.headline, found.sentence, (), found.findings, advice, found.level)
    if compared:
        yield Sentence(f"{result.endpoint} is new." if was is None else _moved(was, outcome))
    yield Tiles(tuple(tiles(outcome)))
    if was is None:
        told = [Row(item) for item in numbers(outcome).items()]
        yield Table(("", result.endpoint), told, words=("",), folded="All numbers")
    else:
        told = [Row((row.name, row.before, row.after)) for row in rows(was, outcome)]
        columns, title = ("", "Before", "After"), f"{result.endpoint}, before and after"
        yield Table(columns, told, words=columns, title=title)
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
    one, other = (outcome.cost.usd if priced else outcome.cost.total_hours for outcome in (was, now))
    same = now.verdict.level is was.verdict.level
    before = "as before" if same else f"where it {_PAST[was.verdict.level]} before"
    return f"It {now.verdict.level.words}, {before}: {costs_more(one or 0.0, other or 0.0, priced=priced)}."


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
        yield "Cost", money(outcome.cost.usd), f"{money(outcome.cost_a_month or 0.0)} a month"
    yield (
        "Changes",
        f"{totals.scale_outs + totals.scale_ins}",
        f"{totals.scale_outs} out, {totals.scale_ins} in",
    )


def _failures(result: Result, failed: Sequence[ScalingActivity], most: int) -> Table:
    told = [
        Row((_time(result, one), _change(one), Cell(one.status, level="fails"), one.message))
        for one in failed[:most]
    ]
    columns, note = ("Time", "Instances", "Status", "Reason"), more(max(len(failed) - most, 0))
    return Table(columns, told, words=columns, title="What failed", note=note, page_only=True)


def _activities(result: Result, most: int) -> Table:
    told = [
        Row(
            (
                _time(result, one),
                _change(one),
                one.status,
                "" if one.end is None else duration(one.end - one.time),
                one.cause + (f" ({', '.join(one.not_scaled)})" if one.not_scaled else ""),
            )
        )
        for one in result.activities[:most]
    ]
    number = len(result.activities)
    return Table(
        ("Time", "Instances", "Status", "Took", "Cause"),
        told,
        words=("Time", "Instances", "Status", "Cause"),
        note=more(max(number - most, 0)),
        folded=f"Scaling activities ({number})",
        page_only=True,
    )


def _time(result: Result, one: ScalingActivity) -> str:
    return plot.moment(result.start, one.time)


def _change(one: ScalingActivity) -> str:
    return "unchanged" if one.desired is None else f"{one.before} to {one.desired}"


def _uncertainty(outcome: Outcome) -> Iterator[Block]:
    base, told, same = outcome.result.totals, [], []
    usual = (base.overload_seconds, base.waiting.p95, outcome.verdict.cut_per_day)
    for one in outcome.uncertainty:
        unchanged = (one.overload_seconds, one.waiting_p95, one.cut_per_day) == usual
        if unchanged and abs(one.instance_hours - outcome.cost.total_hours) < 1e-6:
            same.append(f"{one.assumption}={one.value}")
            continue
        cells = (share(one.served), per_day(one.cut_per_day), duration(one.overload_seconds))
        waits, spent = duration(one.waiting_p95), hours(one.instance_hours)
        told.append(Row((one.assumption, one.base, one.value, *cells, waits, spent)))
    names = ("Served", "Cut a day", "Above capacity", "Waiting, 95 %", "Instance-hours")
    words = ("Assumption", "Taken as", "Changed to")
    yield Table(
        (*words, *names),
        told,
        words=words,
        title=f"{outcome.result.endpoint} with one assumption changed",
        about="The same traffic and seed, with one answer changed to what the sources leave open.",
        note=f"No difference: {', '.join(same)}." if same else "",
    )
