"""Objectives: what the option says, and what of the replies they judge."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.objective import Measure, Objective, parse


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("latency:p95=0.4", Objective(Measure.LATENCY, "p95", 0.4), "p95 of the latency"),
        (
            "first_chunk:p99.9=2",
            Objective(Measure.FIRST_CHUNK, "p99.9", 2.0),
            "p99.9 of the time to the first chunk",
        ),
        ("lag:mean=0.25", Objective(Measure.LAG, "mean", 0.25), "mean lag behind the audio"),
        ("deepgram", Objective(Measure.LAG, "mean", 0.4), "mean lag behind the audio"),
    ],
)
def test_objectives(text, expected, words):
    assert parse(text) == expected
    assert parse(text).words == words
    assert parse(text).sentence == f"{words} at most {expected.limit:g} s, at most 1 % of the requests fail"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The objective '' begins with no measure: latency, first_chunk, lag."),
        ("speed:p95=1", "begins with no measure"),
        ("latency", "has neither mean nor a percentile such as p95."),
        ("latency:95=1", "has neither mean nor a percentile"),
        ("latency:p100=1", "has neither mean nor a percentile"),
        ("latency:p0=1", "has neither mean nor a percentile"),
        ("latency:median=1", "has neither mean nor a percentile"),
        ("latency:p95", "has no limit above 0 seconds"),
        ("latency:p95=0", "has no limit above 0 seconds"),
        ("latency:p95=inf", "has no limit above 0 seconds"),
        ("latency:p95=400ms", "has no limit above 0 seconds"),
    ],
)
def test_wrong_ones_are_refused(text, message):
    with pytest.raises(ScaleproofError) as error:
        parse(text)
    assert message in error.value.message
    assert "latency:p95=0.4" in error.value.advice
    assert "deepgram" in error.value.advice


def test_percentiles():
    assert parse("latency:p99.9=1").percentile == 99.9
    assert parse("latency:p0.5=1").percentile == 0.5
    assert parse("latency:mean=1").percentile is None
