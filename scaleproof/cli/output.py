"""Delivers the result of a command: tables for people or JSON for machines, a page, a summary in Markdown."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from scaleproof.report.blocks import Report
from scaleproof.report.files import write
from scaleproof.report.markdown import markdown
from scaleproof.report.terminal import console as console
from scaleproof.report.terminal import new_table as new_table
from scaleproof.report.terminal import show
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.texts import printable

if TYPE_CHECKING:
    from scaleproof.endpoints.render import EndpointRow


def say(text: str) -> None:
    """Prints a line to stdout, with control characters escaped."""
    click.echo(printable(text))


def say_files(files: Mapping[str, Path | None]) -> None:
    """Prints a line for each file that was written: what it is, and where."""
    for label, path in files.items():
        if path is not None:
            say(f"{label}: {path}")


@dataclass(frozen=True)
class Delivery:
    """Where a command's result goes: to stdout, as text or as JSON, and into files of --report and --markdown."""

    machine: bool
    page: Path | None = None
    summary: Path | None = None

    def deliver(self, shown: Report, document: Any, *, files: Mapping[str, Path | None] = MappingProxyType({})) -> None:
        """Writes what is shown as a page and as a summary, and prints it, or else `document` as JSON.

        `files`: others that were written, by what they are.
        """
        # The command line of the running command, without values of variables.
        command = str(click.get_current_context().find_root().obj)
        if self.page is not None:
            from scaleproof.report import html  # takes a tenth of a second to load

            write(html.page(shown, command=command), self.page)
        if self.summary is not None:
            write(markdown(shown, command=command), self.summary)
        if self.machine:
            print_json(document)
        else:
            show(shown)
            say_files({**files, "Report": self.page, "Summary": self.summary})


def print_json(document: Any) -> None:
    """Prints indented JSON.

    An endpoint becomes its name, another dataclass an object of its fields, a time ISO 8601, a path its text.
    """
    sys.stdout.write(as_json(document))


def as_json(document: Any) -> str:
    """The text that `print_json` prints."""
    return json.dumps(document, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Endpoint):
        return value.name
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_endpoints(rows: Sequence[EndpointRow]) -> None:
    """Prints three tables: endpoints with pools, scalable targets with policies and schedules, alarms."""
    screen = console()
    if not rows:
        screen.print("No endpoint.")
        return
    screen.print(_pools(rows))
    screen.print(_policies(rows))
    if any(row.alarms for row in rows):
        screen.print(_alarms(rows))


def _pools(rows: Sequence[EndpointRow]) -> Table:
    table = new_table(
        "Endpoints and instance pools",
        "Endpoint",
        "Kind",
        "Status",
        "Priority",
        "Instance type",
        "Sustains",
        "Count",
    )
    for row in rows:
        head: tuple[str, ...] = (row.name, row.kind, row.status)
        for pool in row.pools or (None,):
            cells = (
                (_text(pool.priority), pool.instance_type, _text(pool.max_concurrency), _text(pool.instances))
                if pool
                else ("", "", "", "")
            )
            table.add_row(*head, *cells)
            head = ("", "", "")
    return table


def _policies(rows: Sequence[EndpointRow]) -> Table:
    table = new_table(
        "Scalable targets, policies and schedules",
        "Endpoint",
        "Instances",
        "Policy",
        "Scales on",
        "Target",
        "Cooldown out / in",
    )
    for row in rows:
        bounds = "not scaled" if row.max is None else f"{_text(row.min)} to {_text(row.max)}"
        lines = [
            (
                policy.name,
                policy.scales_on,
                policy.steps or _text(policy.target),
                f"{_text(policy.scale_out_cooldown)} / {_text(policy.scale_in_cooldown)} s",
            )
            for policy in row.policies
        ]
        lines += [
            (
                schedule.name,
                f"{schedule.schedule} {schedule.timezone}",
                f"{_text(schedule.min)} to {_text(schedule.max)}",
                "",
            )
            for schedule in row.schedules
        ]
        head = (row.name, bounds)
        for line in lines or [("none", "", "", "")]:
            table.add_row(*head, *line)
            head = ("", "")
    return table


def _alarms(rows: Sequence[EndpointRow]) -> Table:
    table = new_table("Alarms", "Alarm", "Watches", "Goes off at", "State")
    for row in rows:
        for alarm in row.alarms:
            table.add_row(alarm.name, alarm.watches, alarm.condition, alarm.state or "-")
    return table


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
