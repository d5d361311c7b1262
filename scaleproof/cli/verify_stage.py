"""What a verification applies, and how it is destroyed however the verification ends.

A note in the cache says what is applied, and where. If the command is killed, the next one finds the note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from scaleproof.cli import sending
from scaleproof.cli.clouds import AWS, Cloud
from scaleproof.localstack import health
from scaleproof.localstack.connection import Connection
from scaleproof.processes import notes
from scaleproof.processes.cache import cache_directory, private_directory
from scaleproof.progress import console, step
from scaleproof.terraform import errored
from scaleproof.terraform.root import Providers, Root
from scaleproof.verifying.sweep import remove_alarms, settled, sweep

PATIENCE = 2_400.0
"""Seconds that a change of the endpoint may take until it can be deleted."""
VARIANT = "AllTraffic"
"""The variant that the module makes."""


@dataclass(frozen=True)
class Note:
    """What a run applies. `cloud`: "aws", or the address of a LocalStack; `run`: the prefix of all names."""

    cloud: str
    account: str
    region: str
    run: str
    directory: str
    variables: Mapping[str, Any]

    @property
    def state(self) -> Path:
        """The file of the state."""
        return _directory() / f"{self.run}.tfstate"

    @property
    def file(self) -> Path:
        """The file of the note."""
        return self.state.with_suffix(".json")

    @property
    def endpoint(self) -> str:
        """The name of the endpoint that examples/minimal makes."""
        return f"{self.run}-realtime"


@contextmanager
def applied(note: Note, cloud: Cloud, providers: Providers | None) -> Iterator[None]:
    """Applies what a note says, and destroys it in the end. Raises what Terraform and the API raise."""
    with _root(note, cloud, providers) as root, notes.noted(note.file, asdict(note)):
        try:
            root.apply()
            yield
        finally:
            _destroy(note, cloud, root)


def clear(cloud: Cloud, providers: Providers | None) -> None:
    """Destroys what killed runs left in this cloud; tells of what they left in another one."""
    for file, document in notes.left(_directory()):
        try:
            note = Note(**document)
        except TypeError:
            file.unlink(missing_ok=True)
            continue
        if (note.cloud, note.account) == (cloud.key, cloud.account):
            console.print(f"Destroying {note.run}, which an earlier verification left.")
            with _root(note, cloud, providers) as root:
                _destroy(note, cloud, root)
        elif note.cloud == AWS or health.answers(note.cloud):
            console.print(
                f"{note.run} of an earlier verification is still in account {note.account}, region "
                f"{note.region} of {'AWS' if note.cloud == AWS else note.cloud}. Verify there to destroy it."
            )
        else:
            errored.forget(note.state)
            file.unlink(missing_ok=True)


def credentials(note: Note, cloud: Cloud) -> Mapping[str, str]:
    """The variables of the user's account for Terraform, as they are now. Raises FailedError."""
    found = sending.credentials(cloud)
    values = {
        "AWS_ACCESS_KEY_ID": found.access_key,
        "AWS_SECRET_ACCESS_KEY": found.secret_key,
        "AWS_REGION": note.region,
        "AWS_DEFAULT_REGION": note.region,
    }
    return values | ({"AWS_SESSION_TOKEN": found.token} if found.token else {})


def _connection(note: Note, cloud: Cloud) -> Connection | None:
    """That of LocalStack in the note's region, whichever this command works in."""
    return replace(cloud.connection, region=note.region) if cloud.connection else None


def _root(note: Note, cloud: Cloud, providers: Providers | None) -> Root:
    return Root(
        note.directory,
        standins=providers,
        connection=_connection(note, cloud),
        variables=note.variables,
        state=note.state,
        allow_network=cloud.connection is None,
        credentials=None if cloud.connection else lambda: credentials(note, cloud),
    )


def _destroy(note: Note, cloud: Cloud, root: Root) -> None:
    """Destroys everything of a run, and removes its note. Raises ScaleproofError, with the note kept."""
    connection = _connection(note, cloud)
    clients = connection.client if connection else partial(cloud.session.client, region_name=note.region)
    try:
        remove_alarms(clients("cloudwatch"), f"{note.run}-probe-")
        with step(f"Waiting until {note.endpoint} can be deleted"):
            settled(clients, note.endpoint, PATIENCE)
        if errored.exists(note.state):
            root.destroy()
        sweep(clients, note.run, note.endpoint, VARIANT, PATIENCE)
    except BaseException as error:
        there = f"--live aws --account {note.account}" if note.cloud == AWS else f"--account {note.account}"
        console.print(
            f"{note.run} is not destroyed: {str(error) or type(error).__name__}. Its state is {note.state}. "
            f"Run `scaleproof verify {there}` again, which destroys it first."
        )
        raise
    errored.forget(note.state)
    note.file.unlink(missing_ok=True)
    console.print(f"{note.run} is destroyed.")


def _directory() -> Path:
    return private_directory(cache_directory() / "verify")
