"""How long something takes, and whose CPU it takes."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

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
    wall, terraform, harness = time.perf_counter(), _cpu(resource.RUSAGE_CHILDREN), _cpu(resource.RUSAGE_SELF)
    result = action()
    taken = Duration(
        wall=time.perf_counter() - wall,
        terraform=_cpu(resource.RUSAGE_CHILDREN) - terraform,
        harness=_cpu(resource.RUSAGE_SELF) - harness,
    )
    return taken, result


def _cpu(whose: int) -> float:
    """CPU seconds so far of this process, or of those it started that have ended (LocalStack still runs)."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime
