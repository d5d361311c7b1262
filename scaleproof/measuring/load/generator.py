"""The generator: processes that share the users of a level, and one `Level` of what they saw."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Self

from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.measuring.levels import Level, Reply
from scaleproof.measuring.load.job import Credentials, Job, Kind

STREAMS_PYTHON = "SCALEPROOF_STREAMS_PYTHON"
"""The variable that names a Python with AWS's client of bidirectional streams, where this one has none."""
_ROOT = str(Path(__file__).resolve().parents[3])
# At the end of its path, so that the packages of this Python do not get before those of another.
_PROGRAM = (
    f"import sys; sys.path.append({_ROOT!r}); from scaleproof.measuring.load.worker import main; main()"
)
_LEAD = 0.05
"""Seconds until a level begins: all processes know of it by then."""


class Generator:
    """Implements `Load`, as a context: its processes end with it, and with this process however that ends."""

    def __init__(self, job: Job, credentials: Callable[[], Credentials], processes: int) -> None:
        """`credentials` are asked for at each level, as they may be new by then."""
        self._job, self._credentials, self._count = job, credentials, processes
        self._processes: list[_Process] = []

    def __enter__(self) -> Self:
        """Starts the processes. Raises ScaleproofError where one cannot do its job."""
        try:
            self._processes = [_Process(self._job, place, self._count) for place in range(self._count)]
            for process in self._processes:
                process.answer()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """Ends the processes at once, with what they have in flight."""
        for process in self._processes:
            process.end()
        self._processes = []

    def hold(self, concurrency: int, seconds: float) -> Level:
        """Keeps so many requests in flight; see `Load`. Raises ScaleproofError where it cannot go on."""
        credentials = asdict(self._credentials())
        shares = {
            process: concurrency // self._count + (place < concurrency % self._count)
            for place, process in enumerate(self._processes[:concurrency])
        }
        for process, share in shares.items():
            process.ask(concurrency=share, credentials=credentials)
        for process in shares:
            process.answer()
        at = time.monotonic() + _LEAD
        for process in shares:
            process.ask(at=at, seconds=seconds)
        answers = [process.answer() for process in shares]
        replies = [Reply(*one) for answer in answers for one in answer["replies"]]
        replies.sort(key=lambda reply: reply.started + reply.seconds)
        return Level(concurrency, seconds, tuple(replies), max(answer["late"] for answer in answers))


class _Process:
    """One process, which answers each document with one."""

    def __init__(self, job: Job, place: int, count: int) -> None:
        named = os.environ.get(STREAMS_PYTHON) if job.kind == Kind.STREAMS else None
        python = named or sys.executable
        self._python = python
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        try:
            self._process = subprocess.Popen(
                [python, "-P", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
                start_new_session=True,  # ctrl-C is for the command, which ends this
            )
        except OSError as error:
            raise ScaleproofError(
                f"{python} does not start: {error.strerror}.", advice=f"Correct {STREAMS_PYTHON}."
            ) from error
        self.ask(job=asdict(job), first=place, step=count)

    def ask(self, **document: Any) -> None:
        """Sends a document."""
        assert self._process.stdin
        with suppress(BrokenPipeError):  # `answer` says why
            self._process.stdin.write(json.dumps(document) + "\n")
            self._process.stdin.flush()

    def answer(self) -> Any:
        """Waits for the answer. Raises ScaleproofError where it is an error, or the process is gone."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise FailedError(f"A process of the load generator ended: {self._last_words()}")
        found = json.loads(line)
        if "missing" in found:
            raise _without_client(self._python, found["missing"])
        if "error" in found:
            raise ScaleproofError(found["error"], advice=found["advice"])
        return found

    def end(self) -> None:
        """Ends it, with what it has in flight."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            assert pipe
            with suppress(BrokenPipeError):
                pipe.close()

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing.")


def _without_client(python: str, module: str) -> ScaleproofError:
    return ScaleproofError(
        f"Bidirectional streams need AWS's client, and {python} lacks {module}.",
        advice="With Python 3.12 or newer: pip install 'scaleproof[measure]'. Else install "
        f"'aws-sdk-sagemaker-runtime-http2[awscrt]' for such a Python, and name that: "
        f"{STREAMS_PYTHON}=/path/to/python.",
    )
