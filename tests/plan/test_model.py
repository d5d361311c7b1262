"""The model and the role that it runs with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from scaleproof.terraform.plan import Plan
from tests.plan.planner import IMAGE, MODEL, ROOT, Planner

PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
ROLE = "arn:aws:iam::123456789012:role/speech"
VPC = {"security_group_ids": ["sg-1"], "subnet_ids": ["subnet-1", "subnet-2"]}


def model(plan: Plan) -> dict[str, Any]:
    """The values of the one model."""
    (found,) = plan.of_type("aws_sagemaker_model")
    return found.values


def content(plan: Plan) -> str:
    """What the name of the model hangs on, beside the time."""
    return str(plan.resource("module.it.terraform_data.revision").values["triggers_replace"])


def statements(plan: Plan) -> dict[str, dict[str, Any]]:
    """The statements of the execution role's policy, by Sid."""
    (policy,) = plan.of_type("aws_iam_role_policy")
    return {statement["Sid"]: statement for statement in json.loads(policy.values["policy"])["Statement"]}


@pytest.mark.inputs(MODEL, data_url="s3://acme-models/nova-3/model.tar.gz", environment={"LEVEL": "info"})
def test_image_with_model_data(it: Plan) -> None:
    values = model(it)
    (container,) = values["primary_container"]
    assert container["image"] == IMAGE
    assert container["model_data_url"] == "s3://acme-models/nova-3/model.tar.gz"
    assert container["environment"] == {"LEVEL": "info"}
    assert values["enable_network_isolation"] is False


@pytest.mark.inputs(MODEL, image=None, package_arn=PACKAGE, network_isolation=False)
def test_package_is_isolated_from_the_network(it: Plan) -> None:
    values = model(it)
    (container,) = values["primary_container"]
    assert container["model_package_name"] == PACKAGE
    assert container["image"] is None
    assert values["enable_network_isolation"] is True


@pytest.mark.inputs(MODEL, vpc=VPC)
def test_vpc(it: Plan) -> None:
    (vpc,) = model(it)["vpc_config"]
    assert (vpc["security_group_ids"], vpc["subnets"]) == (["sg-1"], ["subnet-1", "subnet-2"])
    assert sorted(statements(it)["AttachToVpc"]["Resource"]) == [
        f"arn:aws:ec2:us-east-1:123456789012:{name}"
        for name in ("network-interface/*", "security-group/sg-1", "subnet/subnet-1", "subnet/subnet-2")
    ]


@pytest.mark.inputs(ROOT, model={"image": IMAGE, "vpc": VPC})
def test_a_model_of_both_endpoints_is_in_the_vpc(it: Plan) -> None:
    values = model(it)
    assert values["vpc_config"] == [{"security_group_ids": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}]


@pytest.mark.inputs(MODEL, image=None, package_arn=PACKAGE, vpc=VPC)
def test_a_package_in_a_vpc_stays_isolated(it: Plan) -> None:
    """Isolation is the container's; SageMaker itself fetches and stores through the VPC."""
    values = model(it)
    assert values["enable_network_isolation"] is True
    assert values["vpc_config"]


@pytest.mark.inputs(MODEL)
def test_without_a_vpc_the_role_touches_no_network(it: Plan) -> None:
    assert {"AttachToVpc", "DescribeVpc"}.isdisjoint(statements(it))


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
@pytest.mark.inputs(MODEL, lambda change: change)
def test_changed_content_is_a_new_model(it: Plan, planner: Planner, change: dict[str, Any]) -> None:
    assert content(it) != content(planner(MODEL))


@pytest.mark.inputs(MODEL)
def test_unchanged_content_is_no_new_model_whenever_it_is_planned(it: Plan, planner: Planner) -> None:
    again = planner(MODEL, environment={})  # which is the default
    assert content(again) == content(it)


@pytest.mark.inputs(MODEL)
def test_the_name_is_known_at_plan(it: Plan) -> None:
    assert re.fullmatch("speech-[0-9a-f]{8}", model(it)["name"])


