"""Reads files and text that others wrote, up to a limit, and shows them without terminal control codes."""

from __future__ import annotations

import errno
import json
import math
import unicodedata
from pathlib import Path
from typing import Any

MOST = 100 * 2**20
"""Bytes of a file that is read as a whole: a plan of thousands of resources has some tens of millions."""
_PIECE = 2**20


def read(path: Path, most: int = MOST) -> bytes:
    """The content of a file. Raises `OSError`, also where there is more than `most` (bytes): EFBIG."""
    content = bytearray()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > most:
                raise OSError(errno.EFBIG, f"it has more than {most / 2**20:g} MB")
    return bytes(content)


def number(text: str) -> float:
    """The number that a text holds; NaN, which no comparison accepts, where it holds no finite number."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def json_value(content: str | bytes) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark; its numbers are finite.

    Raises ValueError that says what is wrong, and RecursionError for one that is nested too deeply.
    """
    text = content if isinstance(content, str) else content.decode("utf-8-sig")
    return json.loads(text, parse_constant=_finite, parse_float=_finite, parse_int=_whole)


def _finite(text: str) -> float:
    if math.isnan(value := number(text)):
        raise ValueError(f"{text:.40} is no finite number")
    return value


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def printable(text: str) -> str:
    """`text` with escapes in place of control characters and the like, but for line ends and tabs.

    Names come from files that somebody else may have written; what a terminal takes for a command, or what
    shows a line otherwise than it is, is seen as what it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if _shows(character) else character.encode("unicode_escape").decode() for character in text
    )


def _shows(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
