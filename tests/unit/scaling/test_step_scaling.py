"""The steps of step scaling that AWS refuses. What the others do is in tests/vectors/autoscaling.csv."""

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
