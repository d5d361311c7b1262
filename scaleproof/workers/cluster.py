"""Tasks on a Dask cluster."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import scaleproof
from scaleproof.errors import ScaleproofError
from scaleproof.workers.task import GoneError, StoppedError, answered, attempt, given_up

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

TIMEOUT = 10.0
"""Seconds for the scheduler to answer, and between looks at whether there still are workers."""


class Cluster:
    """Implements `Workers`, as a context: when it ends, tasks that no worker has begun are taken back.

    Dask gives the task of a worker that dies to another one, as often as its scheduler allows
    (distributed.scheduler.allowed-failures).
    """

    def __init__(self, address: str) -> None:
        """`address`: that of the scheduler, as in tcp://10.0.0.5:8786."""
        self._address = address
        self._asked: set[Any] = set()
        self._stopped = False

    @property
    def width(self) -> int:
        """Threads of all workers that there are now."""
        try:
            return sum(self._client.nthreads().values())
        except OSError as error:
            raise self._gone(error) from error

    def stop(self) -> None:
        """As that of `Workers`; but a worker finishes what it has begun."""
        self._stopped = True
        self._client.cancel(list(self._asked), force=True)

    def __enter__(self) -> Self:
        """Connects. Raises ScaleproofError where no such cluster is, or its workers have other versions."""
        try:
            import distributed
        except ImportError:
            raise ScaleproofError(
                "A cluster needs Dask.", advice="Install it: pip install 'scaleproof[cluster]'."
            ) from None
        for name in ("distributed", "distributed.client", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised
        # First without a client, because one that cannot connect prints tracebacks when it is collected.
        try:
            kind = asyncio.run(_identity(self._address))["type"]
        except Exception as error:
            raise self._missing(str(error) or type(error).__name__) from error
        if kind != "Scheduler":
            raise self._missing(f"it is a {kind.lower()}")
        self._client = distributed.Client(self._address, timeout=TIMEOUT, set_as_default=False)
        try:
            self._check(self._client.run(version, on_error="return"))
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves the cluster, which goes on."""
        self._client.close()

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterator[_Result]:
        """The results, in the order of the items. Raises FailedError for a task whose workers die."""
        if self._stopped:
            raise StoppedError
        tasks = list(items)
        # The function is a task of its own: Dask brings it to a worker once, and makes it anew if it is lost.
        futures = self._client.map(
            _attempt,
            [pickle.dumps(item) for item in tasks],
            function=pickle.dumps(function),
            expected=version(),
            pure=False,
        )
        self._asked.update(futures)
        try:
            if self._stopped:  # `stop` did not see them
                raise StoppedError
            for number in range(len(tasks)):
                yield answered(self._answer(futures[number], tasks, number))
                futures[number].release()
        finally:
            self._client.cancel(futures, force=True)
            self._asked.difference_update(futures)

    def _answer(self, future: Any, tasks: Sequence[Any], number: int) -> Any:
        from distributed import KilledWorker

        while True:
            try:
                return future.result(timeout=TIMEOUT)
            except TimeoutError:
                if not self._client.nthreads():
                    raise GoneError(f"The Dask cluster at {self._address} has no workers any more.") from None
            except KilledWorker as error:
                raise given_up(tasks, number, error.allowed_failures + 1) from error
            except (CancelledError, asyncio.CancelledError, OSError) as error:
                if self._stopped:
                    raise StoppedError from None
                raise self._gone(error) from error

    def _gone(self, error: BaseException) -> GoneError:
        return GoneError(
            f"The Dask scheduler at {self._address} is gone: {error}",
            advice="Start it again, then run this again.",
        )

    def _check(self, found: dict[str, Any]) -> None:
        """Raises ScaleproofError unless all workers run what this process runs."""
        if not found:
            raise ScaleproofError(
                f"The Dask cluster at {self._address} has no workers.",
                advice=f"Start one on each machine: dask worker {self._address} --nworkers auto --nthreads 1",
            )
        for worker, theirs in found.items():
            if theirs != version():
                told = f"raises {theirs!r}" if isinstance(theirs, Exception) else f"has {theirs}"
                raise ScaleproofError(
                    f"The worker {worker} {told}, not {version()}.",
                    advice="Install the same on each worker, and start them again.",
                )

    def _missing(self, why: str) -> ScaleproofError:
        return ScaleproofError(
            f"There is no Dask scheduler at {self._address}: {why}.",
            advice="`dask scheduler` prints its address, as in tcp://10.0.0.5:8786.",
        )


@cache
def version() -> str:
    """What results depend on: this package with its code, and Python, whose sums differ between releases."""
    digest = hashlib.sha256()
    package = Path(scaleproof.__file__).parent
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes())
    code = digest.hexdigest()[:8]
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"scaleproof {scaleproof.__version__} ({code}) on Python {python}"


def _attempt(item: bytes, function: bytes, expected: str) -> bytes:
    """A task on a worker, which may have come after the others were checked."""
    if version() != expected:
        raise ScaleproofError(f"A worker has {version()}, not {expected}.")
    return attempt(function, item)


async def _identity(address: str) -> Any:
    """What the server at an address says it is."""
    from distributed import Security, rpc

    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=TIMEOUT, connection_args=arguments) as server:
        return await server.identity()
