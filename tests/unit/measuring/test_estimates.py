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


@pytest.mark.parametrize(
    ("percent", "low", "high"),
    [(10, 0, 21), (12, 1, 24), (14, 2, 27), (86, 74, 99), (88, 77, 100), (90, 80, math.inf)],
)
def test_at_the_ends_a_percentile_may_be_the_last_value_or_beyond(percent, low, high):
    """3.174 deviations of 3 ranks around the 10th, of 3.25 around the 12th, of 3.47 around the 14th."""
    values = [37 * number % 100 + 1 for number in range(100)]
    assert percentile(values, percent) == Estimate(percent, low, high)


def test_values_that_are_equal_to_a_percentile_are_not_above_it():
    """In each batch of four two are not: batches are alike, so it is 3.174 deviations of 4.47 ranks to the 55th."""
    numbers = range(1, 21, 2)
    below = [value for low in numbers for value in (low, low + 1, 40 + low, 41 + low)]
    equal = [value for high in numbers for value in (30, 30, 60 + high, 61 + high)]
    assert percentile(below + equal, 50) == Estimate(30, 30, 56)


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


@pytest.mark.parametrize(("count", "batches"), [(40, 20), (39, 10), (20, 10), (19, 5), (10, 5)])
def test_a_batch_has_two_values_at_least(count, batches):
    """Of values that follow each other by turns no batch is far from the others."""
    values = [number % 2 for number in range(count)]
    estimate, share = mean(values), sum(values) / count
    assert estimate.high - share == pytest.approx(T[batches] * math.sqrt(share * (1 - share) / count))
    assert share - estimate.low == pytest.approx(estimate.high - share)


@pytest.mark.parametrize("first", [[], [0.4], [0.0], [1.0]])
def test_the_interval_of_a_mean_is_by_how_far_batches_are_apart(first):
    """The variance of the means of five batches is 0.3. What fills no batch is left out of these, at the beginning."""
    values = [*first, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    estimate, middle, half = mean(values), sum(values) / len(values), T[5] * math.sqrt(2 * 0.3 / len(values))
    assert (estimate.low, estimate.high) == (pytest.approx(middle - half), pytest.approx(middle + half))


@pytest.mark.parametrize(
    ("hits", "effect"),
    [
        *(([number * hits % 40 < hits for number in range(40)], 1) for hits in (5, 20, 35, 40)),  # evenly
        ([True, True, False, False] * 10, 2 * 20 / 19),  # two of a kind in each of the twenty batches
    ],
)
def test_the_ends_of_a_share_are_as_far_from_it_as_chance_would_have_it(hits, effect):
    """Wilson's definition of them: the shares of which this one is a quantile away. One end is 1 itself."""
    estimate, share = proportion(hits), sum(hits) / 40
    assert estimate.value == share
    for end in (estimate.low, estimate.high):
        assert (end - share) ** 2 == pytest.approx(T[20] ** 2 * end * (1 - end) * effect / 40)
    assert 0 < estimate.low < share <= estimate.high + 1e-9


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
