"""Lengths of time in seconds, and the pauses between attempts."""

import time
from collections.abc import Iterator

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


def attempts(seconds: float, pause: float, longest: float) -> Iterator[bool]:
    """Makes pauses between attempts, each twice as long as the one before, `longest` at most.

    Yields whether an attempt is the last: after it the `seconds` would be over.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() + pause < deadline:
        yield False
        time.sleep(pause)
        pause = min(pause * 2, longest)
    yield True
