"""Medians, ratios and exponents, against values worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.arithmetic import Spread, exponent, exponents, ratio, spread

COUNTS = (1, 10, 50, 100)


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ([2.0], Spread(2.0, 2.0, 2.0)),
        ([9.0, 1.0, 2.0], Spread(2.0, 1.0, 9.0)),
        ([4.0, 1.0, 3.0, 100.0], Spread(3.5, 1.0, 100.0)),
    ],
)
def test_the_median_stands_between_the_extremes(seconds, found):
    assert spread(seconds) == found


def test_a_ratio_is_of_medians_and_says_how_much_longer_the_subject_takes():
    assert ratio([6.0, 8.0, 100.0], [2.0, 1.0, 3.0]) == 4.0


@pytest.mark.parametrize("power", [0, 0.5, 1, 1.6, 2])
def test_the_exponent_of_a_power_law_is_its_power_whatever_the_unit(power):
    for unit in (0.001, 1, 60):
        assert exponent({count: unit * count**power for count in COUNTS}) == pytest.approx(power)


def test_the_exponent_of_what_is_no_power_law_is_the_slope_of_the_least_squares():
    """log10: counts 0, 1, 2 and times 0, 2, 3. The means are 1 and 5/3, so the slope is (5/3 + 4/3) / 2."""
    assert exponent({1: 1, 10: 100, 100: 1000}) == pytest.approx(1.5)


def test_the_order_of_the_counts_is_of_no_matter():
    assert exponent({100: 1000, 1: 1, 10: 100}) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        ({}, "two counts or more"),
        ({10: 1.0}, "two counts or more"),
        ({1: 1.0, 10: 0.0}, "above zero"),
        ({0: 1.0, 10: 1.0}, "above zero"),
    ],
)
def test_no_exponent_is_made_up(seconds, message):
    with pytest.raises(ValueError, match=message):
        exponent(seconds)


def test_no_median_is_made_up():
    with pytest.raises(ValueError, match="no repetition"):
        spread([])


def test_what_starting_up_costs_hides_growth_among_few_only():
    """Five seconds to start and a quadratic part that shows from 10 endpoints up only."""
    found = exponents({count: 5 + 0.01 * count**2 for count in COUNTS})
    assert list(found) == ["1-100", "10-100"]
    assert found["1-100"] < 1 < found["10-100"]


@pytest.mark.parametrize(("counts", "ranges"), [((1, 10), ["1-10"]), ((1,), []), ((10, 20), ["10-20"])])
def test_a_range_needs_two_counts(counts, ranges):
    assert list(exponents(dict.fromkeys(counts, 1.0))) == ranges
