"""Makes the blocks of an audit: record and replay on one timeline, and their differences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scaleproof.auditing.audit import Audit
from scaleproof.auditing.lines import NEAR, EventKind, Line
from scaleproof.report.blocks import Answer, Block, Heading, Notes, Report, Row, Table, left_out
from scaleproof.report.plot import Dot, Plot, Plots, Series, Spans, over_time, visible
from scaleproof.report.timeline import States, alarm_spans
from scaleproof.scaling.autoscaling import Status
from scaleproof.studies.wording import count

MOST_LINES = 1_000
"""The most rows of a page's tables, and the most strokes of a kind in a lane."""
_RECORDED: dict[str, Any] = {"part": (0.52, 0.95), "side": "recorded"}
_REPLAYED: dict[str, Any] = {"part": (0.05, 0.48), "side": "replayed"}
"""The halves of a lane."""
_MARKS = {
    EventKind.SCALING: ("changed the count", "capacity"),
    EventKind.NOT_SCALED: ("did not scale", "soft"),
    EventKind.BOUNDS: ("schedule set bounds", "signal"),
    EventKind.UNFULFILLED: ("unfulfilled", "overload"),
}

Curve = list[tuple[float, int]]
"""Instances from a time on (epoch seconds), in order."""


def audit_blocks(audit: Audit, place: str) -> Report:
    """An audit. `place`: where its record is from."""
    return Report(f"Audit: {audit.case.name}", list(_audited(audit, place)), _BASIS)


_BASIS = (
    "The data of the alarms, replayed with the documented rules of CloudWatch alarms and Application Auto "
    "Scaling, and with assumptions where AWS documents nothing. A difference that no assumption explains is a "
    "defect of scaleproof, a setting that changed, or behaviour of AWS that is not known yet."
)


def _audited(audit: Audit, place: str) -> Iterator[Block]:
    case, differing = audit.case, audit.differences
    ids = {id(line): f"difference-{n}" for n, line in enumerate(differing[:MOST_LINES], 1)}
    span = f"{_moment(max(case.judged, case.start))} to {_moment(case.end)} UTC"
    level = "holds" if audit.agrees else "strained" if audit.explained else "fails"
    yield Heading(f"{case.name}, audited", f"{place}, {span}")
    yield Answer(audit.sentence, points=audit.findings, level=level)
    yield _timeline(audit, ids)
    if differing:
        rows = [_row(audit, line, ids) for line in differing[:MOST_LINES]]
        rest = left_out(len(differing) - MOST_LINES)
        yield Table(_COLUMNS, rows, words=_COLUMNS, title="Differences", note=rest, page_only=True)
    yield Notes(
        [f"{words}: {answers}." for words, answers in audit.evidence.items()], "What this shows about assumptions"
    )
    if audit.lines:
        columns = _COLUMNS if differing else _COLUMNS[:-1]
        all_rows = (_row(audit, line, {}) for line in audit.lines[:MOST_LINES])
        rows = [replace(row, cells=row.cells[: len(columns)]) for row in all_rows]
        folded, rest = f"All events ({len(audit.lines)})", left_out(len(audit.lines) - MOST_LINES)
        yield Table(columns, rows, words=columns, folded=folded, note=rest)


_COLUMNS = ("Kind", "What", "Recorded", "Replayed", "Explained by")


def _row(audit: Audit, line: Line, ids: Mapping[int, str]) -> Row:
    """A line of a table. `ids`: of differences that dots lead to, by the identity of their lines."""
    name, explained = ids.get(id(line), ""), line.explained
    again = f", and {count(line.times - 1, 'time')} more" if line.times > 1 else ""
    style = "" if line.agrees else "explained" if explained else "differs"
    cells = (
        line.kind.value,
        audit.named(line.description),
        _moment(line.recorded),
        _moment(line.replayed) + again,
        "" if line.agrees else explained or "nothing",
    )
    return Row(cells, style, name.rpartition("-")[2], name)


