"""Progress on stderr for whatever takes longer than two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

PATIENCE = 2.0
"""Seconds of silence before a running step shows itself."""

console = Console(stderr=True, highlight=False)


@contextmanager
def step(text: str) -> Iterator[Callable[[str], None]]:
    """Shows `text` once the body has run for longer than two seconds.

    On a terminal a spinner runs until the body ends; elsewhere one line is printed when the step shows
    itself and one when it ends. The function it yields replaces the text while the step runs.
    """
    shown = threading.Event()
    status = console.status(text)
    started = time.monotonic()

    def show() -> None:
        shown.set()
        if console.is_terminal:
            status.start()
        else:
            console.print(f"{text} ...", markup=False)

    timer = threading.Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield status.update
    finally:
        timer.cancel()
        timer.join()
        if shown.is_set():
            status.stop()
            if not console.is_terminal:
                console.print(f"{text}: {time.monotonic() - started:.0f} s", markup=False)
