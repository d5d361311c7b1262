"""The objective that a level has to meet: a mean or a percentile of its replies, and a share of errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scaleproof.errors import ScaleproofError
from scaleproof.texts import number


class Measure(StrEnum):
    """What of a reply is judged, in seconds: a member of `Reply`."""

    LATENCY = "latency"
    """From the start of the request to its last byte."""
    FIRST_CHUNK = "first_chunk"
    """From the start of the request to the first chunk of the answer."""
    LAG = "lag"
    """How far the answers of a paced stream were behind its audio, at the worst."""


_WORDS = {
    Measure.LATENCY: "latency",
    Measure.FIRST_CHUNK: "time to the first chunk",
    Measure.LAG: "lag behind the audio",
}
ERRORS = 0.01
"""The largest share of requests that may fail, where nobody says another."""


@dataclass(frozen=True)
class Objective:
    """The objective."""

    measure: Measure
    statistic: str
    """"mean" or a percentile, such as "p95"."""
    limit: float
    """The limit in seconds."""
    errors: float = ERRORS
    """The largest share of requests that may fail."""

    @property
    def percentile(self) -> float | None:
        """Which percentile is judged, over 0 and under 100; None for the mean."""
        return None if self.statistic == "mean" else float(self.statistic.removeprefix("p"))

    @property
    def words(self) -> str:
        """What is judged, as text: mean latency, p95 of the lag behind the audio."""
        link = " " if self.percentile is None else " of the "
        return f"{self.statistic}{link}{_WORDS[self.measure]}"

    @property
    def sentence(self) -> str:
        """The whole objective as text."""
        return f"{self.words} at most {self.limit:g} s, at most {100 * self.errors:.3g} % of the requests fail"


PRESETS = {"deepgram": Objective(Measure.LAG, "mean", 0.4)}
"""Objectives that vendors publish. Deepgram: 400 ms on average for live streams.

Source: https://developers.deepgram.com/docs/auto-scaling-sagemaker-streaming
"""


def parse(text: str) -> Objective:
    """The objective of --objective: MEASURE:STATISTIC=SECONDS, or the name of a preset.

    MEASURE is latency, first_chunk or lag; STATISTIC is mean or a percentile (p50, p99.9). Raises
    ScaleproofError where it is none of these.
    """
    if text in PRESETS:
        return PRESETS[text]
    name, _, rest = text.partition(":")
    statistic, _, limit = rest.partition("=")
    if name not in set(Measure):
        raise _wrong(text, f"begins with no measure: {', '.join(Measure)}")
    percentile = number(statistic.removeprefix("p")) if statistic.startswith("p") else 0.0
    if statistic != "mean" and not 0 < percentile < 100:
        raise _wrong(text, "has neither mean nor a percentile such as p95")
    if not number(limit) > 0:
        raise _wrong(text, "has no limit above 0 seconds")
    return Objective(Measure(name), statistic, number(limit))


def _wrong(text: str, why: str) -> ScaleproofError:
    return ScaleproofError(
        f"The objective {text!r} {why}.",
        advice="Write a measure and its limit in seconds, as in latency:p95=0.4 or lag:mean=0.4, or the name "
        f"of a preset: {', '.join(PRESETS)}.",
    )
