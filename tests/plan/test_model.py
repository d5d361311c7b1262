"""The model: what it serves, and when it is a new one."""

import json
import re

import pytest

from tests.plan.planner import ACCOUNT, IMAGE, MODEL, ROOT, expected

PACKAGE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3"
OWN_PACKAGE = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package/speech/3"
VPC = {"security_group_ids": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}


def model(plan):
    """The values of the one model."""
    (found,) = plan.of_type("aws_sagemaker_model")
    return found.values


def content(plan):
    """What the name of the model hangs on, beside the time."""
    return str(plan.resource("module.it.terraform_data.revision").values["triggers_replace"])


def statements(plan):
    """The statements of the execution role's own policies, by Sid."""
    return {
        statement["Sid"]: statement
        for policy in plan.of_type("aws_iam_role_policy")
        for statement in json.loads(policy.values["policy"])["Statement"]
    }


@pytest.mark.inputs(MODEL, image=None, model_package_arn=PACKAGE, enable_network_isolation=False)
def test_package_is_isolated_from_the_network(it):
    values = model(it)
    (container,) = values["primary_container"]
    assert container["model_package_name"] == PACKAGE
    assert container["image"] is None
    assert values["enable_network_isolation"] is True


@pytest.mark.parametrize(
    ("package", "marketplace", "isolated"),
    [
        (OWN_PACKAGE, None, False),
        (OWN_PACKAGE, True, True),
        (PACKAGE, None, True),
        (PACKAGE, False, False),
    ],
)
@pytest.mark.inputs(
    ROOT,
    lambda package, marketplace: {"model": {"model_package_arn": package, "marketplace": marketplace}},
)
def test_a_package_of_ones_own_is_isolated_only_on_request(it, planner, package, marketplace, isolated):
    """Its own are those of the account that applies, unless somebody says more."""
    assert model(it)["enable_network_isolation"] is isolated
    on_request = {"model_package_arn": package, "enable_network_isolation": True}
    asked = planner(ROOT, model={**on_request, "marketplace": marketplace})
    assert model(asked)["enable_network_isolation"] is True


@pytest.mark.parametrize(
    "own", [{"model_package_arn": OWN_PACKAGE}, {"model_package_arn": PACKAGE, "marketplace": False}]
)
@pytest.mark.inputs(
    ROOT,
    lambda own: {
        "model": own,
        "realtime": {
            "capacity": {"min": 1, "max": 4},
            "deployment": {"rollback_alarm_names": ["errors"]},
        },
    },
)
def test_a_package_of_ones_own_has_guardrails(it, own):
    (endpoint,) = [one for one in it.of_type("awscc_sagemaker_endpoint") if "realtime" in one.address]
    alarms = endpoint.values["deployment_config"]["auto_rollback_configuration"]["alarms"]
    assert alarms == [{"alarm_name": "errors"}]


@pytest.mark.inputs(MODEL, vpc_config=VPC)
def test_vpc(it):
    (vpc,) = model(it)["vpc_config"]
    assert (vpc["security_group_ids"], vpc["subnets"]) == (["sg-1"], ["subnet-1", "subnet-2"])
    names = [f"*:{name}" for name in ("security-group/sg-1", "subnet/subnet-1", "subnet/subnet-2")]
    arns = [f"arn:aws:ec2:us-east-1:{name}" for name in (*names, f"{ACCOUNT}:network-interface/*")]
    assert sorted(statements(it)["AttachToVpc"]["Resource"]) == sorted(expected(it, arns))


BELOW = {
    "s3_data_source": {
        "compression_type": "None",
        "model_access_config": {"accept_eula": True},
        "s3_data_type": "S3Prefix",
        "s3_uri": "s3://acme-models/nova-3/",
    }
}


PROVIDER = "arn:aws:lambda:us-east-1:123456789012:function:login"
PRIVATE = {
    "image": "registry.acme.example/speech:1.4",
    "image_config": {
        "repository_access_mode": "Vpc",
        "repository_auth_config": {"repository_credentials_provider_arn": PROVIDER},
    },
    "vpc_config": VPC,
}
SEVERAL = {
    "mode": "MultiModel",
    "model_data_url": "s3://acme-models/speech/",
    "multi_model_config": {"model_cache_setting": "Disabled"},
}


