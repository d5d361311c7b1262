"""Tags reach everything that takes them: the module's own, and the default_tags of the aws provider."""

import pytest

from tests.plan.planner import REPOSITORY

TAGS = {"Commit": "7c1f0de", "Team": "speech", "Stage": "test"}
"""All but the last are of the provider, and so is another value of the last."""
EXCLUDED = "Commit"
"""What `exclude_endpoint_tags` names."""
DEPLOYED = {"awscc_sagemaker_endpoint", "awscc_sagemaker_endpoint_config"}
"""What a change of tags may deploy anew."""
UNTAGGED = {
    "aws_appautoscaling_policy",
    "aws_appautoscaling_scheduled_action",
    "aws_cloudwatch_dashboard",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "terraform_data",
}
"""What AWS gives no tags."""


@pytest.fixture(scope="module")
def everything(plan):
    """A plan with a resource of every type that the module has."""
    return plan(REPOSITORY / "tests/plan/everything/unequal")


def tags(found):
    """All tags of a resource, however its type spells them."""
    if "tags_all" in found.values:
        return dict(found.values["tags_all"])
    return {tag["key"]: tag["value"] for tag in found.values["tags"]}


def test_everything_that_takes_tags_has_them(everything):
    taking = [one for one in everything.changes if one.type not in UNTAGGED | DEPLOYED]
    assert {one.address for one in taking if tags(one) != TAGS} == set()
    assert len({one.type for one in taking}) == 6


def test_endpoints_and_their_configurations_go_without_those_that_are_excluded(everything):
    found = [one for one in everything.changes if one.type in DEPLOYED]
    assert {one.type for one in found} == DEPLOYED
    kept = {key: value for key, value in TAGS.items() if key != EXCLUDED}
    assert [tags(one) for one in found] == [kept] * len(found)


def test_nothing_that_takes_tags_is_left_out(everything):
    """The types without tags are those whose schema has none."""
    untagged = {one.type for one in everything.changes if not {"tags", "tags_all"} & {*one.values, *one.unknown}}
    assert untagged == UNTAGGED
