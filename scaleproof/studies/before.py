"""An endpoint before and after a change, on the same traffic, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaleproof.studies.inputs import settings
from scaleproof.studies.outcome import Outcome, numbers

_TOLD = ("served", "lost", "cut by scale-in", "above capacity", "waiting", "peak")
"""Of the numbers of an outcome; what was paid for comes after them."""


@dataclass(frozen=True)
class Row:
    """One thing of an endpoint, in words. `before` is empty where there was nothing of it."""

    name: str
    before: str
    after: str


def rows(before: Outcome | None, after: Outcome) -> tuple[Row, ...]:
    """The verdict, the numbers, and the inputs that differ. `before` None: the endpoint is new."""
    return tuple(_rows(before, after))


def counterparts(outcomes: Sequence[Outcome], before: Sequence[Outcome]) -> list[Outcome | None]:
    """For each outcome that of the endpoint of the same name and variant before, None for a new one."""
    known = {(one.endpoint.name, one.endpoint.variant): one for one in before}
    return [known.get((one.endpoint.name, one.endpoint.variant)) for one in outcomes]


def _rows(before: Outcome | None, after: Outcome) -> Iterator[Row]:
    yield Row("verdict", before.verdict.level.value if before else "", after.verdict.level.value)
    one, other = numbers(before) if before else {}, numbers(after)
    hours = [name for name in {**one, **other} if name.startswith(("instance-hours", "cost"))]
    for name in (*_TOLD, *hours):
        yield Row(name, one.get(name, ""), other.get(name, ""))
    was, now = settings(before.endpoint) if before else {}, settings(after.endpoint)
    for name in {**was, **now} if before else ():
        if was.get(name) != now.get(name):
            yield Row(name, was.get(name, ""), now.get(name, ""))
