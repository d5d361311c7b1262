"""Writes pages and summaries to files, and replaces only those that it wrote before."""

from __future__ import annotations

import os
from pathlib import Path

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes import scratch

MADE = "<!-- Made by scaleproof. -->"
"""Stands in the first line of a page, and of a summary in Markdown."""
_ELSEWHERE = "Name another file."


def check_ours(path: Path) -> None:
    """Raises ScaleproofError where a report cannot be written: where a file is that is no report."""
    if path.exists() and (not path.is_file() or MADE not in (_first_line(path) or MADE)):
        raise ScaleproofError(f"{path} exists already and is not a report.", advice=_ELSEWHERE)
    _check_place(path)


def check_new(path: Path) -> None:
    """Raises ScaleproofError if a file is there already, or cannot be written there."""
    if path.exists():
        raise ScaleproofError(f"{path} exists already.", advice="Name a new file, or remove it.")
    _check_place(path)


def write(text: str, path: Path) -> None:
    """Writes a whole file or nothing. Only a report replaces a file, and only another report.

    Raises ScaleproofError as the checks do, which commands make before any work, and FailedError.
    """
    (check_ours if MADE in text.partition("\n")[0] else check_new)(path)
    try:
        with scratch.replacing(path) as file:
            file.write(text)
    except OSError as error:
        raise FailedError(f"{path} cannot be written: {error.strerror}.", advice=_ELSEWHERE) from error


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline()


def _check_place(path: Path) -> None:
    if not os.access(path.parent, os.W_OK):
        missing = "" if path.parent.is_dir() else f": there is no directory {path.parent}"
        raise ScaleproofError(f"{path} cannot be written{missing}.", advice=_ELSEWHERE)
