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
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scaleproof.auditing.case import Bounds, Case, Scaling, Transition, Unscaled, Watched
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings, State
from scaleproof.scaling.autoscaling import Code, NotScaled, Status
from scaleproof.scaling.endpoint import SUSPENDED, Policy, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import CONFIGURATIONS, parse_alarm, parse_policy
from scaleproof.texts import read

COLUMNS = ("timeline", "t_utc", "kind", "value", "evidence", "source")
UPDATING = "updating"
"""What the end of a change that the endpoint refused says beside its status."""

_CODES = frozenset(map(str, Code))
_STATES = re.compile(rf"({'|'.join(State)}) to ({'|'.join(State)})")
_DESIRED = re.compile(r"desired (?:\d+ )?to (\d+)")
CAUSE = re.compile(r", cause: alarm (.+)")
_SUSPENSION = re.compile(rf"({'|'.join(SUSPENDED)}) (true|false)")


@dataclass(frozen=True)
class Row:
    """One entry; `time` in epoch seconds."""

    time: float
    kind: str
    value: str


@dataclass(frozen=True)
class Capture:
    """All rows of one record. `notes`: what it leaves open, for people; no file has them."""

    name: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def of(self, *kinds: str) -> list[Row]:
        """The rows of kinds, in the order of time."""
        return sorted((row for row in self.rows if row.kind in kinds), key=lambda row: row.time)


def case(capture: Capture) -> Case:
    """The case in a capture. Raises ScaleproofError for what is missing, malformed or not modelled."""
    try:
        return _case(capture)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScaleproofError(
            f"The capture {capture.name} cannot be understood: {type(error).__name__}: {error}.",
            advice="docs/auditing.md describes the rows of a capture.",
        ) from error


