"""Runs tasks on a Dask cluster, and starts those of a dead worker again."""

from __future__ import annotations

import hashlib
import logging
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

import scaleproof
from scaleproof.errors import ScaleproofError, with_extra
from scaleproof.workers.task_map import DesertedError, ExecutorMap, GoneError, run

TIMEOUT = 10.0
"""Seconds for the scheduler to answer."""
TIMEOUT_OF_WORKERS = 60.0
"""Seconds for all workers to answer: each imports this package first."""
T = TypeVar("T")


@contextmanager
def cluster(address: str) -> Iterator[ExecutorMap]:
    """A TaskMap on the workers of a scheduler, whose address is as in tcp://10.0.0.5:8786.

    Raises ScaleproofError where no such cluster is, or its workers have other versions.
    """
    try:
        import distributed
        from distributed.comm import CommClosedError, resolve_address
    except ImportError:
        raise ScaleproofError(f"A cluster needs Dask: {with_extra('cluster')}") from None
    for name in ("distributed.client", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised
    warnings.filterwarnings("ignore", "Sending large graph", UserWarning)  # a month of traffic is large
    try:
        resolve_address(address)  # a client would try a name that nobody knows until the limit
        # Dask waits for the scheduler's first words without a limit. Its own limits end before this one.
        client = _within(2 * TIMEOUT, lambda: distributed.Client(address, timeout=TIMEOUT))
    except Exception as error:
        raise ScaleproofError(
            f"There is no Dask scheduler at {address}: {str(error) or type(error).__name__}.",
            advice="`dask scheduler` prints its address, as in tcp://10.0.0.5:8786.",
        ) from error
    gone = GoneError(f"The Dask scheduler at {address} is gone.", advice="Start it again, then run this again.")
    killed = GoneError(
        "A task is given up: each worker that began it died.",
        advice="If memory was short: fewer threads for each worker have more each.",
    )
    deserted = GoneError(
        f"The Dask cluster at {address} has no workers any more.", advice="Start them again, then run this again."
    )
    with client:
        try:
            versions = _within(TIMEOUT_OF_WORKERS, lambda: client.run(version, on_error="return"))
        except TimeoutError as error:
            raise ScaleproofError(
                f"The workers of the Dask cluster at {address} do not all answer: {error}.",
                advice="Start them again; the scheduler's dashboard shows which one stands still.",
            ) from error
        _check(address, versions)
        yield ExecutorMap(
            partial(_submitter, client),
            lambda: sum(client.nthreads().values()),
            client.close,  # which takes back what no worker has begun
            {distributed.KilledWorker: killed, CancelledError: gone, CommClosedError: gone, DesertedError: deserted},
        )


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What a call returns. Raises TimeoutError after so many seconds; the call goes on in a thread of its own."""
    returned: Future[T] = Future()

    def run_call() -> None:
        try:
            returned.set_result(call())
        except BaseException as error:
            returned.set_exception(error)

    Thread(target=run_call, daemon=True).start()
    try:
        return returned.result(seconds)
    except TimeoutError as error:
        raise TimeoutError(str(error) or f"no answer in {seconds:g} s") from error


def _submitter(client: Any, function: Callable[..., Any]) -> Callable[[Any], Future[Any]]:
    # A task of its own: Dask brings it to a worker once, and makes it anew if it is lost.
    shared = client.submit(bytes, pickle.dumps(function), pure=False)
    named: Any = function
    while isinstance(named, partial):
        named = named.func
    name = getattr(named, "__name__", type(named).__name__)  # an object that is called has that of its class
    # Dask expects a task to take as long as others of its name. With one name for all, long ones wait at
    # the worker that has the function while others idle, if those before were quick.
    # Not Client.get_executor: where a worker dies as its result arrives, that one raises a TypeError.
    return lambda argument: client.submit(run, shared, argument, key=f"{name}-{uuid4()}")


def _check(address: str, versions: dict[str, Any]) -> None:
    """Raises ScaleproofError unless there are workers, and all run what this process runs."""
    if not versions:
        raise ScaleproofError(
            f"The Dask cluster at {address} has no workers.",
            advice=f"Start one on each machine: dask worker {quote(address)} --nworkers auto --nthreads 1",
        )
    own = version()
    for worker, theirs in versions.items():
        if theirs != own:
            has = f"raises {theirs!r}" if isinstance(theirs, Exception) else f"has {theirs}"
            raise ScaleproofError(
                f"The worker {worker} {has}, not {own}.",
                advice="Install the same on each worker, and start them again.",
            )


def version() -> str:
    """What results depend on: this package with its code, and Python, whose sums differ between releases."""
    digest = hashlib.sha256()
    package = Path(scaleproof.__file__).parent
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes())
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"scaleproof {scaleproof.__version__} ({digest.hexdigest()[:8]}) on Python {python}"
