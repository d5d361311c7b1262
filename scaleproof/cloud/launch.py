"""Runs LocalStack and sees to its end; started with LocalStack's own interpreter.

    python -P -m scaleproof.cloud.launch DIRECTORY [--with-parent]

DIRECTORY holds all that LocalStack writes and is removed at the end. With --with-parent LocalStack ends as
soon as standard input does, that is when the process at the pipe's other end is gone, by whatever cause.
"""

import os
import shutil
import signal
import sys
import threading
import time
from types import FrameType

GRACE = 10.0
"""Seconds between asking LocalStack to end and ending its process group."""


def main() -> None:
    """Blocks until LocalStack has ended."""
    directory, *options = sys.argv[1:]
    # Until LocalStack installs its own handler a SIGTERM still has to reach the clean-up below.
    signal.signal(signal.SIGTERM, _leave)
    if "--with-parent" in options:
        threading.Thread(target=_end_with_parent, args=(directory,), daemon=True).start()
    try:
        from localstack.runtime.main import main as run  # type: ignore[import-not-found, unused-ignore]

        run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _end_with_parent(directory: str) -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    shutil.rmtree(directory, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
