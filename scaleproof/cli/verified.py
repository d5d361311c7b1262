"""What a verification found: on the screen, as JSON, and as a file to send."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TypedDict

import click

from scaleproof.cli import output
from scaleproof.errors import ExitCode
from scaleproof.report import write
from scaleproof.studies.wording import count
from scaleproof.verifying.findings import Finding, Verdict
from scaleproof.verifying.recording import Recording
from scaleproof.verifying.sharing import shared
from scaleproof.verifying.table import Table


class AssumptionDocument(TypedDict):
    """One assumption."""

    name: str
    """As `--assume` has it, or the emulator's rule."""
    assumed: str
    verdict: Verdict
    found: str
    """What was seen, or why nothing was."""
    entry: int | None
    """The number of the recording's entry that shows it."""


class VerifyDocument(TypedDict):
    """What was settled. The exit code is 1 where an assumption is refuted, and where a limit stopped it."""

    place: str
    stopped: str
    """Why it ended before its end; empty if it did not."""
    findings: list[AssumptionDocument]
    unexplained: list[str]
    """Events that no answer to an assumption explains."""
    recording: Path
    """The file of the recording."""
    shared: Path | None
    """The file of --share."""


def show(
    table: Table,
    found: Recording,
    place: str,
    stopped: str,
    file: Path,
    share: Path | None,
    machine: bool,
) -> None:
    """Prints the table, and writes what is to be sent. Exits with 1 where an assumption is refuted."""
    if share is not None:
        write(shared(found), share)
    if machine:
        output.print_json(
            VerifyDocument(
                place=place,
                stopped=stopped,
                findings=[_document(one) for one in table.findings],
                unexplained=list(table.unexplained),
                recording=file,
                shared=share,
            )
        )
    else:
        _print(table, stopped)
        output.say_files({"Recording": file, "To send": share})
    if stopped or any(one.verdict is Verdict.REFUTED for one in table.findings):
        raise click.exceptions.Exit(ExitCode.NO)


def _document(one: Finding) -> AssumptionDocument:
    return AssumptionDocument(
        name=one.name, assumed=one.assumed, verdict=one.verdict, found=one.found, entry=one.entry
    )


def _print(table: Table, stopped: str) -> None:
    shown = output.new_table("Assumptions", "Assumption", "Assumed", "Verdict", "Found", "Entry")
    for one in table.findings:
        entry = "" if one.entry is None else str(one.entry)
        shown.add_row(one.name, one.assumed, one.verdict, one.found, entry)
    screen = output.console()
    screen.print(shown)
    numbers = Counter(one.verdict for one in table.findings)
    said = ", ".join(f"{numbers[verdict]} {verdict}" for verdict in Verdict)
    screen.print(f"{count(len(table.findings), 'assumption')}: {said}.", style="bold")
    for event in table.unexplained:
        screen.print(f"No answer explains: {event}.")
    if stopped:
        screen.print(f"It was stopped: {stopped}. What it did not come to is open.")
