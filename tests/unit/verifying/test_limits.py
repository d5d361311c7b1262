"""Limits of time and of cost."""

from __future__ import annotations

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.verifying.limits import INSTANCES, Limits, Stopped, cost


class Clock:
    """Seconds that pass when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def limits(
    clock: Clock, seconds: float | None = None, dollars: float | None = None, price: float = 0.6
) -> Limits:
    """With 100 s to destroy everything."""
    return Limits(seconds, dollars, price, 100.0, clock.now, clock, clock.sleep)


def test_without_limits_it_never_stops() -> None:
    clock = Clock()
    limits(clock).sleep(1e5)
    assert clock.now == 101_000


def test_it_stops_in_time_to_destroy_everything() -> None:
    clock = Clock()
    with pytest.raises(Stopped, match=r"--max-minutes allows 5 min$"):
        limits(clock, seconds=300).sleep(1_000)
    assert clock.now == pytest.approx(1_200, abs=1.5)


def test_it_stops_before_it_costs_too_much() -> None:
    """Six instances at 0.60 USD an hour are 1 USD in a thousand seconds."""
    clock = Clock()
    assert cost(1_000, 0.6) == pytest.approx(INSTANCES / 6)
    with pytest.raises(Stopped, match=r"cost up to \$1.00, and --max-cost allows \$1.00"):
        limits(clock, dollars=1).sleep(5_000)
    assert clock.now == pytest.approx(1_900, abs=1.5)


def test_what_does_not_fit_is_not_begun() -> None:
    clock = Clock()
    limits(clock, seconds=300).check(200)
    with pytest.raises(Stopped, match="it would take 5 min 1 s"):
        limits(clock, seconds=300).check(201)


def test_nothing_is_started_if_the_whole_does_not_fit() -> None:
    with pytest.raises(ScaleproofError, match=r"Nothing was started: it would take .* Raise the limit"):
        limits(Clock(), seconds=300).allow(201)
