"""Runs tasks on the cores of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from scaleproof.workers.process_pool import ProcessPool
from scaleproof.workers.task_map import ExecutorMap, run

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
        self._pool = ProcessPool(width)
        super().__init__({BrokenProcessPool: _GONE})
        self._width = width

    @property
    def width(self) -> int:
        """How many processes there are at most."""
        return self._width

    def stop(self) -> None:
        """Ends the processes at once."""
        self._pool.kill()

    def _submitter(self, name: str, function: bytes) -> Callable[[Any], Future[Any]]:
        return lambda item: self._pool.submit(run, function, item)

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
        return self._pool.started or number * seconds > WORTH
