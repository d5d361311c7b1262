"""Captures: what was recorded of one scalable target, in the form of tests/vectors, and the case in it.

A capture is rows of a time, a kind and a value. The columns of a file are timeline (the capture's name),
t_utc, kind, value, evidence and source. These kinds count:

- `target`: min, max and desired at the start, with the dimensions of the predefined metrics (JSON);
- `policy`, `schedule`: as DescribeScalingPolicies and DescribeScheduledActions have them, a policy with the
  names of its alarms (JSON); `settings`: an alarm as DescribeAlarms has it, with its state then and the
  states `Acting` on the policy (JSON);
- `metric`: what a kind of its own name is the data points of, each at the start of its period (JSON);
- an alarm's name: a new state, "OK to ALARM";
- `activity_start` and `activity_end`, `not_scaled`, `bounds`: activities; `suspend`, `resume`, `moved`: what
  was done to the target, the last one new bounds by hand;
- `judged`: from when on it is compared; `end`: when the record ended, by default at the last row.

Others are notes.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from scaleproof import bounds, shapes
from scaleproof.auditing.case import Bounds, Case, Scaling, Transition, Unscaled, Watched
from scaleproof.endpoints import checks, metric_data
from scaleproof.endpoints.documents import Document
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings, State
from scaleproof.scaling.autoscaling import Code, NotScaled, Status
from scaleproof.scaling.endpoint import SUSPENDED, Policy, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import CONFIGURATIONS, parse_alarm, parse_policy
from scaleproof.shapes import Keyed, Null
from scaleproof.texts import json_value, number, read

COLUMNS = ("timeline", "t_utc", "kind", "value", "evidence", "source")
UPDATING = "updating"
"""What the end of a change that the endpoint refused says beside its status."""

MOST_ROWS = 500_000
"""Of a file: twenty metrics by the minute for the 15 days that CloudWatch has them, and more."""
MOST_SETTINGS, MOST_EVENTS = 1_000, 10_000
"""Rows of each kind in a capture. AWS allows a target 50 policies and 200 schedules; six weeks of activities
are kept. Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""
_DIMENSIONS = Keyed(str)
_ALARM = {"AlarmName": str, "StateValue?": str, "Acting?": [str]}
_SHAPES: Mapping[str, shapes.Shape] = {
    "target": {"min": int, "max": int, "desired": int, "dimensions?": _DIMENSIONS},
    "policy": {"PolicyName": str, "PolicyType": str, "Alarms": [str]},
    "schedule": {"ScheduledActionName": str, "Schedule": str},
    "settings": _ALARM,
    "metric": {
        **{"Id": str, "Namespace": str, "MetricName": str, "Stat": str, "Period": int},
        **{"Dimensions?": _DIMENSIONS, "Unit?": Null(str)},
    },
}
"""What a row of each kind holds as JSON, where the API's own models do not say it."""
_MODELS = {"policy": checks.POLICY, "schedule": checks.SCHEDULE, "settings": checks.ALARM}
_EVENTS = ("activity_start", "activity_end", "not_scaled", "bounds", "suspend", "resume", "moved")
_LONGEST = 86_400
"""Seconds of a period."""
_CODES = frozenset(map(str, Code))
_STATES = re.compile(rf"({'|'.join(State)}) to ({'|'.join(State)})")
_DESIRED = re.compile(r"desired (?:\d+ )?to (\d+)")
_ENDED = re.compile(r"desired (\d{1,6})(?!\d)")
CAUSE = re.compile(r", cause: alarm (.+)")
_SUSPENSION = re.compile(rf"({'|'.join(SUSPENDED)}) (true|false)")


@dataclass(frozen=True)
class Row:
    """One entry; `time` in epoch seconds. `line`: its row in a file, 0 where it is of none."""

    time: float
    kind: str
    value: str
    line: int = 0


