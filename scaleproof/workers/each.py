"""What a study knows of workers: `Each`, which `map` is as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar, runtime_checkable

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Each(Protocol):
    """Calls a function with each item, and yields the results in the order of the items, as `map` does.

    What a task draws at random follows from its item, so the results are the same wherever it runs. Function
    and items are pickled: functions are those of a module, or a `partial` of one with what all tasks share.
    An error of a task is raised in its place.
    """

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """The results, in the order of the items."""


@runtime_checkable
class Workers(Each, Protocol):
    """An `Each` that several threads may use at a time: their tasks share the workers."""

    @property
    def width(self) -> int:
        """Tasks that run at a time; a cluster may grow."""

    def stop(self) -> None:
        """Ends what is being worked on, and begins nothing any more: calls raise."""


def workers(jobs: int | None = None, cluster: str | None = None) -> AbstractContextManager[Workers]:
    """An `Each` whose workers end with the context.

    `jobs`: processes of this machine, None for one on each core; 1 is this process alone. `cluster`: the
    address of a Dask scheduler instead, None for this machine. Entering raises ScaleproofError for a cluster
    that is not there or does not fit.
    """
    if cluster is not None:
        from scaleproof.workers.cluster import Cluster

        return Cluster(cluster)
    from scaleproof.workers.processes import Processes

    return Processes(jobs or cores())


def cores() -> int:
    """How many cores this process may use; all of the machine where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def counted(
    results: Iterable[_Result], number: int, progress: Callable[[float], None] | None
) -> Iterator[_Result]:
    """The results of `number` tasks; `progress` receives the share that is done, from 0 to 1."""
    for done, result in enumerate(results, 1):
        if progress is not None:
            progress(done / number)
        yield result
