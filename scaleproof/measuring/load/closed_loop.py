"""Runs a number of users, each of whom sends a request as soon as the last one has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load.job import Credentials

BEAT = 0.01
"""Seconds between two looks at how late this process is."""
BREATH = 0.1
"""Seconds that a user waits after an error: one that is refused at once would send nothing but refusals."""
DRAIN = 90.0
"""Seconds until requests that are still in flight after a level are given up; SageMaker's limit is 60."""


class Sender(Protocol):
    """Sends the requests of the users of one process, and keeps their connections from level to level."""

    drains: bool
    """Whether a request in flight has to be waited for; otherwise it can be cancelled."""
    late: list[float]
    """By how many seconds what was sent in a level was late, each time."""

    def begin(self, users: int, credentials: Credentials) -> None:
        """A level of so many users begins."""

    async def send(self, user: int, number: int, origin: float) -> Reply | None:
        """Sends the request of a number for a user, and says what came of it, with times from `origin` on.

        None: it was cut short.
        """

    def stop(self) -> None:
        """The level is over: what can be cut short may be."""


def p99(late: Sequence[float]) -> float:
    """The 99th percentile of how late something was, in seconds; 0 without any."""
    return max(sorted(late)[(99 * len(late) - 1) // 100], 0.0) if late else 0.0


async def hold(sender: Sender, users: int, seconds: float, numbers: Iterator[int]) -> tuple[list[Reply], float]:
    """Keeps the users busy for a while from now on: all requests that were not cut, and how late they were.

    That is the 99th percentile, in seconds, of what was sent or of when this process was woken. Raises what
    the sender raises.
    """
    began = time.monotonic()
    end = began + seconds
    replies: list[Reply] = []
    beats: list[float] = []

    async def use(user: int) -> None:
        while time.monotonic() < end:
            reply = await sender.send(user, next(numbers), began)
            if reply is None:
                return
            replies.append(reply)
            if reply.error:
                await asyncio.sleep(BREATH)

    beating = asyncio.create_task(_beat(beats))
    tasks = [asyncio.create_task(use(user)) for user in range(users)]
    try:
        _, busy = await asyncio.wait(tasks, timeout=end - time.monotonic(), return_when=asyncio.FIRST_EXCEPTION)
        end = min(end, time.monotonic())  # where one has raised
        beating.cancel()
        sender.stop()
        if busy and sender.drains:
            _, busy = await asyncio.wait(tasks, timeout=DRAIN)
        for task in busy:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        beating.cancel()
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome
    return replies, max(p99(beats), p99(sender.late))


async def _beat(late: list[float]) -> None:
    while True:
        due = time.monotonic() + BEAT
        await asyncio.sleep(BEAT)
        late.append(time.monotonic() - due)