def _timeline(audit: Audit, ids: Mapping[int, str]) -> Plots:
    case = audit.case
    start = max(case.judged, case.start)
    length = case.end - start
    recorded, replayed = _counts(audit, start)
    times = sorted({start, *(time for time, _ in (*recorded, *replayed) if start < time < case.end)})
    # Each place stands for the highest counts until the next one.
    group = -(-len(times) // (2 * MOST_LINES))
    parts = [times[index : index + group] for index in range(0, len(times), group)]

    def highest(curve: Curve) -> list[int]:
        return [max(_at(curve, time) for time in part) for part in parts]

    differing = [line for line in audit.differences if _times(line)]
    differs = sorted((min(_times(line)) - start, max(_times(line)) - start) for line in differing)
    alarms = sorted(case.alarms)
    lanes = (*(["differences"] if differing else []), "activities", *map(audit.named, alarms))
    row = lanes.index("activities")
    spans = [*_activities(audit, start, length, row)]
    for lane, alarm in enumerate(alarms, row + 1):
        for states, half in zip(_states(audit, alarm, start), (_RECORDED, _REPLAYED), strict=True):
            spans += (replace(span, **half) for span in alarm_spans(alarm, states, length, MOST_LINES, lane))
    plots = (
        Plot(
            "How many instances were requested?",
            "instances",
            (
                Series("recorded", highest(recorded), "capacity"),
                Series("replayed", highest(replayed), "waiting", "dash"),
            ),
            (Spans("differs", visible(differs, length, MOST_LINES), "overload"),) if differs else (),
            note="A change that only the replay makes is undone after three minutes; a change that only the record has "
            "is applied to the replay.",
            scale="counts",
        ),
        Plot(
            "What did alarms, policies and schedules do?",
            spans=tuple(spans),
            lanes=lanes,
            dots=tuple(
                Dot(
                    ids[id(line)].rpartition("-")[2],
                    audit.named(line.description),
                    line.time - start,
                    len(lanes) - 0.68,
                    "waiting" if line.explained else "overload",
                    ids[id(line)],
                )
                for line in differing
                if id(line) in ids
            ),
            note="In each row, the record is above and the replay is below. Numbers lead to the differences.",
        ),
    )
    return over_time(plots, datetime.fromtimestamp(start, UTC), [part[0] - start for part in parts], length)


def _times(line: Line) -> list[float]:
    return [time for time in (line.recorded, line.replayed) if time is not None]


def _counts(audit: Audit, start: float) -> tuple[Curve, Curve]:
    """The instances of the record, and those of the replay, which goes on with the record's."""
    case = audit.case
    recorded: Curve = [(case.start, case.count)]
    failed: Curve = []
    for change in case.changes:
        if change.refused:
            continue
        if change.status is Status.FAILED and change.end is not None:
            failed.append((change.end, recorded[-1][1]))
        recorded.append((change.start, change.desired or 0))
    recorded = sorted([*recorded, *failed], key=lambda point: point[0])
    replayed: Curve = [(start, _at(recorded, start)), *(point for point in failed if point[0] > start)]
    for line in audit.lines:
        if line.kind is not EventKind.SCALING:
            continue
        if line.replayed is None:
            replayed.append((line.time + NEAR, line.key))
            continue
        replayed.append((line.replayed, line.key))
        goes_on = max(_times(line)) + NEAR
        if not line.agrees and _at(recorded, goes_on) != line.key:
            replayed.append((goes_on, _at(recorded, goes_on)))
    return recorded, sorted(replayed, key=lambda point: point[0])


def _at(curve: Curve, time: float) -> int:
    return curve[max(bisect_right(curve, time, key=lambda point: point[0]) - 1, 0)][1]


def _activities(audit: Audit, start: float, length: float, lane: int) -> Iterator[Spans]:
    """Strokes of the lane of activities: those of the record, and those of the replay below."""
    for kind, (label, colour) in _MARKS.items():
        lines = [line for line in audit.lines if line.kind is kind]
        for half, times in (
            (_RECORDED, [line.recorded for line in lines]),
            (_REPLAYED, [line.replayed for line in lines]),
        ):
            strokes = sorted((time - start, time - start) for time in times if time is not None)
            if strokes:
                yield Spans(label, visible(strokes, length, MOST_LINES), colour, lane, **half)
    failed = sorted(change.start - start for change in audit.case.changes if change.status is Status.FAILED)
    if strokes := [(time, time) for time in failed if time >= 0]:
        yield Spans("failed", visible(strokes, length, MOST_LINES), "overload", lane, **_RECORDED)


def _states(audit: Audit, alarm: str, start: float) -> tuple[States, States]:
    """The states of an alarm in the record, and in the replay (seconds from the start)."""
    case = audit.case
    changes = sorted(
        (transition.time, transition.old, transition.new)
        for transition in case.transitions
        if transition.alarm == alarm
    )
    former = [after for time, _, after in changes if time <= start]
    later = [before for time, before, _ in changes if time > start]
    first = [*former[-1:], *later[:1], case.alarms[alarm].state][0]
    lines = [line for line in audit.lines if line.kind is EventKind.ALARM and line.key[0] == alarm]
    recorded = [(time, after) for time, _, after in changes if time > start]
    replayed = sorted((line.replayed, line.key[2]) for line in lines if line.replayed is not None)

    def states(changed: Iterable[tuple[float, str]]) -> States:
        return [(0.0, first), *((time - start, state) for time, state in changed)]

    return states(recorded), states(replayed)


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{datetime.fromtimestamp(round(seconds, 1), UTC):%a %d %b %H:%M:%S.%f}"[:-5]
