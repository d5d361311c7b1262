"""How fast audio is sent: as it would come from a microphone."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError


@dataclass(frozen=True)
class Pace:
    """`rate`: bytes in a second. `chunk`: seconds of audio in one part of the stream."""

    rate: float
    chunk: float

    def parts(self, audio: bytes) -> list[tuple[float, bytes]]:
        """The parts of the audio, each with the seconds after the first at which it is due."""
        size = max(int(self.rate * self.chunk) // 2 * 2, 2)  # no sample of 16 bits is cut in two
        return [(place / self.rate, audio[place : place + size]) for place in range(0, len(audio), size)]


def rate_of(audio: bytes, name: str) -> float:
    """The bytes in a second of a WAV file; raises ScaleproofError where it is none, or not PCM."""
    advice = "Give the bytes in a second: --rate 32000 is 16-bit audio of one channel at 16 kHz."
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise ScaleproofError(f"{name} is no WAV file: nothing says how fast to send it.", advice=advice)
    try:
        with wave.open(io.BytesIO(audio)) as file:
            return float(file.getframerate() * file.getnchannels() * file.getsampwidth())
    except (wave.Error, EOFError) as error:
        raise ScaleproofError(
            f"{name} is a WAV file, but not of plain PCM samples: {str(error) or 'it ends too early'}.",
            advice=f"Convert it to PCM. {advice}",
        ) from error
