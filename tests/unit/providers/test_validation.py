"""Checks at plan: AWS's service models, and the providers' named validators."""

from __future__ import annotations

import pytest

from scaleproof.providers.formats import FORMATS
from scaleproof.providers.validation import check_shape
from scaleproof.service_models import matches, service_model
from scaleproof.translation.values import UNKNOWN

PROVISION_TIMEOUT = ("variant_instance_provision_timeout_in_seconds",)
SERVICES = [
    "application-autoscaling",
    "cloudwatch",
    "iam",
    "kms",
    "logs",
    "s3",
    "sagemaker",
    "service-quotas",
    "sns",
]

G6 = {"InstanceType": "ml.g6.2xlarge", "Priority": 1}
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "nova-3",
    "InstancePools": [
        G6,
        {"InstanceType": "ml.g6e.2xlarge", "Priority": 2},
    ],
    "VariantInstanceProvisionTimeoutInSeconds": 600,
}


def test_a_valid_variant_passes():
    assert check_shape("sagemaker", "ProductionVariant", VARIANT) == []


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"VariantName": "-bad"}, ("variant_name",), "must match the regular expression"),
        ({"VariantName": None}, ("variant_name",), "VariantName is required"),
        ({"InstanceType": "ml.g6.2xlage"}, ("instance_type",), "such as ml.g6.2xlarge"),
        ({"InitialInstanceCount": -1}, ("initial_instance_count",), "the value must be at least 1"),
        ({"InitialInstanceCount": "two"}, ("initial_instance_count",), "is not of type integer"),
        ({"VariantInstanceProvisionTimeoutInSeconds": 4000}, PROVISION_TIMEOUT, "must be at most 3600"),
        ({"InstancePools": [G6 | {"Priority": 9}]}, ("instance_pools", 0, "priority"), "at most 5"),
        ({"InstancePools": [G6] * 6}, ("instance_pools",), "at most 5, not 6"),
        ({"Colour": "red"}, ("colour",), "has no member Colour"),
    ],
)  # fmt: skip
def test_an_invalid_variant_gives_message_and_path(change, path, says):
    where = ("production_variants", 0)
    [problem, *_] = check_shape("sagemaker", "ProductionVariant", VARIANT | change, where)
    assert says in problem.detail
    assert problem.path == where + path


def test_null_and_unknown_values_pass():
    value = VARIANT | {"InstanceType": UNKNOWN, "VariantName": UNKNOWN, "InitialInstanceCount": None}
    assert check_shape("sagemaker", "ProductionVariant", value) == []


def test_a_pattern_must_match_the_whole_value():
    arn = "arn:aws:iam::123456789012:role/nova"
    assert check_shape("sagemaker", "RoleArn", arn) == []
    [problem] = check_shape("sagemaker", "RoleArn", f"x{arn}", ("role",))
    assert problem.path == ("role",)


def test_maps_are_checked_by_key_and_value():
    container = {"Environment": {"1BAD": "x"}}
    [problem] = check_shape("sagemaker", "ContainerDefinition", container)
    assert problem.path == ("environment", "1_bad")


def test_patterns_have_the_meaning_of_java():
    assert matches(r"\p{Print}+", "scale out")
    assert not matches(r"\p{Print}+", "scäle")
    assert matches(r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "endpoint/\U0001f600")
    assert not matches(r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "nul\x00")


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_services_in_use_compiles(service):
    model = service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    for pattern in patterns:
        matches(pattern, "x")


@pytest.mark.parametrize(
    ("rule", "value", "says"),
    [
        ("arn", "arn:aws:sns", '"x" (arn:aws:sns) is an invalid ARN: arn: not enough sections'),
        ("arn", "arn:aws:sns:mars:123456789012:t", "invalid region value"),
        ("arn", "arn:aws:sns:us-east-1:12:t", "invalid account ID value"),
        ("arn", "arn:aws:sns:us-east-1:123456789012:", "missing resource value"),
        ("iam_policy", "", '"x" is an empty string, which is not a valid JSON value'),
        ("iam_policy", " {}", "leading space characters are not allowed"),
        ("iam_policy", '"../policy.json"', "have you passed a JSON-encoded filename"),
        ("iam_policy", '"{}"', "have you double-encoded your JSON data?"),
        ("iam_policy", "{'a':1}", '"x" contains an invalid JSON policy: '),
        ("json", "{", '"x" contains an invalid JSON: '),
        ("sagemaker_name", "n" * 64, '"x" cannot be longer than 63 characters'),
        ("sagemaker_name", "-n", '"x" cannot begin with a hyphen: "-n"'),
        ("sagemaker_environment", {"A-B": "v"}, 'characters and underscore allowed in "x": "A-B"'),
        ("sagemaker_image", "i" * 256, '"x" cannot be longer than 255 characters'),
        ("nullable_int", "one", "x: cannot parse 'one' as int"),
        ("role_name", "arn:aws:iam::123456789012:role/r", "invalid value for x"),
    ],
)  # fmt: skip
def test_an_invalid_value_gets_the_providers_message(rule, value, says):
    """More of them are in aws/test_plan.py."""
    assert any(says in text for text in FORMATS[rule](value, "x"))


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("arn", "arn:aws-cn:iam::123456789012:role/r"),
        ("arn", "arn:aws:sagemaker:us-east-1:aws-marketplace:model-package/x"),
        ("arn_or_ec2_automate", "arn:aws:automate:us-east-1:ec2:stop"),
        ("iam_policy", '{"Version": "2012-10-17", "Statement": []}'),
        ("sagemaker_name", "nova-3"),
        ("sagemaker_environment", {"DEEPGRAM_API_01": "max_active_requests=120"}),
        ("model_data_url", "s3://bucket/model.tar.gz"),
        ("rfc3339", "2026-11-25T07:30:00Z"),
        ("rfc3339", "2026-11-25T07:30:00+01:00"),
        ("nullable_float", ""),
        ("nullable_float", "0.5"),
        ("nullable_capacity", "0"),
        ("dashboard_name", "nova-3_overview"),
        ("kms_alias", "alias/nova"),
        ("policy_path", "/"),
        ("role_name", "nova-execution"),
    ],
)
def test_a_valid_value_passes(rule, value):
    assert list(FORMATS[rule](value, "x")) == []
