"""The role that a model runs with, and what it may do."""

import json
from itertools import product

import pytest

from tests.plan.authorization import Request, allowed, listed
from tests.plan.planner import ACCOUNT, IMAGE, MODEL, REPOSITORY, ROOT, expected
from tests.plan.test_model import (
    BELOW,
    OWN_PACKAGE,
    PACKAGE,
    PRIVATE,
    PROVIDER,
    SEVERAL,
    VPC,
    content,
    model,
    statements,
)

ROLE = "arn:aws:iam::123456789012:role/speech"
SAGEMAKER = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"


def may(plan, action, resource, **context):
    """Whether the execution role's policy allows a request."""
    policies = [json.loads(one.values["policy"]) for one in plan.of_type("aws_iam_role_policy")]
    request = Request(action, *expected(plan, [resource, context]))
    return any(allowed(request, policy) for policy in policies)


REPOSITORY_ARN = "arn:aws:ecr:us-east-1:210987654321:repository/acme/speech"
CONTENTS = {
    "image": None,
    "model_package_arn": OWN_PACKAGE,
    "access": {
        "ecr_repository_arns": [REPOSITORY_ARN],
        "s3_read_uris": ["s3://acme-models/speech/3.tar.gz", "s3://acme-adapters/speech/", "s3://acme-in"],
    },
}


@pytest.mark.inputs(MODEL, **CONTENTS)
def test_role_reads_what_a_package_of_ones_own_contains(it):
    assert statements(it)["PullImage"]["Resource"] == REPOSITORY_ARN
    assert may(it, "ecr:GetAuthorizationToken", "*")
    for key, readable in {
        "acme-models/speech/3.tar.gz": True,
        "acme-models/speech/3.tar.gz/part": True,
        "acme-models/speech/3.tar.gz2": False,
        "acme-models/speech/2.tar.gz": False,
        "acme-adapters/speech/german": True,
        "acme-adapters/speech": False,
        "acme-in/any": True,
        "acme-in": False,
    }.items():
        assert may(it, "s3:GetObject", f"arn:aws:s3:::{key}") is readable, key


@pytest.mark.inputs(
    ROOT,
    model={
        "model_package_arn": OWN_PACKAGE,
        "ecr_repository_arns": [REPOSITORY_ARN],
        "s3_read_uris": ["s3://acme-models/speech/"],
    },
)
def test_role_reads_the_package_beside_the_requests(it):
    assert statements(it)["PullImage"]["Resource"] == REPOSITORY_ARN
    assert sorted(statements(it)["ReadObjects"]["Resource"]) == [
        "arn:aws:s3:::acme-models/speech/*",
        "arn:aws:s3:::acme-transcripts/*",
    ]


# What the role may do, by its inputs: the action, the resource, the keys that come with it, and whether.
SHARED = "arn:aws:ec2:us-east-1:210987654321"
"""The owner of a network that is shared with this account."""


