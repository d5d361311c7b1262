"""The quota check warns of instance types whose quota falls short of what the endpoints may come to need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apply.conftest import OpenStage
from tests.apply.quotas import set_quota
from tests.plan.planner import ROOT, SMALLEST

HALF = {"type": "CAPACITY_PERCENT", "value": 50}
PART = {"type": "CAPACITY_PERCENT", "value": 30}
"""More than one instance, less than two."""
ONE = {"type": "INSTANCE_COUNT", "value": 1}
NIGHT = {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 7}
FAMILIES = ("g4dn", "g5", "g6", "g6e", "m5", "c5", "r5", "c6i", "m6i")
# With at most 4 real-time instances and, where there are any, 5 asynchronous ones.
SHORT: dict[str, tuple[dict[str, Any], int]] = {
    "blue-green": ({}, 4 + 4),
    "schedule": ({"realtime": {"schedules": {"night": NIGHT}}}, 7 + 7),
    "rolling-by-half": ({"realtime": {"deployment": {"strategy": "ROLLING", "step": HALF}}}, 4 + 2),
    "rolling-by-a-part": ({"realtime": {"deployment": {"strategy": "ROLLING", "step": PART}}}, 4 + 2),
    "rolling-by-one": ({"realtime": {"deployment": {"strategy": "ROLLING", "step": ONE}}}, 4 + 1),
    "both-endpoints": ({"async": SMALLEST[ROOT]["async"]}, 4 + 4 + 5 + 5),
    "pools-of-its-own": (
        {"async": {**SMALLEST[ROOT]["async"], "instance_pools": [{"instance_type": "ml.p4d.24xlarge"}]}},
        4 + 4,
    ),
}
"""By the name of the module's instance: its changes, and how many instances of each type it needs."""
ENOUGH, UNASKED = "enough", "unasked"
# Each has instance types, and so quotas, of its own.
TYPES = {
    name: (f"ml.{family}.xlarge", f"ml.{family}.2xlarge")
    for name, family in zip((*SHORT, ENOUGH, UNASKED), FAMILIES, strict=True)
}


def inputs(name: str, quota_check: bool = True, **changes: Any) -> dict[str, Any]:
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
def warnings(open_stage: OpenStage) -> list[str]:
    """What a plan of all of them warns of, where the quota of a first type suffices; nothing is applied."""
    cases = {name: inputs(name, **changes) for name, (changes, _) in SHORT.items()}
    cases |= {ENOUGH: inputs(ENOUGH), UNASKED: inputs(UNASKED, quota_check=False)}
    stage = open_stage(ROOT, cases=cases)
    quotas = {name: (needed, needed - 1) for name, (_, needed) in SHORT.items()}
    for name, pair in {**quotas, ENOUGH: (4 + 4, 4 + 4), UNASKED: (0, 0)}.items():
        for kind, quota in zip(TYPES[name], pair, strict=True):
            set_quota(stage.connection, kind, quota)
    return [warning.detail for warning in stage.plan().warnings]


@pytest.mark.parametrize("name", SHORT)
def test_pain_09_quota_is_refused_for_one_pool_type(warnings: list[str], name: str) -> None:
    (warning,) = [one for one in warnings if f"the endpoints of {name} " in one]
    _, needed = SHORT[name]
    suffices, short = TYPES[name]
    assert f'{needed} where "{short} for endpoint usage" = {needed - 1}.' in warning
    # What only the other endpoint runs on is counted for that one: 5, and 5 beside them in an update.
    assert ('10 where "ml.p4d.24xlarge for endpoint usage" = 0,' in warning) is (name == "pools-of-its-own")
    assert suffices not in warning


def test_where_the_quota_suffices_or_the_check_is_off_nothing_is_said(warnings: list[str]) -> None:
    assert len(warnings) == len(SHORT)
    assert not [one for one in warnings if f" {ENOUGH} " in one or f" {UNASKED} " in one]
