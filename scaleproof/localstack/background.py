"""Keeps a LocalStack in the background: `scaleproof up` starts it, `scaleproof down` stops it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import check_endpoint
from scaleproof.localstack.start import BACKGROUND, LocalStack, PortInUseError, start
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory

DEFAULT_PORT = 4566
"""LocalStack's default port."""
STREAMS_PORT = 8443
"""The port on which AWS serves bidirectional streams."""


def find() -> LocalStack | None:
    """The LocalStack in the background, or None. Deletes the record of one that has ended."""
    record = _record()
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, ScaleproofError):
        fields = json.loads(record.read_bytes())
        stack = LocalStack(
            fields["endpoint_url"],
            fields["version"],
            BACKGROUND,
            log=Path(fields["log"]),
            pid=int(fields["pid"]),
            data=Path(fields["data"]),
        )
        check_endpoint(stack.endpoint_url)
        if stack.running:
            return stack
    record.unlink(missing_ok=True)
    return None


def up(port: int | None = None) -> LocalStack:
    """The LocalStack in the background. Starts it if there is none: on `port`, else on 4566 or a free one.

    Raises `ScaleproofError` if it runs on another port, if `port` is taken, or if it does not start.
    """
    with _lock():
        if stack := find():
            if port and not stack.endpoint_url.endswith(f":{port}"):
                raise ScaleproofError(
                    f"A LocalStack already runs at {stack.endpoint_url}.",
                    advice="Stop it with `scaleproof down` first, or omit --port to keep it.",
                )
            return stack
        try:
            stack = start(port=port or DEFAULT_PORT, streams_port=STREAMS_PORT, kind="background")
        except PortInUseError:
            if port:
                raise
            stack = start(streams_port=STREAMS_PORT, kind="background")
        names = ("endpoint_url", "version", "log", "pid", "data")
        with scratch.replacing(_record()) as file:
            json.dump({name: getattr(stack, name) for name in names}, file, default=str)
        stack.keep()  # after the record is written: until then it ends with this process
        return stack


def down() -> LocalStack | None:
    """Ends the LocalStack in the background, and no other process. Returns it, or None if there is none."""
    with _lock():
        if stack := find():
            stack.end()
            _record().unlink(missing_ok=True)
        return stack


def _record() -> Path:
    return cache_directory() / "background.json"


def _lock() -> FileLock:
    return FileLock(cache_directory() / "background.lock", mode=0o600)
