"""Runs LocalStack and sees to its end; started with LocalStack's own interpreter.

    python -P -m scaleproof.emulator.launch DIRECTORY

DIRECTORY holds all that LocalStack writes and is removed at the end. SIGTERM and SIGINT end it at once. So
does the end of standard input, as the process at the pipe's other end is gone then, by whatever cause; unless
that process has written `KEEP` before.
"""

import gc
import os
import shutil
import signal
import sys
import threading

from scaleproof.emulator import KEEP, patches

_OBJECTS = 20_000
"""New objects until the garbage collector looks for garbage: a request makes thousands, and little of it."""
_ENDS = (b"", bytes([signal.SIGTERM]), bytes([signal.SIGINT]))


def main() -> None:
    """Blocks until LocalStack has ended."""
    (directory,) = sys.argv[1:]
    # LocalStack's own shutdown takes seconds, and longer while requests still come in. Nothing is lost by not
    # waiting: its state is in the directory. The descriptor tells of a signal whatever the threads do.
    told, telling = os.pipe()
    os.set_blocking(telling, False)
    signal.set_wakeup_fd(telling)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: None)
    for source in (told, sys.stdin.fileno()):
        threading.Thread(target=_end_after, args=(source, directory), daemon=True).start()
    gc.disable()  # while nothing is made that is not kept
    patches.before_localstack()
    try:
        from localstack.runtime.main import main as run  # type: ignore[import-not-found, unused-ignore]

        from scaleproof.emulator.api import control

        patches.install()
        control.install()
        # What is loaded by now stays; the collector need not walk it again and again.
        gc.freeze()
        gc.enable()
        gc.set_threshold(_OBJECTS)
        run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _end_after(source: int, directory: str) -> None:
    while (word := os.read(source, 1)) not in _ENDS:
        if word == KEEP:
            return
    # By a child outside the group, which is LocalStack's own (`start_new_session` where it is started): the
    # directory goes after the last thread that writes into it.
    group = os.getpgid(0)
    if os.fork() == 0:
        os.setsid()
        os.killpg(group, signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()
