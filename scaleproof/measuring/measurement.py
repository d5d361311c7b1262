"""The result of a search: the highest level that held, how sure that is, and every level that was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.measuring.levels import LoadLevel, by_code
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
class Measurement:
    """What was found."""

    answer: Answer
    headline: str
    max_concurrency: int | None
    """The last level that held; None where none did."""
    low: int
    """The highest level that held without doubt; 0 where none did."""
    high: int | None
    """One less than the lowest level that failed without doubt; None where none did."""
    objective: Objective
    requests: int
    """Requests that ended, at all levels together."""
    errors: dict[str, int]
    """Number of failed requests by error code."""
    levels: tuple[LoadLevel, ...]
    """By concurrency."""
    seconds: float
    """How long the levels were held, with their warm-ups."""
    notes: tuple[str, ...]

    @property
    def interval(self) -> str:
        """From `low` to `high` as text: 12, 11 to 13, 11 or more, 12 or fewer."""
        return _interval(self.low, self.high)


def measurement(
    objective: Objective, answer: Answer, last: int, levels: Iterable[LoadLevel], seconds: float
) -> Measurement:
    """What a search found; `last`: the last level that held, 0 for none; `seconds`: how long it took."""
    ordered = tuple(sorted(levels, key=lambda level: level.concurrency))
    low = max((level.concurrency for level in ordered if level.held and level.sure), default=0)
    failed = min((level.concurrency for level in ordered if not level.held and level.sure), default=None)
    low, high = min(low, last), None if failed is None else max(failed - 1, last)
    every = Counter[str]()
    for level in ordered:
        every.update(level.errors)
    errors = by_code(every)
    requests = sum(level.requests for level in ordered)
    return Measurement(
        answer=answer,
        headline=_headline(answer, last, _interval(low, high), seconds),
        max_concurrency=last or None,
        low=low,
        high=high,
        objective=objective,
        requests=requests,
        errors=errors,
        levels=ordered,
        seconds=seconds,
        notes=tuple(_notes(ordered, low, high, errors, requests)),
    )


def _interval(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    if not low:
        return f"{high} or fewer"
    return f"{low}" if low == high else f"{low} to {high}"


def _headline(answer: Answer, last: int, interval: str, seconds: float) -> str:
    """The answer as a sentence."""
    if answer is Answer.FOUND:
        return f"One instance sustains {last} in flight (without doubt: {interval})."
    if answer is Answer.BEYOND:
        return f"{last} in flight hold, the highest level that was allowed: the limit is higher."
    if answer is Answer.NEVER:
        return "It does not hold even at 1."
    until = f"The budget was used up after {seconds / 60:.0f} min"
    if not last:
        return f"{until}, before any level held."
    return f"{until}: {last} in flight held, and the search had not ended."


def _notes(
    levels: tuple[LoadLevel, ...], low: int, high: int | None, errors: dict[str, int], requests: int
) -> Iterator[str]:
    """What to know of the answer: what failed, a generator that was late, levels that stayed in doubt."""
    if errors:
        listed = ", ".join(f"{code} {count:,}" for code, count in errors.items())
        yield f"{sum(errors.values()):,} of {requests:,} requests failed: {listed}."
    if late := next((level for level in levels if level.late and not level.held), None):
        yield (
            f"At {late.concurrency} in flight the generator itself was {late.generator_lag:.3g} s late, so "
            "the failure may be its own: the instance may sustain more. Use a larger machine."
        )
    doubtful = [
        str(level.concurrency)
        for level in levels
        if not level.sure and not level.late and low < level.concurrency <= (high or level.concurrency)
    ]
    if doubtful:
        yield (f"In doubt: {', '.join(doubtful)} in flight. Raise --longest for a narrower interval.")


def instance_pools(measured: str, max_concurrency: int, types: Iterable[str]) -> str:
    """The input `instance_pools` as HCL, for a module block or a tfvars file.

    `measured`: the instance type with that `max_concurrency`; `types`: all types of the endpoint, in order.
    The others are comments in their places: a pool without max_concurrency does not plan.
    """
    lines = [
        f'  {{ instance_type = "{instance_type}", max_concurrency = {max_concurrency} }},'
        if instance_type == measured
        else f'  # Not measured: {{ instance_type = "{instance_type}", max_concurrency = ? }},'
        for instance_type in dict.fromkeys([*types, measured])
    ]
    return "\n".join(["instance_pools = [", *lines, "]", ""])
