"""Which event of a replay is taken for which of the record."""

import pytest

from scaleproof.auditing.lines import CLOSE, NEAR, EventKind, Line, paired


@pytest.mark.parametrize(
    ("kind", "key", "other", "same"),
    [
        (EventKind.BOUNDS, (2, 8), (2, 8), True),
        (EventKind.BOUNDS, (None, 8), (2, 8), True),
        (EventKind.BOUNDS, (2, None), (2, 8), True),
        (EventKind.BOUNDS, (2, 8), (2, 9), False),
        (EventKind.BOUNDS, (None, 8), (2, 9), False),
        (EventKind.SCALING, (2, 8), (2, 8), True),
        (EventKind.SCALING, (None, 8), (2, 8), False),
    ],
)
def test_a_bound_that_the_record_does_not_name_is_any(kind, key, other, same):
    lines = list(
        paired([Line(kind, "there", recorded=100.0, key=key)], [Line(kind, "here", replayed=100.0, key=other)])
    )
    assert [(line.recorded, line.replayed, line.agrees) for line in lines] == (
        [(100.0, 100.0, True)] if same else [(100.0, None, False), (None, 100.0, False)]
    )


@pytest.mark.parametrize(
    ("late", "replayed", "agrees"),
    [
        (CLOSE, CLOSE, True),
        (-CLOSE, -CLOSE, True),
        (CLOSE + 0.1, CLOSE + 0.1, False),
        (NEAR + 0.1, None, False),
        (-NEAR - 0.1, None, False),
    ],
)
def test_how_far_two_halves_of_an_event_may_be(late, replayed, agrees):
    there = [Line(EventKind.ALARM, "there", recorded=0.0, key="high")]
    line = next(paired(there, [Line(EventKind.ALARM, "here", replayed=late, key="high")]))
    assert (line.replayed, line.agrees) == (replayed, agrees)


def test_an_event_is_that_of_the_other_side_that_is_nearest():
    replayed = [Line(EventKind.ALARM, "x", None, time) for time in (60.0, 100.0 + CLOSE)]
    lines = paired([Line(EventKind.ALARM, "x", 100.0)], replayed)
    assert [(one.recorded, one.replayed, one.agrees) for one in lines] == [
        (100.0, 100.0 + CLOSE, True),
        (None, 60.0, False),
    ]
