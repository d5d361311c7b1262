"""The model and the role that it runs with."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, MODEL, ROOT, Planner

PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
VPC = {"security_group_ids": ["sg-1"], "subnet_ids": ["subnet-1", "subnet-2"]}


def model(plan: Plan) -> dict[str, Any]:
    """The values of the one model."""
    (found,) = plan.of_type("aws_sagemaker_model")
    return found.values


def statements(plan: Plan) -> dict[str, dict[str, Any]]:
    """The statements of the execution role's policy, by Sid."""
    (policy,) = plan.of_type("aws_iam_role_policy")
    return {statement["Sid"]: statement for statement in json.loads(policy.values["policy"])["Statement"]}


def test_image_with_model_data(planner: Planner) -> None:
    values = model(
        planner(MODEL, data_url="s3://acme-models/nova-3/model.tar.gz", environment={"LEVEL": "info"})
    )
    (container,) = values["primary_container"]
    assert container["image"] == IMAGE
    assert container["model_data_url"] == "s3://acme-models/nova-3/model.tar.gz"
    assert container["environment"] == {"LEVEL": "info"}
    assert values["enable_network_isolation"] is False


def test_package_is_isolated_from_the_network(planner: Planner) -> None:
    values = model(planner(MODEL, image=None, package_arn=PACKAGE, network_isolation=False))
    (container,) = values["primary_container"]
    assert container["model_package_name"] == PACKAGE
    assert container["image"] is None
    assert values["enable_network_isolation"] is True


def test_vpc(planner: Planner) -> None:
    plan = planner(MODEL, vpc=VPC)
    (vpc,) = model(plan)["vpc_config"]
    assert (vpc["security_group_ids"], vpc["subnets"]) == (["sg-1"], ["subnet-1", "subnet-2"])
    assert sorted(statements(plan)["AttachToVpc"]["Resource"]) == [
        f"arn:aws:ec2:us-east-1:123456789012:{name}"
        for name in ("network-interface/*", "security-group/sg-1", "subnet/subnet-1", "subnet/subnet-2")
    ]


def test_a_model_of_both_endpoints_is_in_the_vpc(planner: Planner) -> None:
    values = model(planner(ROOT, model={"image": IMAGE, "vpc": VPC}))
    assert values["vpc_config"] == [{"security_group_ids": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}]


def test_a_package_in_a_vpc_stays_isolated(planner: Planner) -> None:
    """Isolation is the container's; SageMaker itself fetches and stores through the VPC."""
    values = model(planner(MODEL, image=None, package_arn=PACKAGE, vpc=VPC))
    assert values["enable_network_isolation"] is True
    assert values["vpc_config"]


def test_without_a_vpc_the_role_touches_no_network(planner: Planner) -> None:
    assert {"AttachToVpc", "DescribeVpc"}.isdisjoint(statements(planner(MODEL)))


