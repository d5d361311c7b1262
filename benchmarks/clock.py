"""How long something takes, and whose CPU it takes."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scaleproof.processes import resident

T = TypeVar("T")


@dataclass(frozen=True)
class Duration:
    """Seconds of one action.

    `wall` is what a user waits. `terraform` is CPU time of Terraform and of the providers it started,
    `harness` that of this process, where the in-process providers are; LocalStack is in neither. Other load
    on the machine lengthens the wall time and hardly touches the CPU times.
    """

    wall: float
    terraform: float
    harness: float


def timed(action: Callable[[], T]) -> tuple[Duration, T]:
    """Runs an action; returns its duration and its result."""
    wall, terraform, harness = time.perf_counter(), _terraform(), _cpu(resource.RUSAGE_SELF)
    result = action()
    taken = Duration(
        wall=time.perf_counter() - wall,
        terraform=_terraform() - terraform,
        harness=_cpu(resource.RUSAGE_SELF) - harness,
    )
    return taken, result


def _terraform() -> float:
    """CPU seconds so far of every Terraform, of one that waits for its next command as well."""
    idle = [waiting.process for waiting in resident._idle]
    return _cpu(resource.RUSAGE_CHILDREN) + sum(_running(process.pid) for process in idle if process.poll() is None)


def _running(pid: int) -> float:
    # Two fields of proc_pid_stat(5), counted after the name of the program, which may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu(whose: int) -> float:
    """CPU seconds so far of this process, or of those it started that have ended (LocalStack still runs)."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime
