"""Which replies of a level count, and when a level holds without doubt."""

from dataclasses import replace

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.levels import Hold, Reply, judge, typical_latency
from scaleproof.measuring.objective import parse


def judged(*replies, seconds=100.0, objective="latency:mean=1"):
    return judge(3, [Hold(seconds, replies)], 5.0, parse(objective))


def test_what_could_have_been_cut_does_not_count():
    """A request of 30 s that began at 90 is not among the replies; one of 9 s is, and would flatter."""
    level = judged(Reply(0.0, 30.0), Reply(30.0, 31.0), Reply(61.0, 29.0), Reply(90.0, 9.0))
    assert level.value == 30.0


def test_a_straggler_costs_no_more_than_three_requests():
    ordinary = [Reply(float(second), 1.0) for second in range(99)]
    level = judged(*ordinary, Reply(6.0, 90.0))
    counted = len(range(5, 98))
    assert level.value == pytest.approx((counted + 90.0) / (counted + 1))


def test_what_ends_after_the_hold_counts_and_adds_nothing_to_the_throughput():
    """Most of what hangs is answered after the hold; without it the few quick ones would speak for all."""
    quick = [Reply(6.0 + number, 0.2) for number in range(5)]
    level = judged(*quick, Reply(20.0, 301.0), Reply(20.0, 300.0, error="ModelError"))
    assert level.value == pytest.approx(302.0 / 6)
    assert level.throughput == 5 / 95
    assert (level.requests, level.errors) == (7, {"ModelError": 1})


def test_the_warm_up_counts_for_errors_only():
    level = judged(Reply(1.0, 0.1), Reply(1.0, 0.1, error="ModelError"), Reply(6.0, 0.2))
    assert (level.value, level.requests, level.errors) == (0.2, 3, {"ModelError": 1})
    assert (level.seconds, level.throughput) == (95.0, 1 / 95)


def test_rare_errors_are_counted_together():
    codes = [f"E{number}" for number in range(25)] + ["E24", "E24"]
    errors = judged(*(Reply(6.0, 0.1, error=code) for code in codes)).errors
    assert list(errors.items()) == [("E24", 3), *((f"E{number}", 1) for number in range(19)), ("others", 5)]


def test_holds_add_up():
    holds = [
        Hold(100.0, (Reply(6.0, 0.2),), 0.01),
        Hold(25.0, (Reply(7.0, 0.4), Reply(8.0, 0.1, error="X")), 0.3),
        Hold(3.0, ()),
    ]
    level = judge(3, holds, 5.0, parse("latency:mean=1"))
    assert level.value == pytest.approx(0.3)
    assert (level.seconds, level.throughput, level.requests) == (115.0, 2 / 115, 3)
    assert (level.generator_lag, level.late) == (0.3, True)
    assert judge(3, holds[2:], 5.0, parse("latency:mean=1")).throughput == 0.0


def test_what_is_judged():
    replies = [
        Reply(6.0, 2.0, first_chunk=0.5, lag=0.1),
        Reply(6.0, 3.0),
        Reply(6.0, 9.0, first_chunk=8.0, lag=7.0, error="ModelStreamError"),
    ]
    assert judged(*replies, objective="latency:mean=1").value == 2.5
    assert judged(*replies, objective="first_chunk:mean=1").value == 0.5
    assert judged(*replies, objective="lag:mean=1").value == 0.1
    assert judged(*replies, objective="latency:p90=1").value == 3.0
    with pytest.raises(ScaleproofError, match="The replies have no lag"):
        judged(Reply(6.0, 3.0), objective="lag:mean=1")


def steady(seconds, errors=0):
    replies = [Reply(6.0, seconds * (0.95 + 0.1 * (n % 2))) for n in range(200)]
    return [*replies, *[Reply(6.0, 0.1, error="ModelError")] * errors]


@pytest.mark.parametrize(
    ("seconds", "errors", "lag", "held", "sure"),
    [
        (0.5, 0, 0.0, True, True),
        (1.5, 0, 0.0, False, True),
        (1.01, 0, 0.0, False, False),
        (0.99, 0, 0.0, True, False),
        (0.5, 20, 0.0, False, True),
        (0.5, 2, 0.0, True, True),  # at most one in a hundred: 2 of 202
        # What a late generator saw fail may hold; what it saw hold does.
        (1.5, 0, 0.2, False, False),
        (0.5, 0, 0.2, True, True),
        (0.5, 20, 0.2, False, True),
        (1.5, 0, 0.1, False, True),
    ],
)
def test_a_level_holds_and_is_sure(seconds, errors, lag, held, sure):
    level = judge(1, [Hold(100.0, tuple(steady(seconds, errors)), lag)], 5.0, parse("latency:mean=1"))
    assert (level.held, level.sure) == (held, sure)
    assert level.late is (lag > 0.1)


def test_where_no_error_is_allowed_none_leaves_the_doubt_of_the_limit():
    objective = replace(parse("latency:mean=1"), errors=0.0)
    level = judge(1, [Hold(100.0, tuple(steady(1.01)))], 5.0, objective)
    assert (level.held, level.sure) == (False, False)


def test_the_limit_itself_holds():
    level = judged(*[Reply(6.0, 0.5)] * 200, objective="latency:mean=0.5")
    assert (level.value, level.held, level.sure) == (0.5, True, True)


def test_a_level_whose_interval_begins_at_the_limit_may_hold():
    level = judged(*[Reply(6.0, seconds) for seconds in (0.5, 0.6, 0.6, 0.5, 0.6)] * 20, objective="latency:p50=0.5")
    assert (level.value, level.low, level.held, level.sure) == (0.6, 0.5, False, False)


def test_a_level_without_replies_is_open():
    level = judged()
    assert (level.value, level.low, level.high, level.held, level.sure) == (None, None, None, False, False)
    assert typical_latency(Hold(9.0, (Reply(0.0, 3.0), Reply(0.0, 1.0), Reply(0.0, 2.0, error="X")))) == 2.0
    assert typical_latency(Hold(9.0, ())) == 0.0
