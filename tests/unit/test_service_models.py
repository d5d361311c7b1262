"""The walk along a service model: what it finds, where, and what it leaves alone."""

import pytest

from scaleproof.service_models import service_model, violations

SAGEMAKER = service_model("sagemaker")
VARIANT = {"VariantName": "AllTraffic", "InstancePools": [{"InstanceType": "ml.g6.2xlarge", "Priority": 1}]}


def found(shape, value, **options):
    return [(one.path, one.constraint) for one in violations(SAGEMAKER.shape_for(shape), value, **options)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"VariantName": None}, [(("VariantName",), "required")]),
        ({"VariantName": "a_b"}, [(("VariantName",), "pattern")]),
        ({"VariantName": "-" * 64}, [(("VariantName",), "pattern"), (("VariantName",), "max")]),
        ({"Colour": "red"}, [(("Colour",), "member")]),
        ({"InitialInstanceCount": 0}, [(("InitialInstanceCount",), "min")]),
        ({"InitialInstanceCount": "1"}, [(("InitialInstanceCount",), "type")]),
        ({"InitialInstanceCount": True}, [(("InitialInstanceCount",), "type")]),
        ({"InitialInstanceCount": 1.0, "InitialVariantWeight": 1}, []),
        ({"InstancePools": []}, [(("InstancePools",), "min")]),
        (
            {"InstancePools": [{"InstanceType": "ml.g6.2xlarge", "Priority": 1}, {"Priority": 9}]},
            [(("InstancePools", 1, "InstanceType"), "required"), (("InstancePools", 1, "Priority"), "max")],
        ),
    ],
)
def test_what_breaks_a_structure_and_where(change, expected):
    assert sorted(found("ProductionVariant", VARIANT | change)) == sorted(expected)


def test_keys_of_maps_are_told_from_what_is_under_them():
    value = {"1BAD": "x" * 1025}
    problems = list(violations(SAGEMAKER.shape_for("EnvironmentMap"), value))
    assert [(one.constraint, one.of_key) for one in problems] == [("pattern", True), ("max", False)]
    assert problems[1].limit == 1024
    assert {one.path for one in problems} == {("1BAD",)}


def test_exactly_one_member_of_a_union():
    assert found("ClusterInstanceStorageConfig", {}) == [((), "union")]


def test_what_is_not_known_is_not_judged():
    unknown = object()
    value = {"VariantName": unknown, "InstancePools": [unknown], "InitialInstanceCount": None}
    assert found("ProductionVariant", value, unknown=unknown) == []
    assert found("ProductionVariant", unknown, unknown=unknown) == []
    assert ((), "type") in found("ProductionVariant", unknown)
