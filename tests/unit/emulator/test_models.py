"""Models: image or package, a role that SageMaker can assume, AWS's own error texts."""

import json

import pytest

from scaleproof.localstack.control import injected

from .conftest import IMAGE, TRUST, refused

REGISTRY = "arn:aws:lambda:us-east-1:123456789012:function:registry"
AUTH = {"RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": REGISTRY}}
MARKETPLACE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/deepgram-nova-3-abc"


def test_a_model_is_described_as_it_was_made(sagemaker, role):
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/speech.tar.gz", "Environment": {"A": "1"}}
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
    arn = create(sagemaker, role, container, VpcConfig=vpc, Tags=[{"Key": "team", "Value": "speech"}])
    described = sagemaker.describe_model(ModelName="speech")
    assert described["ModelArn"] == arn
    assert described["PrimaryContainer"] == {**container, "Mode": "SingleModel"}
    assert described["VpcConfig"] == vpc
    assert described["EnableNetworkIsolation"] is False
    assert [row["ModelName"] for row in sagemaker.list_models()["Models"]] == ["speech"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "speech"}]
    sagemaker.delete_model(ModelName="speech")
    assert sagemaker.list_models()["Models"] == []


def test_models_of_a_private_registry_and_below_a_prefix_and_packages_are_taken(sagemaker, role):
    container = {
        "Image": "registry.acme.example/speech:1.4",
        "ImageConfig": {"RepositoryAccessMode": "Vpc", **AUTH},
        "Mode": "MultiModel",
        "ModelDataUrl": "s3://models/",
        "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
    }
    create(sagemaker, role, container, VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]})
    assert sagemaker.describe_model(ModelName="speech")["PrimaryContainer"] == container
    create(sagemaker, role, {"ModelPackageName": MARKETPLACE}, name="nova", EnableNetworkIsolation=True)
    assert sagemaker.describe_model(ModelName="nova")["EnableNetworkIsolation"] is True


@pytest.mark.parametrize("member", ["PrimaryContainer", "Containers"])
def test_a_model_may_be_returned_otherwise_than_it_was_made(sagemaker, role, connection, member):
    container = {"Image": IMAGE}
    given = container if member == "PrimaryContainer" else [container, container]
    sagemaker.create_model(ModelName="speech", ExecutionRoleArn=role, **{member: given})
    with injected(connection, {"fault": "rewritten"}):
        found = sagemaker.describe_model(ModelName="speech")[member]
    for shown in [found] if member == "PrimaryContainer" else found:
        assert (shown["Image"], shown["ImageConfig"]) == (IMAGE, {"RepositoryAccessMode": "Platform"})
    assert sagemaker.describe_model(ModelName="speech")[member] != found


NOT_TRUSTED = {
    "another service": {"Principal": {"Service": "lambda.amazonaws.com"}},
    "no service": {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
    "denied": {"Effect": "Deny"},
    "another action": {"Action": "sts:TagSession"},
}


@pytest.mark.parametrize("changes", [*NOT_TRUSTED.values(), None], ids=[*NOT_TRUSTED, "no role"])
def test_a_role_that_sagemaker_cannot_assume(sagemaker, client, account, changes):
    if changes:
        policy = {**TRUST, "Statement": [{**TRUST["Statement"][0], **changes}]}
        client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(policy))
    arn = f"arn:aws:iam::{account}:role/other"
    message = refused(lambda: create(sagemaker, arn), "ValidationException")
    assert message == (
        f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


def test_a_role_has_its_path(sagemaker, client, account):
    trust = json.dumps(TRUST)
    client("iam").create_role(RoleName="other", Path="/speech/", AssumeRolePolicyDocument=trust)
    for path in ("", "video/"):
        arn = f"arn:aws:iam::{account}:role/{path}other"
        refused(lambda arn=arn: create(sagemaker, arn), "ValidationException", f"Could not assume role {arn}.")
    create(sagemaker, f"arn:aws:iam::{account}:role/speech/other")
    for place in ("role-other", "role/"):  # the service model's pattern asks for no slash, and for no name
        arn = f"arn:aws:iam::{account}:{place}"
        refused(
            lambda arn=arn: create(sagemaker, arn, name="other"), "ValidationException", f"Could not assume role {arn}."
        )


@pytest.mark.parametrize(
    ("variable", "said"),
    [("SCALEPROOF_FAIL", "SCALEPROOF_FAIL takes startup, capacity,"), ("SCALEPROOF_CONTAINER", "SCALEPROOF_CONTAINER")],
)
def test_what_a_container_asks_of_the_emulation(sagemaker, role, variable, said):
    container = {"Image": "x/y:1", "Environment": {variable: "=nonsense"}}
    refused(lambda: create(sagemaker, role, container), "ValidationException", said)


def create(sagemaker, role, container=None, name="speech", **members):
    """Makes a model; its ARN."""
    container = container or {"Image": IMAGE}
    made = sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role, **members)
    return made["ModelArn"]


def test_a_value_outside_the_service_model_is_refused_in_aws_words(sagemaker, role):
    message = refused(lambda: create(sagemaker, role, name="my_speech"), "ValidationException")
    assert message.startswith("1 validation error detected: Value 'my_speech' at 'modelName' failed to satisfy")
    assert "Member must satisfy regular expression pattern: [a-zA-Z0-9]" in message


def test_tags_change_in_place(sagemaker, model):
    arn = sagemaker.describe_model(ModelName=model)["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["b", "never there"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "3"}]
    refused(lambda: sagemaker.list_tags(ResourceArn=arn + "x"), "ValidationException", "Could not find")


def test_listings_are_sorted_filtered_and_paged(sagemaker, role):
    for name in ("b-speech", "a-speech", "other"):
        create(sagemaker, role, name=name)
    names = lambda answer: [row["ModelName"] for row in answer["Models"]]  # noqa: E731
    assert names(sagemaker.list_models()) == ["other", "a-speech", "b-speech"]  # newest first
    pages = sagemaker.get_paginator("list_models").paginate(
        SortBy="Name", SortOrder="Ascending", NameContains="speech", PaginationConfig={"PageSize": 1}
    )
    assert [names(page) for page in pages] == [["a-speech"], ["b-speech"]]
    refused(lambda: sagemaker.list_models(NextToken="next"), "ValidationException", "'next' is invalid")
