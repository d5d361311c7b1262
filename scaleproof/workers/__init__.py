"""Runs independent tasks: in this process, on all cores, or on a Dask cluster, with the same results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from scaleproof.workers.task_map import GoneError, TaskMap, with_progress

__all__ = ["GoneError", "TaskMap", "cores", "with_progress", "workers"]


@contextmanager
def workers(jobs: int | None = None, cluster: str | None = None) -> Iterator[TaskMap]:
    """A TaskMap whose workers end with the context.

    `jobs`: processes of this machine, None for one on each core; with 1 this process does everything.
    `cluster`: the address of a Dask scheduler instead. Entering raises ScaleproofError for a cluster that is
    not there or does not fit.
    """
    if cluster is not None:
        from scaleproof.workers import cluster as dask

        with dask.cluster(cluster) as tasks:
            yield tasks
    elif (width := jobs or cores()) == 1:
        yield map
    else:
        from scaleproof.workers.processes import ProcessMap

        processes = ProcessMap(width)
        try:
            yield processes
        finally:
            processes.stop()


def cores() -> int:
    """How many cores this process may use; all of the machine where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
