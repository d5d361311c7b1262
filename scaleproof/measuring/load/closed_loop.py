"""Runs a number of users, each of whom sends a request as soon as the last one has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from scaleproof.measuring.levels import Reply

BEAT = 0.01
"""Seconds between two looks at how late this process is."""
BREATH = 0.1
"""Seconds that a user waits after an error: one that is refused at once would send nothing but refusals."""
DRAIN = 90.0
"""Seconds until requests that are still in flight after a level are given up; SageMaker's limit is 60."""


class User(Protocol):
    """Sends requests, one after the other."""

    drains: bool
    """Whether a request in flight has to be waited for; otherwise it can be cancelled."""

    async def send(self, number: int, origin: float) -> Reply | None:
        """Sends the request with a number, and says what came of it, with times from `origin` on.

        None: it was cut short.
        """
        ...

    def stop(self) -> None:
        """The level is over: what can be cut short may be."""
        ...


def p99(late: Sequence[float]) -> float:
    """The 99th percentile of how late something was, in seconds; 0 without any."""
    return max(sorted(late)[len(late) * 99 // 100], 0.0) if late else 0.0


async def hold(users: Sequence[User], seconds: float, numbers: Iterator[int], late: list[float]) -> list[Reply]:
    """Keeps the users busy for a while from now on; all requests that were not cut.

    Adds to `late` by how many seconds this process was woken too late. Raises what a user raises.
    """
    began = time.monotonic()
    end = began + seconds
    replies: list[Reply] = []

    async def use(user: User) -> None:
        while time.monotonic() < end:
            reply = await user.send(next(numbers), began)
            if reply is None:
                return
            replies.append(reply)
            if reply.error:
                await asyncio.sleep(BREATH)

    beating = asyncio.create_task(_beat(late))
    tasks = [asyncio.create_task(use(user)) for user in users]
    try:
        _, busy = await asyncio.wait(tasks, timeout=end - time.monotonic(), return_when=asyncio.FIRST_EXCEPTION)
        end = min(end, time.monotonic())  # where one has raised
        beating.cancel()
        for user in users:
            user.stop()
        if busy and users[0].drains:
            _, busy = await asyncio.wait(tasks, timeout=DRAIN)
        for task in busy:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        beating.cancel()
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome
    return replies


async def _beat(late: list[float]) -> None:
    while True:
        due = time.monotonic() + BEAT
        await asyncio.sleep(BEAT)
        late.append(time.monotonic() - due)
