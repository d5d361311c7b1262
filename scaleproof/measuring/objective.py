"""The objective that a level has to keep: a mean or a percentile of its replies, and a share of errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.levels import Reply
from scaleproof.texts import number


class Measure(StrEnum):
    """What of a reply is judged, in seconds."""

    LATENCY = "latency"
    """From the start of the request to its last byte."""
    FIRST_CHUNK = "first_chunk"
    """From the start of the request to the first chunk of the answer."""
    LAG = "lag"
    """How far the answers of a paced stream were behind its audio, at the worst."""


_READ: dict[Measure, Callable[[Reply], float | None]] = {
    Measure.LATENCY: lambda reply: reply.seconds,
    Measure.FIRST_CHUNK: lambda reply: reply.first_chunk,
    Measure.LAG: lambda reply: reply.lag,
}
_WORDS = {
    Measure.LATENCY: "latency",
    Measure.FIRST_CHUNK: "time to the first chunk",
    Measure.LAG: "lag behind the audio",
}
ERRORS = 0.01
"""The largest share of requests that may fail, where nobody says another."""


@dataclass(frozen=True)
class Objective:
    """What a level has to keep.

    Attributes:
        measure: What of each reply is judged.
        percentile: Which percentile of it, over 0 and under 100; None for the mean.
        limit: The most that this may be, in seconds.
        errors: The largest share of requests that may fail, 0 to 1. Failed requests count here only.
    """

    measure: Measure
    percentile: float | None
    limit: float
    errors: float = ERRORS

    @property
    def words(self) -> str:
        """What is judged, as text: the mean latency, the 95th percentile of the lag behind the audio."""
        what = _WORDS[self.measure]
        return f"mean {what}" if self.percentile is None else f"p{self.percentile:g} of the {what}"

    @property
    def sentence(self) -> str:
        """The whole objective as text."""
        return (
            f"{self.words} at most {self.limit:g} s, at most {100 * self.errors:.3g} % of the requests fail"
        )

    def values(self, replies: Iterable[Reply]) -> list[float]:
        """What is judged of each reply that succeeded and has it, in seconds."""
        read = _READ[self.measure]
        return [value for one in replies if one.error is None and (value := read(one)) is not None]


PRESETS = {"deepgram": Objective(Measure.LAG, None, 0.4)}
"""Objectives that vendors publish. Deepgram: 400 ms on average for live streams.

Source: https://developers.deepgram.com/docs/auto-scaling-sagemaker-streaming
"""
_FORM = (
    "Write a measure and its limit in seconds, as in latency:p95=0.4 or lag:mean=0.4, or the name of a "
    f"preset: {', '.join(PRESETS)}."
)


def parse(text: str, errors: float = ERRORS) -> Objective:
    """The objective of --objective: MEASURE:STATISTIC=SECONDS, or the name of a preset.

    MEASURE is latency, first_chunk or lag; STATISTIC is mean or a percentile (p50, p99.9).
    `errors`: the largest share of requests that may fail. Raises ScaleproofError where it is none of these.
    """
    if not 0 <= errors < 1:
        raise ScaleproofError(
            f"A share of errors of {errors:g} is not from 0 to under 1.", advice="0.01 is one in a hundred."
        )
    if text in PRESETS:
        found = PRESETS[text]
        return Objective(found.measure, found.percentile, found.limit, errors)
    name, _, rest = text.partition(":")
    statistic, _, limit = rest.partition("=")
    if name not in set(Measure):
        raise ScaleproofError(
            f"The objective {text!r} begins with no measure: {', '.join(Measure)}.", advice=_FORM
        )
    percentile = None if statistic == "mean" else number(statistic.removeprefix("p"))
    if percentile is not None and not (statistic.startswith("p") and 0 < percentile < 100):
        raise ScaleproofError(
            f"The objective {text!r} has neither mean nor a percentile such as p95.", advice=_FORM
        )
    seconds = number(limit)
    if not seconds > 0:
        raise ScaleproofError(f"The objective {text!r} has no limit above 0 seconds.", advice=_FORM)
    return Objective(Measure(name), percentile, seconds, errors)
