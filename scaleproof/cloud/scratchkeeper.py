"""Removes what another process leaves behind; started by `scratch`, with nothing but the standard library.

Reads on standard input, with a NUL after each, "+PATH" for what there is and "-PATH" for what is gone. The
end of it is the end of that process.
"""

import shutil
import sys
import time
from pathlib import Path

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
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
