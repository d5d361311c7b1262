"""The cache directory, which outlives a run, and directories and files that only this user can read."""

from __future__ import annotations

import os
from pathlib import Path

from scaleproof.errors import FailedError


def cache_directory() -> Path:
    """$SCALEPROOF_CACHE, else $XDG_CACHE_HOME/scaleproof, else ~/.cache/scaleproof. Creates it if missing.

    Raises `ScaleproofError` if it cannot be created or written to.
    """
    if named := os.environ.get("SCALEPROOF_CACHE"):
        directory = Path(os.path.expanduser(named)).absolute()  # noqa: PTH111  (the method raises for ~nobody)
    else:
        directory = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "scaleproof"
    _made(directory)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise FailedError(
            f"The cache directory {directory} cannot be written to.",
            advice="Name another one in SCALEPROOF_CACHE.",
        )
    return directory


def _made(directory: Path) -> Path:
    try:
        return private_directory(directory)
    except OSError as error:
        raise FailedError(
            f"The cache directory {directory} cannot be created: {error.strerror}.",
            advice="Name another one in SCALEPROOF_CACHE.",
        ) from error


def private_directory(directory: Path) -> Path:
    """Makes `directory` and its parents if missing, readable by this user only. Returns it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def private_file(path: Path) -> Path:
    """Makes `path` an empty file, readable by this user only. Returns it."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path