def load(path: Path, name: str | None = None) -> list[Capture]:
    """The captures of a file, or the one of that name. Raises ScaleproofError."""
    try:
        lines = csv.DictReader(io.StringIO(read(path).decode(), newline=""))
        rows = list(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScaleproofError(f"{path} cannot be read: {error}.") from error
    if missing := [column for column in COLUMNS if column not in (lines.fieldnames or ())]:
        raise ScaleproofError(
            f"{path} is no file of captures: it has no column {', '.join(missing)}.",
            advice=f"Its columns are {', '.join(COLUMNS)}.",
        )
    found: dict[str, list[Row]] = {}
    for number, row in enumerate(rows, 2):
        if any(row[column] is None for column in COLUMNS):
            raise ScaleproofError(
                f"{path}: row {number} is too short.", advice=f"It has {len(COLUMNS)} columns."
            )
        try:
            moment = datetime.fromisoformat(row["t_utc"])
            if moment.tzinfo is None:
                raise ValueError
        except ValueError:
            raise ScaleproofError(
                f"{path}, row {number}: t_utc is {row['t_utc']!r}.",
                advice="Write a time as 2026-09-17T01:44:00Z.",
            ) from None
        found.setdefault(row["timeline"], []).append(Row(moment.timestamp(), row["kind"], row["value"]))
    if name is not None and name not in found:
        raise ScaleproofError(f"{path} has no capture {name}.", advice=f"It has {', '.join(found)}.")
    if not found:
        raise ScaleproofError(f"{path} has no rows.")
    return [Capture(key, tuple(some)) for key, some in found.items() if name in (None, key)]


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


def _case(capture: Capture) -> Case:
    targets = capture.of("target")
    if len(targets) != 1:
        raise ScaleproofError(f"{capture.name} has {len(targets)} rows of the kind target, not one.")
    target = targets[0]
    first = json.loads(target.value)
    settings = {
        (document := json.loads(row.value))["AlarmName"]: (row, document) for row in capture.of("settings")
    }
    alarms = {name: parse_alarm(document) for name, (_, document) in settings.items()}
    scaled = ScalableTarget(
        first["min"],
        first["max"],
        tuple(_policies(capture, alarms)),
        tuple(_schedule(json.loads(row.value)) for row in capture.of("schedule")),
    )
    suspensions = list(_suspensions(capture))
    end = capture.of("end")
    judged = capture.of("judged")
    scalings = tuple(_scalings(capture))
    reasons = [(row, row.value.split(", ")[0]) for row in capture.of("not_scaled")]
    unscaled = tuple(_unscaled(row) for row, code in reasons if code in _CODES)
    notes = [
        f"{code} is not modelled, and left out." for code in sorted({code for _, code in reasons} - _CODES)
    ]
    policies = {policy.name for policy in scaled.policies}
    notes += [
        f"Policy {name} has no alarm any more, and is left out."
        for row in capture.of("policy")
        if (name := json.loads(row.value)["PolicyName"]) not in policies
    ]
    named = {one.alarm for one in scalings if one.alarm} | {one.alarm for one in unscaled}
    if unknown := sorted(named - alarms.keys()):
        raise ScaleproofError(
            f"{capture.name}: activities name alarms that are gone: {', '.join(unknown)}.",
            advice="Audit a later time, from when the policies were put last.",
        )
    return Case(
        name=capture.name,
        start=target.time,
        end=end[0].time if end else max(row.time for row in capture.rows),
        judged=judged[0].time if judged else target.time,
        target=scaled,
        count=first["desired"],
        alarms={
            name: Watched(
                alarms[name],
                max(row.time, target.time),
                State(document.get("StateValue", State.INSUFFICIENT_DATA)),
                tuple(map(State, document.get("Acting", (State.ALARM,)))),
            )
            for name, (row, document) in settings.items()
        },
        data=_data(capture),
        dimensions=first.get("dimensions", {}),
        transitions=tuple(_transitions(capture, alarms)),
        scalings=scalings,
        unscaled=unscaled,
        bounds=tuple(_bounds(row) for row in capture.of("bounds")),
        suspensions=tuple(suspensions),
        moved=tuple(_bounds(row) for row in capture.of("moved")),
        notes=(*capture.notes, *notes),
    )


def _policies(capture: Capture, settings: Mapping[str, AlarmSettings]) -> Iterator[Policy]:
    for row in capture.of("policy"):
        policy = json.loads(row.value)
        kind = policy["PolicyType"]
        if kind not in CONFIGURATIONS:
            raise ScaleproofError(f"Policy {policy['PolicyName']}: {kind} is not modelled.")
        alarms = {name: settings[name] for name in policy["Alarms"] if name in settings}
        if alarms:  # without any it does nothing, and the engine would make its own
            yield parse_policy(policy["PolicyName"], kind, policy[CONFIGURATIONS[kind]], alarms)


def _schedule(action: Mapping[str, Any]) -> ScheduledAction:
    bounds = action.get("ScalableTargetAction") or {}
    start, end = (
        datetime.fromisoformat(action[member]) if action.get(member) else None
        for member in ("StartTime", "EndTime")
    )
    return ScheduledAction(
        action["ScheduledActionName"],
        action["Schedule"],
        action.get("Timezone") or "UTC",
        bounds.get("MinCapacity"),
        bounds.get("MaxCapacity"),
        start,
        end,
    )


def _data(capture: Capture) -> dict[MetricStat, dict[int, float]]:
    found = {}
    for row in capture.of("metric"):
        metric = json.loads(row.value)
        stat = MetricStat(
            metric["Namespace"],
            metric["MetricName"],
            tuple(sorted(metric.get("Dimensions", {}).items())),
            metric["Stat"],
            metric["Period"],
            metric.get("Unit"),
        )
        found[stat] = {round(point.time): float(point.value) for point in capture.of(metric["Id"])}
    return found


def _transitions(capture: Capture, alarms: Iterable[str]) -> Iterator[Transition]:
    for row in capture.of(*alarms):
        states = _STATES.fullmatch(row.value)
        if states is None:
            raise ValueError(f"{row.kind}: {row.value!r} is no transition")
        yield Transition(row.time, row.kind, State(states[1]), State(states[2]))


def _scalings(capture: Capture) -> Iterator[Scaling]:
    """Activities, each with the first end that names its count, or that names none."""
    ends = capture.of("activity_end")
    for row in capture.of("activity_start"):
        desired, by = _DESIRED.match(row.value), CAUSE.search(row.value)
        if desired is None:
            raise ValueError(f"activity_start: {row.value!r} names no count")
        own = next(
            (one for one in ends if one.time >= row.time and _about(one, int(desired[1]))),
            None,
        )
        if own:
            ends.remove(own)
        words = own.value.split(", ") if own else []
        yield Scaling(
            row.time,
            int(desired[1]),
            own.time if own else None,
            Status(words[0]) if own else Status.IN_PROGRESS,
            by[1] if by else None,
            UPDATING in words,
        )


def _about(end: Row, desired: int) -> bool:
    count = re.search(r"desired (\d+)", end.value)
    return count is None or int(count[1]) == desired


def _unscaled(row: Row) -> Unscaled:
    by = CAUSE.search(row.value)
    if by is None:
        raise ValueError(f"not_scaled: {row.value!r} names no alarm")
    numbers = {name: int(value) for name, value in re.findall(r"(\w+Capacity) (\d+)", row.value)}
    low, high, current = (numbers.get(name) for name in ("MinCapacity", "MaxCapacity", "CurrentCapacity"))
    return Unscaled(row.time, by[1], NotScaled(Code(row.value.split(", ")[0]), high, low, current))


def _bounds(row: Row) -> Bounds:
    found = {name: int(value) for name, value in re.findall(r"(min|max) (\d+)", row.value)}
    return Bounds(row.time, found.get("min"), found.get("max"))


def _suspensions(capture: Capture) -> Iterator[tuple[float, Suspended]]:
    state = dict.fromkeys(SUSPENDED.values(), False)
    for row in capture.of("suspend", "resume"):
        changes = _SUSPENSION.findall(row.value)
        if not changes:
            raise ValueError(f"{row.kind}: {row.value!r} names no member of SuspendedState")
        state |= {SUSPENDED[member]: value == "true" for member, value in changes}
        yield row.time, Suspended(**state)
