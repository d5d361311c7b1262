"""Who has the operator's document alone can apply the module, change it and destroy it, and become no more.

The document and the calls are those of an apply. Whether IAM would allow a request, the evaluator of
tests/plan says: LocalStack asks nobody for permission.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from scaleproof.localstack.control import recorded
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.terraform.root import Root
from tests.apply.asked import requests
from tests.plan.authorization import Policy, Request, allowed
from tests.plan.planner import (
    ASYNC,
    IMAGE,
    MODEL,
    MONITORING,
    PAIR,
    REALTIME,
    REPOSITORY,
    ROOT,
    SMALLEST,
    configuration,
)
from tests.unit.providers.aws.operations import SENT
from tools.terraform_module import Module

BOUNDARY, OTHER_BOUNDARY = "iam:policy/speech-boundary", "iam:policy/other-boundary"
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}
READS = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOT_ALLOWED = {
    # Whoever takes the boundary off a role is not bounded by it.
    "iam:DeleteRolePermissionsBoundary",
    # The module puts the role into no instance profile.
    "iam:RemoveRoleFromInstanceProfile",
    # Nothing about a role changes but its policies and tags; its trust is for administrators.
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
}


@dataclass(frozen=True)
class Life:
    """An apply, a change and a destroy of everything there is: what was asked of IAM, and who may do what."""

    account: str
    asked: Sequence[Request]
    operator: Policy
    role_arn: str

    def may(self, action, resource, **context):
        """Whether the operator may. What does not begin with "arn:" is the account's, such as iam:role/x."""
        arns = {key: arn(value, self.account) for key, value in context.items()}
        return allowed(Request(action, arn(resource, self.account), arns), self.operator)


def arn(name, account):
    """The ARN of what an account has, such as iam:role/x. An ARN stays, and so does what has no colon."""
    service, _, rest = name.partition(":")
    if service == "arn" or not rest:
        return name
    return f"arn:aws:{service}:{'' if service == 'iam' else 'us-east-1'}:{account}:{rest}"


@pytest.fixture(scope="module")
def life(cloud, new_account, standins, tmp_path_factory):
    account = new_account()
    connection = cloud.connection(account)
    other_boundary = arn(OTHER_BOUNDARY, account)
    for name in (BOUNDARY, OTHER_BOUNDARY):
        connection.client("iam").create_policy(
            PolicyName=name.rpartition("/")[2], PolicyDocument=json.dumps(boundary())
        )
    directory = tmp_path_factory.mktemp("root")
    (directory / "main.tf.json").write_text(json.dumps(configuration(ROOT, directory)))
    variables = SMALLEST[ROOT] | {
        "instance_pools": [{**PAIR[0], "max_concurrency": 12}, {**PAIR[1], "max_concurrency": 16}],
        "model": {
            "image": IMAGE,
            "permissions_boundary": arn(BOUNDARY, account),
            "role_path": "/speech/",
            "role_policy_arns": {"reads": READS},
        },
        "monitoring": {},
        "quota_check": True,
        "realtime": {
            "capacity": {"min": 1, "max": 4},
            "schedules": {"night": {"schedule": "rate(1 day)", "max": 2}},
        },
        "tags": {"Service": "speech"},
    }
    with (
        recorded(connection) as log,
        Root(directory, standins=standins, connection=connection, variables=variables) as root,
    ):
        try:
            root.apply()
            # An administrator gives the role another boundary. What follows has to move it back.
            (role,) = root.state().of_type("aws_iam_role")
            connection.client("iam").put_role_permissions_boundary(
                RoleName=role.values["name"], PermissionsBoundary=other_boundary
            )
            # Another image repository is another policy of the role.
            other = {**variables["model"], "image": IMAGE.replace("speech", "voice")}
            log_group = {"kms_key_id": KEY, "retention_in_days": 14}
            root.apply(tags={"Service": "voice"}, model=other, log_group=log_group)
            state = root.state()
        finally:
            # What reading takes, the plan of the second apply has taken.
            root.arguments = ("-refresh=false",)
            root.destroy()
    document = state.resource("module.it.data.aws_iam_policy_document.operator").values["json"]
    administrator = Request(
        "iam:PutRolePermissionsBoundary", role.values["arn"], {"iam:PermissionsBoundary": other_boundary}
    )
    asked = list(requests(log, account))
    asked.remove(administrator)
    return Life(account, asked, json.loads(document), role.values["arn"])


def test_every_request_is_allowed(life):
    asked = {request.action for request in life.asked}
    assert asked >= {
        "cloudformation:CreateResource",
        "cloudwatch:PutCompositeAlarm",
        "iam:AttachRolePolicy",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PassRole",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "sagemaker:UpdateEndpoint",
    }
    assert [request for request in life.asked if not allowed(request, life.operator)] == []


def test_every_call_that_the_providers_make_is_allowed(life):
    """Those too that the stand-ins leave out, as the real ones read more than has to be known here."""
    actions = [statement["Action"] for statement in life.operator["Statement"]]
    granted = {name for given in actions for name in ([given] if isinstance(given, str) else given)}
    directories = (ROOT, MODEL, "modules/endpoint", REALTIME, ASYNC, MONITORING)
    modules = [Module.read(REPOSITORY / directory) for directory in directories]
    kinds = {resource.type for module in modules for resource in module.resources.values()} & SENT.keys()
    assert {"aws_iam_role", "awscc_sagemaker_endpoint"} <= kinds
    called = {
        f"{RESOURCES[kind].request.service if kind in RESOURCES else 'cloudformation'}:{operation}"
        for kind in kinds
        for operations in SENT[kind]
        for operation in operations
    }
    assert called - granted == NOT_ALLOWED


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("sagemaker:UpdateEndpoint", "sagemaker:endpoint/speech-realtime", {}),
        ("sagemaker:CreateEndpointConfig", "sagemaker:endpoint-config/speech-async-0123abcd", {}),
        ("sagemaker:DeleteModel", "sagemaker:model/speech-0123abcd", {}),
        ("cloudwatch:PutMetricAlarm", "cloudwatch:alarm:speech-async-has-backlog-without-capacity", {}),
        (
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:alarm:TargetTracking-endpoint/speech-async/variant/Other-AlarmHigh-1",
            {},
        ),
        ("iam:DeleteRole", "iam:role/speech/speech-20260101000000000000000001", BOUNDED),
    ],
)
def test_it_is_allowed_on_what_the_module_makes_and_not_on_others(life, action, resource, context):
    assert life.may(action, resource, **context)
    assert not life.may(action, resource.replace("speech", "others"), **context)


