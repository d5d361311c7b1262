"""Speaks audio into one stream at its pace, and hears how far behind the answers are."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Protocol

PATIENCE = 65.0
"""Seconds until a stream that does not open, or does not end after its last part, counts as lost."""
LOST = "ConnectionLost"
"""The error of a stream that ended before all audio was sent: clients show a lost connection like an end."""


class Line(Protocol):
    """A stream that is open."""

    async def say(self, part: bytes, *, text: bool) -> None:
        """Sends a part: of audio, or a text."""
        ...

    async def close(self) -> None:
        """Says that nothing follows."""
        ...

    async def hear(self) -> bytes | None:
        """The next answer; None at the end."""
        ...


class Speech:
    """One stream's audio.

    Attributes:
        first: When the first answer came (`time.monotonic`); None without any.
        error: What went wrong without an exception; None if nothing did.
    """

    def __init__(self, parts: list[tuple[float, bytes]], last: str, late: list[float]) -> None:
        """`parts`: as `paced` gives them; `last`: a text that follows; `late` gets by how many seconds
        each part was late."""
        self._parts, self._last, self._late = parts, last, late
        self._opened = 0.0
        self._spoken: float | None = None
        self._behind = 0.0
        self.first: float | None = None
        self.error: str | None = None

    @property
    def lag(self) -> float | None:
        """How far the answers were behind at the worst, in seconds; None where nothing was answered.

        At the end of the stream that is the time since its last part was sent. A transcript that says which
        seconds of the audio it is of is behind by what had been sent beyond these.
        """
        return None if self.first is None else self._behind

    async def through(self, line: Line) -> None:
        """Speaks and listens until both are done. Raises TimeoutError, and what the line raises."""
        self._opened = time.monotonic()
        speaking = asyncio.create_task(self._speak(line))
        try:
            # Answers may be silent for as long as the audio is.
            async with asyncio.timeout(self._parts[-1][0] + PATIENCE):
                while (answer := await line.hear()) is not None:
                    self._heard(answer)
                if self._spoken is None:
                    self.error = LOST
                    return
                self._behind = max(self._behind, time.monotonic() - self._spoken)
                await speaking
        finally:
            speaking.cancel()

    async def _speak(self, line: Line) -> None:
        for due, part in self._parts:
            wait = self._opened + due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self._late.append(time.monotonic() - self._opened - due)
            await line.say(part, text=False)
        self._spoken = time.monotonic()
        if self._last:
            await line.say(self._last.encode(), text=True)
        await line.close()

    def _heard(self, answer: bytes) -> None:
        now = time.monotonic()
        self.first = now if self.first is None else self.first
        reaches = _reaches(answer)
        if reaches is not None:
            spoken = now if self._spoken is None else self._spoken
            self._behind = max(self._behind, spoken - self._opened - reaches)


def _reaches(answer: bytes) -> float | None:
    """The second of the audio that a transcript reaches to, where it has `start` and `duration`.

    https://developers.deepgram.com/reference/speech-to-text/listen-streaming
    """
    if not answer.startswith(b"{"):
        return None
    try:
        transcript = json.loads(answer)
        return float(transcript["start"]) + float(transcript["duration"])
    except (ValueError, KeyError, TypeError):
        return None
