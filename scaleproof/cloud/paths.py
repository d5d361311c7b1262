"""Where scaleproof keeps what outlives a run."""

from __future__ import annotations

import os
from pathlib import Path

from scaleproof.errors import ScaleproofError


def cache_directory() -> Path:
    """$SCALEPROOF_CACHE, else $XDG_CACHE_HOME/scaleproof, else ~/.cache/scaleproof; created if missing.

    Raises `ScaleproofError` when it cannot be created or written to.
    """
    if named := os.environ.get("SCALEPROOF_CACHE"):
        directory = Path(named).expanduser().absolute()
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        directory = Path(base).expanduser().absolute() / "scaleproof"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScaleproofError(
            f"The cache directory {directory} cannot be created: {error.strerror}.",
            advice="Name another one in SCALEPROOF_CACHE.",
        ) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ScaleproofError(
            f"The cache directory {directory} cannot be written to.",
            advice="Name another one in SCALEPROOF_CACHE.",
        )
    return directory
