"""`scaleproof audit`: compares the recorded scaling of an endpoint with that of the model on the same data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import click

from scaleproof.auditing import captures, history, reading
from scaleproof.auditing.audit import BEARING, Attribution, Audit, audited
from scaleproof.auditing.lines import EventKind
from scaleproof.cli import clouds, options, parameters
from scaleproof.cli.clouds import Where
from scaleproof.cli.output import Delivery
from scaleproof.cli.parameters import option
from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.progress import step
from scaleproof.report.audit import audit_blocks
from scaleproof.report.files import write
from scaleproof.studies import assumptions
from scaleproof.studies.assumptions import SimulationAssumptions

HOUR = 3_600.0


@dataclass(frozen=True)
class Event:
    """An event of the record, of the replay, or of both."""

    kind: EventKind
    description: str
    recorded: datetime | None
    """When it was recorded; None if it was not."""
    replayed: datetime | None
    """When the replay has it; None if it has not."""
    times: int
    """How often the replay repeats it."""
    agrees: bool
    explained_by: str | None
    """The assumption and the value with which it agrees, as in "schedule_delay=40.2"."""


@dataclass(frozen=True)
class TargetAudit(Attribution):
    """The audit of one scalable target."""

    name: str
    """The endpoint, as the capture has it."""
    place: str
    start: datetime
    end: datetime
    agrees: bool
    explained: bool
    """Whether assumptions explain every difference."""
    notes: tuple[str, ...]
    """Sentences about what the record does not show."""
    events: list[Event]
    """All events in the order of time. Differences are those that do not agree."""


@dataclass(frozen=True)
class AuditDocument:
    """The audit. The exit code is 1 if it does not agree."""

    audit: TargetAudit
    capture: Path | None
    """The file of --capture."""
    report: Path | None
    """The file of --report."""


AT_ONCE = assumptions.DEFAULT.set("metric_delay", 0.0).set("action_delay", 0.0)
"""In LocalStack data can be read as soon as it is there, and alarms act at once."""


@dataclass(frozen=True)
class CaptureOptions:
    """Options of the data read through the API. `instances`: at the start; `target`: the file of --capture."""

    hours: float = option(
        "--hours",
        type=click.FloatRange(0, min_open=True),
        default=24.0,
        show_default=True,
        help="Hours to look back; fewer if an alarm was configured later or its data has expired.",
    )
    instances: int | None = option(
        "--instances",
        type=click.IntRange(0),
        metavar="N",
        help="Instances at the start, if no scaling activity tells.",
    )
    target: Path | None = option(
        "--capture",
        type=parameters.NEW_FILE,
        metavar="FILE.json",
        help="Write what the API answered to a new file for --from.",
    )


@click.command()
@click.argument("name", metavar="[ENDPOINT]", required=False)
@click.option(
    "--from",
    "file",
    type=parameters.FILE,
    metavar="FILE",
    help="Audit a file of --capture instead of ENDPOINT.",
)
@parameters.gather(CaptureOptions, "capture_options")
@click.option(
    "--assume",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change an assumption about what AWS does not document, such as cooldown_scope=target. Can be repeated.",
)
@clouds.place("Where the endpoint is, by default localstack; AWS is only read.")
@options.page_delivery
def audit(
    name: str | None,
    file: Path | None,
    capture_options: CaptureOptions,
    assume: tuple[str, ...],
    where: Where,
    delivery: Delivery,
) -> None:
    """Check whether the alarms, policies and schedules of ENDPOINT did what the simulation predicts.

    Replays the data that the alarms read, and compares the state changes of alarms, the scaling activities, the
    reasons for not scaling and the schedules with those that AWS recorded. If they differ, names the assumption about
    AWS that explains the difference, and exits with 1. Changes nothing.
    """
    if name is None and file is None:
        raise click.UsageError("Name an ENDPOINT, or a capture with --from.")
    if name is not None and file is not None:
        raise click.UsageError("--from and ENDPOINT exclude each other: a capture names its endpoint.")
    if file and capture_options.target is not None:
        raise click.UsageError("--capture and --from exclude each other: --capture writes the data of a live endpoint.")
    if file and capture_options.instances is not None:
        raise click.UsageError("--from and --instances exclude each other: a capture has its own member instances.")
    model = _assumed(assume)
    if file:
        record = captures.load(file)
        place = record.origin
    else:
        cloud = clouds.reached(where, f"Auditing {name}")
        place, end = cloud.place, time.time()
        with step(f"Reading {name}"):
            start = end - capture_options.hours * HOUR
            record = reading.capture(cloud.client, str(name), start, end, capture_options.instances)
        if cloud.connection:
            model = _assumed(assume, AT_ONCE)
    with step("Replaying it with each answer to what AWS does not document"):
        done = audited(history.case(record), model)
    if capture_options.target is not None:
        write(captures.text(record), capture_options.target)
    delivery.deliver(
        audit_blocks(done, place),
        AuditDocument(document(done, place), capture_options.target, delivery.report_path),
        files={"Capture": capture_options.target},
    )
    if not done.agrees:
        raise click.exceptions.Exit(ExitCode.NO)


def _assumed(words: Sequence[str], model: SimulationAssumptions = assumptions.DEFAULT) -> SimulationAssumptions:
    """The model with what --assume says. Raises ScaleproofError."""
    assumed = assumptions.parse(words, model)
    for word in words:
        name = word.partition("=")[0].strip()
        if name not in BEARING:
            raise ScaleproofError(
                f"An audit does not use {name}, an assumption about fleets or requests: the record contains these.",
                advice="Remove it.",
            )
    return assumed


def document(audit: Audit, place: str) -> TargetAudit:
    """An audit as JSON has it."""
    events = [
        Event(
            line.kind,
            line.description,
            _moment(line.recorded),
            _moment(line.replayed),
            line.times,
            line.agrees,
            line.explained or None,
        )
        for line in audit.lines
    ]
    return TargetAudit(
        **{field.name: getattr(audit, field.name) for field in fields(Attribution)},
        name=audit.case.name,
        place=place,
        start=datetime.fromtimestamp(round(audit.case.judged, 3), UTC),
        end=datetime.fromtimestamp(round(audit.case.end, 3), UTC),
        agrees=audit.agrees,
        explained=audit.explained,
        notes=audit.case.notes,
        events=events,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(round(seconds, 3), UTC)
