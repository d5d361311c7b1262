"""Shows progress on stderr for whatever takes longer than two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.status import Status

PATIENCE = 2.0
"""Seconds of silence before a running step shows itself."""


class Screen(Console):
    """A console that shows texts as they are, without markup in them.

    It wraps tables only: a terminal wraps lines by itself, and a pipe gets them whole.
    """

    def __init__(self, **options: Any) -> None:
        """`options`: those of the console."""
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints objects; text is not wrapped."""
        super().print(*objects, **{"soft_wrap": all(isinstance(renderable, str) for renderable in objects)} | options)


console = Screen(stderr=True)


def tell(text: str) -> None:
    """Prints a line on what a command does, which is no part of its answer."""
    console.print(text, style="dim")


_spinning = threading.Lock()  # a terminal has room for one spinner


@contextmanager
def step(text: str) -> Iterator[Callable[[str], None]]:
    """Shows `text` once the body has run for longer than two seconds.

    On a terminal a spinner runs until the body ends; elsewhere, and within a step whose spinner runs already,
    one line is printed when the step shows itself and one when it ends. The function it yields replaces the
    text beside the spinner.
    """
    status = console.status(escape(text))
    with _late(text, status):
        yield lambda text: status.update(escape(text))


@contextmanager
def bar(text: str) -> Iterator[Callable[[float], None]]:
    """Shows how much of the body is done once it has run for longer than two seconds.

    The function it yields takes the share from 0 to 1. Where stderr is no terminal, one line is printed then
    and one at the end, as of a step.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    shown = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
    task = shown.add_task(text, total=1.0)
    with _late(text, shown):
        yield lambda share: shown.update(task, completed=share)


@contextmanager
def _late(text: str, live: Status | Progress) -> Iterator[None]:
    """Starts what is live on a terminal, or prints a line, once the body has run for long enough."""
    spins = printed = False
    started = time.monotonic()

    def show() -> None:
        nonlocal spins, printed
        spins = console.is_terminal and _spinning.acquire(blocking=False)
        if spins:
            live.start()
        else:
            printed = True
            console.print(f"{text} ...")

    timer = threading.Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if spins:
            live.stop()
            _spinning.release()
        if printed:
            console.print(f"{text}: {time.monotonic() - started:.0f} s")
