"""What a verification says of one assumption."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Of an assumption."""

    CONFIRMED = "confirmed"
    """The recording contradicts every other answer that is known."""
    REFUTED = "refuted"
    """It contradicts the assumption."""
    OPEN = "open"
    """It does not say."""


@dataclass(frozen=True)
class Finding:
    """One line of the table. `assumed`: as `--assume` spells it, or in words. `found`: what was seen, or why
    nothing was. `entry`: the number of the entry of the recording that shows it, None where it is open.
    """

    name: str
    assumed: str
    verdict: Verdict
    found: str
    entry: int | None = None


@dataclass(frozen=True)
class Seen:
    """What a judge says: the part of a Finding that it decides."""

    verdict: Verdict
    found: str
    entry: int | None = None


def unseen(why: str) -> Seen:
    """Nothing was seen."""
    return Seen(Verdict.OPEN, why)


def decided(confirmed: bool, found: str, entry: int) -> Seen:
    """It was seen to be so, or otherwise."""
    return Seen(Verdict.CONFIRMED if confirmed else Verdict.REFUTED, found, entry)
