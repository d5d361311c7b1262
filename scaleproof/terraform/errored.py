"""States that Terraform could not write where they belong: kept, named, and taken up by the next command.

Terraform writes such a state to `errored.tfstate` in its working directory, which goes with the command;
where that fails as well, into its output. Here the file is a link into the cache, so that the state outlives
a command that is killed.
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
TOLD_OTHERWISE = ("Failed to create local state file", "Failed to persist state to backend")
"""What Terraform says of its own file: `terraform state push` has no part here."""


def link(directory: Path, state: Path) -> None:
    """Makes the file in Terraform's working `directory` lead to where a state outlives the command."""
    *_, cached = places(state)
    cached.parent.mkdir(mode=0o700, exist_ok=True)
    (directory / NAME).unlink(missing_ok=True)
    (directory / NAME).symlink_to(cached)


def exists(state: Path) -> bool:
    """Whether there is a state, in its place or kept elsewhere."""
    return state.exists() or _kept(state) is not None


def keep(state: Path, dumped: Mapping[str, Any] | None) -> Diagnostic | None:
    """Keeps what Terraform could not write to `state`: beside it, else in the cache, else it is printed.

    `dumped`: the state from Terraform's output, where it could not even write its own file. Returns what to
    say of it, None where there is nothing to keep.
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
            _forget(cached)
        return Diagnostic("error", what, f"It is kept in {place}; the next command goes on from it.")
    _forget(cached)  # a part of it
    console.print(json.dumps(found), markup=False, soft_wrap=True)
    detail = (
        f"Nor to {beside} or {cached}, so it is printed above. Save it, from the first {{ to the last }}, "
        f"as {beside}: the next command goes on from it."
    )
    return Diagnostic("error", what, detail)


def take_up(state: Path) -> None:
    """Puts a state that is kept in its place; raises `ScaleproofError` where another one would be lost."""
    kept, current = _kept(state), _read(state)
    if kept is None:
        backup = Path(f"{state}.backup")
        # An empty one may be of a Terraform that has nothing to write yet.
        if current is None and state.exists() and (state.stat().st_size or _read(backup)):
            raise ScaleproofError(
                f"The state {state} is cut short.",
                advice=f"{backup} is the one before, if it is there: put it in its place to go on from that.",
            )
        return
    found = _read(kept)
    if found is None:
        raise ScaleproofError(
            f"{kept}, a state that could not be written to {state}, is cut short as well.",
            advice="Inspect it, then remove it. Resources that only it lists may still exist.",
        )
    if current and (current["lineage"] != found["lineage"] or current["serial"] > found["serial"]):
        raise ScaleproofError(
            f"{state} has changed since {kept} was kept in place of it.",
            advice=f"Remove {kept}, or move it to {state} if that is the one to go on from.",
        )
    try:
        _write(found, state)
    except OSError as error:
        raise FailedError(
            f"The state kept in {kept} cannot be written to {state}: {error.strerror}.",
            advice="Fix that, then run this again.",
        ) from error
    kept.unlink()
    console.print(f"Going on from the state that was kept in {kept}.", markup=False, soft_wrap=True)


def places(state: Path) -> tuple[Path, Path]:
    """Beside the state, and in the cache under a name of its own."""
    state = state.parent.resolve() / state.name
    key = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return state.with_name(f"{state.stem}.{NAME}"), cache_directory() / "states" / f"{key}.tfstate"


def _kept(state: Path) -> Path | None:
    return next((place for place in places(state) if place.is_file()), None)


def _read(file: Path) -> dict[str, Any] | None:
    """A whole state, None for anything else."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"lineage", "serial"} <= found.keys() else None


def _forget(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink()


def _write(found: Mapping[str, Any], file: Path) -> None:
    with scratch.replacing(file) as made:
        json.dump(found, made)
