"""Which steps AWS refuses, and which of them a metric selects. What they do is in tests/vectors/autoscaling.csv."""

import pytest

from scaleproof.scaling import step_scaling
from scaleproof.scaling.step_scaling import Step


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


def test_twenty_steps_are_allowed():
    assert step_scaling.problem_with([Step(1, index, index + 1) for index in range(20)]) is None


@pytest.mark.parametrize(
    ("metric", "adjustment"),
    [(47.9, -2), (48, -2), (48.1, -1), (50, -1), (50.5, 1), (51, 2), (51.5, 2), (1000, 2)],
)
def test_a_step_includes_its_bound_towards_the_threshold(metric, adjustment):
    steps = [Step(-2, None, -2), Step(-1, -2, 0), Step(1, 0, 1), Step(2, 1, None)]
    assert step_scaling.select(steps, metric, 50).adjustment == adjustment
