"""Ends a program when the process that started it is gone, whatever the cause.

    python -I parent_watch.py PROGRAM ARGUMENT...

runs a program, forwards signals, and ends with its exit code.
Standard input is a pipe from the parent. When it ends, the parent is gone: the program gets SIGINT, and after
a grace its process group is killed.

The program writes to this process, which passes it on. So its pipes outlive the parent: a broken one ends a
program in Go at its next line, and Terraform before it has written its state (os/signal, "SIGPIPE").
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

GRACE = 60.0
"""Seconds that a program gets to finish."""
_PIECE = 1 << 16


def tied(command: Sequence[str | Path]) -> tuple[str, ...]:
    """The command that runs `command` this way. Start it with a pipe on stdin, in a new session."""
    return (sys.executable, "-I", __file__, *map(str, command))


def watch(interrupt: Callable[[], None]) -> None:
    """Calls `interrupt` when standard input ends, and kills the process group after the grace.

    The process must lead its group: start it with `start_new_session`.
    """

    def wait() -> None:
        while os.read(0, 4096):
            pass
        interrupt()
        time.sleep(GRACE)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def _pass_on(source: IO[bytes], target: int) -> None:
    """Copies to a descriptor what the program writes, and drops it when nobody reads there any more."""
    while piece := os.read(source.fileno(), _PIECE):
        with suppress(OSError):
            while piece:
                piece = piece[os.write(target, piece) :]


def main() -> None:
    """Runs the program and waits for it."""
    command = sys.argv[1:]
    early: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: object) -> None:
        if process is None:  # the program is starting: this process must not end before it
            early.append(number)
        else:
            process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for sent in early:
        process.send_signal(sent)
    watch(lambda: process.send_signal(signal.SIGINT))
    for pair in ((process.stdout, 1), (process.stderr, 2)):
        threading.Thread(target=_pass_on, args=pair).start()  # this process ends after them
    code = process.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
