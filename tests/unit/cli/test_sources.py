"""What one instance sustains, where it has to be said."""

from functools import partial
from shlex import quote

import pytest

from scaleproof.cli.clouds import Where
from scaleproof.cli.sources import Source
from scaleproof.endpoints import from_plan
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, with_limits
from scaleproof.simulation import Behaviour, Shortage
from scaleproof.studies.assumptions import SimulationAssumptions
from scaleproof.studies.run import Setting, numbers_by_type
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


def test_advice_to_paste_runs_nothing_of_a_name():
    """An instance type of a document may be any text, as new ones come before their model."""
    planted = "ml.x$(touch F);#"
    pools = (Pool(planted, 1, None), Pool("ml.g6.2xlarge", 2, 12))
    behaviour = Behaviour(shortages=tuple(Shortage(pool.instance_type, 0.0, 1.0) for pool in pools))
    endpoint = Endpoint("speech", "AllTraffic", Kind.REALTIME, pools, 1, None)
    setting = Setting(model=SimulationAssumptions(behaviour=behaviour))
    for refused in (
        partial(Source(None, Where(None, "")).limited, endpoint),
        partial(setting.check_created, endpoint),
    ):
        with pytest.raises(ScaleproofError) as raised:
            refused()
        assert quote(planted) in raised.value.advice


def test_what_is_given_wins(planner):
    (found,) = from_plan(planner(REALTIME, instance_pools=UNEQUAL))
    given = with_limits(found, {"ml.g5.2xlarge": 9})
    assert given.pools[1].max_concurrency == 9
    assert given.pools[0] == found.pools[0]
