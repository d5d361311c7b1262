"""Tables for people and JSON for machines, both on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from scaleproof.localstack.inventory import Endpoint
from scaleproof.progress import Screen
from scaleproof.texts import printable

WIDE = 160
"""Columns where the output is no terminal."""


def console() -> Console:
    """A console on stdout that neither colours nor wraps for a screen where there is none."""
    width = None if sys.stdout.isatty() else WIDE
    return Screen(file=sys.stdout, highlight=False, markup=False, width=width)


def say(text: str) -> None:
    """A line on stdout as it is, but for control characters."""
    click.echo(printable(text))


def print_json(document: Any) -> None:
    """`document` as indented JSON. A dataclass becomes an object of its fields, a time ISO 8601."""
    sys.stdout.write(json.dumps(document, indent=2, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_endpoints(endpoints: Sequence[Endpoint]) -> None:
    """Three tables: endpoints with their pools, scalable targets with their policies, and alarms."""
    screen = console()
    if not endpoints:
        screen.print("No endpoint.")
        return
    screen.print(_pools(endpoints))
    screen.print(_policies(endpoints))
    if any(endpoint.alarms for endpoint in endpoints):
        screen.print(_alarms(endpoints))


def _pools(endpoints: Sequence[Endpoint]) -> Table:
    table = new_table(
        "Endpoints and instance pools", "Endpoint", "Kind", "Status", "Priority", "Instance type", "Count"
    )
    for endpoint in endpoints:
        head: tuple[str, ...] = (endpoint.name, endpoint.kind, endpoint.status)
        for pool in endpoint.pools or (None,):
            cells = (str(pool.priority), pool.instance_type, _text(pool.instances)) if pool else ("", "", "")
            table.add_row(*head, *cells)
            head = ("", "", "")
    return table


def _policies(endpoints: Sequence[Endpoint]) -> Table:
    table = new_table(
        "Scalable targets and policies",
        "Endpoint",
        "Instances",
        "Policy",
        "Follows",
        "Target",
        "Cooldown out / in",
    )
    for endpoint in endpoints:
        bounds = (
            "not scaled"
            if endpoint.minimum is None and endpoint.maximum is None
            else f"{_text(endpoint.minimum)} to {_text(endpoint.maximum)}"
        )
        rows = [
            (
                policy.name,
                policy.signal,
                _text(policy.target),
                _cooldown(policy.scale_out_cooldown, policy.scale_in_cooldown),
            )
            for policy in endpoint.policies
        ] + [("schedule", schedule, "", "") for schedule in endpoint.schedules]
        head = (endpoint.name, bounds)
        for row in rows or [("none", "", "", "")]:
            table.add_row(*head, *row)
            head = ("", "")
    return table


def _alarms(endpoints: Sequence[Endpoint]) -> Table:
    table = new_table("Alarms", "Alarm", "Watches", "Goes off at", "State")
    for endpoint in endpoints:
        for alarm in endpoint.alarms:
            table.add_row(alarm.name, alarm.metric, alarm.condition, alarm.state)
    return table


def new_table(title: str, *columns: str) -> Table:
    """An empty table in the one style of all commands."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def _cooldown(out: Any, in_: Any) -> str:
    return f"{_text(out)} / {_text(in_)} s"
