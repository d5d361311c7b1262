"""Suspends the scaling of an endpoint for a while, and resumes it however that ends.

What is suspended stands in a note in the cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints.live import Clients, scope
from scaleproof.errors import FailedError
from scaleproof.processes import notes
from scaleproof.processes.cache import cache_directory, private_directory
from scaleproof.scaling.endpoint import SUSPENDED, Endpoint, Suspended

ALL = Suspended(scale_in=True, scale_out=True, scheduled=True)
AWS = "aws"
"""The `cloud` of a note that is no LocalStack."""


@dataclass(frozen=True)
class Note:
    """What is suspended, and what was before.

    `cloud`: "aws", or the address of a LocalStack. `before`: the state to come back to.
    """

    cloud: str
    account: str
    region: str
    endpoint: str
    variant: str
    before: Suspended
    file: Path = field(compare=False)

    def resume(self, clients: Clients) -> None:
        """Brings the state from before back, and removes the note.

        A target that is gone has nothing to resume. Raises FailedError where the API refuses.
        """
        try:
            _set(clients, self.endpoint, self.variant, self.before)
        except ClientError as error:
            # With neither bounds nor a target there is one of these two.
            if error.response["Error"]["Code"] not in ("ValidationException", "ObjectNotFoundException"):
                raise _still(self, error) from error
        except BotoCoreError as error:
            raise _still(self, error) from error
        self.forget()

    def forget(self) -> None:
        """Removes the note."""
        self.file.unlink(missing_ok=True)


def _still(note: Note, error: Exception) -> FailedError:
    return FailedError(
        f"The scaling of {note.endpoint} is still suspended: {error}", advice="Try again: scaleproof resume"
    )


@contextmanager
def suspended(
    clients: Clients, endpoint: Endpoint, *, cloud: str, account: str, region: str
) -> Iterator[None]:
    """Suspends dynamic and scheduled scaling of an endpoint as long as the context lasts.

    Raises FailedError where the API refuses.
    """
    assert endpoint.target
    where = private_directory(cache_directory() / "suspended")
    file = where / f"{account}-{region}-{endpoint.name}-{os.getpid()}.json"
    note = Note(cloud, account, region, endpoint.name, endpoint.variant, endpoint.target.suspended, file)
    with notes.noted(file, {name: value for name, value in asdict(note).items() if name != "file"}):
        try:
            _set(clients, endpoint.name, endpoint.variant, ALL)
        except ClientError as error:
            note.forget()
            raise FailedError(f"The scaling of {endpoint.name} cannot be suspended: {error}") from error
        except BaseException:  # it may have been suspended
            note.resume(clients)
            raise
        try:
            yield
        finally:
            note.resume(clients)


def left() -> list[Note]:
    """The notes of processes that were killed."""
    try:
        where = cache_directory() / "suspended"
    except FailedError:  # whoever needs a cache says so
        return []
    found = []
    for file, document in notes.left(where):
        try:
            found.append(Note(**document | {"before": Suspended(**document["before"]), "file": file}))
        except (KeyError, TypeError):  # not ours
            file.unlink(missing_ok=True)
    return found


def _set(clients: Clients, endpoint: str, variant: str, state: Suspended) -> None:
    clients("application-autoscaling").register_scalable_target(
        **scope(endpoint, variant),
        SuspendedState={member: getattr(state, name) for member, name in SUSPENDED.items()},
    )