@pytest.mark.inputs(MODEL, **PRIVATE)
def test_an_image_of_a_private_registry(it, planner):
    (container,) = model(it)["primary_container"]
    assert container["image"] == "registry.acme.example/speech:1.4"
    assert container["image_config"] == [
        {
            "repository_access_mode": "Vpc",
            "repository_auth_config": [{"repository_credentials_provider_arn": PROVIDER}],
        }
    ]
    open_to_all = planner(MODEL, **{**PRIVATE, "image_config": {"repository_access_mode": "Vpc"}})
    (container,) = model(open_to_all)["primary_container"]
    assert container["image_config"] == [{"repository_access_mode": "Vpc", "repository_auth_config": []}]
    assert content(open_to_all) != content(it)


@pytest.mark.inputs(MODEL, **SEVERAL)
def test_several_models_below_a_prefix(it, planner):
    (container,) = model(it)["primary_container"]
    assert container["mode"] == "MultiModel"
    assert container["model_data_url"] == "s3://acme-models/speech/"
    assert container["multi_model_config"] == [{"model_cache_setting": "Disabled"}]
    cached = planner(MODEL, **{**SEVERAL, "multi_model_config": None})
    assert model(cached)["primary_container"][0]["multi_model_config"] == []
    assert len({content(it), content(cached), content(planner(MODEL))}) == 3


@pytest.mark.inputs(MODEL, image=None, model_package_arn=PACKAGE, vpc_config=VPC)
def test_a_package_in_a_vpc_stays_isolated(it):
    """Isolation is the container's; SageMaker itself fetches and stores through the VPC."""
    values = model(it)
    assert values["enable_network_isolation"] is True
    assert values["vpc_config"]


@pytest.mark.parametrize(
    "change",
    [
        {"image": f"{IMAGE}0"},
        {"environment": {"A": "b"}},
        {"model_data_url": "s3://acme-models/m.tar.gz"},
        {"model_data_source": BELOW},
        {"vpc_config": VPC},
        {"image_config": {"repository_access_mode": "Platform"}},
        {"mode": "MultiModel", "model_data_url": "s3://acme-models/speech/"},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.inputs(MODEL, lambda change: change)
def test_changed_content_is_a_new_model(it, planner, change):
    assert content(it) != content(planner(MODEL))


@pytest.mark.inputs(MODEL, model_data_source=BELOW)
def test_model_data_need_be_no_archive(it, planner):
    """What is left out is sent neither, and counts in no hash."""
    (container,) = model(it)["primary_container"]
    (data,) = container["model_data_source"]
    (sent,) = data["s3_data_source"]
    assert sent["model_access_config"] == [{"accept_eula": True}]
    assert {name: value for name, value in sent.items() if name != "model_access_config"} == {
        "compression_type": "None",
        "s3_data_type": "S3Prefix",
        "s3_uri": "s3://acme-models/nova-3/",
    }
    source = {**BELOW["s3_data_source"], "model_access_config": None}
    unaccepted = planner(MODEL, model_data_source={"s3_data_source": source})
    assert content(unaccepted) != content(it)
    assert content(planner(MODEL, model_data_source=None)) == content(planner(MODEL))


@pytest.mark.inputs(MODEL)
def test_unchanged_content_is_no_new_model_whenever_it_is_planned(it, planner):
    defaults = {
        "environment": {},
        "additional_model_data_sources": [],
        "image_config": None,
        "inference_specification_name": None,
        "mode": "SingleModel",
        "multi_model_config": None,
        "role_path": "/",
        "role_policy_arns": {},
        "role_policy_statements": [],
    }
    assert content(planner(MODEL, **defaults)) == content(it)


HOSTILE = (
    "",
    "null",
    '"b":null',
    ',"b":null',
    '"b":null,',
    '"c":null,',
    '\\"b":{}',
    '"b":[]',
    "},{",
    "\\",
    '","b":null,"c":"',
)
"""Values that look like what the hash leaves out: members of JSON objects that are null or empty."""


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.inputs(MODEL, lambda value: {"environment": {"A": value, "C": "d"}})
def test_text_that_looks_like_something_left_out_is_content(it, planner, value):
    others = [planner(MODEL), planner(MODEL, environment={"C": "d"})]
    others += [planner(MODEL, environment={"A": one, "C": "d"}) for one in HOSTILE if one != value]
    assert content(it) not in {content(one) for one in others}


@pytest.mark.inputs(MODEL)
def test_the_name_is_known_at_plan(it):
    assert re.fullmatch("speech-[0-9a-f]{8}", model(it)["name"])