OBJECT = {
    "s3_data_source": {
        "compression_type": "None",
        "s3_data_type": "S3Object",
        "s3_uri": "s3://acme-models/nova-3.gguf",
    }
}
DRAFTS = [{**OBJECT, "channel_name": "draft"}, {**BELOW, "channel_name": "weights"}]
INTERFACE, SUBNET = f"{EC2}:network-interface/eni-1", f"{EC2}:subnet/subnet-"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/"
ON_INTERFACES = (
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
"""ec2:Subnet, of the interface that the call is about: Service Authorization Reference, Amazon EC2."""


LISTED = {
    "model_data_url": "s3://acme-models/nova-3/model.tar.gz",
    "access": {
        "s3_read_uris": ["s3://acme/in/", "s3://acme-models/nova-3/model.tar.gz"],
        "s3_write_uris": ["s3://acme/out", "s3://acme-captures"],
    },
}
"""A bucket that is given whole is listed whole."""


MAY = [
    *(({"vpc_config": VPC}, action, INTERFACE, {"ec2:Subnet": f"{SUBNET}2"}, True) for action in ON_INTERFACES),
    *(({"vpc_config": VPC}, action, INTERFACE, {"ec2:Subnet": f"{SUBNET}3"}, False) for action in ON_INTERFACES),
    *(({"vpc_config": VPC}, action, INTERFACE, {}, False) for action in ON_INTERFACES),
    ({"vpc_config": VPC}, "ec2:CreateNetworkInterface", f"{SUBNET}1", {}, True),
    ({"vpc_config": VPC}, "ec2:CreateNetworkInterface", f"{SUBNET}3", {}, False),
    *(
        ({"vpc_config": VPC}, "ec2:CreateNetworkInterface", f"{SHARED}:{name}", {}, may)
        for name, may in {
            "subnet/subnet-1": True,
            "subnet/subnet-3": False,
            "security-group/sg-1": True,
            "network-interface/eni-1": False,
        }.items()
    ),
    *(
        ({"vpc_config": VPC}, action, INTERFACE, {"ec2:Subnet": f"{SHARED}:subnet/subnet-{number}"}, may)
        for action in ON_INTERFACES
        for number, may in ((2, True), (3, False))
    ),
    *(
        ({"additional_model_data_sources": DRAFTS}, action, f"arn:aws:s3:::acme-models{key}", context, may)
        for action, key, context, may in (
            ("s3:GetObject", "/nova-3/weights", {}, True),
            ("s3:GetObject", "/nova-3.gguf", {}, True),
            ("s3:GetObject", "/nova-3.gguf/1", {}, False),
            ("s3:GetObject", "/nova-30/weights", {}, False),
            ("s3:ListBucket", "", {"s3:prefix": "nova-3/"}, True),
            ("s3:ListBucket", "", {}, False),
            ("s3:GetBucketLocation", "", {}, True),
        )
    ),
    *(
        ({"model_data_source": BELOW}, action, f"arn:aws:s3:::acme-models{key}", context, may)
        for action, key, context, may in (
            ("s3:GetObject", "/nova-3/weights", {}, True),
            ("s3:GetObject", "/nova-3/part/1", {}, True),
            ("s3:GetObject", "/nova-30/weights", {}, False),
            ("s3:GetObject", "/nova-3", {}, False),
            ("s3:ListBucket", "", {"s3:prefix": "nova-3/"}, True),
            ("s3:ListBucket", "", {"s3:prefix": "nova-30/"}, False),
            ("s3:ListBucket", "", {}, False),
            ("s3:GetBucketLocation", "", {}, True),
        )
    ),
    *(
        ({"model_data_source": OBJECT}, "s3:GetObject", f"arn:aws:s3:::acme-models/{key}", {}, may)
        for key, may in {"nova-3.gguf": True, "nova-3.gguf/1": False, "nova-3.gguf2": False}.items()
    ),
    *(
        (SEVERAL, action, f"arn:aws:s3:::acme-models{key}", context, may)
        for action, key, context, may in (
            ("s3:GetObject", "/speech/german.tar.gz", {}, True),
            ("s3:GetObject", "/speech", {}, False),
            ("s3:GetObject", "/other/german.tar.gz", {}, False),
            ("s3:ListBucket", "", {"s3:prefix": "speech/"}, True),
            ("s3:ListBucket", "", {"s3:prefix": "other/"}, False),
        )
    ),
    (PRIVATE, "lambda:InvokeFunction", PROVIDER, {}, True),
    (PRIVATE, "lambda:InvokeFunction", f"{PROVIDER}2", {}, False),
    (PRIVATE, "ecr:GetAuthorizationToken", "*", {}, False),
    ({}, "lambda:InvokeFunction", PROVIDER, {}, False),
    ({}, "logs:CreateLogGroup", f"{GROUP}Endpoints/any", {}, True),
    ({}, "logs:CreateLogGroup", f"{GROUP}TrainingJobs/any", {}, False),
    *(
        ({}, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace}, published)
        for namespace, published in {"/aws/sagemaker/Endpoints": 1, "AWS/SageMaker": 1, "AWS/EC2": 0}.items()
    ),
    *(
        (LISTED, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix}, listed)
        for bucket, prefix, listed in (
            ("acme", "in/", True),
            ("acme", "in/today/", True),
            ("acme", "out", True),
            ("acme", "out/today", True),
            ("acme", "outlook", False),
            ("acme", "", False),
            ("acme-models", "nova-3/model.tar.gz", True),
            ("acme-models", "nova-3/", False),
            ("acme-models", "in/", False),
            ("acme-captures", "2026/", True),
        )
    ),
    (LISTED, "s3:ListBucket", "arn:aws:s3:::acme", {}, False),
    (LISTED, "s3:ListBucket", "arn:aws:s3:::acme-captures", {}, True),
    *(
        (LISTED, "s3:GetBucketLocation", f"arn:aws:s3:::{bucket}", {}, True)
        for bucket in ("acme", "acme-models", "acme-captures")
    ),
]


@pytest.mark.parametrize(("changes", "action", "resource", "context", "allowed"), MAY)
@pytest.mark.inputs(MODEL, lambda changes: changes)
def test_role_may(it, changes, action, resource, context, allowed):
    assert may(it, action, resource, **context) == allowed


@pytest.mark.inputs(MODEL)
def test_without_a_vpc_the_role_touches_no_network(it):
    assert {"AttachToVpc", "DescribeVpc"}.isdisjoint(statements(it))


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


