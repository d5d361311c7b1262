"""Which replies of a level count."""

from __future__ import annotations

from scaleproof.measuring.judging import Tried
from scaleproof.measuring.levels import Level, Reply
from scaleproof.measuring.objective import parse

OBJECTIVE = parse("latency:mean=1")


def taken(*replies: Reply, seconds: float = 100.0) -> Tried:
    tried = Tried()
    tried.add(Level(1, seconds, replies), 5.0, OBJECTIVE)
    return tried


def test_what_could_have_been_cut_does_not_count() -> None:
    """A request of 30 s that began at 90 is not among the replies; one of 9 s is, and would flatter."""
    tried = taken(Reply(0.0, 30.0), Reply(30.0, 31.0), Reply(61.0, 29.0), Reply(90.0, 9.0))
    assert tried.values == [31.0, 29.0]


def test_a_straggler_costs_no_more_than_three_requests() -> None:
    ordinary = [Reply(float(second), 1.0) for second in range(99)]
    tried = taken(*ordinary, Reply(6.0, 90.0))
    assert len([one for one in tried.values if one == 1.0]) == len(range(5, 98))
    assert 90.0 in tried.values


def test_what_ends_after_the_hold_counts_and_adds_nothing_to_the_throughput() -> None:
    """Most of what hangs is answered after the hold; without it the few quick ones would speak for all."""
    quick = [Reply(6.0 + number, 0.2) for number in range(5)]
    tried = taken(*quick, Reply(20.0, 300.0), Reply(20.0, 300.0, error="ModelError"))
    assert tried.values == [0.2] * 5 + [300.0]
    assert (tried.succeeded, tried.failed.count(True)) == (5, 1)


def test_the_warm_up_counts_for_errors_only() -> None:
    tried = taken(Reply(1.0, 0.1), Reply(1.0, 0.1, error="ModelError"), Reply(6.0, 0.2))
    assert tried.values == [0.2]
    assert (tried.succeeded, tried.failed, tried.errors) == (1, [False, True, False], {"ModelError": 1})
    assert tried.seconds == 95.0


def test_holds_add_up() -> None:
    tried = taken(Reply(6.0, 0.2)).and_then(taken(Reply(7.0, 0.4), Reply(8.0, 0.1, error="X"), seconds=25.0))
    assert (tried.values, tried.seconds, tried.succeeded, tried.typical) == ([0.2, 0.4], 115.0, 2, 0.4)
    assert tried.judged(3, OBJECTIVE).replies == 3
