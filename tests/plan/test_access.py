"""The policy documents for those who call and for those who apply."""

import json
import re

import pytest

from tests.plan.planner import ACCOUNT, IMAGE, ROOT, expected

UNSCOPED = {"UseWithoutName"}  # calls without a resource level
# What CloudFormation's handlers of AWS::SageMaker::EndpointConfig and Endpoint call in the caller's name:
# `permissions` in the types' schemas of the registry (as in cfn-lint 1.58.0), save those to list.
HANDLERS = {
    "iam:PassRole",
    "sagemaker:AddTags",
    "sagemaker:CreateEndpoint",
    "sagemaker:CreateEndpointConfig",
    "sagemaker:DeleteEndpoint",
    "sagemaker:DeleteEndpointConfig",
    "sagemaker:DeleteTags",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:ListTags",
    "sagemaker:UpdateEndpoint",
}
BOUNDARY = "arn:aws:iam::123456789012:policy/speech-boundary"
READS = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
SIGNS = "arn:aws:iam::123456789012:policy/speech/signs"
OPS_ITEM = "arn:aws:ssm:us-east-1:123456789012:opsitem:2"
ROLE = "arn:aws:iam::123456789012:role/speech"
KEYS = "arn:aws:kms:us-east-1:123456789012:key"
OWN_KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key"


def statements(plan, name):
    """The statements of one of the documents by Sid, as far as they are known at plan."""
    document = plan.resource(f"module.it.data.aws_iam_policy_document.{name}")
    return {statement["sid"]: statement for statement in document.values["statement"]}


@pytest.mark.inputs(ROOT)
def test_callers_can_call_and_nothing_else(it):
    found = statements(it, "invoke")
    assert set(found) == {"InvokeRealtime", "InvokeAsync"}
    actions = {action for statement in found.values() for action in statement["actions"]}
    assert actions == {
        "sagemaker:DescribeEndpoint",
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithBidirectionalStream",
        "sagemaker:InvokeEndpointWithResponseStream",
    }


@pytest.mark.inputs(ROOT, model={"name": "nova-3"})
def test_operators_are_held_to_the_names_of_the_module(it):
    found = statements(it, "operator")
    for sid, statement in found.items():
        if sid not in UNSCOPED:
            assert all(
                "speech" in arn or "AWSServiceRole" in arn or "scalable-target" in arn for arn in statement["resources"]
            ), sid
        assert all(action != "*" and not action.endswith(":*") for action in statement["actions"]), sid
    assert {sid for sid, statement in found.items() if statement["resources"] == ["*"]} == UNSCOPED


@pytest.mark.inputs(ROOT, model={"image": IMAGE, "execution_role": {"arn": ROLE}})
def test_operators_pass_the_role_to_sagemaker_only(it):
    found = statements(it, "operator")["PassExecutionRole"]
    assert found["resources"] == [ROLE]
    assert found["condition"] == [
        {"test": "StringEquals", "values": ["sagemaker.amazonaws.com"], "variable": "iam:PassedToService"}
    ]


@pytest.mark.parametrize(
    "model",
    [
        {"image": IMAGE},
        {"image": IMAGE, "execution_role": {"arn": ROLE}},
        {"image": IMAGE, "execution_role": {"arn": ROLE}, "permissions_boundary": BOUNDARY},
        {"name": "nova-3"},
    ],
    ids=["no boundary", "the role of somebody else", "a boundary without use", "a model of somebody else"],
)
@pytest.mark.inputs(ROOT, lambda model: {"model": model})
def test_operators_write_no_role_without_a_boundary(it, model):
    """Whoever writes policies into a role without one is administrator."""
    actions = {action for one in statements(it, "operator").values() for action in one["actions"]}
    writes = {action for action in actions if re.match("iam:(?!Get|List)", action)}
    assert writes - {"iam:PassRole"} == {"iam:CreateServiceLinkedRole"}


