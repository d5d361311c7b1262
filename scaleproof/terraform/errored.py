"""Saves a state that Terraform could not write to its file, so that the next command continues from it.

Terraform writes such a state to `errored.tfstate` in its working directory, or, if that fails too, to its
output. The working directory is removed after the command, so here that file is a link into the cache. The
state survives even if the command is killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import Diagnostic

NAME = "errored.tfstate"
REPLACED_MESSAGES = ("Failed to create local state file", "Failed to persist state to backend")
"""Terraform's messages about its own file. They advise `terraform state push`, which does not work here."""


def link(directory: Path, state: Path) -> None:
    """Makes the file in Terraform's working `directory` a link into the cache."""
    *_, cached = places(state)
    cached.parent.mkdir(mode=0o700, exist_ok=True)
    (directory / NAME).unlink(missing_ok=True)
    (directory / NAME).symlink_to(cached)


def exists(state: Path) -> bool:
    """Whether there is a state, in its file or saved elsewhere."""
    return state.exists() or saved_file(state) is not None


def save(state: Path, dumped: Mapping[str, Any] | None) -> Diagnostic | None:
    """Saves what Terraform could not write to `state`: beside it, else in the cache, else prints it.

    `dumped`: the state from Terraform's output, if it could not write its own file. Returns a message, or
    None if there is nothing to save.
    """
    beside, cached = places(state)
    found = _read(cached) or dumped
    if found is None:
        return None
    what = f"The state could not be written to {state}"
    for place in (beside, cached):
        try:
            if _read(place) != found:
                _write(found, place)
        except OSError:
            continue
        if place != cached:
            _delete(cached)
        return Diagnostic("error", what, f"It is saved in {place}. The next command continues from it.")
    _delete(cached)  # it may be incomplete
    console.print(json.dumps(found))
    detail = (
        f"Neither could {beside} nor {cached}, so it is printed above. Save the text from the first {{ to "
        f"the last }} as {beside}. The next command continues from it."
    )
    return Diagnostic("error", what, detail)


def restore(state: Path) -> None:
    """Moves a saved state to its file. Raises `ScaleproofError` if that would lose another state."""
    saved, current = saved_file(state), _read(state)
    if saved is None:
        backup = Path(f"{state}.backup")
        # An empty file may belong to a Terraform that has not written to it yet.
        if current is None and state.exists() and (state.stat().st_size or _read(backup)):
            raise ScaleproofError(
                f"The state {state} is incomplete.",
                advice=f"If {backup} exists, it is the previous state: move it to {state} to go back to it.",
            )
        return
    found = _read(saved)
    if found is None:
        raise ScaleproofError(
            f"{saved}, a state that could not be written to {state}, is incomplete.",
            advice="Inspect it, then remove it. Resources that only it lists may still exist.",
        )
    if current and (current["lineage"] != found["lineage"] or current["serial"] > found["serial"]):
        raise ScaleproofError(
            f"{state} has changed since {saved} was saved.",
            advice=f"Remove {saved}, or move it to {state} to continue from it.",
        )
    try:
        _write(found, state)
    except OSError as error:
        raise FailedError(
            f"The state saved in {saved} cannot be written to {state}: {error.strerror}.",
            advice="Fix that, then run this again.",
        ) from error
    saved.unlink()
    console.print(f"Continuing from the state saved in {saved}.")


def forget(state: Path) -> None:
    """Removes a state whose resources are gone, wherever it is."""
    for file in (state, state.with_suffix(".tfstate.backup"), *places(state)):
        file.unlink(missing_ok=True)


def places(state: Path) -> tuple[Path, Path]:
    """The files for a saved state: beside the state, and in the cache under a unique name."""
    state = state.parent.resolve() / state.name
    key = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return state.with_name(f"{state.stem}.{NAME}"), cache_directory() / "states" / f"{key}.tfstate"


def saved_file(state: Path) -> Path | None:
    """The file with a saved state, or None."""
    return next((place for place in places(state) if place.is_file()), None)


def _read(file: Path) -> dict[str, Any] | None:
    """The state in a file, or None if it is missing or incomplete."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"lineage", "serial"} <= found.keys() else None


def _delete(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink()


def _write(found: Mapping[str, Any], file: Path) -> None:
    with scratch.replacing(file) as made:
        json.dump(found, made)
