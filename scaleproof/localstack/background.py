"""A LocalStack that stays: started by `scaleproof up`, used by later commands, ended by `scaleproof down`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import health
from scaleproof.localstack.connection import check_endpoint
from scaleproof.localstack.start import GRACE, LAUNCHER, LocalStack, PortInUseError, remove_data, start
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory
from scaleproof.progress import step
from scaleproof.texts import read

DEFAULT_PORT = 4566
"""LocalStack's usual port."""


def find() -> LocalStack | None:
    """The LocalStack that stands, or None. Forgets one that has ended."""
    record = _record()
    try:
        found = json.loads(read(record)) if scratch.is_own(record) else {}
        stack = LocalStack(
            endpoint_url=found["endpoint_url"],
            version=found["version"],
            external=False,
            standing=True,
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
    """The LocalStack that stands, started if there is none; on `port`, else on 4566 or a free one.

    Raises `ScaleproofError` when one stands on another port, when `port` is taken, or when it does not start.
    """
    with _lock():
        stack = find()
        if stack:
            if port and not stack.endpoint_url.endswith(f":{port}"):
                raise ScaleproofError(
                    f"A LocalStack stands at {stack.endpoint_url} already.",
                    advice="End it with `scaleproof down` first, or leave --port out to keep it.",
                )
            return stack
        try:
            stack = start(port=port or DEFAULT_PORT, kind="standing")
        except PortInUseError:
            if port:
                raise
            stack = start(kind="standing")
        names = ("endpoint_url", "version", "log", "pid", "data")
        found = {name: getattr(stack, name) for name in names}
        with scratch.replacing(_record()) as file:
            json.dump(found, file, default=str)
        # Not before it can be found again: until then it ends with this process.
        stack.keep()
        return stack


def down() -> LocalStack | None:
    """Ends the LocalStack that stands, and no other process; returns it, or None where there was none."""
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
    """`stack`, if it answers and serves what is needed; raises `ScaleproofError` otherwise."""
    try:
        found = health.ask(stack.endpoint_url)
    except (OSError, ValueError) as error:
        raise FailedError(
            f"The LocalStack that stands at {stack.endpoint_url} does not answer ({error}).",
            advice=f"End it with `scaleproof down`. Its log is {stack.log}.",
        ) from error
    if found.missing:
        raise FailedError(
            f"The LocalStack that stands at {stack.endpoint_url} does not serve {', '.join(found.missing)}.",
            advice="End it with `scaleproof down` and start it again.",
        )
    return stack


def _record() -> Path:
    return cache_directory() / "standing.json"


def _lock() -> FileLock:
    return FileLock(cache_directory() / "standing.lock", mode=0o600)


def _runs(stack: LocalStack) -> bool:
    # A process id is given again once its process has ended; the name of the data directory is not. And the
    # record is only a file: what is ended and removed has to be what `start` makes.
    data = stack.data or Path()
    ours = data.name.startswith(scratch.PREFIX) and (scratch.is_own(data) or not os.path.lexists(data))
    return ours and _command_line(stack.pid or 0).endswith(f" -m {LAUNCHER} {data}")


def _command_line(pid: int) -> str:
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.parent.parent.joinpath("self").exists():
        try:
            return proc.read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="surrogateescape")
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.rstrip("\n")


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