@pytest.mark.parametrize(
    ("monitoring", "made"), [({}, False), ({"alarm_actions": [OPS_ITEM]}, True)], ids=["without", "with"]
)
@pytest.mark.inputs(ROOT, lambda monitoring, made: {"monitoring": monitoring})
def test_operators_make_the_roles_that_open_ops_items(it, monitoring, made):
    """The first such alarm of an account makes a service-linked role (API_PutMetricAlarm)."""
    resources = statements(it, "operator")["ChangeByName"]["resources"]
    assert any("aws-service-role/ssm*.alarms.cloudwatch" in arn for arn in resources) == made


@pytest.mark.parametrize(("role_name", "pattern"), [(None, "speech-*"), ("runs", "runs")], ids=["made", "given"])
@pytest.mark.inputs(
    ROOT,
    lambda role_name: {
        "model": {
            "image": IMAGE,
            "permissions_boundary": BOUNDARY,
            "role_name": role_name,
            "role_path": "/a/",
        }
    },
)
def test_operators_write_the_role_of_a_given_name_and_no_other(it, role_name, pattern):
    found = statements(it, "operator")
    for sid in ("ReadAndTagExecutionRole", "WriteBoundedRole"):
        (arn,) = found[sid]["resources"]
        assert arn.endswith(f":role/a/{pattern}")
    (role,) = it.of_type("aws_iam_role")
    assert role.values.get("name") == role_name
    assert role.values.get("name_prefix") == (None if role_name else "speech-")


@pytest.mark.inputs(ROOT, model={"image": IMAGE, "permissions_boundary": BOUNDARY})
def test_operators_write_roles_within_the_boundary(it):
    found = statements(it, "operator")
    (condition,) = found["WriteBoundedRole"]["condition"]
    assert condition == {"test": "StringEquals", "variable": "iam:PermissionsBoundary", "values": [BOUNDARY]}
    assert set(found["WriteBoundedRole"]["actions"]) == {
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:PutRolePolicy",
    }
    assert found["MoveRoleIntoBoundary"]["condition"] == [condition]
    assert found["MoveRoleIntoBoundary"]["actions"] == ["iam:PutRolePermissionsBoundary"]
    (role,) = it.of_type("aws_iam_role")
    assert role.values["permissions_boundary"] == BOUNDARY


@pytest.mark.inputs(
    ROOT,
    model={
        "image": IMAGE,
        "permissions_boundary": BOUNDARY,
        "role_path": "/speech/eu/",
        "role_policy_arns": {"signs": SIGNS, "reads": READS},
    },
)
def test_operators_attach_the_policies_of_the_role_within_the_boundary(it, planner):
    found = statements(it, "operator")
    attach = found["AttachRolePolicies"]
    assert attach["actions"] == ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
    assert attach["condition"] == [
        {"test": "ArnEquals", "variable": "iam:PolicyARN", "values": [READS, SIGNS]},
        {"test": "StringEquals", "variable": "iam:PermissionsBoundary", "values": [BOUNDARY]},
    ]
    below = expected(it, [f"arn:aws:iam::{ACCOUNT}:role/speech/eu/speech-*"])
    for sid in ("AttachRolePolicies", "ReadAndTagExecutionRole", "WriteBoundedRole"):
        assert found[sid]["resources"] == below, sid
    for less in ({"role_policy_arns": {"reads": READS}}, {"permissions_boundary": BOUNDARY}):
        without = statements(planner(ROOT, model={"image": IMAGE, **less}), "operator")
        assert "AttachRolePolicies" not in without


@pytest.mark.inputs(ROOT)
def test_operators_may_do_what_cloud_control_does_in_their_name(it):
    allowed = {action for one in statements(it, "operator").values() for action in one["actions"]}
    assert allowed >= HANDLERS


@pytest.mark.inputs(ROOT, monitoring={})
def test_operators_use_all_alarms_for_composite_ones_only(it, planner):
    """DescribeAlarms and PutCompositeAlarm, CloudWatch API: a permission on one composite alarm is none."""
    assert "UseCompositeAlarms" not in statements(planner(ROOT), "operator")
    found = statements(it, "operator")
    assert found["UseCompositeAlarms"]["actions"] == [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutCompositeAlarm",
    ]
    assert "cloudwatch:PutCompositeAlarm" not in found["ChangeByName"]["actions"]
    assert {sid for sid, one in found.items() if one["resources"] == ["*"]} == {
        *UNSCOPED,
        "UseCompositeAlarms",
    }


