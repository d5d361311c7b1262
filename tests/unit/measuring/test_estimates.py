"""Estimates: what they are of known values, and how often their intervals hold the truth."""

import math
import random

import pytest

from scaleproof.measuring import estimates
from scaleproof.measuring.estimates import Estimate, T, mean, percentile, proportion


def student(quantile, freedom):
    """The probability below a quantile of Student's t: its density, integrated by Simpson's rule."""
    scale = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))
    steps, width = 2000, quantile / 2000
    heights = [(1 + (index * width) ** 2 / freedom) ** (-(freedom + 1) / 2) for index in range(steps + 1)]
    area = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 0.5 + scale * width / 3 * area


@pytest.mark.parametrize(("batches", "quantile"), T.items())
def test_the_quantiles_are_students(batches, quantile):
    assert student(quantile, batches - 1) == pytest.approx(0.9975, abs=2e-6)


def test_known_values():
    values = [0.1, 0.3] * 50
    assert mean(values).value == pytest.approx(0.2)
    assert mean([0.2] * 40) == Estimate(0.2, 0.2, 0.2)
    assert percentile([*range(1, 101)], 95).value == 95
    assert percentile([*range(1, 101)], 50).value == 50
    assert percentile([*range(1, 1001)], 99.9).value == 999
    assert percentile([*range(1, 1002)], 99.9).value == 1000
    assert proportion([True, False, False, False] * 10).value == 0.25


def test_the_interval_of_a_percentile_is_by_rank():
    """Every second value is below the median, so batches are alike: 3.174 deviations of 5 ranks around the 50th."""
    values = [value for low in range(1, 51) for value in (low, 101 - low)]
    assert percentile(values, 50) == Estimate(50, math.floor(50 - 3.174 * 5), math.ceil(50 + 3.174 * 5) + 1)


def test_a_low_percentile_may_be_the_lowest_value_or_less():
    values = [37 * number % 100 + 1 for number in range(100)]
    assert [percentile(values, percent).low for percent in (10, 12, 14)] == [0, 1, 2]


def test_few_values_have_an_open_interval():
    assert all(math.isnan(one) for one in vars(mean([])).values())
    assert mean([0.3] * 9) == Estimate(pytest.approx(0.3), 0.0, math.inf)
    assert percentile([0.3] * 9, 50) == Estimate(0.3, 0.0, math.inf)
    assert proportion([False] * 9) == Estimate(0.0, 0.0, 1.0)
    assert proportion([False] * 10).high < 1.0
    assert mean([0.3] * 10).high == pytest.approx(0.3)
    assert percentile([*range(10)], 1) == Estimate(0, 0.0, 2)
    # No value lies above: nothing says how high the percentile may be.
    assert percentile([*range(1, 101)], 99).high == math.inf


def test_no_error_leaves_no_doubt_of_none_and_one_leaves_none_of_some():
    assert proportion([False] * 10_000).low == 0.0
    assert 0 < proportion([False] * 10_000).high < 0.002
    assert proportion([*[False] * 50, True, *[False] * 50]).low > 0


def independent(seed):
    source = random.Random(seed)
    while True:
        yield source.gauss(0, 1)


def alike(seed, kept=0.8):
    """Values of the same distribution, each like the one before."""
    last = random.Random(~seed).gauss(0, 1)
    for step in independent(seed):
        last = kept * last + math.sqrt(1 - kept**2) * step
        yield last


@pytest.mark.parametrize("source", [independent, alike])
@pytest.mark.parametrize(("percent", "truth"), [(None, math.exp(0.125)), (90.0, math.exp(0.5 * 1.28155))])
def test_intervals_hold_the_truth(source, percent, truth):
    missed = 0
    for seed in range(300):
        drawn = source(seed)
        values = [math.exp(0.5 * next(drawn)) for _ in range(800)]
        found = mean(values) if percent is None else percentile(values, percent)
        missed += not found.low <= truth <= found.high
    # One in 200 is promised for values that are alike within a batch only.
    assert missed <= 6


def test_values_that_are_alike_are_worth_fewer():
    def width(source):
        drawn = source(1)
        found = mean([next(drawn) for _ in range(4000)])
        return found.high - found.low

    assert width(alike) > 2 * width(independent)
    assert 2 * min(T) == estimates.FEWEST


def test_independent_values_are_worth_what_they_are():
    """Batches that are less apart than chance has them are worth no more."""
    found = mean([0.0, 1.0] * 50)
    assert found.high - found.low == pytest.approx(2 * T[20] * math.sqrt(0.25 / 100))
