"""Tables for people and JSON for machines, both on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table

from scaleproof.progress import Screen
from scaleproof.texts import printable

if TYPE_CHECKING:
    from scaleproof.endpoints.render import EndpointRow

WIDE = 160
"""Columns if the output is not a terminal."""


def console() -> Console:
    """A console on stdout. Without a terminal it does not colour, and lines are WIDE."""
    width = None if sys.stdout.isatty() else WIDE
    return Screen(file=sys.stdout, width=width)


def say(text: str) -> None:
    """Prints a line to stdout, with control characters escaped."""
    click.echo(printable(text))


def say_files(files: Mapping[str, Path | None]) -> None:
    """Prints a line for each file that was written: what it is, and where."""
    for what, path in files.items():
        if path is not None:
            say(f"{what}: {path}")


def print_json(document: Any) -> None:
    """Prints indented JSON. A dataclass becomes an object of its fields, a time ISO 8601, a path its text."""
    sys.stdout.write(as_json(document))


def as_json(document: Any) -> str:
    """The text that `print_json` prints."""
    return json.dumps(document, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_endpoints(found: Sequence[EndpointRow]) -> None:
    """Prints three tables: endpoints with pools, scalable targets with policies and schedules, alarms."""
    screen = console()
    if not found:
        screen.print("No endpoint.")
        return
    screen.print(_pools(found))
    screen.print(_policies(found))
    if any(row.alarms for row in found):
        screen.print(_alarms(found))


def _pools(found: Sequence[EndpointRow]) -> Table:
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
    for row in found:
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


def _policies(found: Sequence[EndpointRow]) -> Table:
    table = new_table(
        "Scalable targets, policies and schedules",
        "Endpoint",
        "Instances",
        "Policy",
        "Scales on",
        "Target",
        "Cooldown out / in",
    )
    for row in found:
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


def _alarms(found: Sequence[EndpointRow]) -> Table:
    table = new_table("Alarms", "Alarm", "Watches", "Goes off at", "State")
    for row in found:
        for alarm in row.alarms:
            table.add_row(alarm.name, alarm.watches, alarm.condition, alarm.state or "-")
    return table


class _Table(Table):
    """A table; row by row, a line for each cell, where the screen is too narrow for the words of a row."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if Measurement.get(console, options.update(width=sys.maxsize), self).minimum <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        names = [str(column.header) for column in self.columns]
        if self.title:
            yield console.render_str(str(self.title), style="bold")
        for first, *others in zip(*(column.cells for column in self.columns), strict=True):
            yield ""
            if first:
                yield console.render_str(f"{names[0]}: {first}" if names[0] else str(first), style="bold")
            lines = Table.grid(Column(), Column(overflow="fold"), padding=(0, 2, 0, 0))
            for name, cell in zip(names[1:], others, strict=True):
                if cell:
                    lines.add_row(name, cell)
            yield Padding.indent(lines, 2)
        yield ""


def new_table(title: str, *columns: str) -> Table:
    """An empty table in the style of all commands."""
    table = _Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def table_of(title: str, rows: Sequence[Mapping[str, str]]) -> Table:
    """A table of rows that have the same columns, by name."""
    table = new_table(title, *rows[0])
    for row in rows:
        table.add_row(*row.values())
    return table


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
