"""Ends a program when the process that started it is gone, whatever the cause.

    python -I parent_watch.py [--no-network] PROGRAM ARGUMENT...

takes the network away where the system allows that, runs a program, forwards signals, and ends with its exit
code.
Standard input is a pipe from the parent. When it ends, the parent is gone: the program gets SIGINT, and after
a grace its process group is killed.

The program writes to this process, which passes it on. So its pipes outlive the parent: a broken one ends a
program in Go at its next line, and Terraform before it has written its state (os/signal, "SIGPIPE").

In a network namespace of its own nothing can be reached, not even the loopback. Unix sockets that have a path
stay. On Linux root may make one, and other users where user namespaces are allowed.
"""

import ctypes
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

NO_NETWORK = "--no-network"
"""The first argument of a program that leaves the network, see `begin`."""
GRACE = 60.0
"""Seconds that a program gets to finish."""
_PIECE = 1 << 16
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h


def tied(command: Sequence[str | Path], *options: str) -> tuple[str, ...]:
    """The command that runs `command` this way. Start it with a pipe on stdin, in a new session."""
    return (sys.executable, "-I", __file__, *options, *map(str, command))


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


def begin(arguments: list[str]) -> list[str]:
    """The arguments of a program without NO_NETWORK. Leaves the network if that is the first."""
    if arguments[:1] != [NO_NETWORK]:
        return arguments
    leave_network()
    return arguments[1:]


def leave_network() -> bool:
    """Moves this process, which must have one thread, into such a namespace; says whether it could.

    A system may refuse half of it (AppArmor on Ubuntu 24.04), so a child process tries first.
    """
    child = os.fork()
    if child == 0:
        try:
            _unshare()
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        return False
    _unshare()
    return True


def _unshare() -> None:
    # os.unshare came with Python 3.12.
    library = ctypes.CDLL(None)
    if library.unshare(_NEW_NETWORK) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    if library.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        raise OSError("The system takes no network away")
    # The user stays who they are, so files get the right owner.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _pass_on(source: IO[bytes], target: int) -> None:
    """Copies to a descriptor what the program writes, and drops it when nobody reads there any more."""
    while piece := os.read(source.fileno(), _PIECE):
        with suppress(OSError):
            while piece:
                piece = piece[os.write(target, piece) :]


def main() -> None:
    """Runs the program and waits for it."""
    command = begin(sys.argv[1:])
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
