"""What the role that a model runs with may do."""

import json

import pytest

from tests.plan.authorization import Request, allowed
from tests.plan.planner import ACCOUNT, MODEL, ROOT, expected
from tests.plan.test_model import BELOW, OWN_PACKAGE, PACKAGE, PRIVATE, PROVIDER, SEVERAL, VPC, statements

EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
REPOSITORY_ARN = "arn:aws:ecr:us-east-1:210987654321:repository/acme/speech"
OWN_PACKAGE_WITH_ACCESS = {
    "image": None,
    "model_package_arn": OWN_PACKAGE,
    "access": {
        "ecr_repository_arns": [REPOSITORY_ARN],
        "s3_read_uris": ["s3://acme-models/speech/3.tar.gz", "s3://acme-adapters/speech/", "s3://acme-in"],
    },
}
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
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
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
    *(
        (OWN_PACKAGE_WITH_ACCESS, "s3:GetObject", f"arn:aws:s3:::{key}", {}, readable)
        for key, readable in {
            "acme-models/speech/3.tar.gz": True,
            "acme-models/speech/3.tar.gz/part": True,
            "acme-models/speech/3.tar.gz2": False,
            "acme-models/speech/2.tar.gz": False,
            "acme-adapters/speech/german": True,
            "acme-adapters/speech": False,
            "acme-in/any": True,
            "acme-in": False,
        }.items()
    ),
    (OWN_PACKAGE_WITH_ACCESS, "ecr:GetAuthorizationToken", "*", {}, True),
    *(
        ({"access": {"rollback_alarm_names": ["errors"]}}, "cloudwatch:DescribeAlarms", f"{ALARM}{name}", {}, may)
        for name, may in {"errors": True, "errors-2": False}.items()
    ),
]
"""What the role may do, by its inputs: the action, the resource, the keys that come with it, and whether."""


def may(plan, action, resource, **context):
    """Whether the execution role's policy allows a request."""
    policies = [json.loads(one.values["policy"]) for one in plan.of_type("aws_iam_role_policy")]
    request = Request(action, *expected(plan, [resource, context]))
    return any(allowed(request, policy) for policy in policies)


@pytest.mark.parametrize(("changes", "action", "resource", "context", "allowed"), MAY)
@pytest.mark.inputs(MODEL, lambda changes: changes)
def test_role_may(it, changes, action, resource, context, allowed):
    assert may(it, action, resource, **context) == allowed


EVERYTHING = {
    "s3_read_uris": ["s3://acme/in/"],
    "s3_write_uris": ["s3://acme/out"],
    "sns_topic_arns": ["arn:aws:sns:us-east-1:123456789012:done"],
    "kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/k"],
    "kms_alias_arns": ["arn:aws:kms:us-east-1:123456789012:alias/a"],
}
RESOURCES = [
    ({}, {"PullImage": "arn:aws:ecr:us-east-1:123456789012:repository/speech", "AttachToVpc": None}),
    ({"image": None, "model_package_arn": PACKAGE}, {"PullImage": None, "AuthorizeImagePull": None}),
    (OWN_PACKAGE_WITH_ACCESS, {"PullImage": REPOSITORY_ARN}),
    (
        {"model_data_url": "s3://acme-models/nova-3/model.tar.gz"},
        {
            "ReadObjects": "arn:aws:s3:::acme-models/nova-3/model.tar.gz",
            "FindBuckets": "arn:aws:s3:::acme-models",
        },
    ),
    (
        {"access": EVERYTHING, "vpc_config": VPC},
        {
            "WriteResults": "arn:aws:s3:::acme/out/*",
            "ReadObjects": "arn:aws:s3:::acme/in/*",
            "NotifyTopics": EVERYTHING["sns_topic_arns"][0],
            "UseKeys": EVERYTHING["kms_key_arns"][0],
        },
    ),
]
"""The resources of the role's statements, by its inputs; None for a statement that it has not."""


@pytest.mark.parametrize(("changes", "resources"), RESOURCES)
@pytest.mark.inputs(MODEL, lambda changes: changes)
def test_statements_name_resources(it, changes, resources):
    found = statements(it)
    assert {sid: found[sid]["Resource"] if sid in found else None for sid in resources} == resources


@pytest.mark.inputs(MODEL, access=EVERYTHING, vpc_config=VPC)
def test_every_resource_is_named_where_aws_allows(it):
    found = statements(it)
    open_ones = {sid for sid, statement in found.items() if statement["Resource"] == "*"}
    assert open_ones == {"PublishMetrics", "AuthorizeImagePull", "DescribeVpc"}  # none has a resource level
    assert found["PublishMetrics"]["Condition"]["StringEquals"]["cloudwatch:namespace"]


@pytest.mark.inputs(MODEL, image=None, model_package_arn=PACKAGE)
def test_role_of_a_package_pulls_no_image(it):
    assert set(statements(it)) == {"CreateLogGroups", "PublishMetrics", "WriteContainerLogs"}


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
