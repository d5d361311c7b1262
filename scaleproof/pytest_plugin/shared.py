"""Shares one LocalStack among all workers of pytest-xdist, through files in a common directory.

The process that started the workers makes the directory. A worker that needs a LocalStack asks with a file;
that process then starts one, and answers with JSON. A run with plans only starts none.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.start import LocalStack, find_or_start
from scaleproof.processes import scratch

_REQUEST, _ANSWER = "asked", "answer.json"
_POLL = 0.1
_STOP_SECONDS = 15.0


class Offer:
    """Offers a LocalStack to the workers of this process; `close` stops it if it was started here."""

    def __init__(self, start: Callable[[], LocalStack] = find_or_start) -> None:
        """Waits in a thread; `start` is called when a worker first asks."""
        self.directory = scratch.make("pytest")
        """What a worker needs to ask. Its lock tells whether this process lives."""
        self._start = start
        self._started: LocalStack | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops offering, and the LocalStack. Safe to call again."""
        self._closing.set()
        # A start that hangs must not block the end of the run; what it starts ends with this process.
        self._thread.join(_STOP_SECONDS)
        started, self._started = self._started, None
        if started:
            started.stop()
        scratch.remove(self.directory)

    def _serve(self) -> None:
        while not (self.directory / _REQUEST).exists():
            if self._closing.wait(_POLL):
                return
        answer = self._answer()
        with scratch.replacing(self.directory / _ANSWER) as file:
            json.dump(answer, file)

    def _answer(self) -> dict[str, Any]:
        try:
            stack = self._started = self._start()
        except ScaleproofError as error:
            return {"message": error.message, "advice": error.advice}
        except Exception as error:
            return {"message": f"LocalStack could not be started: {error!r}.", "advice": ""}
        return {"endpoint_url": stack.endpoint_url, "version": stack.version, "origin": stack.origin}


def ask(directory: Path) -> LocalStack:
    """The LocalStack that the process behind an offer's directory starts; waits for it.

    Raises `ScaleproofError` with that process's reason, or if it has ended.
    """
    while scratch.is_in_use(directory):
        try:
            (directory / _REQUEST).touch()
            answer = json.loads((directory / _ANSWER).read_text(encoding="utf-8"))
        except FileNotFoundError:  # not answered yet, or removed
            time.sleep(_POLL)
            continue
        if "message" in answer:
            raise ScaleproofError(answer["message"], advice=answer["advice"])
        return LocalStack(**answer)
    raise ScaleproofError("The pytest process that starts LocalStack for its workers does not answer.")
