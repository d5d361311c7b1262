"""What a killed `scaleproof measure` left suspended: the next command notices it."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from scaleproof.cli import clouds
from scaleproof.cli.clouds import Where
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import health
from scaleproof.localstack.connection import Connection
from scaleproof.measuring.before import suspension
from scaleproof.measuring.before.suspension import AWS, Note
from scaleproof.progress import console


def notice() -> None:
    """Resumes what is in a LocalStack; tells of what is in AWS, which no command calls unless it is named."""
    for note in suspension.left():
        if note.cloud == AWS:
            console.print(
                f"The scaling of {note.endpoint} in account {note.account}, region {note.region} of AWS is "
                "suspended since a `scaleproof measure` was killed. Resume it with: scaleproof resume"
            )
            continue
        if not health.answers(note.cloud):
            note.forget()
            continue
        try:
            note.resume(Connection(note.cloud, note.account, note.region).client)
        except ScaleproofError as error:
            console.print(str(error))
        else:
            _told(note)


def resume(session: Any, account: str) -> list[Note]:
    """Resumes what is suspended in an account of AWS, in all regions; what was. Raises FailedError."""
    found = [note for note in suspension.left() if (note.cloud, note.account) == (AWS, account)]
    for note in found:
        note.resume(partial(session.client, region_name=note.region))
        _told(note)
    return found


@click.command(name="resume")
@clouds.profile
def resume_command(profile: str | None) -> None:
    """Resume in AWS what a killed `scaleproof measure` left suspended.

    What is suspended in a LocalStack is resumed by the next command, whichever it is.
    """
    notes = [note for note in suspension.left() if note.cloud == AWS]
    if not notes:
        console.print("Nothing is suspended.")
        return
    cloud = clouds.named(Where(AWS, "", notes[0].region, profile))
    account = clouds.account(cloud)
    if not resume(cloud.session, account):
        raise ScaleproofError(
            f"Nothing is suspended in account {account}.",
            advice=f"Use credentials for account {', '.join(sorted({note.account for note in notes}))}.",
        )


def _told(note: Note) -> None:
    console.print(
        f"The scaling of {note.endpoint} is resumed: a `scaleproof measure` that suspended it was killed."
    )
