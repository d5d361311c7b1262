"""Reads what is sent: bodies of requests and audio of streams, from files or a function of the user's."""

from __future__ import annotations

import importlib.util
import io
import re
import traceback
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.texts import read

_SLOWEST, _FASTEST = 1_000, 100_000_000
"""Bytes in a second. A telephone has 8,000, a studio with 32 channels less than 20 million."""
_FUNCTION = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_]\w*)")
_RATE = "Give the bytes in a second: --rate 32000 is 16-bit audio of one channel at 16 kHz."


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
    if match := _FUNCTION.fullmatch(word):
        return _function(Path(match["file"]), match["name"])
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
        raise ScaleproofError(f"{file} cannot be loaded: {_with_line(error, file)}.") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ScaleproofError(f"{file} has no function {name}.", advice=f"Define it as: def {name}(number): return ...")

    def body(number: int) -> bytes:
        try:
            content = function(number)
        except (Exception, SystemExit) as error:
            raise ScaleproofError(f"{file}:{name} failed: {_with_line(error, file)}.") from error
        if isinstance(content, str):
            return content.encode()
        if not isinstance(content, bytes | bytearray):
            raise ScaleproofError(
                f"{file}:{name} returned {type(content).__name__}.",
                advice="Return the body as bytes or as a string.",
            )
        return bytes(content)

    return body


def _with_line(error: BaseException, file: Path) -> str:
    """An error and the last line of the user's file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {str(error).rstrip('.')}{place}"


def paced(audio: bytes, rate: float, chunk: float) -> list[tuple[float, bytes]]:
    """The parts of audio as they would come from a microphone, each with the seconds at which it is due.

    `rate`: bytes in a second. `chunk`: seconds of audio in a part. Raises ScaleproofError without any audio.
    """
    if not audio:
        raise ScaleproofError("A body is empty: a stream needs audio.", advice="Give some seconds of audio.")
    size = max(int(rate * chunk) // 2 * 2, 2)  # no sample of 16 bits is cut in two
    return [(place / rate, audio[place : place + size]) for place in range(0, len(audio), size)]


def rate_of(audio: bytes, name: str) -> float:
    """The bytes in a second of a WAV file; raises ScaleproofError where it is none, or not PCM."""
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise ScaleproofError(f"{name} is no WAV file: nothing says how fast to send it.", advice=_RATE)
    try:
        with wave.open(io.BytesIO(audio)) as file:
            rate = float(file.getframerate() * file.getnchannels() * file.getsampwidth())
            frames = file.getnframes()
    except (wave.Error, EOFError, RuntimeError) as error:  # the last one is for a chunk beyond the end
        raise ScaleproofError(
            f"{name} is a WAV file, but not of plain PCM samples: {str(error) or 'it ends too early'}.",
            advice=f"Convert it to PCM. {_RATE}",
        ) from error
    if not frames:
        raise ScaleproofError(f"{name} holds no audio.", advice="Give some seconds of audio.")
    if not _SLOWEST <= rate <= _FASTEST:
        raise ScaleproofError(
            f"{name} has {rate:,.0f} bytes in a second; expected is {_SLOWEST:,} to {_FASTEST:,}.",
            advice=_RATE,
        )
    return rate
