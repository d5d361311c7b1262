"""Models with data below a prefix, from a package of the caller's own, and several in one container."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.stage import Step
from tests.plan.planner import IMAGE, ROOT

pytestmark = pytest.mark.nightly

REPOSITORY = "arn:aws:ecr:us-east-1:210987654321:repository/speech"
GUARDED = {
    "capacity": {"min": 2, "max": 4},
    "deployment": {"strategy": "ALL_AT_ONCE", "rollback_on": ["errors_5xx"], "wait_interval": 60},
}


@dataclass(frozen=True)
class Story:
    """An image with data below a prefix, and a package of the same account in its place."""

    image: Step
    package: Step


@pytest.fixture(scope="module")
def story(open_stage):
    data = {
        "compression_type": "None",
        "model_access_config": {"accept_eula": True},
        "s3_data_type": "S3Prefix",
        "s3_uri": "s3://acme-models/nova-3/",
    }
    given = {"image": IMAGE, "model_data_source": {"s3_data_source": data}}
    stage = open_stage(ROOT, model=given, **{"async": None, "realtime": GUARDED, "monitoring": {}})
    image = stage.apply()
    package = f"arn:aws:sagemaker:us-east-1:{image.after.account}:model-package/speech/3"
    own = {
        "model_package_arn": package,
        "ecr_repository_arns": [REPOSITORY],
        "s3_read_uris": ["s3://acme-packages/speech/3.tar.gz"],
    }
    return Story(image, stage.apply(model=own))


def test_the_data_lies_below_a_prefix(story):
    assert story.image.remaining == []
    assert story.image.after.the("models")["PrimaryContainer"]["ModelDataSource"] == {
        "S3DataSource": {
            "CompressionType": "None",
            "ModelAccessConfig": {"AcceptEula": True},
            "S3DataType": "S3Prefix",
            "S3Uri": "s3://acme-models/nova-3/",
        }
    }


def test_a_package_of_ones_own_is_rolled_out_with_guardrails(story):
    """The emulator refuses both for a package of the Marketplace."""
    assert story.package.remaining == []
    after = story.package.after
    assert after.the("models")["PrimaryContainer"]["ModelPackageName"].endswith(":model-package/speech/3")
    assert after.the("models")["EnableNetworkIsolation"] is False
    (endpoint,) = after["endpoints"].values()
    assert endpoint["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]


def test_the_role_reads_what_the_package_contains(story):
    by_sid = {one["Sid"]: one["Resource"] for one in story.package.after.statements()}
    assert by_sid["PullImage"] == REPOSITORY
    assert "arn:aws:s3:::acme-packages/speech/3.tar.gz" in by_sid["ReadObjects"]


PROVIDER = "arn:aws:lambda:us-east-1:123456789012:function:login"
READS = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
SEVERAL = {
    "image": "registry.acme.example/speech:1.4",
    "image_config": {
        "repository_access_mode": "Vpc",
        "repository_auth_config": {"repository_credentials_provider_arn": PROVIDER},
    },
    "mode": "MultiModel",
    "model_data_url": "s3://acme-models/speech/",
    "multi_model_config": {"model_cache_setting": "Disabled"},
    "role_path": "/speech/",
    "role_policy_arns": {"reads": READS},
    "role_policy_statements": [{"sid": "Tell", "actions": ["sns:Publish"], "resources": ["*"]}],
    "vpc_config": {"security_group_ids": ["sg-1"], "subnets": ["subnet-1"]},
}
INPUTS = {
    "async": None,
    "instance_pools": [{"instance_type": "ml.g6.2xlarge", "max_concurrency": 12}],
    "realtime": {"capacity": {"min": 1, "max": 2}},
}


@pytest.fixture(scope="module")
def several(open_stage):
    return open_stage(ROOT, model=SEVERAL, **INPUTS).apply()


def test_several_models_in_a_container_of_a_private_registry(several):
    assert several.remaining == []
    assert several.after.the("models")["PrimaryContainer"] == {
        "Image": "registry.acme.example/speech:1.4",
        "ImageConfig": {
            "RepositoryAccessMode": "Vpc",
            "RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": PROVIDER},
        },
        "Mode": "MultiModel",
        "ModelDataUrl": "s3://acme-models/speech/",
        "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
    }


def test_the_role_has_what_the_caller_adds(several):
    role = several.after.the("roles")
    assert role["Path"] == "/speech/"
    assert role["AttachedPolicies"] == [READS]
    by_sid = {one["Sid"]: one for one in several.after.statements()}
    assert by_sid["Tell"] == {"Sid": "Tell", "Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}
    assert by_sid["GetRegistryCredentials"]["Resource"] == PROVIDER


DRAFT = {
    "channel_name": "draft_model",
    "s3_data_source": {
        "compression_type": "None",
        "model_access_config": {"accept_eula": True},
        "s3_data_type": "S3Prefix",
        "s3_uri": "s3://acme-models/draft/",
    },
}
OWN_PACKAGE = "arn:aws:sagemaker:us-east-1:{}:model-package/speech/3"


@pytest.fixture(scope="module")
def drafted(open_stage):
    """A model with data beside its own and a role of a given name; then one from a package of one's own."""
    image = {
        "image": IMAGE,
        "model_data_url": "s3://acme-models/nova.tar.gz",
        "additional_model_data_sources": [DRAFT],
    }
    stage = open_stage(ROOT, model={**image, "role_name": "speech-runs"}, **INPUTS)
    created = stage.apply()
    package = {
        "model_package_arn": OWN_PACKAGE.format(created.after.account),
        "inference_specification_name": "gpu",
    }
    return created, stage.apply(model={**package, "role_name": "speech-runs"})


def test_data_beside_the_models_own(drafted):
    created, _ = drafted
    assert created.remaining == []
    assert created.after.the("models")["PrimaryContainer"]["AdditionalModelDataSources"] == [
        {
            "ChannelName": "draft_model",
            "S3DataSource": {
                "CompressionType": "None",
                "ModelAccessConfig": {"AcceptEula": True},
                "S3DataType": "S3Prefix",
                "S3Uri": "s3://acme-models/draft/",
            },
        }
    ]
    (read,) = [one["Resource"] for one in created.after.statements() if one["Sid"] == "ReadObjects"]
    assert sorted(read) == ["arn:aws:s3:::acme-models/draft/*", "arn:aws:s3:::acme-models/nova.tar.gz"]


def test_a_package_by_one_of_its_specifications(drafted):
    _, changed = drafted
    assert changed.remaining == []
    container = changed.after.the("models")["PrimaryContainer"]
    assert container["InferenceSpecificationName"] == "gpu"
    assert "AdditionalModelDataSources" not in container


def test_a_role_keeps_its_given_name(drafted):
    for step in drafted:
        assert step.after.the("models")["ExecutionRoleArn"].endswith(":role/speech-runs")
