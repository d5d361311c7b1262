"""Ties a process to the one that started it, by the pipe on its standard input.

    python -I parent_watch.py PROGRAM ARGUMENT...

runs a program, hands on the signals it gets, and ends with its exit code. When standard input ends, the
process at the other end of the pipe is gone, by whatever cause: the program gets SIGINT, and after a grace it
is killed with all that it has started.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

GRACE = 60.0
"""Seconds for a program to finish what it has begun."""


def tied(command: Sequence[str | Path]) -> tuple[str, ...]:
    """The command that runs another one so: to be started with a pipe, and in a session of its own."""
    return (sys.executable, "-I", __file__, *map(str, command))


def watch(interrupt: Callable[[], None]) -> None:
    """Calls `interrupt` when standard input ends, and after the grace kills the process group.

    The process has to lead a group of its own (`start_new_session` where it is started).
    """

    def wait() -> None:
        while os.read(0, 4096):
            pass
        interrupt()
        time.sleep(GRACE)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Blocks until the program has ended."""
    early: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, _frame: object) -> None:
        if process is None:  # it is being started: a signal must not end this process and leave it alone
            early.append(number)
        else:
            process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    for sent in early:
        process.send_signal(sent)
    watch(lambda: process.send_signal(signal.SIGINT))
    code = process.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
