"""The quota check warns of instance types whose quota falls short of what the endpoints may come to need."""

import re

import pytest

from tests.apply.quotas import set_quota
from tests.plan.planner import ROOT, SMALLEST

HALF = {"type": "CAPACITY_PERCENT", "value": 50}
PART = {"type": "CAPACITY_PERCENT", "value": 30}
"""More than one instance, less than two."""
ONE = {"type": "INSTANCE_COUNT", "value": 1}
NIGHT = {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 7}
FAMILIES = ("g4dn", "g5", "g6", "g6e", "m5", "c5", "r5", "c6i", "m6i")
OWN, NEW = "ml.p4d.24xlarge", "ml.g7e.2xlarge"
"""A type of one endpoint only, and one that Service Quotas does not list."""
# With at most 4 real-time instances and, where there are any, 5 asynchronous ones.
SHORT = {
    "blue-green": ({}, 4 + 4),
    "schedule": ({"realtime": {"schedules": {"night": NIGHT}}}, 7 + 7),
    "rolling-by-half": ({"realtime": {"deployment": {"strategy": "ROLLING", "step": HALF}}}, 4 + 2),
    "rolling-by-a-part": ({"realtime": {"deployment": {"strategy": "ROLLING", "step": PART}}}, 4 + 2),
    "rolling-by-one": (
        {"realtime": {"capacity": {"min": 2, "max": 4}, "deployment": {"strategy": "ROLLING", "step": ONE}}},
        4 + 1,
    ),
    "both-endpoints": ({"async": SMALLEST[ROOT]["async"]}, 4 + 4 + 5 + 5),
    "pools-of-its-own": (
        {"async": {**SMALLEST[ROOT]["async"], "instance_pools": [{"instance_type": OWN}]}},
        4 + 4,
    ),
}
"""By the name of the module's instance: its changes, and how many instances of each type it needs."""
ENOUGH, UNASKED, UNLISTED = "enough", "unasked", "unlisted"
# Each has instance types, and so quotas, of its own.
TYPES = {
    name: (f"ml.{family}.xlarge", f"ml.{family}.2xlarge")
    for name, family in zip((*SHORT, ENOUGH, UNASKED), FAMILIES, strict=True)
}


def inputs(name, quota_check=True, **changes):
    """The inputs of an instance of the module."""
    least = SMALLEST[ROOT]
    pools = [{"instance_type": kind, "max_concurrency": 12} for kind in TYPES[name]]
    changes["realtime"] = {**least["realtime"], **changes.get("realtime", {})}
    return {
        **least,
        "async": None,
        **changes,
        "name": name,
        "instance_pools": pools,
        "quota_check": quota_check,
    }


@pytest.fixture(scope="module")
def warnings(open_stage):
    """What a plan of all of them warns of, by instance type; nothing is applied.

    The quota of a first type suffices, that of a second is one short.
    """
    cases = {name: inputs(name, **changes) for name, (changes, _) in SHORT.items()}
    cases |= {ENOUGH: inputs(ENOUGH), UNASKED: inputs(UNASKED, quota_check=False)}
    cases |= {
        UNLISTED: {
            **inputs(ENOUGH),
            "name": UNLISTED,
            "instance_pools": [{"instance_type": NEW, "max_concurrency": 12}],
        }
    }
    stage = open_stage(ROOT, cases=cases)
    quotas = {name: (needed, needed - 1) for name, (_, needed) in SHORT.items()}
    for name, pair in {**quotas, ENOUGH: (4 + 4, 4 + 4), UNASKED: (0, 0)}.items():
        for kind, quota in zip(TYPES[name], pair, strict=True):
            set_quota(stage.connection, kind, quota)
    with stage.suffering({"fault": "unlisted", "instance_type": NEW}):
        said = [str(warning) for warning in stage.plan().warnings]
    found = [warning for warning in said if "quota" in warning.lower()]
    by_type = {re.findall(r"ml\.\w+\.\w+", warning)[0]: warning for warning in found}
    assert len(by_type) == len(found)
    return by_type


@pytest.mark.parametrize("name", SHORT)
def test_pain_09_quota_is_refused_for_one_pool_type(warnings, name):
    _, needed = SHORT[name]
    suffices, short = TYPES[name]
    assert suffices not in warnings
    assert f"the endpoints of {name} may need {needed} instances, " in warnings[short]
    assert f'the quota "{short} for endpoint usage" is {needed - 1}.' in warnings[short]


def test_a_type_of_one_endpoint_is_counted_for_that_one(warnings):
    """At most 5, and 5 beside them in an update."""
    assert "the endpoints of pools-of-its-own may need 10 instances, " in warnings[OWN]


def test_a_type_that_service_quotas_does_not_list_is_a_warning(warnings):
    assert "no matching Service Quotas Service Quota found" in warnings[NEW]


def test_where_the_quota_suffices_or_the_check_is_off_nothing_is_said(warnings):
    assert set(warnings) == {OWN, NEW, *(TYPES[name][1] for name in SHORT)}


@pytest.mark.nightly
def test_a_plan_with_the_check_changes_nothing_after_an_apply(open_stage):
    stage = open_stage(ROOT, quota_check=True, **{"async": None})
    stage.put()
    assert stage.remaining() == []
