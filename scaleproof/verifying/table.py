"""The table of a verification: every assumption, and what the recording says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from scaleproof.auditing import captures
from scaleproof.auditing.audit import BEARING
from scaleproof.auditing.case import Case
from scaleproof.simulation import Behaviour
from scaleproof.studies.assumptions import DEFAULT, SimulationAssumptions, spell
from scaleproof.verifying import observed, replays
from scaleproof.verifying.findings import Finding, Seen
from scaleproof.verifying.recording import Kind, Recording


@dataclass(frozen=True)
class Table:
    """All findings, and the events that no answer explains."""

    findings: tuple[Finding, ...]
    unexplained: tuple[str, ...]


NAMES = (
    *(name for name in BEARING if name != "metric_delay"),
    *(field.name for field in fields(Behaviour)),
    *observed.QUESTIONS,
)
"""Every assumption: of alarms, auto scaling and metric math, of fleets and requests, and of the emulator."""


def judged(recording: Recording) -> Table:
    """The table of a recording. Raises ScaleproofError for a capture that cannot be understood."""
    cases = {entry.number: captures.case(entry.capture) for entry in recording.of(Kind.CAPTURE)}
    model = assumed(recording)
    replayed = replays.Replays(cases, model)
    seen = replayed.seen()
    return Table(
        tuple(_finding(recording, cases, seen, name) for name in NAMES), tuple(replayed.unexplained())
    )


def assumed(recording: Recording) -> SimulationAssumptions:
    """What is taken at first: data of LocalStack can be read as soon as it is there."""
    return DEFAULT.set("metric_delay", 0.0) if recording.local else DEFAULT


def _finding(
    recording: Recording, cases: Mapping[int, Case], replayed: Mapping[str, Seen], name: str
) -> Finding:
    seen = observed.seen(recording, cases, name) or replayed[name]
    return Finding(name, _assumption(recording, name), seen.verdict, seen.found, seen.entry)


def _assumption(recording: Recording, name: str) -> str:
    if name in observed.QUESTIONS:
        return observed.QUESTIONS[name]
    if name == "shortages":
        return "none"
    return spell(assumed(recording).get(name))
