"""Calls Terraform through tftest, so that it can be interrupted and may write long outputs."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import tftest

from scaleproof.errors import FailedError
from scaleproof.processes import resident
from scaleproof.progress import console
from scaleproof.terraform.diagnostics import parse_event
from scaleproof.terraform.environment import REATTACH
from scaleproof.terraform.executable import Executable

INTERRUPT_GRACE = 60.0
"""Seconds after which an interrupted Terraform is killed, in an apply seconds of silence.

While a resource is created, changed or destroyed, Terraform says so every ten seconds: it is waited for as long as
that takes, and then gets this time to write its state.
"""


class CommandFailed(tftest.TerraformTestError):  # type: ignore[misc]
    """A Terraform command that ended with an exit code other than 0."""

    def __init__(self, output: str, errors: str, code: int) -> None:
        """`output` and `errors`: what it wrote to stdout and stderr."""
        super().__init__(f"exit code {code}", errors)
        self.output = output
        self.errors = errors


class Runner(tftest.TerraformTest):  # type: ignore[misc]
    """A `TerraformTest` for one directory that runs `executable` with the variables `environment` only.

    tftest's own `execute_command` takes a program without arguments, leaves Terraform running after ctrl-C,
    and blocks if Terraform writes much to stderr. `on_line` gets each line of the output.
    """

    def __init__(
        self,
        executable: Executable,
        directory: Path,
        environment: Mapping[str, str],
        *,
        locks: Sequence[int] = (),
    ) -> None:
        """`environment` replaces that of this process. `locks` are descriptors that Terraform also holds."""
        super().__init__(str(directory), binary=str(executable.path), cache_dir=directory)
        self.executable = executable
        self.env = dict(environment)
        self.locks = locks
        self.on_line: Callable[[str], None] = lambda _: None

    def execute_command(self, cmd: str, *cmd_args: str) -> tftest.TerraformCommandOutput:
        """Runs one command.

        Raises `CommandFailed` unless its exit code is 0, `FailedError` where a signal ends it.

        At ctrl-C Terraform gets SIGINT and finishes what it creates, changes or destroys. A second ctrl-C kills
        it. If this process is killed, Terraform gets SIGINT too.
        """
        lines: list[str] = []
        errors: list[str] = []
        with self._started(cmd, *cmd_args) as process:
            assert process.stdout
            assert process.stderr
            drain = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
            drain.start()
            try:
                for line in process.stdout:
                    lines.append(line)
                    self.on_line(line)
                code = process.wait()
            except BaseException:
                _interrupt(process, self.on_line, changes=cmd == "apply")
                raise
            drain.join()
        outputs = "".join(lines), "".join(errors)
        # A program in between ends with 128 and the number; Terraform itself with 0, 1 or 2.
        number = max(-code, code - 128)
        if number in signal.valid_signals():
            raise FailedError(
                f"terraform {cmd} was ended by {signal.strsignal(number)} (signal {number}).",
                advice="Run it again. If nobody ended it, look at how much memory the machine has left.",
            )
        if code != 0:
            raise CommandFailed(*outputs, code)
        return tftest.TerraformCommandOutput(code, *outputs)

    def _started(self, *arguments: str) -> subprocess.Popen[str] | resident.Command:
        # Providers that Terraform starts itself must end with the process, so it cannot stay loaded.
        if self.executable.stays and REATTACH in self.env:
            return resident.start(self.executable.command, self.env, Path(self.tfdir), arguments, self.locks)
        process = subprocess.Popen(
            [*self.executable.tied(), *arguments],
            cwd=self.tfdir,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            umask=resident.PRIVATE,
            pass_fds=self.locks,
            # Ctrl-C in the terminal must not reach Terraform, which aborts at the second SIGINT.
            start_new_session=True,
        )
        for stream in (process.stdout, process.stderr):
            # As those of a resident process.
            cast("io.TextIOWrapper", stream).reconfigure(newline="\n")
        return process


def _interrupt(
    process: subprocess.Popen[str] | resident.Command, on_line: Callable[[str], None], *, changes: bool
) -> None:
    """`changes`: whether the command changes resources; others have nothing to finish."""
    if process.returncode is not None:
        return
    heard = time.monotonic()

    def read() -> None:
        nonlocal heard
        for line in process.stdout or ():
            # Data that is read says so every ten seconds, too.
            if changes and parse_event(line).get("hook", {}).get("action") != "read":
                heard = time.monotonic()
            on_line(line)

    try:
        os.kill(process.pid, signal.SIGINT)  # a zombie, if it has ended: nobody has waited for it
        with suppress(OSError):  # a terminal that is gone, a full disk
            console.print(f"Interrupting Terraform.{' It finishes running operations first.' if changes else ''}")
        # Read on: Terraform must not block on a full pipe, and may print its state.
        rest = threading.Thread(target=read, daemon=True)
        rest.start()
        while (left := heard + INTERRUPT_GRACE - time.monotonic()) > 0:
            with suppress(subprocess.TimeoutExpired):
                process.wait(left)
                rest.join(INTERRUPT_GRACE)
                return
    except KeyboardInterrupt:
        pass
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