@pytest.mark.parametrize(
    "change",
    [
        {"image": f"{IMAGE}0"},
        {"environment": {"A": "b"}},
        {"data_url": "s3://acme-models/m.tar.gz"},
        {"vpc": VPC},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_content_is_a_new_model(planner: Planner, change: dict[str, Any]) -> None:
    contents = {
        plan.resource("module.it.terraform_data.revision").values["triggers_replace"]
        for plan in (planner(MODEL), planner(MODEL), planner(MODEL, **change))
    }
    assert len(contents) == 2


def test_the_name_is_known_at_plan(planner: Planner) -> None:
    assert re.fullmatch("speech-[0-9a-f]{8}", model(planner(MODEL))["name"])


def test_role_trusts_sagemaker_only(planner: Planner) -> None:
    (role,) = planner(MODEL).of_type("aws_iam_role")
    (statement,) = json.loads(role.values["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


def test_role_has_no_managed_policy(planner: Planner) -> None:
    plan = planner(ROOT)
    assert plan.of_type("aws_iam_role_policy_attachment") == []
    assert "AmazonSageMakerFullAccess" not in json.dumps(plan.raw)


def test_role_pulls_the_one_repository(planner: Planner) -> None:
    found = statements(planner(MODEL))
    assert found["PullImage"]["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech"


def test_role_reads_the_model_data(planner: Planner) -> None:
    found = statements(planner(MODEL, data_url="s3://acme-models/nova-3/model.tar.gz"))
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme-models/nova-3/model.tar.gz"
    assert found["FindBuckets"]["Resource"] == "arn:aws:s3:::acme-models"


def test_role_of_a_package_pulls_no_image(planner: Planner) -> None:
    assert set(statements(planner(MODEL, image=None, package_arn=PACKAGE))) == {
        "WriteContainerLogs",
        "PublishMetrics",
    }


def test_every_resource_is_named_where_aws_allows(planner: Planner) -> None:
    everything = {
        "s3_read_uris": ["s3://acme/in/"],
        "s3_write_uris": ["s3://acme/out"],
        "sns_topic_arns": ["arn:aws:sns:us-east-1:123456789012:done"],
        "kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/k"],
        "kms_alias_arns": ["arn:aws:kms:us-east-1:123456789012:alias/a"],
    }
    found = statements(planner(MODEL, access=everything, vpc=VPC))
    open_ones = {sid for sid, statement in found.items() if statement["Resource"] == "*"}
    assert open_ones == {"PublishMetrics", "AuthorizeImagePull", "DescribeVpc"}  # none has a resource level
    assert found["PublishMetrics"]["Condition"]["StringEquals"]["cloudwatch:namespace"]
    assert found["WriteResults"]["Resource"] == "arn:aws:s3:::acme/out/*"
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme/in/*"
    assert found["NotifyTopics"]["Resource"] == everything["sns_topic_arns"][0]
    assert found["UseKeys"]["Resource"] == everything["kms_key_arns"][0]


ACCOUNT_KEYS = "arn:aws:kms:us-east-1:123456789012:key"
OTHERS_KEYS = "arn:aws:kms:us-east-1:210987654321:key"


@pytest.mark.parametrize(
    ("named", "resource", "alias"),
    [
        ("1234abcd-12ab", f"{ACCOUNT_KEYS}/1234abcd-12ab", None),
        (f"{OTHERS_KEYS}/1234abcd-12ab", f"{OTHERS_KEYS}/1234abcd-12ab", None),
        ("alias/speech", f"{ACCOUNT_KEYS}/*", "alias/speech"),
        ("arn:aws:kms:us-east-1:210987654321:alias/speech", f"{OTHERS_KEYS}/*", "alias/speech"),
    ],
    ids=["id", "arn", "alias", "arn of an alias"],
)
def test_role_may_use_the_keys_of_results_and_captures(
    planner: Planner, named: str, resource: str, alias: str | None
) -> None:
    """However SageMaker is told of them: without, every result fails to be written."""
    queue = {"capacity": {"min": 0, "max": 1}, "s3_output_path": "s3://acme/out/", "output_kms_key_id": named}
    by_queue = statements(planner(ROOT, **{"async": queue}))
    capture = {"s3_uri": "s3://acme/captured", "kms_key_id": named}
    for found in (by_queue, statements(planner(ROOT, data_capture=capture))):
        statement = found["UseKeysByAlias" if alias else "UseKeys"]
        assert statement["Resource"] == resource
        assert statement["Action"] == ["kms:GenerateDataKey", "kms:DescribeKey", "kms:Decrypt"]
        condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else None
        assert statement.get("Condition") == condition
        assert ("UseKeys" in found) != ("UseKeysByAlias" in found)


def test_role_uses_no_key_that_is_not_named(planner: Planner) -> None:
    assert {"UseKeys", "UseKeysByAlias"}.isdisjoint(statements(planner(ROOT)))


def test_existing_role_is_used(planner: Planner) -> None:
    role = "arn:aws:iam::123456789012:role/speech"
    plan = planner(MODEL, execution_role={"arn": role})
    assert model(plan)["execution_role_arn"] == role
    assert plan.of_type("aws_iam_role") == []


def test_roles_of_two_regions_do_not_collide(planner: Planner) -> None:
    (role,) = planner(MODEL, name="x" * 54).of_type("aws_iam_role")
    assert role.values["name_prefix"] == f"{'x' * 37}-"
    assert role.unknown["name"] is True