@dataclass(frozen=True)
class Capture:
    """All rows of one record, and its `file`. `notes`: what it leaves open, for people; no file has them."""

    name: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    file: str = ""

    def of(self, *kinds: str) -> list[Row]:
        """The rows of kinds, in the order of time."""
        return sorted((row for kind in set(kinds) for row in self.by_kind.get(kind, ())), key=_time)

    @cached_property
    def by_kind(self) -> dict[str, list[Row]]:
        """The rows of each kind, as they stand."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.kind, []).append(row)
        return found

    def place(self, row: Row) -> str:
        """What names a row in errors."""
        return f"{self.file}, row {row.line} ({row.kind})" if self.file else f"{self.name} ({row.kind})"

    @contextmanager
    def reading(self, row: Row) -> Iterator[None]:
        """Makes a ScaleproofError that names the row of what is wrong with it: a ValueError says what."""
        try:
            yield
        except ScaleproofError as error:
            raise ScaleproofError(f"{self.place(row)}: {error.message}", advice=error.advice) from error
        except RecursionError as error:
            raise ScaleproofError(f"{self.place(row)} is nested too deeply.") from error
        except ValueError as error:
            raise ScaleproofError(
                f"{self.place(row)}: {error}.", advice="docs/auditing.md describes the rows of a capture."
            ) from error


def _time(row: Row) -> float:
    return row.time


def load(path: Path, name: str | None = None) -> list[Capture]:
    """The captures of a file, or the one of that name. Raises ScaleproofError."""
    try:
        lines = csv.DictReader(io.StringIO(read(path).decode("utf-8-sig"), newline=""), strict=True)
        missing = [column for column in COLUMNS if column not in (lines.fieldnames or ())]
        if missing:
            raise ScaleproofError(
                f"{path} is no file of captures: it has no column {', '.join(missing)}.",
                advice=f"Its columns are {', '.join(COLUMNS)}.",
            )
        found: dict[str, list[Row]] = {}
        for line, row in enumerate(lines, 2):
            if line > MOST_ROWS:
                raise ScaleproofError(f"{path} has more than {MOST_ROWS:,} rows.")
            found.setdefault(row["timeline"], []).append(_row(path, line, row))
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ScaleproofError(f"{path} cannot be read: it is not text in UTF-8.") from error
    except csv.Error as error:
        raise ScaleproofError(f"{path} is not CSV: {error}.") from error
    if name is not None and name not in found:
        raise ScaleproofError(f"{path} has no capture {name}.", advice=f"It has {', '.join(found)}.")
    if not found:
        raise ScaleproofError(f"{path} has no rows.")
    return [Capture(key, tuple(some), file=str(path)) for key, some in found.items() if name in (None, key)]


def _row(path: Path, line: int, cells: Mapping[str, Any]) -> Row:
    if any(cells[column] is None for column in COLUMNS):
        raise ScaleproofError(f"{path}: row {line} is too short.", advice=f"It has {len(COLUMNS)} columns.")
    try:
        time = bounds.instant(cells["t_utc"]).timestamp()
    except ValueError as error:
        raise ScaleproofError(
            f"{path}, row {line}: t_utc is {cells['t_utc']!r}; expected is {error}.",
            advice="Write a time as 2026-09-17T01:44:00Z.",
        ) from None
    return Row(time, cells["kind"], cells["value"], line)


def text(capture: Capture, source: str) -> str:
    """A capture as a file. `source`: where it is from."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in sorted(capture.rows, key=lambda row: row.time):
        writer.writerow((capture.name, clock(row.time), row.kind, row.value, "OBSERVED", source))
    return file.getvalue()


