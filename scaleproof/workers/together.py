"""Several studies side by side, each in a thread of its own: their tasks share the workers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

from scaleproof.workers.each import Each, Workers

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

GRACE = 5.0
"""Seconds for threads to notice that they are stopped."""


def together(
    each: Each, function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> Iterator[tuple[int, _Result]]:
    """Calls a function, which uses `each`, with each item: as many at a time as there are workers.

    Most of a study waits for one result before it knows the next task, so one alone does not fill them.
    Yields the place of an item and the result as they come. Raises an error of the function. Whoever stops
    to take results, or raises, ends all; `each` is of no use then.
    """
    waiting = deque(enumerate(items))
    if not isinstance(each, Workers) or each.width < 2:
        for number, item in waiting:
            yield number, function(item)
        return
    results: SimpleQueue[tuple[int, _Result | None, BaseException | None]] = SimpleQueue()

    def work(number: int, item: _Item) -> None:
        try:
            results.put((number, function(item), None))
        except BaseException as error:
            results.put((number, None, error))

    running: dict[int, threading.Thread] = {}
    try:
        while waiting or running:
            for _ in range(min(len(waiting), max(each.width, 1) - len(running))):
                number, item = waiting.popleft()
                # Not waited for if it does not end: what it leaves is removed as if this process was killed.
                running[number] = threading.Thread(target=work, args=(number, item), daemon=True)
                running[number].start()
            number, result, error = results.get()
            running.pop(number).join()
            if error is not None:
                raise error
            yield number, result  # type: ignore[misc]
    finally:
        if running:
            each.stop()
            deadline = time.monotonic() + GRACE
            for thread in running.values():
                thread.join(max(deadline - time.monotonic(), 0.0))
