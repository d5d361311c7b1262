"""What a search found: the last level that held, how sure that is, and every level that was tried."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from scaleproof.hcl.writing import entry
from scaleproof.measuring.objective import Measure, Objective


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
        replies: Requests that ended, with those of the warm-up.
        errors: Of these, how many failed, by the error's code.
        estimate: What the objective judges, in seconds.
        throughput: Requests that succeeded, per second, without the warm-up.
        held: Whether it held.
        sure: Whether the confidence interval leaves no doubt of that.
        late: Whether the generator was so late that a failure may be its own.
        generator_lag: The worst `Level.generator_lag` of it, in seconds.
    """

    concurrency: int
    seconds: float
    replies: int
    errors: Mapping[str, int]
    estimate: Estimate
    throughput: float
    held: bool
    sure: bool
    late: bool
    generator_lag: float


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
    def errors(self) -> Counter[str]:
        """Over all levels, how many requests failed, by the error's code."""
        return sum((Counter(one.errors) for one in self.levels), Counter())

    @property
    def requests(self) -> int:
        """Over all levels, the requests that ended."""
        return sum(one.replies for one in self.levels)

    @property
    def interval(self) -> str:
        """The interval as text: 12, 11 to 13, 11 or more, 12 or fewer."""
        if self.high is None:
            return f"{self.low} or more"
        if not self.low:
            return f"{self.high} or fewer"
        return f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"

    @property
    def headline(self) -> str:
        """The answer as a sentence."""
        if self.answer is Answer.FOUND:
            return f"One instance sustains {self.max_concurrency} in flight (without doubt: {self.interval})."
        if self.answer is Answer.BEYOND:
            return f"{self.max_concurrency} in flight hold, the most that was asked for: the end is beyond."
        if self.answer is Answer.NEVER:
            return "It does not hold even at 1."
        until = f"The time was up after {self.seconds / 60:.0f} min"
        if self.max_concurrency is None:
            return f"{until}, before any level held."
        return f"{until}: {self.max_concurrency} in flight held, and the search had not ended."

    @property
    def notes(self) -> list[str]:
        """What to know of the answer: what failed, a generator that was late, levels that stayed in doubt."""
        found = []
        if errors := self.errors:
            listed = ", ".join(f"{code} {count:,}" for code, count in errors.most_common())
            found.append(f"{errors.total():,} of {self.requests:,} requests failed: {listed}.")
        if late := next((one for one in self.levels if one.late and not one.held), None):
            found.append(
                f"At {late.concurrency} in flight the generator itself was {late.generator_lag:.3g} s late, "
                "so the failure may be its own: the instance may sustain more. Use a larger machine."
            )
        doubtful = [
            one.concurrency
            for one in self.levels
            if not one.sure and not one.late and self.low < one.concurrency <= (self.high or one.concurrency)
        ]
        if doubtful:
            listed = ", ".join(map(str, doubtful))
            found.append(
                f"In doubt: {listed} in flight. Judge each level for longer for a narrower interval."
            )
        return found

    def to_dict(self) -> FindingDocument:
        """The JSON document."""
        percentile = self.objective.percentile
        return {
            "answer": self.answer,
            "headline": self.headline,
            "max_concurrency": self.max_concurrency,
            "low": self.low,
            "high": self.high,
            "objective": {
                "measure": self.objective.measure,
                "statistic": "mean" if percentile is None else f"p{percentile:g}",
                "limit": self.objective.limit,
                "errors": self.objective.errors,
            },
            "requests": self.requests,
            "errors": dict(self.errors),
            "levels": [_row(one) for one in self.levels],
            "seconds": self.seconds,
            "notes": self.notes,
        }


def _row(level: Judged) -> LevelRow:
    return {
        "concurrency": level.concurrency,
        "seconds": level.seconds,
        "requests": level.replies,
        "errors": dict(level.errors),
        "value": _finite(level.estimate.value),
        "low": _finite(level.estimate.low),
        "high": _finite(level.estimate.high),
        "throughput": level.throughput,
        "held": level.held,
        "sure": level.sure,
        "generator_lag": level.generator_lag,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


class ObjectiveRow(TypedDict):
    """The objective."""

    measure: Measure
    statistic: str
    """"mean" or a percentile, such as "p95"."""
    limit: float
    """The most that it may be, in seconds."""
    errors: float
    """The largest share of requests that may fail."""


class LevelRow(TypedDict):
    """A level that was tried."""

    concurrency: int
    """Requests in flight."""
    seconds: float
    """How long it was judged, without the warm-ups."""
    requests: int
    """Requests that ended, with those of the warm-ups."""
    errors: dict[str, int]
    """How many of them failed, by the error's code."""
    value: float | None
    """The mean or percentile, in seconds; None where too few requests ended."""
    low: float | None
    """The lower end of its confidence interval."""
    high: float | None
    """The upper end; None where too few requests ended to have one."""
    throughput: float
    """Requests that succeeded, per second."""
    held: bool
    """Whether it kept the objective."""
    sure: bool
    """Whether the confidence interval leaves no doubt of that."""
    generator_lag: float
    """How late the generator itself was, in seconds."""


class FindingDocument(TypedDict):
    """What was found."""

    answer: Answer
    headline: str
    max_concurrency: int | None
    """The last level that held; None where none did."""
    low: int
    """The highest level that held without doubt; 0 where none did."""
    high: int | None
    """One less than the lowest level that failed without doubt; None where none did."""
    objective: ObjectiveRow
    requests: int
    """Requests that ended, at all levels together."""
    errors: dict[str, int]
    """How many of them failed, by the error's code."""
    levels: list[LevelRow]
    """By concurrency."""
    seconds: float
    """How long the levels were held, with their warm-ups."""
    notes: list[str]


def pools(measured: str, found: int, others: Sequence[tuple[str, float | None]] = ()) -> str:
    """The input `instance_pools` as HCL, for a module block or a tfvars file.

    `measured`: the instance type; `found`: its max_concurrency; `others`: all pools of the endpoint in order,
    with what is known of them. The measured type keeps its place among them, or stands alone.
    """
    known = dict(others) | {measured: float(found)}
    listed = [
        {"instance_type": kind} | ({} if most is None else {"max_concurrency": most})
        for kind, most in known.items()
    ]
    return "\n".join([*entry("instance_pools", listed), ""])
