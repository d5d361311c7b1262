"""The role that a model runs with: whom it trusts, what callers add to it, and its limits."""

import json
from itertools import product

import pytest

from tests.plan.authorization import Request, allowed, listed
from tests.plan.planner import ACCOUNT, IMAGE, MODEL, REPOSITORY, ROOT, expected
from tests.plan.test_model import PRIVATE, SEVERAL, VPC, content, model, statements
from tests.plan.test_role_permissions import may

ROLE = "arn:aws:iam::123456789012:role/speech"
SAGEMAKER = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"


@pytest.mark.inputs(MODEL)
def test_role_trusts_sagemaker_only(it):
    (role,) = it.of_type("aws_iam_role")
    (statement,) = json.loads(role.values["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


@pytest.mark.parametrize(
    ("context", "trusted"),
    [
        ({"aws:SourceArn": f"{SAGEMAKER}:*", "aws:SourceAccount": ACCOUNT}, True),
        ({"aws:SourceArn": f"{SAGEMAKER}:*"}, True),
        ({}, True),
        ({"aws:SourceArn": SAGEMAKER.replace(ACCOUNT, "210987654321") + ":*"}, False),
        ({"aws:SourceAccount": "210987654321"}, False),
    ],
    ids=["as documented", "the ARN alone", "neither", "another account's ARN", "another account"],
)
@pytest.mark.inputs(MODEL)
def test_role_is_for_this_account(it, context, trusted):
    """SageMaker guide, security-confused-deputy-prevention.html, "SageMaker AI Inference": the ARN ends in an
    asterisk. What is sent beside it, and whether always, is not documented.
    """
    (role,) = it.of_type("aws_iam_role")
    (statement,) = json.loads(role.values["assume_role_policy"])["Statement"]
    trust = {"Statement": {"Resource": "*", **{k: v for k, v in statement.items() if k != "Principal"}}}
    assert allowed(Request("sts:AssumeRole", context=expected(it, context)), trust) is trusted


@pytest.mark.inputs(ROOT)
def test_role_has_no_managed_policy(it):
    assert it.of_type("aws_iam_role_policy_attachment") == []
    assert "AmazonSageMakerFullAccess" not in json.dumps(it.raw)


TABLES = "arn:aws:dynamodb:us-east-1:123456789012:table"
STATEMENTS = [
    {
        "sid": "ReadTables",
        "actions": ["dynamodb:GetItem", "dynamodb:Query"],
        "resources": [f"{TABLES}/speech"],
        "condition": [
            {"test": "StringEquals", "variable": "aws:ResourceAccount", "values": ["123456789012"]},
            {"test": "StringLike", "variable": "dynamodb:LeadingKeys", "values": ["a*", "b*"]},
        ],
    },
    {"effect": "Deny", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::acme-models/secret"]},
]


@pytest.mark.inputs(MODEL, **SEVERAL, role_policy_statements=STATEMENTS)
def test_the_roles_policy_has_statements_of_the_caller(it):
    policy = it.resource("module.it.aws_iam_role_policy.this[0]")
    *own, reads, denies = json.loads(policy.values["policy"])["Statement"]
    assert reads == {
        "Sid": "ReadTables",
        "Effect": "Allow",
        "Action": ["dynamodb:Query", "dynamodb:GetItem"],
        "Resource": f"{TABLES}/speech",
        "Condition": {
            "StringEquals": {"aws:ResourceAccount": "123456789012"},
            "StringLike": {"dynamodb:LeadingKeys": ["a*", "b*"]},
        },
    }
    assert "Sid" not in denies
    assert {one["Sid"] for one in own} >= {"PullImage", "ReadObjects"}
    assert may(it, "s3:GetObject", "arn:aws:s3:::acme-models/speech/german.tar.gz")
    assert denies["Effect"] == "Deny"


@pytest.mark.inputs(MODEL, role_policy_statements=[{**STATEMENTS[0], "sid": "PullImage"}])
def test_a_statement_called_as_one_of_the_modules_is_refused(refusal):
    assert "PullImage" in refusal


MANAGED = {
    "reads": "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
    "signs": "arn:aws:iam::123456789012:policy/speech/signs",
}


@pytest.mark.inputs(MODEL, role_path="/speech/", role_policy_arns=MANAGED, role_policy_statements=STATEMENTS)
def test_the_role_has_a_path_and_managed_policies(it, planner):
    """They are of the role and not of the model, whose name says nothing of them."""
    (role,) = it.of_type("aws_iam_role")
    assert role.values["path"] == "/speech/"
    attached = {one.address: one.values["policy_arn"] for one in it.of_type("aws_iam_role_policy_attachment")}
    assert attached == {
        f'module.it.aws_iam_role_policy_attachment.this["{name}"]': arn for name, arn in MANAGED.items()
    }
    assert content(it) == content(planner(MODEL))


BOUND = {
    "image": IMAGE,
    "model_data_url": "s3://acme-transcripts/models/nova-3.tar.gz",
    "access": {
        "rollback_alarm_names": ["speech-realtime-errors-5xx"],
        "s3_read_uris": ["s3://acme-transcripts/"],
        "s3_write_uris": ["s3://acme-transcripts/out/"],
        "sns_topic_arns": ["arn:aws:sns:us-east-1:123456789012:acme-done"],
        "kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/k"],
        "kms_alias_arns": ["arn:aws:kms:us-east-1:123456789012:alias/a"],
    },
    "vpc_config": VPC,
}


@pytest.mark.parametrize(("changes", "registry"), [({}, "ecr"), (PRIVATE, "lambda")], ids=["ECR", "a private registry"])
@pytest.mark.inputs(MODEL, lambda changes: {**BOUND, **changes})
def test_role_works_within_the_boundary_that_the_readme_proposes(it, changes, registry):
    assert model(it)["primary_container"][0]["image"] == changes.get("image", IMAGE)
    text = (REPOSITORY / "modules/model/README.md").read_text(encoding="utf-8")
    boundary = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
    granted = list(granted_requests(statements(it).values()))
    assert {request.action.split(":")[0] for request in granted} == {
        *("cloudwatch", "ec2", "kms", "logs", "s3", "sns", registry)
    }
    assert [request for request in granted if not allowed(request, boundary)] == []
    assert not allowed(Request("iam:CreateUser"), boundary)


def granted_requests(found):
    """A request for each action and resource of some statements, with the first value of each condition."""
    for statement in found:
        context = {
            key: listed(values) if operator.startswith("ForAnyValue:") else listed(values)[0].replace("*", "x")
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        }
        for action, resource in product(listed(statement["Action"]), listed(statement["Resource"])):
            yield Request(action, resource if resource == "*" else resource.replace("*", "x"), context)


@pytest.mark.inputs(MODEL, execution_role={"arn": ROLE})
def test_existing_role_is_used(it):
    assert model(it)["execution_role_arn"] == ROLE
    assert it.of_type("aws_iam_role") == []


@pytest.mark.inputs(MODEL, name="x" * 54)
def test_roles_of_two_regions_do_not_collide(it):
    (role,) = it.of_type("aws_iam_role")
    assert role.values["name_prefix"] == f"{'x' * 37}-"
    assert role.unknown["name"] is True


def large(subnets):
    """Inputs with all that a role may be given by the module, and so many subnets."""
    alarms = [f"acme-production-{number:02}" for number in range(10)]
    topics = "arn:aws:sns:us-east-1:123456789012:acme-production"
    groups = [f"sg-{number:017x}" for number in range(5)]
    return {
        "async": {
            "capacity": {"min": 0, "max": 1},
            "deployment": {"rollback_alarm_names": alarms},
            "error_topic_arn": f"{topics}-failed",
            "output_kms_key_id": "alias/acme-results",
            "s3_failure_path": "s3://acme-production-transcripts/failed/",
            "s3_input_paths": ["s3://acme-production-recordings/in/"],
            "s3_output_path": "s3://acme-production-transcripts/out/",
            "success_topic_arn": f"{topics}-done",
        },
        "core_dump_config": {"destination_s3_uri": "s3://acme-production-dumps/speech/"},
        "data_capture": {
            "destination_s3_uri": "s3://acme-production-captures/speech/",
            "initial_sampling_percentage": 100,
        },
        "model": {
            "image": IMAGE,
            "model_data_url": "s3://acme-production-models/speech/model.tar.gz",
            "vpc_config": {
                "security_group_ids": groups,
                "subnets": [f"subnet-{number:017x}" for number in range(subnets)],
            },
        },
        "realtime": {"capacity": {"min": 1, "max": 4}, "deployment": {"rollback_alarm_names": alarms}},
    }


@pytest.mark.parametrize(("subnets", "replaced"), [(3, True), (16, False)])
@pytest.mark.inputs(ROOT, large)
def test_the_roles_policies_fit_while_old_and_new_stand_together(it, subnets, replaced):
    """All inline policies of a role: at most 10,240 characters, without white space (quotas of IAM)."""
    model = "module.it.module.model[0]"
    own, interfaces, endpoints = (
        len(it.resource(f"{model}.aws_iam_role_policy.{name}[0]").values["policy"])
        for name in ("this", "interfaces", "endpoints")
    )
    trigger = it.resource(f"{model}.terraform_data.execution_policy[0]").values["input"]
    assert ("changed in place" not in trigger) is replaced
    assert (2 if replaced else 1) * own + 2 * interfaces + endpoints <= 10240
    assert (2 * (own + interfaces) + endpoints <= 10240) is replaced


@pytest.mark.inputs(MODEL, vpc_config=VPC | {"vpc": {"id": "vpc-1"}})
def test_the_right_to_delete_interfaces_waits_for_a_group_that_they_are_in(it):
    """Terraform destroys what depends on something before it: model, then the group, then the right."""
    (call,) = it.raw["configuration"]["root_module"]["module_calls"].values()
    resources = {one["address"]: one for one in call["module"]["resources"]}
    group = resources["aws_security_group.interfaces"]
    assert group["depends_on"] == ["aws_iam_role_policy.interfaces"]
    assert "aws_iam_role_policy.interfaces" in resources["aws_sagemaker_model.this"]["depends_on"]
    (planned,) = it.of_type("aws_security_group")
    assert planned.values["timeouts"] == {"create": None, "delete": "60m"}
    assert planned.values["vpc_id"] == "vpc-1"
    # The id of the group is among these, so all are unknown.
    (network,) = model(it)["vpc_config"]
    assert (network.get("security_group_ids"), sorted(network["subnets"])) == (None, ["subnet-1", "subnet-2"])
    right = json.loads(it.resource("module.it.aws_iam_role_policy.interfaces[0]").values["policy"])
    assert "ec2:DeleteNetworkInterface" in right["Statement"][0]["Action"]
