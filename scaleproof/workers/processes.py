"""Runs tasks on the cores of this machine, in processes that end with this one, whatever ends it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, InvalidStateError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.context import SpawnContext
from threading import Barrier
from typing import Any, TypeVar
from weakref import ref

from scaleproof.workers.task_map import ExecutorMap, GoneError, run

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORTH = 0.5
"""Seconds of work that are worth processes, which need a fifth of a second to start."""


_STARTING = threading.Lock()
_SAFE = "PYTHONSAFEPATH"


@contextmanager
def _starting() -> Iterator[SpawnContext]:
    """The context in which processes are made and start. They are not forked: that would copy locks that other threads
    hold.

    multiprocessing starts Python with `-c`, which looks for modules in the current directory first: without this
    variable a `multiprocessing.py` of somebody's repository would run.
    """
    with _STARTING:
        before = os.environ.get(_SAFE)
        os.environ[_SAFE] = "1"
        try:
            yield multiprocessing.get_context("spawn")
        finally:
            if before is None:
                del os.environ[_SAFE]
            else:
                os.environ[_SAFE] = before


def barrier(processes: int) -> Barrier:
    """Where so many processes of a pool wait for each other."""
    with _starting() as context:
        return context.Barrier(processes)


def _tell(reference: ref[Future[Any]], error: BaseException | None) -> None:
    future = reference()  # weak, as the future has what calls this
    if future is not None:
        with suppress(InvalidStateError):
            Future.set_exception(future, error)


class ProcessPool(ProcessPoolExecutor):
    """An executor whose processes start with their first tasks and do not hear ctrl-C."""

    def __init__(self, width: int, begin: Callable[..., None] | None = None, values: tuple[Any, ...] = ()) -> None:
        """`width`: processes at a time. `begin`: what each calls first, with these values."""
        with _starting() as context:
            super().__init__(width, context, _begin, (begin, values))

    def kill(self) -> None:
        """Ends the processes at once, with what they work on."""
        processes = self._processes or {}  # Python 3.14 has `kill_workers`
        manager: Any = self._executor_manager_thread  # its stub has another type
        self.shutdown(wait=False)  # first this: no other process starts
        for process in list(processes.values()):
            process.kill()
        if manager is not None:
            # At exit Python writes to the pipe of a manager that runs, which may close it at that moment.
            manager.join()

    def submit(self, /, *values: Any, **named: Any) -> Future[Any]:
        """Starts a call in a process; returns its future."""
        # Ctrl-C is for the command, which ends the processes: they inherit that it is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with _starting():
                future = super().submit(*values, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # Python 3.11 tells a task that was taken back too that the pool is broken, which ends its thread with an error.
        future.set_exception = partial(_tell, ref(future))  # type: ignore[method-assign]
        return future


def _begin(begin: Callable[..., None] | None, values: tuple[Any, ...]) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    # An idle process would wait for ever: it holds both ends of the queue that it reads.
    threading.Thread(target=end_with_parent, daemon=True).start()
    if begin:
        begin(*values)


class ProcessMap(ExecutorMap):
    """A TaskMap whose processes start when there is work for them.

    The first tasks run in this process, until they have taken as long as `WORTH` or tell that the others will.
    Threads beside the main one have everything run in processes: they would share one core.
    """

    def __init__(self, width: int) -> None:
        """`width`: processes at a time."""
        pool = ProcessPool(width)
        self._used = False
        self._spent = 0.0
        gone = GoneError(
            "A process ended in the middle of a task.",
            advice="If memory was short, --workers 1 needs the least, and shorter traffic needs less.",
        )
        super().__init__(
            lambda function: partial(pool.submit, run, pickle.dumps(function)),
            lambda: width,
            pool.kill,
            {BrokenProcessPool: gone},
        )

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """Yields the results of a function for all items, in order."""
        waiting, seconds = list(items), 0.0
        while waiting:
            work = self._spent + len(waiting) * seconds
            self._used |= threading.current_thread() is not threading.main_thread() or work > WORTH
            if self._used:
                yield from super().__call__(function, waiting)
                return
            began = time.monotonic()
            result = function(waiting.pop(0))
            seconds = time.monotonic() - began
            self._spent += seconds
            yield result
