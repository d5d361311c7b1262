"""Writes pages and summaries to files, and replaces only those that it wrote before."""

from __future__ import annotations

import os
from pathlib import Path

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes import scratch

MADE = "<!-- Made by scaleproof. -->"
"""Stands in the first line of a page, and of a summary in Markdown."""
_ELSEWHERE = "Name another file."
_FIRST = 200
"""Bytes of a file that are looked at."""


def check_ours(path: Path) -> None:
    """Raises ScaleproofError where a report cannot be written: where a file is that is no report."""
    _check_place(path)
    try:
        with path.open("rb") as file:
            first = file.readline(_FIRST)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ScaleproofError(_refused(path, error), advice=_ELSEWHERE) from error
    if first and MADE.encode() not in first:
        raise ScaleproofError(f"{path} exists already and is not a report.", advice=_ELSEWHERE)


def check_new(path: Path) -> None:
    """Raises ScaleproofError if a file is there already, or cannot be written there."""
    if os.path.lexists(path):
        raise ScaleproofError(f"{path} exists already.", advice="Name a new file, or remove it.")
    _check_place(path)


def write(text: str, path: Path) -> None:
    """Writes a whole file or nothing. Only a report replaces a file, and only another report.

    Raises ScaleproofError as the checks do, which commands make before any work, and FailedError.
    """
    (check_ours if MADE in text[:_FIRST].partition("\n")[0] else check_new)(path)
    try:
        with scratch.replacing(path) as file:
            file.write(text)
    except OSError as error:
        raise FailedError(_refused(path, error), advice=_ELSEWHERE) from error


def _check_place(path: Path) -> None:
    try:
        scratch.check_replaceable(path)
    except OSError as error:
        raise ScaleproofError(_refused(path, error), advice=_ELSEWHERE) from error


def _refused(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror}."
