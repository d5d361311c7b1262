"""Makes temporary directories, replaces files in one step, and removes what a killed process left behind.

The code that makes one removes it, or the end of this process does. If this process is killed, the next run
removes it. What is in use is locked, and the system releases a lock with its process.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scaleproof.processes.cache import private_file

PREFIX = "scaleproof-"
LOCK = ".in-use"
"""The file in a directory that is locked while a process uses the directory."""
_LONGEST_LOCK = 100


_held: dict[Path, int] = {}
"""What this process has made, with the descriptors of the locks. A fork starts with nothing."""
_holding = threading.RLock()


def _forget() -> None:
    global _holding
    _holding = threading.RLock()  # a thread of the parent may have the other one
    _held.clear()


os.register_at_fork(after_in_child=_forget)


@atexit.register
def _remove_all() -> None:
    """Removes what an interrupt kept its owner from removing."""
    for directory in list(_held):
        remove(directory)


def make(kind: str = "", *, base: Path | None = None) -> Path:
    """Makes a directory below `base`, by default the system's temporary directory.

    `kind` is a part of its name. `remove` removes it, at the latest when this process ends.
    """
    where = base or Path(tempfile.gettempdir())
    with _holding:
        _sweep(where)
        directory = where / f"{PREFIX}{kind}{'-' if kind else ''}{secrets.token_hex(8)}"
        try:
            directory.mkdir(0o700)
            _held[directory] = _locked(directory / LOCK)
        except FileExistsError:  # another's
            raise
        except BaseException:  # also an interrupt, before anybody else knows of it
            remove(directory)
            raise
        return directory


def is_one(directory: Path) -> bool:
    """Whether `make` made a directory, in this process or another one."""
    # Of other users nothing is known, where Path.exists raises.
    return directory.name.startswith(PREFIX) and os.path.exists(directory / LOCK)  # noqa: PTH110


def is_in_use(directory: Path) -> bool:
    """Whether `make` made a directory of this user, and a process that lives has its lock."""
    if not (directory.name.startswith(PREFIX) and is_own(directory) and is_own(directory / LOCK)):
        return False
    with contextlib.suppress(OSError), (directory / LOCK).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    return directory.exists()


def is_own(path: Path) -> bool:
    """Whether `path` is a regular file or a directory of this user, not a link."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return status.st_uid == os.getuid() and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def remove(directory: Path) -> None:
    """Removes a directory and its contents. Safe to call again."""
    shutil.rmtree(directory, ignore_errors=True)
    release(directory)


def release(directory: Path) -> None:
    """Stops tracking a directory that is removed, or that another process has the lock of (see `lock_of`)."""
    descriptor = _held.pop(directory, None)
    if descriptor is not None:
        os.close(descriptor)


def lock_of(directory: Path) -> int:
    """The descriptor with a directory's lock. A process that inherits it has the lock too."""
    return _held[directory]


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A text file that replaces `path` when the context ends without an error, in one step.

    Until then, and after a failure, `path` does not change. Only this user can read a new file. Raises
    `OSError`.
    """
    directory = make("partial", base=path.parent)
    try:
        partial = private_file(directory / "content")
        with partial.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            if path.exists():
                partial.chmod(path.stat().st_mode & 0o777)
            partial.replace(path)
    finally:
        remove(directory)


def _locked(path: Path) -> int:
    # Locked before the rename: a file with this name and without a lock means that nobody uses it.
    early = path.with_name(f"{path.name}.new")
    descriptor = os.open(early, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    os.write(descriptor, _identity(path.parent))
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    early.rename(path)
    return descriptor


def _identity(directory: Path) -> bytes:
    """What the lock of a directory says. A copy or a clone of it is another directory, which nobody may remove."""
    status = directory.stat()
    return b"scaleproof %d %d" % (status.st_dev, status.st_ino)


def _sweep(where: Path) -> None:
    """Removes what killed processes have left in a directory."""
    for lock in where.glob(f"{PREFIX}*/{LOCK}"):
        _remove_unused(lock)


def _remove_unused(lock: Path) -> None:
    directory = lock.parent
    try:
        # Other users can write there: follow no link, touch no foreign directory, wait at no pipe.
        if not (is_own(lock) and is_own(directory)):
            return
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if file.read(_LONGEST_LOCK) == _identity(directory):
                shutil.rmtree(directory)
    except OSError:
        return  # in use, removed meanwhile, or not to be removed
