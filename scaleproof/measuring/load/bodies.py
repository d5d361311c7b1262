"""Reads what is sent: the bodies of requests and the audio of streams."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.load.job import Body

_SLOWEST, _FASTEST = 1_000, 100_000_000
"""Bytes in a second. A telephone has 8,000, a studio with 32 channels less than 20 million."""
_RATE = "Set the bytes per second: --rate 32000 for 16-bit audio of one channel at 16 kHz."


def read_bodies(paths: Iterable[Path]) -> tuple[Body, ...]:
    """Files, and all files in directories. Raises ScaleproofError for one that is not read."""
    bodies: list[Body] = []
    for path in paths:
        try:
            files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
            bodies += [Body(file.read_bytes(), file) for file in files]
        except OSError as error:
            raise ScaleproofError(f"The body {path} cannot be read: {error.strerror}.") from error
        if not files:
            raise ScaleproofError(
                f"There is no file in {path}.", advice="Copy files with the bodies of requests to it."
            )
    return tuple(bodies)


def paced(audio: bytes, rate: float, chunk: float) -> list[tuple[float, bytes]]:
    """The parts of audio as they would come from a microphone, each with the seconds at which it is due.

    `rate`: bytes in a second. `chunk`: seconds of audio in a part.
    """
    size = max(int(rate * chunk) // 2 * 2, 2)  # no sample of 16 bits is cut in two
    return [(place / rate, audio[place : place + size]) for place in range(0, len(audio), size)]


def with_rate(body: Body, rate: float | None) -> Body:
    """A body with its rate: a WAV file's own, else `rate`, in bytes per second.

    Raises ScaleproofError, which names the file, where there is neither or no audio.
    """
    if not body.content:
        raise ScaleproofError(f"{body.path} is empty.", advice="Use files with some seconds of audio.")
    try:
        return replace(body, rate=wav_rate(body.content))
    except ScaleproofError as error:
        if rate is None:
            raise ScaleproofError(f"{body.path}: {error.message}", advice=error.advice) from error
        return replace(body, rate=rate)


def wav_rate(audio: bytes) -> float:
    """The bytes in a second of a WAV file; raises ScaleproofError where it is none, or not PCM."""
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise ScaleproofError("The audio is not a WAV file, so its rate is not known.", advice=_RATE)
    # A writer to a pipe does not know the sizes in the header and leaves 0: the audio lasts until the end of the file.
    content = io.BytesIO(audio[:4] + b"\xff" * 4 + audio[8:])
    try:
        with wave.open(content) as file:
            rate = float(file.getframerate() * file.getnchannels() * file.getsampwidth())
            samples = content.read(1)
    except (wave.Error, EOFError, RuntimeError) as error:  # the last one is for a chunk beyond the end
        raise ScaleproofError(
            f"The audio is a WAV file, but not of plain PCM samples: {str(error) or 'it ends too early'}.",
            advice=f"Convert it to PCM. {_RATE}",
        ) from error
    if not samples:
        raise ScaleproofError("The WAV file contains no audio.", advice="Use files with some seconds of audio.")
    if not _SLOWEST <= rate <= _FASTEST:
        raise ScaleproofError(
            f"The WAV file has {rate:,.0f} bytes per second; expected is {_SLOWEST:,} to {_FASTEST:,}.",
            advice=_RATE,
        )
    return rate
