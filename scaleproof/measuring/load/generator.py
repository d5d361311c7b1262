"""Spreads the users of a level over processes, and merges what they saw into one `Hold`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from threading import Barrier
from typing import Self

from scaleproof.errors import FailedError, ScaleproofError, with_extra
from scaleproof.measuring.levels import Hold, Reply
from scaleproof.measuring.load.closed_loop import Sender, hold
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.workers.processes import ProcessPool, barrier


class Generator:
    """Implements `Load`, as a context: its processes end with it, and with this process however that ends."""

    def __init__(self, calls: Calls, service: Service, credentials: Callable[[], Credentials], processes: int) -> None:
        """`credentials` are asked for at each level, as they may be new by then.

        Raises ScaleproofError where streams need a client that is not there.
        """
        _sender_class(calls.kind)
        self._credentials, self._count = credentials, processes
        self._pool = ProcessPool(processes, _begin, (barrier(processes), calls, service))
        self._next = 0
        """The number of the next level's first request. A process has all numbers from its first on, so that each body
        has its turn with any number of processes."""

    def __enter__(self) -> Self:
        """Starts the processes. Raises FailedError where one ends."""
        try:
            self.hold(0, 0.0)
        except BaseException:
            self._pool.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the processes at once, with what they have in flight."""
        self._pool.kill()

    def hold(self, concurrency: int, seconds: float) -> Hold:
        """Keeps so many requests in flight; see `Load`. Raises ScaleproofError where it cannot go on."""
        credentials = self._credentials()
        shares = [concurrency // self._count + (n < concurrency % self._count) for n in range(self._count)]
        futures = [
            self._pool.submit(_hold, credentials, share, seconds, self._next + place)
            for place, share in enumerate(shares)
        ]
        try:
            ended = [future.result() for future in as_completed(futures)]
        except BrokenProcessPool as error:
            raise FailedError("A process of the load generator ended.") from error
        self._next = max(number for _, _, number in ended)
        replies = sorted((reply for some, _, _ in ended for reply in some), key=lambda reply: reply.ended)
        return Hold(seconds, tuple(replies), max(late for _, late, _ in ended))


_barrier: Barrier
"""Of all processes: the barrier lets none of them take the work of two, and all begin at the same time."""
_sender: Sender
_runner: asyncio.Runner


def _begin(barrier: Barrier, calls: Calls, service: Service) -> None:
    """A process begins."""
    global _barrier, _sender, _runner
    _barrier, _sender, _runner = barrier, _sender_class(calls.kind)(calls, service), asyncio.Runner()


def _sender_class(kind: CallKind) -> Callable[[Calls, Service], Sender]:
    if kind is not CallKind.STREAMS:
        from scaleproof.measuring.load.requests import Requests

        return Requests
    try:
        from scaleproof.measuring.load.streams import Streams
    except ImportError as error:
        raise ScaleproofError(
            f"Bidirectional streams need AWS's client, and {error.name} is missing.",
            advice=f"With Python 3.12 or newer, {with_extra('measure')}",
        ) from error
    return Streams


def _hold(credentials: Credentials, users: int, seconds: float, first: int) -> tuple[list[Reply], float, int]:
    """What a process does: the replies of its users, how late it was, and its next number after the `first`."""
    numbers = itertools.count(first)
    if users:
        _sender.begin(users, credentials)
    _barrier.wait()
    replies, late = _runner.run(hold(_sender, users, seconds, numbers)) if users else ([], 0.0)
    return replies, late, next(numbers)
