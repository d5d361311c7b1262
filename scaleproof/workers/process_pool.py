"""A pool of processes that end with this process, whatever ends it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any


class ProcessPool(ProcessPoolExecutor):
    """An executor whose processes start with their first tasks and do not hear ctrl-C."""

    def __init__(self, width: int, begin: Callable[..., None] | None = None, values: tuple[Any, ...] = ()) -> None:
        """`width`: processes at a time. `begin`: what each calls first, with these values."""
        # Not forked: that would copy locks that other threads of this process hold.
        super().__init__(width, multiprocessing.get_context("spawn"), _begin, (begin, values))

    @property
    def started(self) -> bool:
        """Whether there are processes."""
        return bool(self._processes)

    def kill(self) -> None:
        """Ends the processes at once, with what they work on."""
        processes = self._processes or {}  # Python 3.14 has `kill_workers`
        # First this: of what has not begun, nobody is told that its process died.
        self.shutdown(wait=False, cancel_futures=True)
        for process in list(processes.values()):
            process.kill()

    def submit(self, /, *values: Any, **named: Any) -> Future[Any]:
        """As that of Executor."""
        # Ctrl-C is for the command, which ends the processes: they inherit that it is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(*values, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
