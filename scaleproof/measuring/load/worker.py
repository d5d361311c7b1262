"""One process of the generator: `main` reads what to do from stdin, a JSON document a line.

The first line has the `job`, and `first` and `step` of the numbers of this process's requests. Two lines
make a level: one has its `concurrency` and `credentials`; the other one `at`, a moment of `time.monotonic`,
which all processes of a machine share, and `seconds`. Each line is answered with one: `ready`, the `replies`
with `late`, or an `error`. The process ends with its stdin, whatever it does then.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import astuple
from typing import IO, Any

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.load.bodies import Bodies
from scaleproof.measuring.load.closed_loop import Lateness, User, hold
from scaleproof.measuring.load.job import Credentials, Job, Kind


def main() -> None:
    """Runs until stdin ends."""
    # What the user's function prints goes to stderr: stdout is for answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(_serve(answers))


async def _serve(answers: IO[str]) -> None:
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        os._exit(0)  # whoever started this is gone: what is in flight ends with it

    threading.Thread(target=read, daemon=True).start()
    sender: Any = None
    users: list[User] = []
    numbers: Iterator[int] = iter(())
    while True:
        asked = json.loads(await lines.get())
        answer: dict[str, Any] = {"ready": True}
        try:
            if sender is None:
                sender = _sender(Job(**asked["job"]))
                numbers = itertools.count(asked["first"], asked["step"])
            elif "at" not in asked:
                users = sender.users(asked["concurrency"], Credentials(**asked["credentials"]))
            else:
                answer = await _level(sender, users, numbers, **asked)
        except ScaleproofError as error:
            answer = {"error": error.message, "advice": error.advice}
        except ImportError as error:
            answer = {"missing": error.name or str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _sender(job: Job) -> Any:
    bodies = Bodies(job.bodies)
    if job.kind == Kind.STREAMS:
        from scaleproof.measuring.load.streams import Streams

        return Streams(job, bodies)
    from scaleproof.measuring.load.calls import Calls

    return Calls(job, bodies)


async def _level(
    sender: Any, users: list[User], numbers: Iterator[int], at: float, seconds: float
) -> dict[str, Any]:
    late = Lateness()
    replies = await hold(users, at, seconds, numbers, late)
    paced = sender.late.p99() if hasattr(sender, "late") else 0.0
    return {"replies": [astuple(reply) for reply in replies], "late": max(late.p99(), paced)}
