"""One LocalStack for all workers of pytest-xdist.

The process that started the workers offers it on a loopback port. It starts when the first worker asks, and
every worker gets its address. A run with plans only starts none.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.start import ADDRESS, LocalStack, find_or_start

_STOP_SECONDS = 15.0
_SILENT = "The pytest process that starts LocalStack for its workers does not answer."


class Offer:
    """Offers a LocalStack to the workers of this process; `close` stops it if it was started here."""

    def __init__(self, start: Callable[[], LocalStack] = find_or_start) -> None:
        """Listens at once; `start` is called when a worker first asks."""
        self._start = start
        self._key = secrets.token_hex(32)
        self._listener = Listener((ADDRESS, 0), backlog=64, authkey=self._key.encode())
        self._lock = threading.Lock()
        self._closed = False
        self._answer: dict[str, Any] | None = None
        self._started: LocalStack | None = None
        self.ticket = {"port": self._listener.address[1], "key": self._key}
        """What a worker needs to ask; plain values."""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stops offering, and the LocalStack. Safe to call again."""
        self._closed = True
        # A start that hangs must not block the end of the run; what it starts ends with this process.
        if self._lock.acquire(timeout=_STOP_SECONDS):
            try:
                started, self._started = self._started, None
                if started:
                    started.stop()
            finally:
                self._lock.release()
        self._listener.close()

    def _serve(self) -> None:
        while not self._closed:
            try:
                asking = self._listener.accept()
            except AuthenticationError:
                continue
            except OSError:
                if self._closed:
                    return
                continue
            threading.Thread(target=self._tell, args=(asking,), daemon=True).start()

    def _tell(self, asking: Connection) -> None:
        with asking, self._lock:
            if self._answer is None and not self._closed:
                self._answer = self._found()
            with contextlib.suppress(OSError):  # the worker may have ended
                asking.send_bytes(json.dumps(self._answer or _failure(ScaleproofError(_SILENT))).encode())

    def _found(self) -> dict[str, Any]:
        try:
            self._started = self._start()
        except ScaleproofError as error:
            return _failure(error)
        except Exception as error:
            return _failure(ScaleproofError(f"LocalStack could not be started: {error!r}."))
        stack = self._started
        return {"endpoint_url": stack.endpoint_url, "version": stack.version, "external": stack.external}


def ask(ticket: Mapping[str, Any]) -> LocalStack:
    """The LocalStack that the process behind `ticket` offers; waits while it starts.

    Raises `ScaleproofError` with that process's reason.
    """
    try:
        with Client((ADDRESS, ticket["port"]), authkey=str(ticket["key"]).encode()) as offering:
            answer = json.loads(offering.recv_bytes())
    except (OSError, EOFError, AuthenticationError) as error:
        raise ScaleproofError(_SILENT) from error
    if "message" in answer:
        raise ScaleproofError(answer["message"], advice=answer["advice"])
    return LocalStack(**answer)


def _failure(error: ScaleproofError) -> dict[str, Any]:
    return {"message": error.message, "advice": error.advice}
