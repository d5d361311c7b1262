"""What a finding says: sentences, documents, HCL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaleproof.measuring.finding import Answer, pools

from .made import FOUND, LEVEL, OVER


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "One instance sustains 12 in flight (without doubt: 12)."),
        ({"low": 11, "high": 13}, "One instance sustains 12 in flight (without doubt: 11 to 13)."),
        ({"high": None}, "One instance sustains 12 in flight (without doubt: 12 or more)."),
        ({"low": 0}, "One instance sustains 12 in flight (without doubt: 12 or fewer)."),
        (
            {"answer": Answer.NEVER, "max_concurrency": None, "low": 0, "high": 0},
            "It does not hold even at 1.",
        ),
        (
            {"answer": Answer.BEYOND, "high": None},
            "12 in flight hold, the most that was asked for: the end is beyond.",
        ),
        (
            {"answer": Answer.UNFINISHED},
            "The time was up after 2 min: 12 in flight held, and the search had not ended.",
        ),
        (
            {"answer": Answer.UNFINISHED, "max_concurrency": None},
            "The time was up after 2 min, before any level held.",
        ),
    ],
)
def test_headlines(changes: dict[str, object], headline: str) -> None:
    assert replace(FOUND, **changes).headline == headline  # type: ignore[arg-type]


def test_notes() -> None:
    assert FOUND.notes == []
    failing = replace(OVER, errors={"ModelError": 1_000, "ThrottlingException": 2})
    assert replace(FOUND, levels=(LEVEL, failing)).notes == [
        "1,002 of 2,408 requests failed: ModelError 1,000, ThrottlingException 2."
    ]
    late = replace(OVER, sure=False, late=True, generator_lag=0.081)
    (note,) = replace(FOUND, high=None, levels=(LEVEL, late)).notes
    assert note.startswith("At 13 in flight the generator itself was 0.081 s late")
    doubtful = replace(OVER, sure=False)
    (note,) = replace(FOUND, high=13, levels=(LEVEL, doubtful)).notes
    assert note.startswith("In doubt: 13 in flight.")


def test_the_document() -> None:
    found = FOUND.to_dict()
    assert found["objective"] == {"measure": "latency", "statistic": "p95", "limit": 0.4, "errors": 0.01}
    assert (found["answer"], found["max_concurrency"], found["low"], found["high"]) == ("found", 12, 12, 12)
    assert found["requests"] == 2_408
    assert [one["value"] for one in found["levels"]] == [0.35, 0.43]
    # JSON has no infinity.
    assert found["levels"][1]["high"] is None


def test_pools_for_a_block() -> None:
    assert pools("ml.g6.2xlarge", 12) == (
        'instance_pools = [\n  { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },\n]\n'
    )


def test_the_measured_type_keeps_its_place() -> None:
    others = [("ml.g6.2xlarge", 9.0), ("ml.g6e.2xlarge", None), ("ml.g5.2xlarge", 7.5)]
    assert pools("ml.g6e.2xlarge", 16, others).splitlines()[1:-1] == [
        '  { instance_type = "ml.g6.2xlarge", max_concurrency = 9 },',
        '  { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 },',
        '  { instance_type = "ml.g5.2xlarge", max_concurrency = 7.5 },',
    ]
    assert pools("ml.g6.2xlarge", 12, others).splitlines()[2] == '  { instance_type = "ml.g6e.2xlarge" },'
