"""Every example plans with nothing but a region and an image, or a model package."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scaleproof.providers.session import StandIns
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REPOSITORY

EXAMPLES = sorted(path.parent for path in REPOSITORY.glob("examples/*/main.tf"))
PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
PAIR = [
    {"instance_type": "ml.g6.2xlarge", "priority": 1},
    {"instance_type": "ml.g6e.2xlarge", "priority": 2},
]
# What stands after the apply: exact, so that nothing comes or goes unseen.
ENDPOINT = {"awscc_sagemaker_endpoint": 1, "awscc_sagemaker_endpoint_config": 1, "terraform_data": 4}
MODEL = {"aws_iam_role": 1, "aws_iam_role_policy": 1, "aws_sagemaker_model": 1, "terraform_data": 2}
STORAGE = {
    "aws_s3_bucket": 1,
    "aws_s3_bucket_lifecycle_configuration": 1,
    "aws_s3_bucket_policy": 1,
    "aws_s3_bucket_public_access_block": 1,
    "aws_s3_bucket_server_side_encryption_configuration": 1,
    "aws_sns_topic": 2,
    "aws_sns_topic_policy": 2,
}
# The topic of the alarms, and a key for all of it.
GUARDED = Counter(STORAGE) + Counter(
    {"aws_kms_alias": 1, "aws_kms_key": 1, "aws_sns_topic": 1, "aws_sns_topic_policy": 1}
)
MONITORED = Counter(
    {"aws_cloudwatch_composite_alarm": 1, "aws_cloudwatch_dashboard": 2, "aws_cloudwatch_metric_alarm": 19}
)
REALTIME = Counter(ENDPOINT) + Counter({"aws_appautoscaling_policy": 1, "aws_appautoscaling_target": 1})
WEIGHTED = REALTIME + Counter({"aws_appautoscaling_policy": 1})
ASYNC = REALTIME + Counter({"aws_appautoscaling_policy": 1, "aws_cloudwatch_metric_alarm": 1})
COUNTS = {
    "async": ASYNC + Counter(MODEL) + Counter(STORAGE),
    "complete": WEIGHTED + ASYNC + Counter(MODEL) + GUARDED + MONITORED,
    "marketplace": REALTIME + Counter(MODEL),
    "mixed-fleet": WEIGHTED + Counter(MODEL),
    "realtime": REALTIME + Counter(MODEL),
    "scheduled": REALTIME + Counter(MODEL) + Counter({"aws_appautoscaling_scheduled_action": 2}),
}
BY_PACKAGE = {"model_package_arns": {"us-east-1": PACKAGE}}
WITHOUT_IMAGE = {"marketplace"}


def planned(example: Path, standins: StandIns | None, **variables: Any) -> Plan:
    """The plan of an example in us-east-1."""
    with Root(example, standins=standins, variables={"region": "us-east-1", **variables}) as root:
        return root.plan()


def test_every_example_has_its_counts() -> None:
    assert {example.name for example in EXAMPLES} == set(COUNTS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_plans_with_nothing_but_a_region_and_a_model(example: Path, standins: StandIns | None) -> None:
    plan = planned(example, standins, **(BY_PACKAGE if example.name in WITHOUT_IMAGE else {"image": IMAGE}))
    assert Counter(change.type for change in plan.changes) == COUNTS[example.name]
    for config in plan.of_type("awscc_sagemaker_endpoint_config"):
        (variant,) = config.values["production_variants"]
        assert variant["instance_pools"][:2] == PAIR


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_plans_with_a_package(example: Path, standins: StandIns | None) -> None:
    plan = planned(
        example, standins, **(BY_PACKAGE if example.name in WITHOUT_IMAGE else {"model_package_arn": PACKAGE})
    )
    (model,) = plan.of_type("aws_sagemaker_model")
    assert model.values["enable_network_isolation"] is True


@pytest.mark.parametrize(
    "example", [path for path in EXAMPLES if path.name not in WITHOUT_IMAGE], ids=lambda path: path.name
)
def test_without_a_model_the_message_names_both(example: Path, standins: StandIns | None) -> None:
    with pytest.raises(PlanFailed, match=r"Set exactly one of model\.image"):
        planned(example, standins)


def test_a_package_of_another_region_is_refused(standins: StandIns | None) -> None:
    with pytest.raises(PlanFailed, match="Add the ARN for the region in use to model_package_arns"):
        planned(REPOSITORY / "examples/marketplace", standins, model_package_arns={"eu-west-1": PACKAGE})
