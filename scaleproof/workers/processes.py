"""Tasks on the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from scaleproof.workers.task_map import ExecutorMap

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

WORTH = 0.5
"""Seconds of work that are worth processes, which need a fifth of a second to start."""
_GONE = (
    "A process ended in the middle of a task.",
    "If memory was short, --jobs 1 needs the least, and shorter traffic needs less.",
)


class Processes(ExecutorMap):
    """Processes that start when there is work for them, and end with this process however that ends.

    The first tasks run in this process, which tells how long the others will take. Threads beside the main
    one have everything run in processes: they would share one core.
    """

    def __init__(self, width: int) -> None:
        """`width`: processes at a time."""
        # Not forked: that would copy locks that other threads of this process hold.
        self._pool = _Pool(width, multiprocessing.get_context("spawn"), _watch_parent)
        super().__init__(self._pool, {BrokenProcessPool: _GONE})
        self._width = width

    @property
    def width(self) -> int:
        """How many processes there are at most."""
        return self._width

    def stop(self) -> None:
        """Ends the processes at once."""
        processes = self._pool._processes  # Python 3.14 has `kill_workers`
        # First this: of what has not begun, nobody is told that its process died.
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in list((processes or {}).values()):
            process.kill()

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """As that of ExecutorMap."""
        waiting, seconds = list(items), 0.0
        while waiting and not self._pays(len(waiting), seconds):
            began = time.monotonic()
            result = function(waiting.pop(0))
            seconds = time.monotonic() - began
            yield result
        if waiting:
            yield from super().__call__(function, waiting)

    def _pays(self, number: int, seconds: float) -> bool:
        """Whether processes save time with so many tasks of so many seconds each."""
        if threading.current_thread() is not threading.main_thread():
            return True
        return number > 1 and (bool(self._pool._processes) or number * seconds > WORTH)


class _Pool(ProcessPoolExecutor):
    def submit(self, /, *given: Any, **named: Any) -> Future[Any]:
        # Ctrl-C is for the command, which ends the processes: they inherit that it is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(*given, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch_parent() -> None:
    """Ends this process with the one that started it: an idle one would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
