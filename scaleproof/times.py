"""Lengths of time in seconds, moments in texts, and the pauses between attempts."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


def instant(text: str, zone: tzinfo | None = None) -> datetime:
    """The moment that an ISO 8601 text names, in UTC. `zone`: of a text that has none.

    Raises ValueError that completes "'...' is not": what was expected.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time in ISO 8601") from None
    if moment.tzinfo is None and zone is None:
        raise ValueError("a time with a time zone")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


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
