"""Delivers the result of a command: tables for people or JSON for machines, a page, a summary in Markdown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from scaleproof.report.blocks import Block, Report, Row, Sentence, Table
from scaleproof.report.files import write
from scaleproof.report.markdown import markdown
from scaleproof.report.terminal import show
from scaleproof.scaling.endpoint import Endpoint

if TYPE_CHECKING:
    from scaleproof.endpoints.render import EndpointRow


def say(text: str) -> None:
    """Prints a line to stdout."""
    click.echo(text)


def answer(document: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Prints a document as JSON for a machine, else lines for people."""
    if as_json:
        print_json(document)
    else:
        for line in lines:
            say(line)


def say_files(files: Mapping[str, Path | None]) -> None:
    """Prints a line for each file that was written: what it is, and where."""
    for label, path in files.items():
        if path is not None:
            say(f"{label}: {path}")


@dataclass(frozen=True)
class Delivery:
    """Where a command's result goes: to stdout, as text or as JSON, and into files of --report and --markdown."""

    as_json: bool
    report_path: Path | None = None
    markdown_path: Path | None = None

    def deliver(self, shown: Report, document: Any, *, files: Mapping[str, Path | None] = MappingProxyType({})) -> None:
        """Writes what is shown as a page and as a summary, and prints it, or else `document` as JSON.

        `files`: others that were written, by what they are.
        """
        # The command line of the running command, without values of variables.
        command = str(click.get_current_context().find_root().obj)
        if self.report_path is not None:
            from scaleproof.report import html  # takes a tenth of a second to load

            write(html.page(shown, command=command), self.report_path)
        if self.markdown_path is not None:
            write(markdown(shown, command=command), self.markdown_path)
        if self.as_json:
            print_json(document)
        else:
            show(shown.blocks)
            say_files({**files, "Report": self.report_path, "Summary": self.markdown_path})


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


def endpoint_blocks(rows: Sequence[EndpointRow]) -> list[Block]:
    """Three tables: endpoints with pools, scalable targets with policies and schedules, alarms."""
    if not rows:
        return [Sentence("No endpoint.")]
    pools = [row for endpoint in rows for row in _pools(endpoint)]
    policies = [row for endpoint in rows for row in _policies(endpoint)]
    alarms = [
        Row([alarm.name, alarm.watches, alarm.condition, alarm.state or "-"])
        for endpoint in rows
        for alarm in endpoint.alarms
    ]
    pool_columns = ("Endpoint", "Kind", "Status", "Priority", "Instance type", "Sustains", "Count")
    policy_columns = ("Endpoint", "Instances", "Policy", "Scales on", "Target", "Cooldown out / in")
    tables = [
        Table(pool_columns, pools, title="Endpoints and instance pools"),
        Table(policy_columns, policies, title="Scalable targets, policies and schedules"),
    ]
    if alarms:
        tables.append(Table(("Alarm", "Watches", "Goes off at", "State"), alarms, title="Alarms"))
    return list(tables)


def _pools(endpoint: EndpointRow) -> list[Row]:
    lines = [
        (_text(pool.priority), pool.instance_type, _text(pool.max_concurrency), _text(pool.instances))
        for pool in endpoint.pools
    ]
    return _grouped((endpoint.name, endpoint.kind, endpoint.status), lines or [("", "", "", "")])


def _policies(endpoint: EndpointRow) -> list[Row]:
    bounds = "not scaled" if endpoint.max is None else f"{_text(endpoint.min)} to {_text(endpoint.max)}"
    if endpoint.suspended:
        bounds += f", suspended: {endpoint.suspended}"
    lines = [
        (
            policy.name,
            policy.scales_on,
            policy.steps or _text(policy.target),
            f"{_text(policy.scale_out_cooldown)} / {_text(policy.scale_in_cooldown)} s",
        )
        for policy in endpoint.policies
    ]
    for action in endpoint.schedules:
        schedule = f"{action.schedule} {action.timezone}"
        lines.append((action.name, schedule, f"{_text(action.min)} to {_text(action.max)}", ""))
    return _grouped((endpoint.name, bounds), lines or [("none", "", "", "")])


def _grouped(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[Row]:
    """Rows that begin with the same cells, which stand in the first only."""
    return [Row([*([""] * len(head) if place else head), *line]) for place, line in enumerate(lines)]


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
