"""What is sent: bodies of requests and audio of streams, from files or from a function of the user's."""

from __future__ import annotations

import importlib.util
import re
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.texts import read

_FUNCTION = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_]\w*)")


class Bodies:
    """Gives the body of each request, by its number from 0 on: of several sources one after the other."""

    def __init__(self, words: Sequence[str]) -> None:
        """`words`: paths of files, and `FILE.py:FUNCTION` for a function that takes the number.

        Raises ScaleproofError for a file that cannot be read and a function that is not there.
        """
        self._sources = [_source(word) for word in words]

    def __call__(self, number: int) -> bytes:
        """The body. Raises ScaleproofError if a function raises or returns something else than a body."""
        return self._sources[number % len(self._sources)](number)


def _source(word: str) -> Callable[[int], bytes]:
    if found := _FUNCTION.fullmatch(word):
        return _function(Path(found["file"]), found["name"])
    try:
        content = read(Path(word))
    except OSError as error:
        raise ScaleproofError(
            f"The body {word} cannot be read: {error.strerror}.",
            advice="Give a file, or a function as FILE.py:FUNCTION.",
        ) from error
    return lambda _number: content


def _function(file: Path, name: str) -> Callable[[int], bytes]:
    if not file.is_file():
        raise ScaleproofError(f"The body {file}:{name} cannot be read: there is no file {file}.")
    spec = importlib.util.spec_from_file_location("scaleproof_bodies", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ScaleproofError(f"{file} cannot be loaded: {_told(error, file)}.") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ScaleproofError(
            f"{file} has no function {name}.", advice=f"Define it as: def {name}(number): return ..."
        )

    def body(number: int) -> bytes:
        try:
            made = function(number)
        except (Exception, SystemExit) as error:
            raise ScaleproofError(f"{file}:{name} failed: {_told(error, file)}.") from error
        if isinstance(made, str):
            return made.encode()
        if not isinstance(made, bytes | bytearray):
            raise ScaleproofError(
                f"{file}:{name} returned {type(made).__name__}.",
                advice="Return the body as bytes or as a string.",
            )
        return bytes(made)

    return body


def _told(error: BaseException, file: Path) -> str:
    """An error and the last line of the user's file that led to it."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)
    ]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {str(error).rstrip('.')}{place}"
