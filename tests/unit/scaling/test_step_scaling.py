"""Step scaling against the published examples (tests/vectors/step_scaling.csv, each row with its source)."""

import pytest

from scaleproof.scaling import step_scaling
from scaleproof.scaling.step_scaling import Step

from .vectors import Row, rows

ROWS = rows("step_scaling.csv")


@pytest.mark.parametrize("row", [row for row in ROWS if row["adjustment_type"] == "ROUNDING_ONLY"], ids=Row.name)
def test_percentages_are_rounded_as_documented(row):
    assert step_scaling.round_percent(float(row["metric"])) == int(row["expected_adjustment"])


@pytest.mark.parametrize(
    ("change", "whole"), [(12.7, 12), (0.67, 1), (-0.58, -1), (-6.67, -6), (1.0, 1), (-1.0, -1), (0.0, 0)]
)
def test_percentages_above_one_are_cut_and_those_below_are_one(change, whole):
    """The first four are the examples of AWS's guide.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
    """
    assert step_scaling.round_percent(change) == whole


@pytest.mark.parametrize(("percent", "magnitude", "expected"), [(25, 2, 6), (-25, 2, 2), (100, 2, 8), (0, 2, 4)])
def test_the_minimum_magnitude_applies_to_percentages(percent, magnitude, expected):
    assert step_scaling.desired_capacity(4, "PercentChangeInCapacity", percent, magnitude) == expected
    assert step_scaling.desired_capacity(4, "ChangeInCapacity", 1, magnitude) == 5


def test_no_step_holds_a_metric_outside_all_intervals():
    assert step_scaling.select([Step(1, 0)], 49.9, 50) is None
    assert step_scaling.select([Step(1, 0, 10)], 60, 50) is None


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "at least one"),
        ([Step(1, index, index + 1) for index in range(21)], "at most 20"),
        ([Step(1, 0), Step(2)], "without bounds"),
        ([Step(1, 0, 10), Step(2, 20)], "gap"),
        ([Step(1, 0, 10), Step(2, 5)], "overlap"),
        ([Step(1, 0), Step(2, 10)], "only one"),
        ([Step(1, 10, 0)], "must be below"),
    ],
)
def test_steps_that_aws_refuses(steps, problem):
    assert problem in (step_scaling.problem_with(steps) or "")
