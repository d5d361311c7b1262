"""Tags reach everything that takes them: the module's own, and the default_tags of the aws provider."""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import PAIR, ROOT, Planner

TAGS = {"Service": "speech", "Team": "speech"}  # the second is of the provider
UNTAGGED = {
    "aws_appautoscaling_policy",
    "aws_appautoscaling_scheduled_action",
    "aws_cloudwatch_dashboard",
    "aws_iam_role_policy",
    "terraform_data",
}
"""What AWS gives no tags."""


@pytest.fixture(scope="module")
def everything(planner: Planner) -> Plan:
    """A plan with a resource of every type that the module has."""
    pools = [{**pool, "max_concurrency": limit} for pool, limit in zip(PAIR, (12, 16), strict=True)]
    alarm = {"metric_name": "Invocation4XXErrors", "threshold": 5}
    step = {"steps": [{"lower_bound": 0, "adjustment": 1}], "alarm": alarm}
    return planner(
        ROOT,
        instance_pools=pools,
        monitoring={},
        realtime={
            "capacity": {"min": 1, "max": 4},
            "policies": {"errors": {"step": step}},
            "schedules": {"night": {"schedule": "rate(1 day)", "max": 2}},
        },
        tags={"Service": "speech"},
    )


def tags(values: dict[str, Any]) -> dict[str, str]:
    """All tags of a resource, however its type spells them."""
    if "tags_all" in values:
        return dict(values["tags_all"])
    return {tag["key"]: tag["value"] for tag in values["tags"]}


def test_everything_that_takes_tags_has_them(everything: Plan) -> None:
    bare = {
        change.address
        for change in everything.changes
        if change.type not in UNTAGGED and tags(change.values) != TAGS
    }
    assert bare == set()


def test_nothing_that_takes_tags_is_left_out(everything: Plan) -> None:
    """The types without tags are those whose schema has none."""
    untagged = {
        change.type
        for change in everything.changes
        if not {"tags", "tags_all"} & {*change.values, *change.unknown}
    }
    assert untagged == UNTAGGED
