"""Removes what another process leaves behind; started by `scratch`, with nothing but the standard library.

Reads on standard input, with a NUL after each, "+PATH" for what there is and "-PATH" for what is gone. The
end of it is the end of that process.
"""

import fcntl
import shutil
import sys
import time
from pathlib import Path

_LOCK = ".in-use"  # as in `scratch`
_PATIENCE = 120.0  # seconds: others may still be at work there, and end by the same cause


def main() -> None:
    """Blocks until the other process has ended and nothing of it is left."""
    left = set()
    for word in sys.stdin.buffer.read().decode().split("\0"):
        if word.startswith("+"):
            left.add(Path(word[1:]))
        elif word.startswith("-"):
            left.discard(Path(word[1:]))
    deadline, pause = time.monotonic() + _PATIENCE, 0.05
    while left and time.monotonic() < deadline:
        for path in left:
            _remove(path)
        # Once more after a while, for what somebody wrote meanwhile.
        time.sleep(pause)
        left = {path for path in left if path.exists() or path.is_symlink()}
        pause = min(pause * 2, 1.0)


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
    elif not _in_use(path / _LOCK):
        shutil.rmtree(path, ignore_errors=True)


def _in_use(lock: Path) -> bool:
    """Whether a process that the other one has started is still at work there: it has the lock as well."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


if __name__ == "__main__":
    main()
