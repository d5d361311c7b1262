"""What a search found: the last level that held, how sure that is, and every level that was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from scaleproof.measuring.objective import Objective


class Answer(StrEnum):
    """How a search ended."""

    FOUND = "found"
    """`max_concurrency` is the last level that held, and a higher one failed."""
    NEVER = "never"
    """Not even one request at a time held."""
    BEYOND = "beyond"
    """The highest level that was asked for held; the last one that does is beyond it."""
    UNFINISHED = "unfinished"
    """The time was up before the search was done."""


@dataclass(frozen=True)
class Estimate:
    """An estimate and its confidence interval, all in the same unit.

    `high` is infinite where there are too few values for it. All three are NaN where there is none.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """A level as it was judged.

    Attributes:
        concurrency: Requests in flight.
        seconds: How long it was judged, without the warm-up.
        replies: Requests that ended in that time.
        errors: Of these, how many failed, by the error's code.
        estimate: What the objective judges, in seconds.
        held: Whether it held.
        sure: Whether the confidence interval leaves no doubt of that.
        generator_lag: The worst `Level.generator_lag` of it, in seconds.
    """

    concurrency: int
    seconds: float
    replies: int
    errors: Mapping[str, int]
    estimate: Estimate
    held: bool
    sure: bool
    generator_lag: float

    @property
    def throughput(self) -> float:
        """Requests that succeeded, per second."""
        return (self.replies - sum(self.errors.values())) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Finding:
    """What a search found.

    Attributes:
        objective: What had to hold.
        answer: How the search ended.
        max_concurrency: The last level that held; None where none did.
        low: The highest level that held without doubt; 0 where none did.
        high: One less than the lowest level that failed without doubt; None where none did.
        levels: Every level that was tried, by concurrency.
        seconds: How long all holds took, with their warm-ups.
    """

    objective: Objective
    answer: Answer
    max_concurrency: int | None
    low: int
    high: int | None
    levels: tuple[Judged, ...]
    seconds: float

    @property
    def headline(self) -> str:
        """The answer as a sentence."""
        raise NotImplementedError

    @property
    def notes(self) -> list[str]:
        """What to know of this answer: what failed, a generator that was late, levels that stayed in doubt."""
        raise NotImplementedError

    def to_dict(self) -> FindingDocument:
        """The JSON document."""
        raise NotImplementedError


class FindingDocument(TypedDict):
    """What was found; the command's own document has this and more."""


def pools(measured: str, found: int, others: Sequence[tuple[str, float | None]] = ()) -> str:
    """The input `instance_pools` as HCL, for a module block or a tfvars file.

    `measured`: the instance type; `found`: its max_concurrency; `others`: all pools of the endpoint in order,
    with what is known of them. The measured type stands in its place among them.
    """
    raise NotImplementedError