@pytest.mark.parametrize(
    ("named", "resource", "aliases"),
    [
        (f"{KEYS}/1", f"{KEYS}/1", []),
        ("1", f"{OWN_KEYS}/1", []),
        ("alias/volumes", f"{OWN_KEYS}/*", ["alias/volumes"]),
    ],
)
@pytest.mark.inputs(
    ROOT,
    lambda named: {"volume_kms_key_id": named},
    instance_pools=[{"instance_type": "ml.m5.xlarge", "max_concurrency": 4}],
)
def test_operators_hand_the_volume_key_to_aws_only(it, named, resource, aliases):
    """CreateEndpointConfig looks the key up; CreateEndpoint and UpdateEndpoint grant it to EC2's volumes."""
    found = statements(it, "operator")
    describe, grant = found["DescribeVolumeKey"], found["GrantVolumeKey"]
    assert (describe["actions"], grant["actions"]) == (["kms:DescribeKey"], ["kms:CreateGrant"])
    assert describe["resources"] == grant["resources"] == [expected(it, resource)]
    by_alias = [
        {"test": "ForAnyValue:StringEquals", "values": [alias], "variable": "kms:ResourceAliases"} for alias in aliases
    ]
    for_aws = {"test": "Bool", "values": ["true"], "variable": "kms:GrantIsForAWSResource"}
    assert describe["condition"] == by_alias
    assert sorted(map(str, grant["condition"])) == sorted(map(str, [for_aws, *by_alias]))


@pytest.mark.inputs(ROOT, model={"image": IMAGE, "kms_key_arns": [f"{KEYS}/1"]})
def test_operators_without_a_volume_key_have_no_key(it):
    found = statements(it, "operator")
    assert not [sid for sid, one in found.items() if any(action.startswith("kms:") for action in one["actions"])]


@pytest.mark.inputs(ROOT)
def test_quota_is_looked_up_only_when_asked(it):
    quotas = [address for address in it.resources if "aws_servicequotas_service_quota" in address]
    assert quotas == []


@pytest.mark.inputs(ROOT, model={"name": "nova-3"})
def test_pain_07_a_delete_needs_the_right_to_deregister(it):
    right = "application-autoscaling:DeregisterScalableTarget"
    (statement,) = (one for one in statements(it, "operator").values() if right in one["actions"])
    (target,) = statement["resources"]
    assert target.endswith(":scalable-target/*")
    assert statement["condition"][0]["values"] == ["sagemaker"]


MANAGED, INLINE = 6144, 10240
"""Characters of a managed policy and of all inline policies of a role, without white space (IAM's quotas)."""


def everything_on(length):
    """Inputs with which the operator needs most, under a name of so many characters."""
    return {
        "name": "n" * length,
        "model": {
            "image": IMAGE,
            "permissions_boundary": f"arn:aws:iam::123456789012:policy/boundaries/{'b' * length}",
            "role_path": f"/{'p' * length}/",
            "role_policy_arns": {"reads": READS, "signs": SIGNS},
        },
        "instance_pools": [{"instance_type": "ml.m5.xlarge", "max_concurrency": 4}],
        "monitoring": {},
        "quota_check": True,
        "volume_kms_key_id": "alias/volumes",
    }


@pytest.mark.parametrize(("length", "quota"), [(20, MANAGED), (45, INLINE)])
@pytest.mark.inputs(ROOT, everything_on)
def test_the_operators_document_fits(it, length, quota):
    """docs/permissions.md says so. What is unknown before an apply is the ARN of the role."""
    role = f"arn:aws:iam::123456789012:role/{'p' * length}/{'n' * 64}"
    document = []
    for sid, one in statements(it, "operator").items():
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Action": one["actions"],
            "Resource": one["resources"] or role,
        }
        conditions = {each["test"]: {each["variable"]: each["values"]} for each in one["condition"]}
        document.append(statement | ({"Condition": conditions} if conditions else {}))
    written = json.dumps({"Version": "2012-10-17", "Statement": document}, separators=(",", ":"))
    assert len(written) <= quota
