"""The quota check warns of instance types whose quota falls short of what the endpoints may come to need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apply.conftest import OpenStage
from tests.apply.quotas import set_quota
from tests.apply.stage import Stage
from tests.plan.planner import PAIR, ROOT, SMALLEST

TYPES = [str(pool["instance_type"]) for pool in PAIR]
HALF = {"type": "CAPACITY_PERCENT", "value": 50}
NIGHT = {"schedule": "cron(0 20 ? * * *)", "min": 1, "max": 7}


@pytest.fixture(scope="module")
def stage(open_stage: OpenStage) -> Stage:
    """Real-time with at most 4 instances; nothing is applied."""
    return open_stage(ROOT, quota_check=True, **{"async": None})


def warnings(stage: Stage, **changes: Any) -> list[str]:
    """What a plan warns of."""
    return [warning.detail for warning in stage.plan(**changes).warnings]


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, 4 + 4),
        ({"realtime": {"schedules": {"night": NIGHT}}}, 7 + 7),
        ({"realtime": {"deployment": {"strategy": "ROLLING", "step": HALF}}}, 4 + 2),
        (
            {
                "realtime": {
                    "deployment": {"strategy": "ROLLING", "step": {"type": "INSTANCE_COUNT", "value": 1}}
                }
            },
            4 + 1,
        ),
        ({"async": SMALLEST[ROOT]["async"]}, 4 + 4 + 5 + 5),
    ],
    ids=["blue/green", "schedule", "rolling by half", "rolling by one", "both endpoints"],
)
def test_pain_09_quota_is_refused_for_one_pool_type(
    stage: Stage, changes: dict[str, Any], needed: int
) -> None:
    if "realtime" in changes:
        changes = {"realtime": {**SMALLEST[ROOT]["realtime"], **changes["realtime"]}}
    set_quota(stage.connection, TYPES[0], needed)
    set_quota(stage.connection, TYPES[1], needed - 1)
    (warning,) = warnings(stage, **changes)
    assert f"may need {needed} instances of each type" in warning
    assert f'"{TYPES[1]} for endpoint usage" = {needed - 1}.' in warning
    assert TYPES[0] not in warning
    set_quota(stage.connection, TYPES[1], needed)
    assert warnings(stage, **changes) == []


def test_without_the_check_nothing_is_asked(stage: Stage) -> None:
    set_quota(stage.connection, TYPES[0], 0)
    assert warnings(stage, quota_check=False) == []
