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
from contextlib import AbstractContextManager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from scaleproof.workers.task import StoppedError, answered, attempt, given_up

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORTH = 0.5
"""Seconds of work that are worth processes, which need a fifth of a second to start."""
TRIES = 3
"""How often a task is begun whose processes die: the first one may have died of something else."""
# Not forked: that would copy locks that other threads of this process hold.
_CONTEXT = multiprocessing.get_context("spawn")


class Processes(AbstractContextManager["Processes"]):
    """Implements `Workers`, as a context: its processes end with it, and with this process however that ends.

    They start when there is work for them: the first tasks run in this process, which tells how long the
    others will take. Other threads have everything run in processes: threads share one core, and nobody can
    end what they work on.
    """

    def __init__(self, most: int) -> None:
        """`most`: processes at a time; with 1 this process does everything."""
        self.width = most
        self._workers: list[_Worker] = []
        self._stopped = False
        # Guards all of these, and is told of each process that another call may take.
        self._changed = threading.Condition()

    def __exit__(self, *_: object) -> None:
        """Ends the processes at once."""
        self._end(self._workers)

    def stop(self) -> None:
        """As that of `Workers`."""
        with self._changed:
            self._stopped = True
            for worker in self._workers:
                worker.kill()  # whose call ends it
            self._changed.notify_all()

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
        if threading.current_thread() is not threading.main_thread():
            return self.width > 1
        return self.width > 1 < number and (bool(self._workers) or number * seconds > WORTH)

    def _spread(
        self, function: Callable[[_Item], _Result], tasks: Sequence[_Item], first: int
    ) -> Iterator[_Result]:
        """The results of the tasks from `first` on, by the processes."""
        pickled = pickle.dumps(function)
        waiting, deaths = deque(range(first, len(tasks))), Counter[int]()
        answers: dict[int, bytes] = {}
        busy: list[_Worker] = []  # with a task of this call
        try:
            while first < len(tasks):
                for worker in self._taken(pickled, len(waiting), needed=not busy):
                    busy.append(worker)
                    worker.begin(waiting[0], pickled, tasks[waiting[0]])
                    waiting.popleft()
                for worker in _ready(busy):
                    busy.remove(worker)
                    try:
                        answers[worker.number] = worker.answer()
                        self._give_back(worker)
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
            self._end(busy)

    def _taken(self, function: bytes, number: int, *, needed: bool) -> list[_Worker]:
        """Up to `number` processes for the tasks of one call, those first that have its function.

        Starts those that may be and are not. `needed`: waits until there is one.
        """
        with self._changed:
            while True:
                if self._stopped:
                    raise StoppedError
                idle = [worker for worker in self._workers if not worker.taken]
                found = sorted(idle, key=lambda worker: not worker.has(function))[:number]
                for _ in range(min(number - len(found), self.width - len(self._workers))):
                    found.append(_Worker())
                    self._workers.append(found[-1])
                for worker in found:
                    worker.taken = True
                if found or not needed:
                    return found
                self._changed.wait()

    def _give_back(self, worker: _Worker) -> None:
        with self._changed:
            worker.taken = False
            self._changed.notify()

    def _end(self, workers: Iterable[_Worker]) -> None:
        with self._changed:
            for worker in list(workers):
                worker.end()
                self._workers.remove(worker)
            self._changed.notify_all()  # others may start instead


def _ready(busy: Sequence[_Worker]) -> list[_Worker]:
    """Waits until processes have answers, or die."""
    of = {worker.pipe: worker for worker in busy}
    return [of[pipe] for pipe in wait(list(of)) if isinstance(pipe, Connection)]


class _Worker:
    """One process with one task at a time: the one of `number`, while a call has `taken` it."""

    def __init__(self) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.number, self.taken = 0, False
        self._function = b""
        self._process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
        # Ctrl-C is for the command, which ends this process: the process inherits that it is blocked. The
        # tracker comes first, because its start unblocks it.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def begin(self, number: int, function: bytes, item: Any) -> None:
        """Asks for the task of a number: a pickled function, which it may have already, with an item."""
        question = (None if self.has(function) else function, pickle.dumps(item))
        self.number, self._function = number, function
        with suppress(OSError):  # it died while it was idle, as `answer` notices
            self.pipe.send(question)

    def answer(self) -> bytes:
        """Its answer. Raises EOFError or OSError if it died."""
        return self.pipe.recv_bytes()

    def has(self, function: bytes) -> bool:
        """Whether it has this pickled function."""
        return function == self._function

    def kill(self) -> None:
        """Ends what it works on: whoever waits for its answer gets an EOFError."""
        self._process.kill()

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