@pytest.mark.inputs(MODEL)
def test_role_pulls_the_one_repository(it):
    found = statements(it)
    assert found["PullImage"]["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/speech"


@pytest.mark.inputs(MODEL, model_data_url="s3://acme-models/nova-3/model.tar.gz")
def test_role_reads_the_model_data(it):
    found = statements(it)
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme-models/nova-3/model.tar.gz"
    assert found["FindBuckets"]["Resource"] == "arn:aws:s3:::acme-models"


@pytest.mark.inputs(ROOT)
def test_role_writes_the_logs_of_its_endpoints_only(it):
    """The group is named after the endpoint: SageMaker guide, logging-cloudwatch.html."""
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/"
    for name, written in {"speech-realtime": True, "speech-async": True, "speech": False}.items():
        assert may(it, "logs:PutLogEvents", f"{group}{name}:log-stream:AllTraffic/i-1") is written


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.inputs(ROOT, lambda create: {"log_group": {"create": create}})
def test_role_creates_only_log_groups_that_the_module_does_not(it, create):
    """A late line would bring a deleted group back (terraform-aws-modules/terraform-aws-eks issue 1019)."""
    for name in ("speech-realtime", "speech-async"):
        assert may(it, "logs:CreateLogGroup", f"{GROUP}Endpoints/{name}") is not create


@pytest.mark.inputs(MODEL, image=None, model_package_arn=PACKAGE)
def test_role_of_a_package_pulls_no_image(it):
    assert set(statements(it)) == {"CreateLogGroups", "PublishMetrics", "WriteContainerLogs"}


EVERYTHING = {
    "s3_read_uris": ["s3://acme/in/"],
    "s3_write_uris": ["s3://acme/out"],
    "sns_topic_arns": ["arn:aws:sns:us-east-1:123456789012:done"],
    "kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/k"],
    "kms_alias_arns": ["arn:aws:kms:us-east-1:123456789012:alias/a"],
}


@pytest.mark.inputs(MODEL, access=EVERYTHING, vpc_config=VPC)
def test_every_resource_is_named_where_aws_allows(it):
    found = statements(it)
    open_ones = {sid for sid, statement in found.items() if statement["Resource"] == "*"}
    assert open_ones == {"PublishMetrics", "AuthorizeImagePull", "DescribeVpc"}  # none has a resource level
    assert found["PublishMetrics"]["Condition"]["StringEquals"]["cloudwatch:namespace"]
    assert found["WriteResults"]["Resource"] == "arn:aws:s3:::acme/out/*"
    assert found["ReadObjects"]["Resource"] == "arn:aws:s3:::acme/in/*"
    assert found["NotifyTopics"]["Resource"] == EVERYTHING["sns_topic_arns"][0]
    assert found["UseKeys"]["Resource"] == EVERYTHING["kms_key_arns"][0]


ACCOUNT_KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key"
OTHERS_KEYS = "arn:aws:kms:us-east-1:210987654321:key"


def queue(named):
    """Inputs with a queue whose results are encrypted with a key."""
    return {
        "async": {
            "capacity": {"min": 0, "max": 1},
            "s3_output_path": "s3://acme/out/",
            "output_kms_key_id": named,
        }
    }


def capture(named):
    """Inputs with captured data that is encrypted with a key."""
    capture = {"destination_s3_uri": "s3://acme/captured", "initial_sampling_percentage": 10}
    return {"data_capture": {**capture, "kms_key_id": named}}


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
def test_role_may_use_the_keys_of_results_and_captures(it, user, named, resource, alias):
    """However SageMaker is told of them: without, every result fails to be written. S3 and SNS use them,
    in the role's name, and nobody else.
    """
    found = statements(it)
    statement = found["UseKeysByAlias" if alias else "UseKeys"]
    resource = expected(it, resource)
    assert statement["Resource"] == resource
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    aliases = {"kms:ResourceAliases": [alias]} if alias else {}
    key = resource.replace("*", "1234abcd-12ab")
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        assert may(it, action, key, **aliases, **{"kms:ViaService": "s3.us-east-1.amazonaws.com"})
        assert may(it, action, key, **aliases, **{"kms:ViaService": "sns.us-east-1.amazonaws.com"})
        assert not may(it, action, key, **aliases, **{"kms:ViaService": "ec2.us-east-1.amazonaws.com"})
        assert not may(it, action, key, **aliases)
    assert may(it, "kms:DescribeKey", key, **aliases)
    if alias:
        assert not may(it, "kms:DescribeKey", key, **{"kms:ResourceAliases": ["alias/other"]})
    assert ("UseKeys" in found) != ("UseKeysByAlias" in found)


@pytest.mark.inputs(ROOT)
def test_role_uses_no_key_that_is_not_named(it):
    assert not [sid for sid in statements(it) if "Keys" in sid]


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
