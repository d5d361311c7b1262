"""Checks the types of arguments: a wrong one is the caller's mistake, not a defect."""

from __future__ import annotations

import math
import os
from numbers import Real
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError


def check(name: str, value: Any, types: Any, words: str) -> None:
    """Raises `ScaleproofError` unless `value` is of `types`, which `words` describe."""
    if not isinstance(value, types):
        raise ScaleproofError(f"{name} is {type(value).__name__}, not {words}.")


def check_number(name: str, value: Any) -> None:
    """Raises `ScaleproofError` unless `value` is a number that a float can hold."""
    check(name, value, Real, "a number")
    try:
        nan = math.isnan(value)
    except OverflowError:
        raise ScaleproofError(f"{name} has too many digits.") from None
    if nan or isinstance(value, bool):
        raise ScaleproofError(f"{name} is {str(value).lower()}, not a number.")


def check_numbers(**values: Any) -> None:
    """Raises `ScaleproofError` unless all are numbers, or None."""
    for name, value in values.items():
        check_number(name, 0 if value is None else value)


def path(name: str, value: Any) -> Path:
    """The path that an argument has; raises `ScaleproofError` for another type."""
    check(name, value, str | os.PathLike, "a text or a path")
    return Path(value)
