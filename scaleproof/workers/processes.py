"""Tasks on the cores of this machine.

Not an executor of `concurrent.futures`: a process that dies there breaks every task that is not done, and
nothing says whose task it was.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from scaleproof.workers.task import answered, attempt, given_up

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORTH = 0.5
"""Seconds of work that are worth processes, which need a fifth of a second to start."""
TRIES = 3
"""How often a task is begun whose processes die: the first one may have died of something else."""
# Not forked: that would copy locks that other threads of this process hold.
_CONTEXT = multiprocessing.get_context("spawn")


class Processes:
    """Implements `Each`, as a context: its processes end with it, and with this process however that ends.

    They start when there is work for them: the first tasks run in this process, which tells how long the
    others will take.
    """

    def __init__(self, most: int) -> None:
        """`most`: processes at a time; with 1 this process does everything."""
        self._most = most
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        """Itself; no process starts yet."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Ends the processes at once."""
        self._end(self._workers)

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """The results, in the order of the items. Raises FailedError for a task whose processes die."""
        tasks = list(items)
        done, spent = 0, 0.0
        while done < len(tasks) and not self._pays(len(tasks) - done, spent / max(done, 1)):
            began = time.monotonic()
            result = function(tasks[done])
            spent += time.monotonic() - began
            done += 1
            yield result
        if done < len(tasks):
            yield from self._spread(function, tasks, done)

    def _pays(self, number: int, seconds: float) -> bool:
        """Whether processes save time with so many tasks of so many seconds each."""
        return self._most > 1 < number and (bool(self._workers) or number * seconds > WORTH)

    def _spread(
        self, function: Callable[[_Item], _Result], tasks: Sequence[_Item], first: int
    ) -> Iterator[_Result]:
        """The results of the tasks from `first` on, by the processes."""
        pickled = pickle.dumps(function)
        waiting, deaths = deque(range(first, len(tasks))), Counter[int]()
        answers: dict[int, bytes] = {}
        try:
            while first < len(tasks):
                for worker in self._idle(len(waiting)):
                    worker.begin(waiting[0], pickled, tasks[waiting[0]])
                    waiting.popleft()
                for worker in self._ready():
                    try:
                        answers[worker.number] = worker.answer()
                    except (EOFError, OSError):
                        self._end([worker])
                        waiting.appendleft(worker.number)
                        deaths[worker.number] += 1
                        if deaths[worker.number] == TRIES:
                            raise given_up(tasks, worker.number, deaths[worker.number]) from None
                while first in answers:
                    yield answered(answers.pop(first))
                    first += 1
        finally:
            # Nobody waits for what they still work on.
            self._end([worker for worker in self._workers if worker.busy])

    def _idle(self, number: int) -> list[_Worker]:
        """Up to `number` processes that can begin a task; starts those that may be and are not."""
        found = [worker for worker in self._workers if not worker.busy][:number]
        for _ in range(min(number - len(found), self._most - len(self._workers))):
            found.append(_Worker())
            self._workers.append(found[-1])
        return found

    def _ready(self) -> list[_Worker]:
        """Waits until busy processes have answers, or die."""
        busy = {worker.pipe: worker for worker in self._workers if worker.busy}
        return [busy[pipe] for pipe in wait(list(busy)) if isinstance(pipe, Connection)]

    def _end(self, workers: Iterable[_Worker]) -> None:
        for worker in list(workers):
            worker.end()
            self._workers.remove(worker)


class _Worker:
    """One process with one task at a time: the one of `number`, while it is `busy`."""

    def __init__(self) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.number, self.busy = 0, False
        self._function = b""
        self._process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
        # Ctrl-C is for the command, which ends this process: the process inherits that it is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def begin(self, number: int, function: bytes, item: Any) -> None:
        """Asks for the task of a number: a pickled function, which it may have already, with an item."""
        known = function == self._function
        question = (None if known else function, pickle.dumps(item))
        self.number, self.busy, self._function = number, True, function
        with suppress(OSError):  # it died while it was idle, as `answer` notices
            self.pipe.send(question)

    def answer(self) -> bytes:
        """Its answer. Raises EOFError or OSError if it died."""
        found = self.pipe.recv_bytes()
        self.busy = False
        return found

    def end(self) -> None:
        """Ends it, with what it works on."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def _serve(pipe: Connection) -> None:
    """What a process does: it answers one question after the other, until nobody asks any more."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    known = b""
    while True:
        try:
            function, item = pipe.recv()
        except EOFError:
            return
        known = function or known
        pipe.send_bytes(attempt(known, item))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