@pytest.mark.inputs(MODEL)
def test_role_trusts_sagemaker_only(it: Plan) -> None:
    (role,) = it.of_type("aws_iam_role")
    (statement,) = json.loads(role.values["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


@pytest.mark.inputs(ROOT)
def test_role_has_no_managed_policy(it: Plan) -> None:
    assert it.of_type("aws_iam_role_policy_attachment") == []
    assert "AmazonSageMakerFullAccess" not in json.dumps(it.raw)


@pytest.mark.inputs(MODEL)
def test_role_pulls_the_one_repository(it: Plan) -> None:
    found = statements(it)
    assert found["PullImage"]["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech"


@pytest.mark.inputs(MODEL, data_url="s3://acme-models/nova-3/model.tar.gz")
def test_role_reads_the_model_data(it: Plan) -> None:
    found = statements(it)
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme-models/nova-3/model.tar.gz"
    assert found["FindBuckets"]["Resource"] == "arn:aws:s3:::acme-models"


@pytest.mark.inputs(MODEL, image=None, package_arn=PACKAGE)
def test_role_of_a_package_pulls_no_image(it: Plan) -> None:
    assert set(statements(it)) == {
        "WriteContainerLogs",
        "PublishMetrics",
    }


EVERYTHING = {
    "s3_read_uris": ["s3://acme/in/"],
    "s3_write_uris": ["s3://acme/out"],
    "sns_topic_arns": ["arn:aws:sns:us-east-1:123456789012:done"],
    "kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/k"],
    "kms_alias_arns": ["arn:aws:kms:us-east-1:123456789012:alias/a"],
}


@pytest.mark.inputs(MODEL, access=EVERYTHING, vpc=VPC)
def test_every_resource_is_named_where_aws_allows(it: Plan) -> None:
    found = statements(it)
    open_ones = {sid for sid, statement in found.items() if statement["Resource"] == "*"}
    assert open_ones == {"PublishMetrics", "AuthorizeImagePull", "DescribeVpc"}  # none has a resource level
    assert found["PublishMetrics"]["Condition"]["StringEquals"]["cloudwatch:namespace"]
    assert found["WriteResults"]["Resource"] == "arn:aws:s3:::acme/out/*"
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme/in/*"
    assert found["NotifyTopics"]["Resource"] == EVERYTHING["sns_topic_arns"][0]
    assert found["UseKeys"]["Resource"] == EVERYTHING["kms_key_arns"][0]


ACCOUNT_KEYS = "arn:aws:kms:us-east-1:123456789012:key"
OTHERS_KEYS = "arn:aws:kms:us-east-1:210987654321:key"


def queue(named: str) -> dict[str, Any]:
    """Inputs with a queue whose results are encrypted with a key."""
    return {
        "async": {
            "capacity": {"min": 0, "max": 1},
            "s3_output_path": "s3://acme/out/",
            "output_kms_key_id": named,
        }
    }


def capture(named: str) -> dict[str, Any]:
    """Inputs with captured data that is encrypted with a key."""
    return {"data_capture": {"s3_uri": "s3://acme/captured", "kms_key_id": named}}


@pytest.mark.parametrize("user", [queue, capture])
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
@pytest.mark.inputs(ROOT, lambda user, named: user(named))
def test_role_may_use_the_keys_of_results_and_captures(
    it: Plan, user: Callable[[str], dict[str, Any]], named: str, resource: str, alias: str | None
) -> None:
    """However SageMaker is told of them: without, every result fails to be written."""
    found = statements(it)
    statement = found["UseKeysByAlias" if alias else "UseKeys"]
    assert statement["Resource"] == resource
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:DescribeKey", "kms:Decrypt"]
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else None
    assert statement.get("Condition") == condition
    assert ("UseKeys" in found) != ("UseKeysByAlias" in found)


@pytest.mark.inputs(ROOT)
def test_role_uses_no_key_that_is_not_named(it: Plan) -> None:
    assert {"UseKeys", "UseKeysByAlias"}.isdisjoint(statements(it))


@pytest.mark.inputs(MODEL, execution_role={"arn": ROLE})
def test_existing_role_is_used(it: Plan) -> None:
    assert model(it)["execution_role_arn"] == ROLE
    assert it.of_type("aws_iam_role") == []


@pytest.mark.inputs(MODEL, name="x" * 54)
def test_roles_of_two_regions_do_not_collide(it: Plan) -> None:
    (role,) = it.of_type("aws_iam_role")
    assert role.values["name_prefix"] == f"{'x' * 37}-"
    assert role.unknown["name"] is True