def clock(time: float) -> str:
    """A time as the files have it."""
    moment = datetime.fromtimestamp(round(time, 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")


def case(capture: Capture) -> Case:
    """The case in a capture.

    Raises ScaleproofError that names the row of what is malformed, out of bounds or not modelled.
    """
    documents = {kind: [(row, _document(capture, row)) for row in capture.of(kind)] for kind in _SHAPES}
    if len(documents["target"]) != 1:
        raise ScaleproofError(
            f"{capture.name} has {len(documents['target'])} rows of the kind target, not one."
        )
    ((target, first),) = documents["target"]
    settings = {document["AlarmName"]: (row, document) for row, document in documents["settings"]}
    alarms: dict[str, AlarmSettings] = {}
    watched: dict[str, Watched] = {}
    for name, (row, document) in settings.items():
        if not any(name in policy["Alarms"] for _, policy in documents["policy"]):
            raise ScaleproofError(f"{capture.place(row)}: no policy names the alarm {name}.")
        with capture.reading(row):
            alarms[name] = parse_alarm(document)
            watched[name] = Watched(
                alarms[name],
                max(row.time, target.time),
                State(document.get("StateValue", State.INSUFFICIENT_DATA)),
                tuple(map(State, document.get("Acting", (State.ALARM,)))),
            )
    end = _end(capture, target, alarms)
    judged = capture.of("judged")
    scalings = tuple(_scalings(capture))
    reasons = [(row, row.value.split(", ")[0]) for row in capture.of("not_scaled")]
    unscaled = tuple(_unscaled(capture, row) for row, code in reasons if code in _CODES)
    policies = tuple(_policies(capture, documents["policy"], alarms))
    named = {policy.name for policy in policies}
    notes = [
        f"{code} is not modelled, and left out." for code in sorted({code for _, code in reasons} - _CODES)
    ]
    notes += [
        f"Policy {name} has no alarm any more, and is left out."
        for _, policy in documents["policy"]
        if (name := policy["PolicyName"]) not in named
    ]
    causes = {one.alarm for one in scalings if one.alarm} | {one.alarm for one in unscaled}
    if unknown := sorted(causes - alarms.keys()):
        raise ScaleproofError(
            f"{capture.name}: activities name alarms that are gone: {', '.join(unknown)}.",
            advice="Audit a later time, from when the policies were put last.",
        )
    return Case(
        name=capture.name,
        start=target.time,
        end=end,
        judged=judged[0].time if judged else target.time,
        target=ScalableTarget(
            first["min"],
            first["max"],
            policies,
            tuple(_schedule(capture, row, document) for row, document in documents["schedule"]),
        ),
        count=first["desired"],
        alarms=watched,
        data=dict(_data(capture, row, document) for row, document in documents["metric"]),
        dimensions=first.get("dimensions", {}),
        transitions=tuple(_transitions(capture, alarms)),
        scalings=scalings,
        unscaled=unscaled,
        bounds=tuple(_bounds(capture, row) for row in capture.of("bounds")),
        suspensions=tuple(_suspensions(capture)),
        moved=tuple(_bounds(capture, row) for row in capture.of("moved")),
        notes=(*capture.notes, *notes),
    )


def _document(capture: Capture, row: Row) -> dict[str, Any]:
    """What a row holds as JSON, as the API would have it."""
    with capture.reading(row):
        document: dict[str, Any] = json_value(row.value)
    place = capture.place(row)
    shapes.check(document, _SHAPES[row.kind], place)
    if row.kind in _MODELS:
        checks.check(Document(place, document), _MODELS[row.kind])
    elif row.kind == "target":
        names = {"min": "MinCapacity", "max": "MaxCapacity", "desired": "DesiredInstanceCount"}
        members = {member: document[name] for name, member in names.items()}
        checks.check(Document(place, members), checks.TARGET)
    return document


def _end(capture: Capture, target: Row, alarms: Mapping[str, AlarmSettings]) -> float:
    """When the record ends, within what CloudWatch keeps of the data of its alarms."""
    for kinds, most in ((_SHAPES, MOST_SETTINGS), ((*_EVENTS, *alarms), MOST_EVENTS)):
        for kind in kinds:
            if len(rows := capture.of(kind)) > most:
                raise ScaleproofError(f"{capture.place(rows[most])}: only {most:,} of its kind are read.")
    last = max(capture.rows, key=_time)
    ends = capture.of("end") or [last]
    if last.time - min(map(_time, capture.rows)) > bounds.SPAN:
        raise ScaleproofError(
            f"{capture.place(last)} is more than {bounds.MOST_DAYS} days after the first one.",
            advice="CloudWatch keeps nothing longer.",
        )
    kept = min([metric_data.kept(alarm.period) for alarm in alarms.values()], default=int(bounds.SPAN))
    if not 0 <= ends[0].time - target.time <= kept:
        raise ScaleproofError(
            f"{capture.place(ends[0])}: the record lasts {ends[0].time - target.time:.0f} s; expected is a "
            f"number from 0 to {kept:.0f}, as CloudWatch keeps the data of its alarms no longer."
        )
    return ends[0].time


def _policies(
    capture: Capture,
    documents: Iterable[tuple[Row, Mapping[str, Any]]],
    settings: Mapping[str, AlarmSettings],
) -> Iterator[Policy]:
    for row, policy in documents:
        with capture.reading(row):
            kind = policy["PolicyType"]
            if kind not in CONFIGURATIONS:
                raise ValueError(f"{kind} is not modelled")
            if policy.get(CONFIGURATIONS[kind]) is None:
                raise ValueError(f"it has no {CONFIGURATIONS[kind]}")
            alarms = {name: settings[name] for name in policy["Alarms"] if name in settings}
            if alarms:  # without any it does nothing, and the engine would make its own
                yield parse_policy(policy["PolicyName"], kind, policy[CONFIGURATIONS[kind]], alarms)


def _schedule(capture: Capture, row: Row, action: Mapping[str, Any]) -> ScheduledAction:
    limits = action.get("ScalableTargetAction") or {}
    with capture.reading(row):
        start, end = (
            bounds.instant(str(action[member]), UTC) if action.get(member) else None
            for member in ("StartTime", "EndTime")
        )
        return ScheduledAction(
            action["ScheduledActionName"],
            action["Schedule"],
            action.get("Timezone") or "UTC",
            limits.get("MinCapacity"),
            limits.get("MaxCapacity"),
            start,
            end,
        )


def _data(capture: Capture, row: Row, metric: Mapping[str, Any]) -> tuple[MetricStat, dict[int, float]]:
    points = {}
    for point in capture.of(metric["Id"]):
        with capture.reading(point):
            value = points[round(point.time)] = number(point.value)
            if math.isnan(value):
                raise ValueError(f"{point.value!r} is not a number")
    with capture.reading(row):
        if not 1 <= metric["Period"] <= _LONGEST:
            raise ValueError(f"Period is {metric['Period']}; expected is 1 to {_LONGEST}")
    dimensions = tuple(sorted(metric.get("Dimensions", {}).items()))
    names = metric["Namespace"], metric["MetricName"]
    return MetricStat(*names, dimensions, metric["Stat"], metric["Period"], metric.get("Unit")), points


def _transitions(capture: Capture, alarms: Iterable[str]) -> Iterator[Transition]:
    for row in capture.of(*alarms):
        with capture.reading(row):
            states = _STATES.fullmatch(row.value)
            if states is None:
                raise ValueError(f"{row.value!r} is no transition")
            yield Transition(row.time, row.kind, State(states[1]), State(states[2]))


def _scalings(capture: Capture) -> Iterator[Scaling]:
    """Activities, each with the first end that names its count, or that names none."""
    ends = [(row, _ENDED.search(row.value)) for row in capture.of("activity_end")]
    for row in capture.of("activity_start"):
        by = CAUSE.search(row.value)
        with capture.reading(row):
            told = _DESIRED.match(row.value)
            if told is None:
                raise ValueError(f"{row.value!r} names no count")
            desired = _count(told[1])
        own = next(
            (end for end in ends if end[0].time >= row.time and (not end[1] or int(end[1][1]) == desired)),
            None,
        )
        if own is None:
            yield Scaling(row.time, desired, None, Status.IN_PROGRESS, by[1] if by else None)
            continue
        ends.remove(own)
        words = own[0].value.split(", ")
        with capture.reading(own[0]):
            status = Status(words[0])
        yield Scaling(row.time, desired, own[0].time, status, by[1] if by else None, UPDATING in words)


def _count(text: str) -> int:
    """A number of instances. Raises ValueError."""
    if len(text) > len(str(bounds.MOST_INSTANCES)) or int(text) > bounds.MOST_INSTANCES:
        raise ValueError(f"{text} instances are more than {bounds.MOST_INSTANCES:,}")
    return int(text)


def _unscaled(capture: Capture, row: Row) -> Unscaled:
    with capture.reading(row):
        by = CAUSE.search(row.value)
        if by is None:
            raise ValueError(f"{row.value!r} names no alarm")
        numbers = {name: _count(text) for name, text in re.findall(r"(\w+Capacity) (\d+)", row.value)}
        low, high, current = (numbers.get(name) for name in ("MinCapacity", "MaxCapacity", "CurrentCapacity"))
        return Unscaled(row.time, by[1], NotScaled(Code(row.value.split(", ")[0]), high, low, current))


def _bounds(capture: Capture, row: Row) -> Bounds:
    with capture.reading(row):
        found = {name: _count(text) for name, text in re.findall(r"(min|max) (\d+)", row.value)}
        return Bounds(row.time, found.get("min"), found.get("max"))


def _suspensions(capture: Capture) -> Iterator[tuple[float, Suspended]]:
    state = dict.fromkeys(SUSPENDED.values(), False)
    for row in capture.of("suspend", "resume"):
        with capture.reading(row):
            changes = _SUSPENSION.findall(row.value)
            if not changes:
                raise ValueError(f"{row.value!r} names no member of SuspendedState")
        state |= {SUSPENDED[member]: value == "true" for member, value in changes}
        yield row.time, Suspended(**state)