# The ways up that are known of permissions on IAM, tried against the module's role (ROLE) and its neighbours.
ROLE = "the role"
ESCALATIONS = {
    "makes a role without a boundary": [
        ("iam:CreateRole", "iam:role/speech/speech-evil", {}),
    ],
    "makes a role with a boundary that bounds nothing": [
        ("iam:CreateRole", "iam:role/speech/speech-evil", {"iam:PermissionsBoundary": ADMINISTRATOR}),
    ],
    "writes an administrator's policy into a role without the boundary": [
        ("iam:PutRolePolicy", "iam:role/speech/speech-old", {}),
        ("iam:PutRolePolicy", "iam:role/speech/speech-old", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("iam:PutRolePolicy", "iam:role/deployer", BOUNDED),
    ],
    "takes the policy that denies from a role without the boundary": [
        ("iam:DetachRolePolicy", "iam:role/speech/speech-old", {"iam:PolicyARN": READS}),
        ("iam:DeleteRolePolicy", "iam:role/speech/speech-old", {}),
    ],
    "has the role trust the operator, and assumes it": [
        ("iam:UpdateAssumeRolePolicy", ROLE, BOUNDED),
        ("iam:UpdateAssumeRolePolicy", "iam:role/speech/speech-old", {}),
        ("sts:AssumeRole", ROLE, BOUNDED),
    ],
    "has SageMaker run as an administrator": [
        ("iam:PassRole", "iam:role/administrator", {"iam:PassedToService": "sagemaker.amazonaws.com"}),
        (
            "iam:PassRole",
            "iam:role/speech/speech-administrator",
            {"iam:PassedToService": "sagemaker.amazonaws.com"},
        ),
    ],
    "has another service run as the role": [
        ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", ROLE, {"iam:PassedToService": "cloudformation.amazonaws.com"}),
        ("iam:PassRole", ROLE, {}),
        ("iam:AddRoleToInstanceProfile", "iam:instance-profile/speech", {}),
    ],
    "takes the boundary off or changes it for a wider one": [
        ("iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED),
        ("iam:PutRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("iam:PutRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": OTHER_BOUNDARY}),
        ("iam:PutRolePermissionsBoundary", ROLE, {}),
        ("iam:PutRolePermissionsBoundary", "iam:role/speech/speech-narrow", BOUNDED),
    ],
    "attaches AdministratorAccess": [
        ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": ADMINISTRATOR}),
        ("iam:AttachRolePolicy", ROLE, BOUNDED),
        ("iam:AttachRolePolicy", "iam:role/speech/speech-old", {"iam:PolicyARN": READS}),
        ("iam:AttachRolePolicy", "iam:role/deployer", {**BOUNDED, "iam:PolicyARN": READS}),
        ("iam:AttachUserPolicy", "iam:user/operator", {"iam:PolicyARN": ADMINISTRATOR}),
        ("iam:PutUserPolicy", "iam:user/operator", {}),
    ],
    "writes a new version of the boundary": [
        ("iam:CreatePolicyVersion", BOUNDARY, {}),
        ("iam:SetDefaultPolicyVersion", BOUNDARY, {}),
        ("iam:DeletePolicyVersion", BOUNDARY, {}),
        ("iam:DeletePolicy", BOUNDARY, {}),
    ],
    "makes a role that a service owns": [
        (
            "iam:CreateServiceLinkedRole",
            "iam:role/aws-service-role/elasticache.amazonaws.com/AWSServiceRoleForElastiCache",
            {"iam:AWSServiceName": "elasticache.amazonaws.com"},
        ),
    ],
}


@pytest.mark.parametrize("steps", ESCALATIONS.values(), ids=ESCALATIONS)
def test_nobody_becomes_administrator(life, steps):
    possible = [
        (action, resource, context)
        for action, resource, context in steps
        if life.may(action, life.role_arn if resource is ROLE else resource, **context)
    ]
    assert possible == []


@pytest.mark.parametrize(
    "request_",
    [Request("iam:CreateUser"), Request("sts:AssumeRole"), Request("s3:GetObject", "arn:aws:s3:::hr/x")],
)
def test_a_role_of_the_operator_is_held_by_the_boundary(life, request_):
    """The operator chooses the policy and the trust of a new role. What it may do, the boundary says."""
    name = "iam:role/speech/speech-mine"
    assert life.may("iam:CreateRole", name, **BOUNDED)
    assert life.may("iam:PutRolePolicy", name, **BOUNDED)
    assert life.may("iam:AttachRolePolicy", name, **BOUNDED, **{"iam:PolicyARN": READS})
    assert not allowed(request_, EVERYTHING, boundary())


def boundary():
    """The boundary that modules/model/README.md proposes."""
    text = (REPOSITORY / "modules/model/README.md").read_text(encoding="utf-8")
    return json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
