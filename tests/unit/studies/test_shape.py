"""Real-time or asynchronous: each limit rules out what its source says, and nothing else does."""

from __future__ import annotations

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.simulation import Work
from scaleproof.studies.shape import Shape, feasible


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Shape(Work.STREAM, 1801), "Your streams last up to 30 min 1 s; SageMaker ends them after 30 min"),
        (
            Shape(Work.SYNC, 90, None, 0),
            "A real-time model has 1 min to answer; yours needs up to 1 min 30 s",
        ),
        (Shape(Work.FILE, 90, 1001), "An asynchronous request has up to 1 GB, not 1001 MB"),
        (Shape(Work.FILE, 3601, 10), "An asynchronous request takes up to 1 h; yours takes 1 h"),
    ],
)
def test_what_nothing_takes(shape: Shape, reason: str) -> None:
    with pytest.raises(ScaleproofError) as raised:
        feasible(shape)
    assert "No endpoint takes this work." in str(raised.value)
    assert reason in str(raised.value)


def test_every_reason_has_a_source() -> None:
    for work in Work:
        for reason in feasible(Shape(work, 30, 1, None)).reasons:
            assert reason.source.startswith("https://")
            assert reason.meaning
