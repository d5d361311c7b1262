"""What one instance sustains, where it has to be said."""

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import with_limits
from scaleproof.studies.run import numbers_by_type
from tests.plan.planner import REALTIME

UNEQUAL = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g5.2xlarge", "max_concurrency": 10},
]


def test_limits_by_type():
    assert numbers_by_type(["ml.g6.2xlarge=12", "ml.g5.2xlarge = 7.5"]) == {"ml.g6.2xlarge": 12, "ml.g5.2xlarge": 7.5}


@pytest.mark.parametrize("word", ["ml.g6.2xlarge", "=3", "ml.g6.2xlarge=", "a=0", "a=-1", "a=nan", "a=inf"])
def test_a_limit_in_another_form(word):
    with pytest.raises(ScaleproofError, match="is not of the form TYPE=NUMBER with a number above 0"):
        numbers_by_type([word])


def test_what_is_given_wins(planner):
    (found,) = from_plan(planner(REALTIME, instance_pools=UNEQUAL))
    given = with_limits(found, {"ml.g5.2xlarge": 9})
    assert given.pools[1].max_concurrency == 9
    assert given.pools[0] == found.pools[0]
