"""Saves a state that Terraform could not write to its file, so that the next command continues from it.

Terraform writes such a state to `errored.tfstate` in its working directory, or, if that fails too, to its
output. The working directory is removed after the command, so here that file is a link into the cache. The
state survives even if the command is killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import Diagnostic

REPLACED_MESSAGES = ("Failed to create local state file", "Failed to persist state to backend")
"""Terraform's messages about its own file. They advise `terraform state push`, which does not work here."""


def saved_file(state: Path) -> Path:
    """The file of the cache for what could not be written to `state`. It may not exist."""
    place = os.fsencode(state.parent.resolve() / state.name)
    return cache_directory() / "states" / f"{hashlib.sha256(place).hexdigest()[:16]}.tfstate"


def check(state: Path) -> None:
    """Raises `ScaleproofError` unless the state, its backup and its lock are regular files or missing.

    Terraform follows a link and overwrites what it names, and waits at a pipe.
    """
    for file in (state, _backup(state), state.with_name(f".{state.name}.lock.info")):
        try:
            scratch.check_regular(file)
        except OSError as error:
            raise ScaleproofError(
                f"{file} cannot be used for a state: {error.strerror}.",
                advice="Move it away: Terraform would read or overwrite it.",
            ) from error


def link(directory: Path, state: Path) -> None:
    """Makes the file in Terraform's working `directory` a link to `saved_file`."""
    saved, own = saved_file(state), directory / "errored.tfstate"
    private_directory(saved.parent)
    own.unlink(missing_ok=True)
    own.symlink_to(saved)


def exists(state: Path) -> bool:
    """Whether there is a state, in its file or saved."""
    return state.exists() or saved_file(state).is_file()


def save(state: Path, dumped: Mapping[str, Any] | None) -> Diagnostic | None:
    """Says where the state is that Terraform could not write to `state`, or None if it could.

    `dumped`: the state from Terraform's output, if it could not write `saved_file` either. This does, else
    prints it.
    """
    saved = saved_file(state)
    detail = f"It is saved in {saved}. The next command continues from it."
    if dumped is not None:
        try:
            with scratch.replacing(saved) as stream:
                json.dump(dumped, stream)
        except OSError:
            print(json.dumps(dumped), file=sys.stderr)  # as it is: whatever is shown otherwise would be lost
            detail = (
                f"Neither could {saved}, so it is printed above. Save that line, which begins with {{, as {saved}. "
                "The next command continues from it."
            )
    elif not saved.is_file():
        return None
    return Diagnostic("error", f"The state could not be written to {state}", detail)


def restore(state: Path) -> None:
    """Moves a saved state to its file.

    Raises what `check` does, and `ScaleproofError` if another state would be lost.
    """
    check(state)
    saved, current = saved_file(state), _read(state)
    if not saved.is_file():
        # An empty file may belong to a Terraform that has not written to it yet.
        if current is None and state.exists() and (state.stat().st_size or _read(_backup(state))):
            raise ScaleproofError(
                f"The state {state} is incomplete.",
                advice=f"If {_backup(state)} exists, it is the previous state: move it to {state} to go back to it.",
            )
        return
    content = _read(saved)
    if content is None or (
        current and (current["lineage"] != content["lineage"] or current["serial"] > content["serial"])
    ):
        problem = "is incomplete" if content is None else "is older than its content, or of another history"
        raise ScaleproofError(
            f"{saved}, a state that could not be written to {state}, {problem}.",
            advice=f"Inspect it. Then remove it, or move it to {state} to continue from it.",
        )
    try:
        text = saved.read_text(encoding="utf-8")  # as it is: a number may have more digits than a float
        if current and current != content and current["serial"] == content["serial"]:
            # Named as Terraform names what its own commands replace.
            with scratch.replacing(Path(f"{state}.{time.time_ns()}.backup")) as stream:
                stream.write(state.read_text(encoding="utf-8"))
        with scratch.replacing(state) as stream:
            stream.write(text)
    except OSError as error:
        raise FailedError(
            f"The state saved in {saved} cannot be written to {state}: {error.strerror}.",
            advice="Fix that, then run this again.",
        ) from error
    saved.unlink()
    console.print(f"Continuing from the state saved in {saved}.")


def check_written(state: Path) -> None:
    """Raises `FailedError` where a state is empty: what was applied is not known."""
    if state.is_file() and not state.stat().st_size and not saved_file(state).is_file():
        raise FailedError(
            f"The state {state} is empty: an apply is running, or was killed before it wrote down what it made.",
            advice="If none is running, end the LocalStack or delete what the apply made, then delete the file.",
        )


def forget(state: Path) -> None:
    """Removes a state whose resources are gone, wherever it is; not one that another command has since written."""
    if (current := _read(state)) and current.get("resources"):
        return
    for file in (state, _backup(state), saved_file(state)):
        file.unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Any] | None:
    """The state in a file, or None if it is missing or incomplete."""
    try:
        state = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(state, dict) and type(state.get("serial")) is int and isinstance(state.get("lineage"), str):
        return state
    return None


def _backup(state: Path) -> Path:
    return Path(f"{state}.backup")
