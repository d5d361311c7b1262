"""Runs independent tasks on an executor of `concurrent.futures`, with the same results wherever they run."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from scaleproof.errors import FailedError

PATIENCE = 30.0
"""Seconds without a result after which is asked whether anybody is there to work on it."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class TaskMap(Protocol):
    """Calls a function with each item and yields the results in the order of the items, as `map` does.

    What a task draws at random follows from its item, so the results are the same wherever it runs. Function
    and items are pickled: functions are those of a module, or a `partial` of one with what all tasks share.
    An error of a task is raised in its place.
    """

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """The results, in the order of the items."""


class GoneError(FailedError):
    """Nobody is left to work on tasks."""


class DesertedError(Exception):
    """For a while nobody has been there to work on tasks."""


@dataclass
class ExecutorMap:
    """A TaskMap on an executor. Several threads may use it at a time: their tasks share the workers."""

    submitter: Callable[[Callable[..., Any]], Callable[[Any], Future[Any]]]
    """Makes of a function what submits it with an item."""
    width: Callable[[], int]
    """How many tasks run at a time; a cluster may grow."""
    stop: Callable[[], object]
    """Takes back what has not begun and, on this machine, ends what has. Calls raise from now on."""
    gone: Mapping[type[BaseException], GoneError]
    """What is raised instead of an error of the workers."""

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """The results, in the order of the items. What nobody waits for any more is taken back.

        Raises GoneError where nobody is left to work on the tasks.
        """
        futures = list[Future[_Result]]()
        try:
            submit = self.submitter(function)
            futures = [submit(argument) for argument in items][::-1]
            while futures:
                yield self._result(futures.pop())
        except tuple(self.gone) as error:
            raise next(gone for kind, gone in self.gone.items() if isinstance(error, kind)) from error
        finally:
            for future in futures:
                future.cancel()

    def _result(self, future: Future[_Result]) -> _Result:
        deserted = 0  # a worker that died may be starting again
        while deserted < 2:
            try:
                return future.result(PATIENCE)
            except TimeoutError:
                if future.done():  # the error of the task
                    raise
                deserted = 0 if self.width() else deserted + 1
        raise DesertedError


@lru_cache(maxsize=2)
def _loaded(function: bytes) -> Callable[[Any], Any]:
    # Tasks of one call have the function in common, and it may hold a month of traffic.
    loaded: Callable[[Any], Any] = pickle.loads(function)
    return loaded


def run(function: bytes, argument: Any) -> Any:
    """One task, where it runs: the pickled function with the item."""
    try:
        return _loaded(function)(argument)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # it would break the executor on its way back
            raise RuntimeError(f"{type(error).__name__}: {error}") from None
        raise


def with_progress(
    results: Iterable[_Result], number: int, progress: Callable[[float], None] | None
) -> Iterator[_Result]:
    """The results of `number` tasks; `progress` receives the share that is done, from 0 to 1."""
    for done, result in enumerate(results, 1):
        if progress is not None:
            progress(done / number)
        yield result
