"""Runs LocalStack in LocalStack's own Python, and ends it with the process that started it.

    python -P -m scaleproof.emulator.launch DIRECTORY

LocalStack writes only into DIRECTORY, which is removed at the end.
SIGTERM and SIGINT end LocalStack at once. So does the end of standard input, because then the parent is gone, unless
the parent has written `KEEP`.
"""

import gc
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from scaleproof.emulator import KEEP, STREAMS_PORT, patches

_OBJECTS = 20_000
"""New objects until the garbage collector runs: a request makes thousands, and little garbage."""
_ENDS = (b"", bytes([signal.SIGTERM]), bytes([signal.SIGINT]))


def main() -> None:
    """Blocks until LocalStack has ended."""
    (directory,) = sys.argv[1:]
    # LocalStack's own shutdown takes seconds, and longer while requests come in. It is not needed, as the
    # directory is removed. A signal arrives through the descriptor whatever the threads do.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: None)
    for source in (reader, sys.stdin.fileno()):
        threading.Thread(target=_end_after, args=(source, directory), daemon=True).start()
    gc.disable()  # imports make no garbage
    patches.before_localstack()
    try:
        from localstack.runtime.main import main as run  # type: ignore[import-not-found, unused-ignore]

        from scaleproof.emulator.api import control

        patches.install()
        control.install(Path(directory), int(os.environ.get(STREAMS_PORT, 0)))
        # What is loaded by now stays. The collector need not look at it.
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
    # LocalStack has a process group of its own (`start_new_session`). A child outside it ends the group and
    # then removes the directory, when no thread writes into it any more.
    group = os.getpgid(0)
    if os.fork() == 0:
        os.setsid()
        os.killpg(group, signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()
