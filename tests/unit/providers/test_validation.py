"""Checks at plan: AWS's service models, and the providers' named validators."""

import pytest

from scaleproof.providers.validation import check_shape, expected
from scaleproof.service_models import matches, service_model
from scaleproof.translation.values import UNKNOWN

PROVISION_TIMEOUT = ("variant_instance_provision_timeout_in_seconds",)
SERVICES = ["application-autoscaling", "cloudwatch", "iam", "kms", "logs", "s3", "sagemaker", "service-quotas", "sns"]

G6 = {"InstanceType": "ml.g6.2xlarge", "Priority": 1}
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "nova-3",
    "InstancePools": [G6, {"InstanceType": "ml.g6e.2xlarge", "Priority": 2}],
    "VariantInstanceProvisionTimeoutInSeconds": 600,
}


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


def test_a_valid_variant_passes_and_null_and_unknown_values_do():
    unknown = {"InstanceType": UNKNOWN, "VariantName": UNKNOWN, "InitialInstanceCount": None}
    for value in (VARIANT, VARIANT | unknown):
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
    ("rule", "value", "must_be"),
    [
        ("arn", "nova", "an ARN"),
        ("arn", "arn:aws:sns", "an ARN"),
        ("arn", "arn:aws:sns:mars:123456789012:t", "an ARN"),
        ("arn", "arn:aws:sns:us-east-1:12:t", "an ARN"),
        ("arn", "arn:aws:sns:us-east-1:123456789012:", "an ARN"),
        ("arn_or_ec2_automate", "arn:aws:automate:us-east-1:ec2:start", "an ARN"),
        ("dashboard_name", "nova 3", "letters"),
        ("empty", "x", "empty"),
        ("iam_policy", "", "a JSON object"),
        ("iam_policy", " {}", "a JSON object"),
        ("iam_policy", '"{}"', "a JSON object"),
        ("iam_policy", "{'a':1}", "a JSON object"),
        ("json", "{", "JSON"),
        ("kms_alias", "nova", "alias/"),
        ("log_group_name", "a" * 513, "at most 512"),
        ("log_group_name_prefix", "a" * 484, "at most 483"),
        ("model_data_url", "s3://" + "b" * 1020, "a path"),
        ("nullable_capacity", "-1", "0 or more"),
        ("nullable_float", "1e", "a number"),
        ("nullable_int", "one", "a whole number"),
        ("policy_path", "nova", "a slash"),
        ("rfc3339", "2026-11-25T07:30:00", "a time"),
        ("rfc3339", "2026-11-25", "a time"),
        ("role_name", "arn:aws:iam::123456789012:role/r", "the name of a role"),
        ("sagemaker_environment", {"A-B": "v"}, "names"),
        ("sagemaker_environment", {"1A": "v"}, "names"),
        ("sagemaker_environment", {"A": "v" * 1025}, "at most 1024"),
        ("sagemaker_image", "i" * 256, "at most 255"),
        ("sagemaker_name", "n" * 64, "at most 63"),
        ("sagemaker_name", "-n", "hyphen"),
    ],
)  # fmt: skip
def test_what_a_value_must_be(rule, value, must_be):
    """More of them are in aws/test_plan.py."""
    assert must_be in expected(rule, value)


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
        ("nullable_float", "-0.5"),
        ("nullable_int", "-1"),
        ("empty", ""),
        ("log_group_name", "/aws/sagemaker/Endpoints/nova#1"),
        ("sagemaker_image", "my image"),
        ("nullable_capacity", "0"),
        ("dashboard_name", "nova-3_overview"),
        ("kms_alias", "alias/nova"),
        ("policy_path", "/"),
        ("role_name", "nova-execution"),
    ],
)
def test_a_valid_value_passes(rule, value):
    assert expected(rule, value) == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("s3cret" * 50, "a text of 300 characters: the length must be at most 256, not 300."),
        ({"s3cret": 1}, "a map of 1 is not of type string, which AWS expects here."),
        (["s3cret"], "a list of 1 is not of type string, which AWS expects here."),
    ],
)
def test_no_message_has_a_part_of_a_value(value, says):
    [problem] = check_shape("sagemaker", "Tag", {"Key": "a", "Value": value})
    assert problem.detail == says
