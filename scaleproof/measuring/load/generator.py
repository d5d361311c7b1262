"""Spreads the users of a level over processes, and merges what they saw into one `Hold`."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from threading import Barrier
from typing import Protocol, Self

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.measuring.levels import Hold, Reply
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.closed_loop import User, hold, p99
from scaleproof.measuring.load.job import CallKind, Calls, Credentials, Service
from scaleproof.workers.processes import ProcessPool


class Generator:
    """Implements `Load`, as a context: its processes end with it, and with this process however that ends."""

    def __init__(self, calls: Calls, service: Service, credentials: Callable[[], Credentials], processes: int) -> None:
        """`credentials` are asked for at each level, as they may be new by then."""
        self._hold, self._credentials, self._count = partial(_hold, calls, service), credentials, processes
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(processes, _begin, (spawn.Barrier(processes),))
        self._next = 0
        """The number of the next request."""

    def __enter__(self) -> Self:
        """Starts the processes. Raises ScaleproofError where one cannot do its job."""
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
            self._pool.submit(self._hold, credentials, share, seconds, self._next + place, self._count)
            for place, share in enumerate(shares)
        ]
        try:
            ended = [future.result() for future in as_completed(futures)]
        except BrokenProcessPool as error:
            raise FailedError("A process of the load generator ended.") from error
        # The processes have used numbers that are lower by one step than those that come next.
        self._next = max(number for _, _, number in ended) - self._count + 1
        replies = sorted((reply for some, _, _ in ended for reply in some), key=lambda reply: reply.ended)
        return Hold(seconds, tuple(replies), max(late for _, late, _ in ended))


class Sender(Protocol):
    """The users of one process. `late`: by how many seconds what they send was late, each time."""

    late: list[float]

    def users(self, count: int, credentials: Credentials) -> Sequence[User]:
        """So many users, who keep the connections that there are."""
        ...


_barrier: Barrier
"""Of all processes: the barrier lets none of them take the work of two, and all begin at the same time."""


def _begin(barrier: Barrier) -> None:
    """A process begins."""
    global _barrier
    _barrier = barrier
    os.dup2(2, 1)  # what the user's function prints is no answer of the command


@cache
def _sender(calls: Calls, service: Service) -> tuple[Sender, asyncio.Runner]:
    bodies = Bodies(calls.bodies)
    if calls.kind is not CallKind.STREAMS:
        from scaleproof.measuring.load.requests import Requests

        return Requests(calls, service, bodies), asyncio.Runner()
    try:
        from scaleproof.measuring.load.streams import Streams
    except ImportError as error:
        raise ScaleproofError(
            f"Bidirectional streams need AWS's client, and {error.name} is missing.",
            advice="Install it for Python 3.12 or newer: pip install 'scaleproof[measure]'.",
        ) from error
    return Streams(calls, service, bodies), asyncio.Runner()


def _hold(
    calls: Calls,
    service: Service,
    credentials: Credentials,
    concurrency: int,
    seconds: float,
    first: int,
    step: int,
) -> tuple[list[Reply], float, int]:
    """What a process does: the replies of its users, how late it was, and its next number."""
    sender, runner = _sender(calls, service)
    users = sender.users(concurrency, credentials) if concurrency else []
    numbers, late = itertools.count(first, step), list[float]()
    _barrier.wait()
    replies = runner.run(hold(users, seconds, numbers, late)) if users else []
    return replies, max(p99(late), p99(sender.late)) if users else 0.0, next(numbers)
