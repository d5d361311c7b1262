"""Reads files and text that others wrote, up to a limit, and shows them without control codes and credentials."""

from __future__ import annotations

import difflib
import errno
import json
import math
import re
import stat
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import Any

MOST = 100 * 2**20
"""Bytes of a file that is read as a whole: a plan of thousands of resources has some tens of millions."""
LONGEST = 4_000
"""Characters of a message."""
NAMES = 200
"""Among which a near one is looked for."""
_PIECE = 2**20
_pipes: dict[tuple[int, int] | None, bytes] = {}


def is_utf8(word: str) -> bool:
    """Whether a word of the command line or the environment was UTF-8. Python keeps other bytes as surrogates."""
    return word.isascii() or word == word.encode(errors="replace").decode()


def check_no_device(path: Path) -> None:
    """Raises `OSError` for a device, such as /dev/zero or a terminal: reading one may wait or never end.

    A pipe is none: a shell makes one of `<(...)`.
    """
    mode = path.stat().st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device")


def read(path: Path, most: int = MOST) -> bytes:
    """The content of a file. Raises `OSError`, also for a device, and for more than `most` bytes: EFBIG.

    The content of a pipe is kept, as it can be read only once.
    """
    check_no_device(path)
    status = path.stat()
    pipe = (status.st_dev, status.st_ino) if stat.S_ISFIFO(status.st_mode) else None
    if pipe in _pipes:
        return _pipes[pipe]
    content = bytearray()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > most:
                raise OSError(errno.EFBIG, f"it has more than {most / 2**20:g} MB")
    if pipe:
        _pipes[pipe] = bytes(content)
    return bytes(content)


def number(text: str) -> float:
    """The number that a text holds; NaN, which no comparison accepts, where it holds no finite number.

    Python also reads 1_0 and digits of other scripts, which a reader would take for a slip.
    """
    try:
        value = float(text if text.isascii() and "_" not in text else "")
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


def did_you_mean(word: str, known: Collection[str], most: int = 1) -> str:
    """The known words that are nearest, `most` of them, as a question; empty where none is near.

    Among more than NAMES none is looked for: with thousands it takes minutes.
    """
    near = difflib.get_close_matches(word, known, n=most) if len(known) <= NAMES else []
    return f"Did you mean {', '.join(near)}?" if near else ""


def printable(text: str) -> str:
    """`text` with escapes in place of control characters and the like, but for line ends and tabs.

    Names come from files that somebody else may have written; what a terminal takes for a command, or what
    shows a line otherwise than it is, is seen as what it is. Addresses are `without_credentials`.
    """
    text = without_credentials(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if _shows(character) else character.encode("unicode_escape").decode() for character in text
    )


def cut(text: str) -> str:
    """`text` as far as somebody reads a message: what a service answers may be endless."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def without_credentials(text: str) -> str:
    """`text` without the user and the token of each address (https://USER:TOKEN@host), and with `...` for what
    its query gives, such as a key. It keeps what Terraform's sources have there, such as `ref`.
    """
    if not _ADDRESS.search(text):
        return text
    return _QUERY_VALUE.sub(r"\1=...", _WORD.sub(_without_secrets, text))


def _without_secrets(word: re.Match[str]) -> str:
    address, mark, query = _without_users(word).partition("?")
    if not mark or not _ADDRESS.search(address):
        return address + mark + query
    own = query.rstrip(_AFTER_ADDRESS)
    return address + mark + "".join(map(_without_value, re.split("([&;])", own))) + query[len(own) :]


def _without_value(part: str) -> str:
    """A part of a query: a name, or a name and its value."""
    name, equals, _ = part.partition("=")
    if part in ("", "&", ";") or name in _KEPT:
        return part
    return f"{name}=..." if equals and _NAME.fullmatch(name) else "..."


def _without_users(word: re.Match[str]) -> str:
    # Up to the last @ only: behind it each // would be compared with all that follows.
    head, at, rest = word[0].rpartition("@")
    shown = _USER.sub("", head + at)
    # What looked like a user may have been a query, whose value goes on.
    return shown + (rest if shown.count("?") == head.count("?") else "...")


_WORD = re.compile(r"""[^\s"`]+""")
# A path has one slash where the address that was meant has two.
_ADDRESS = re.compile(r"//|\w:/")
# What stands behind a colon is a token, which may have a slash, unless it is the port of a host.
_PORT = r"(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[\da-fA-F:.]+\]):\d{1,5}/"
_USER = re.compile(rf"""(?:(?<=//)|(?<=\w:/)(?!/))(?!{_PORT})(?:[^/\s"`:]+:[^\s"`]*|[^/\s"`]*)@""")
_AFTER_ADDRESS = "'.,:;!)]}>"
_KEPT = ("ref", "depth", "archive", "checksum", "version", "region")
_NAME = re.compile(r"[\w.~%\[\]-]+")
# In an address without a scheme.
_QUERY_VALUE = re.compile(rf"""(?<=[?&;])(?!(?:{"|".join(_KEPT)})=)([\w.~%-]+)=[^&\s"'`#]+""")


def _shows(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
