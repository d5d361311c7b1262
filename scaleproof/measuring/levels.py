"""Judges one level of load: the requests that were kept in flight, and whether they met the objective."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from scaleproof.errors import ScaleproofError
from scaleproof.measuring import estimates
from scaleproof.measuring.objective import Measure, Objective

LATE = 0.1
"""By what share of the limit a generator may be late before a level's failure may be its own."""
SLOW = 3.0
"""The longest that a request is waited for at the end of a hold, in medians of all."""
MOST_CODES = 20
"""Error codes that are counted one by one: SageMaker has fewer."""
OTHERS = "others"
"""Counts the errors of all further codes."""


@dataclass(frozen=True)
class Reply:
    """One request, synchronous or a stream, from its start to its end. All times in seconds.

    Attributes:
        started: When it was sent, since the level began.
        latency: How long it took, from its start to its last byte.
        first_chunk: From its start to the first chunk of the answer; None where it has no chunks.
        lag: How far the answers of a paced stream were behind the audio that was sent, at the worst; None for
            other kinds.
        error: The error's code as AWS names it (`ModelError`, `ModelStreamError`); None where it succeeded.
    """

    started: float
    latency: float
    first_chunk: float | None = None
    lag: float | None = None
    error: str | None = None

    @property
    def ended(self) -> float:
        """When it ended, since the level began."""
        return self.started + self.latency


@dataclass(frozen=True)
class Hold:
    """A number of requests kept in flight for a while.

    Attributes:
        seconds: How long.
        replies: Every request that began in that time and was not cut short at its end, in the order of their
            ends.
        generator_lag: How late the generator itself was, in seconds, at its 99th percentile: what it measured
            is no better than this.
    """

    seconds: float
    replies: tuple[Reply, ...]
    generator_lag: float = 0.0


class Load(Protocol):
    """What can keep a number of requests in flight on one endpoint."""

    def hold(self, concurrency: int, seconds: float) -> Hold:
        """Keeps `concurrency` requests in flight for `seconds` and says what came of them."""
        ...


@dataclass(frozen=True)
class LoadLevel:
    """A level that was tried."""

    concurrency: int
    """Requests in flight."""
    seconds: float
    """How long it was judged, without the warm-ups."""
    requests: int
    """Requests that ended, with those of the warm-ups."""
    errors: dict[str, int]
    """Number of failed requests by error code."""
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
    late: bool
    """Whether that was so much that a failure may be the generator's own."""


def judge(concurrency: int, holds: Sequence[Hold], warm_up: float, objective: Objective) -> LoadLevel:
    """Whether a level holds by everything that it gave, and whether that is without doubt.

    `warm_up`: seconds at the beginning of each hold that are not judged. Raises ScaleproofError where replies
    have nothing of what is judged.
    """
    values = [value for hold in holds for value in _judged(hold, warm_up, objective)]
    percentile = objective.percentile
    estimate = estimates.mean(values) if percentile is None else estimates.percentile(values, percentile)
    # Errors count from the first moment on: nobody waits for the warm-up to stop.
    replies = [reply for hold in holds for reply in hold.replies]
    errors = estimates.proportion([reply.error is not None for reply in replies])
    seconds = sum(max(hold.seconds - warm_up, 0.0) for hold in holds)
    succeeded = sum(warm_up <= reply.ended <= hold.seconds for hold in holds for reply in _good(hold))
    lag = max(hold.generator_lag for hold in holds)
    late = lag > LATE * objective.limit
    held = estimate.value <= objective.limit and not errors.value > objective.errors
    clear = estimate.high <= objective.limit if held else estimate.low > objective.limit
    return LoadLevel(
        concurrency=concurrency,
        seconds=seconds,
        requests=len(replies),
        errors=by_code(Counter(reply.error for reply in replies if reply.error is not None)),
        value=_finite(estimate.value),
        low=_finite(estimate.low),
        high=_finite(estimate.high),
        throughput=succeeded / seconds if seconds else 0.0,
        held=held,
        # What a late generator saw fail may hold; what it saw hold does.
        sure=errors.low > objective.errors or (clear and (held or not late)),
        generator_lag=lag,
        late=late,
    )


def by_code(errors: Counter[str]) -> dict[str, int]:
    """The number of errors by code, the most frequent first; those beyond MOST_CODES are OTHERS."""
    listed = [entry for entry in errors.most_common() if entry[0] != OTHERS][:MOST_CODES]
    rest = errors.total() - sum(number for _, number in listed)
    return dict([*listed, (OTHERS, rest)] if rest else listed)


def typical_latency(hold: Hold) -> float:
    """The median of what a request takes that succeeds, in seconds; 0 where none does."""
    return median([reply.latency for reply in _good(hold)] or [0.0])


def _judged(hold: Hold, warm_up: float, objective: Objective) -> list[float]:
    """What the objective judges of a hold, in seconds."""
    good = _good(hold)
    # What starts near the end may be cut short, and has ever less beside it: it would flatter the level.
    longest = max((reply.latency for reply in good), default=0.0)
    last = hold.seconds - min(SLOW * typical_latency(hold), longest)
    counted = [reply for reply in good if warm_up <= reply.started <= last]
    values = [value for reply in counted if (value := getattr(reply, objective.measure)) is not None]
    if counted and not values:
        raise ScaleproofError(
            f"The replies have no {objective.measure}, which the objective judges.",
            advice=f"Choose another objective: {Measure.LATENCY} is there for every request.",
        )
    return values


def _good(hold: Hold) -> list[Reply]:
    return [reply for reply in hold.replies if reply.error is None]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
