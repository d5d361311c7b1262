"""The LocalStack in the background: `scaleproof up` starts it, `scaleproof down` stops it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import health
from scaleproof.localstack.connection import check_endpoint
from scaleproof.localstack.start import GRACE, LocalStack, PortInUseError, remove_data, start
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory
from scaleproof.progress import step
from scaleproof.texts import read

DEFAULT_PORT = 4566
"""LocalStack's default port."""


def find() -> LocalStack | None:
    """The LocalStack in the background, or None. Deletes the record of one that has ended."""
    record = _record()
    try:
        found = json.loads(read(record)) if scratch.is_own(record) else {}
        stack = LocalStack(
            endpoint_url=found["endpoint_url"],
            version=found["version"],
            external=False,
            background=True,
            log=Path(found["log"]),
            pid=int(found["pid"]),
            data=Path(found["data"]),
        )
        check_endpoint(stack.endpoint_url)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ScaleproofError):
        record.unlink(missing_ok=True)
        return None
    if not _runs(stack):
        record.unlink(missing_ok=True)
        return None
    return stack


def up(port: int | None = None) -> LocalStack:
    """The LocalStack in the background. Starts it if there is none: on `port`, else on 4566 or a free one.

    Raises `ScaleproofError` if it runs on another port, if `port` is taken, or if it does not start.
    """
    with _lock():
        stack = find()
        if stack:
            if port and not stack.endpoint_url.endswith(f":{port}"):
                raise ScaleproofError(
                    f"A LocalStack already runs at {stack.endpoint_url}.",
                    advice="Stop it with `scaleproof down` first, or leave out --port to keep it.",
                )
            return stack
        try:
            stack = start(port=port or DEFAULT_PORT, kind="background")
        except PortInUseError:
            if port:
                raise
            stack = start(kind="background")
        names = ("endpoint_url", "version", "log", "pid", "data")
        found = {name: getattr(stack, name) for name in names}
        with scratch.replacing(_record()) as file:
            json.dump(found, file, default=str)
        stack.keep()  # after the record is written: until then it ends with this process
        return stack


def down() -> LocalStack | None:
    """Stops the LocalStack in the background, and no other process. Returns it, or None if there is none."""
    with _lock():
        stack = find()
        if stack is None or stack.pid is None:
            return None
        with step("Stopping LocalStack"):
            os.kill(stack.pid, signal.SIGTERM)
            if not _wait(lambda: not _runs(stack), GRACE):
                os.killpg(stack.pid, signal.SIGKILL)
                _wait(lambda: not _runs(stack), GRACE)
        if stack.data:
            remove_data(stack.data)
        _record().unlink(missing_ok=True)
        return stack


def check(stack: LocalStack) -> LocalStack:
    """Returns `stack`. Raises `ScaleproofError` if it does not answer or lacks a service."""
    try:
        found = health.ask(stack.endpoint_url)
    except (OSError, ValueError) as error:
        raise FailedError(
            f"The LocalStack at {stack.endpoint_url} does not answer ({error}).",
            advice=f"Stop it with `scaleproof down`. Its log is {stack.log}.",
        ) from error
    if found.missing:
        raise FailedError(
            f"The LocalStack at {stack.endpoint_url} does not serve {', '.join(found.missing)}.",
            advice="Stop it with `scaleproof down`, then start it again.",
        )
    return stack


def _record() -> Path:
    return cache_directory() / "background.json"


def _lock() -> FileLock:
    return FileLock(cache_directory() / "background.lock", mode=0o600)


def _runs(stack: LocalStack) -> bool:
    # LocalStack holds the lock of its directory. So a process id that the system has given to another
    # process since, or a record that anybody has changed, leads to no other process or directory.
    return stack.data is not None and scratch.is_in_use(stack.data)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
