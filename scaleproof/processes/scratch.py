"""Directories and half-written files that end with this process, by whatever it ends.

Three see to that. Whoever makes one removes it. A process of its own, the keeper, learns by the end of a pipe
that this process is gone, killed or not, and removes what is left. If the keeper is killed as well, the next
run does it: what is in use is locked, and the system takes the lock away with the process.

The keeper is this file, run by path without the package: only the standard library is imported here.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PREFIX = "scaleproof-"
LOCK = ".in-use"
"""The file in a directory whose lock says that somebody works there."""
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_KEEPER_SECONDS = 120.0
"""How long the keeper tries: others may still be at work there, and end by the same cause."""


class _Own:
    """What this process has made; another one after a fork."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self.held: dict[Path, int] = {}
        self.swept: set[Path] = set()
        self.keeper: subprocess.Popen[bytes] | None = None


_own = _Own()


def make(kind: str = "", *, base: Path | None = None) -> Path:
    """A new directory, below the system's for temporary files or below `base`; `kind` is part of its name.

    It is removed by `remove`, at the latest when this process ends.
    """
    where = base or Path(tempfile.gettempdir())
    with _mine().lock:
        _sweep(where)
        directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-" if kind else PREFIX, dir=where))
        _tell("+", directory)
        _own.held[directory] = _locked(directory / LOCK)
        return directory


def is_one(directory: Path) -> bool:
    """Whether a directory was made here, by this process or another one that runs."""
    return directory.name.startswith(PREFIX) and (directory / LOCK).exists()


def is_own(path: Path) -> bool:
    """Whether `path` is a file or a directory of this user, and neither a link nor anything else."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))


def remove(directory: Path) -> None:
    """Removes a directory and what is in it. Safe to call again."""
    shutil.rmtree(directory, ignore_errors=True)
    release(directory)


def release(directory: Path) -> None:
    """Leaves a directory to a process that has got its lock (see `lock_of`), or that has removed it."""
    with _mine().lock:
        descriptor = _own.held.pop(directory, None)
        if descriptor is not None:
            os.close(descriptor)
            _tell("-", directory)


def lock_of(directory: Path) -> int:
    """The descriptor that holds a directory's lock: whoever inherits it holds the lock as well."""
    return _mine().held[directory]


def check_replaceable(path: Path) -> None:
    """Raises `OSError` unless `replacing` can make or replace `path`: a regular file, or none yet.

    A device, a pipe or a link that gave way to a file would be gone for whoever else has it.
    """
    if not path.parent.is_dir():
        raise OSError(errno.ENOENT, f"there is no directory {path.parent}")
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(errno.EINVAL, "it is there, and no regular file")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{path.parent} is not yours to write to")


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of `path` when the context ends well, in one step.

    Until then, and after a failure, `path` is as it was. A new file is its owner's alone. Raises what
    `check_replaceable`, opening and renaming raise.
    """
    check_replaceable(path)
    for old in path.parent.glob(f".{PREFIX}*.partial"):
        _remove_unused(old, old)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{PREFIX}", suffix=".partial")
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            _tell("+", partial)
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            check_replaceable(path)
            if path.exists():  # a new one is for this user alone
                partial.chmod(path.stat().st_mode & 0o777)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        _tell("-", partial)


def _mine() -> _Own:
    global _own
    if _own.pid != os.getpid():
        _own = _Own()  # a fork: what its parent has made is its parent's
    return _own


def _tell(word: str, path: Path) -> None:
    """Tells the keeper what there is ("+") and what is gone ("-"); starts it for the first that there is."""
    own = _mine()
    with own.lock:
        if own.keeper is None:
            if word == "-":
                return
            own.keeper = subprocess.Popen(
                # The path is for whoever lists processes.
                [sys.executable, "-I", "-S", __file__, str(path)],
                cwd="/",
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # ctrl-C is not meant for it
            )
            # Popen would warn that it still runs when it is collected; it ends with this process.
            own.keeper.returncode = 0
        assert own.keeper.stdin
        with contextlib.suppress(BrokenPipeError):  # it was killed: the next run removes what is left
            own.keeper.stdin.write(f"{word}{path}\0".encode())
            own.keeper.stdin.flush()


def _locked(path: Path) -> int:
    # Locked before it has its name: a file of that name without a lock belongs to nobody.
    early = path.with_name(f"{path.name}.new")
    descriptor = os.open(early, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    early.rename(path)
    return descriptor


def _sweep(where: Path) -> None:
    """Removes, once in a process, what earlier processes that were killed have left."""
    if where in _own.swept:
        return
    _own.swept.add(where)
    for found in where.glob(f"{PREFIX}*/{LOCK}"):
        _remove_unused(found, found.parent)


def _remove_unused(lock: Path, path: Path) -> None:
    try:
        # Anybody may put anything there: neither a link nor another user's directory, nor a pipe to wait at.
        if not all(is_own(one) for one in {lock, path}):
            return
        with os.fdopen(os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif time.time() - path.stat().st_mtime > 1:  # not one whose lock is about to be taken
                path.unlink(missing_ok=True)
    except OSError:
        return  # in use, or gone meanwhile


def keep(told: IO[bytes]) -> None:
    """What the keeper does: blocks until the other process has ended and nothing of it is left.

    `told` has, with a NUL after each, "+PATH" for what there is and "-PATH" for what is gone. Its end is the
    end of that process.
    """
    left = set()
    for word in told.read().decode().split("\0"):
        if word.startswith("+"):
            left.add(Path(word[1:]))
        elif word.startswith("-"):
            left.discard(Path(word[1:]))
    deadline, pause = time.monotonic() + _KEEPER_SECONDS, 0.05
    while left and time.monotonic() < deadline:
        for path in left:
            if not path.is_dir():
                path.unlink(missing_ok=True)
            elif not _in_use(path / LOCK):
                shutil.rmtree(path, ignore_errors=True)
        # Once more after a while, for what somebody wrote meanwhile.
        time.sleep(pause)
        left = {path for path in left if path.exists() or path.is_symlink()}
        pause = min(pause * 2, 1.0)


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
    keep(sys.stdin.buffer)
