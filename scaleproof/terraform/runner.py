"""tftest's way of calling Terraform, made interruptible and safe for long outputs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tftest

from scaleproof.processes import resident
from scaleproof.progress import console
from scaleproof.terraform.environment import REATTACH
from scaleproof.terraform.executable import Executable

INTERRUPT_GRACE = 60.0
"""Seconds that an interrupted Terraform gets to finish what it has begun and to write its state."""


class CommandFailed(tftest.TerraformTestError):  # type: ignore[misc]
    """A Terraform command that ended with another exit code than 0."""

    def __init__(self, output: str, errors: str, code: int) -> None:
        """What it wrote to its two outputs, and its exit code."""
        super().__init__(f"exit code {code}", errors)
        self.output = output
        self.errors = errors
        self.code = code


class Runner(tftest.TerraformTest):  # type: ignore[misc]
    """A `TerraformTest` for one directory that runs `executable` with exactly the variables `environment`.

    tftest's own `execute_command` takes a single word as the program, leaves Terraform running after ctrl-C,
    and can block when Terraform writes much to stderr. `on_line` is called with each line of the output as it
    comes.
    """

    def __init__(
        self,
        executable: Executable,
        directory: Path,
        environment: Mapping[str, str],
        *,
        locks: Sequence[int] = (),
    ) -> None:
        """`environment` replaces this process's own; `locks` are descriptors that Terraform holds as well."""
        super().__init__(str(directory), binary=str(executable.path), cache_dir=directory)
        self.executable = executable
        self.env = dict(environment)
        self.locks = locks
        self.on_line: Callable[[str], None] = lambda _: None

    def execute_command(self, cmd: str, *cmd_args: str) -> tftest.TerraformCommandOutput:
        """Runs one command to its end; raises `CommandFailed` unless its exit code is 0.

        On ctrl-C Terraform gets one SIGINT and time to finish; a second ctrl-C ends it at once. It gets one
        as well when this process is killed.
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
                _interrupt(process, self.on_line)
                raise
            drain.join()
        output, complaints = "".join(lines), "".join(errors)
        if code != 0:
            raise CommandFailed(output, complaints, code)
        return tftest.TerraformCommandOutput(code, output, complaints)

    def _started(self, *arguments: str) -> subprocess.Popen[str] | resident.Command:
        # Providers that Terraform starts itself end with the process.
        if self.executable.stays and REATTACH in self.env:
            return resident.start(self.executable.command, self.env, Path(self.tfdir), arguments, self.locks)
        return subprocess.Popen(
            [*self.executable.tied, *arguments],
            cwd=self.tfdir,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            umask=resident.PRIVATE,
            pass_fds=self.locks,
            # Out of the terminal's reach: Terraform takes a second SIGINT as an order to drop everything.
            start_new_session=True,
        )


def _interrupt(process: subprocess.Popen[str] | resident.Command, on_line: Callable[[str], None]) -> None:
    if process.poll() is not None:
        return
    console.print("Interrupting Terraform; it finishes what it has begun.")
    try:
        process.send_signal(signal.SIGINT)
        # Terraform must not block on a pipe that nobody reads any more, and may have a last word.
        assert process.stdout
        rest = threading.Thread(target=lambda: [*map(on_line, process.stdout or ())], daemon=True)
        rest.start()
        process.wait(INTERRUPT_GRACE)
        rest.join(INTERRUPT_GRACE)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
