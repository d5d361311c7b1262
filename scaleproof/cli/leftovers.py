"""Demos on a LocalStack that stays: the next demo destroys what a killed one left.

Each demo writes a note beside its state, with what it applies and where, and locks the note while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import health
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory
from scaleproof.progress import console
from scaleproof.terraform import errored
from scaleproof.terraform.root import Providers, Root
from scaleproof.texts import read


def state_file(connection: Connection) -> Path:
    """The state of a demo in this account; it survives a destroy that fails."""
    return _directory() / f"{connection.account}.tfstate"


@contextmanager
def noted(root: Root) -> Iterator[None]:
    """Writes a note of what is applied; removes it at the end if no state is left."""
    assert root.connection
    note = root.state_file.with_suffix(".json")
    try:
        document = {
            "directory": str(root.directory.absolute()),
            "endpoint_url": root.connection.endpoint_url,
            "variables": root.variables,
            "arguments": root.arguments,
            "sources": root.sources,
            "allow_network": root.allow_network,
            "allow_providers": root.allow_providers,
        }
        with _lock(note):
            with scratch.replacing(note) as file:
                json.dump(document, file, default=str)
            yield
    finally:
        if not errored.exists(root.state_file):
            _forget(note)


def clear(stack: LocalStack, providers: Providers | None) -> None:
    """Destroys what killed demos left, and prints what it cannot destroy."""
    for note in sorted(_directory().glob("*.json")):
        try:
            with _lock(note):
                _clear(note, json.loads(read(note)), stack, providers)
        except (Timeout, FileNotFoundError):  # its demo lives, or has removed it just now
            continue
        except ValueError:
            _forget(note)
        except ScaleproofError as error:
            console.print(f"{error} What an earlier demo left is in {note.with_suffix('.tfstate')}.")


def _clear(note: Path, found: dict[str, Any], stack: LocalStack, providers: Providers | None) -> None:
    state = note.with_suffix(".tfstate")
    if found["endpoint_url"] == stack.endpoint_url:
        if errored.exists(state):
            console.print("Destroying what an earlier demo left.")
            with Root(
                found["directory"],
                standins=providers,
                connection=stack.connection(note.stem),
                variables=found["variables"],
                state=state,
                arguments=found["arguments"],
                sources={name: Path(copy) for name, copy in found.get("sources", {}).items()},
                allow_network=found.get("allow_network", False),
                allow_providers=found.get("allow_providers", ()),
            ) as root:
                root.destroy()
    elif health.answers(found["endpoint_url"]):
        return
    errored.forget(state)
    _forget(note)


def _lock(note: Path) -> FileLock:
    """Held as long as the demo lives that a note is of."""
    return FileLock(note.with_suffix(".lock"), timeout=0, mode=0o600)


def _forget(note: Path) -> None:
    note.unlink(missing_ok=True)
    note.with_suffix(".lock").unlink(missing_ok=True)


def _directory() -> Path:
    return private_directory(cache_directory() / "demo")
