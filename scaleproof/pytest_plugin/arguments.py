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
    """Raises `ScaleproofError` unless `value` is a number."""
    check(name, value, Real, "a number")
    if isinstance(value, float) and math.isnan(value):
        raise ScaleproofError(f"{name} is nan, not a number.")


def path(name: str, value: Any) -> Path:
    """The path that an argument has; raises `ScaleproofError` for another type."""
    check(name, value, str | os.PathLike, "a text or a path")
    return Path(value)
