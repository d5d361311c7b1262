"""Numbers in texts, and near words for a misspelt one."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection


def number(text: str) -> float:
    """The number that a text holds; NaN, which no comparison accepts, where it holds no finite number.

    Python also reads 1_0 and digits of other scripts, which a reader would take for a slip.
    """
    try:
        value = float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def did_you_mean(word: str, known: Collection[str], most: int = 1) -> str:
    """The known words that are nearest, `most` of them, as a question; empty where none is near."""
    near = difflib.get_close_matches(word, known, n=most)
    return f"Did you mean {', '.join(near)}?" if near else ""
