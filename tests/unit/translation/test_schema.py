"""Compares the committed schemas with other sources."""

import pytest
from botocore import xform_name

from scaleproof.providers.messages import provider_schema
from scaleproof.providers.validation import FORMATS
from scaleproof.service_models import service_model
from scaleproof.translation.schema import load

SAGEMAKER = service_model("sagemaker")
CHECKS = {
    "any",
    "each",
    "enum",
    "enum_ignore_case",
    "format",
    "items",
    "length",
    "multiple_of",
    "pattern",
    "range",
}
SIBLINGS = {"conflicts_with", "required_with", "exactly_one_of", "at_least_one_of"}
VOCABULARY = CHECKS | SIBLINGS | {"configured", "shape"}
# CloudFormation's outputs, and the properties that are in the update request only.
NOT_IN_CREATE = {"EndpointConfigArn", "EndpointArn"}
ONLY_IN_UPDATE = {"RetainAllVariantProperties", "RetainDeploymentConfig", "ExcludeRetainedVariantProperties"}
CFN_TYPES = {
    "string": "string",
    "boolean": "bool",
    "integer": "number",
    "float": "number",
    "long": "number",
    "double": "number",
}


def every_block(block, path=""):
    yield path, block
    for name, attribute in block.attributes.items():
        if attribute.nested is not None:
            yield from every_block(attribute.nested, f"{path}.{name}")
    for name, nested in block.blocks.items():
        yield from every_block(nested.block, f"{path}.{name}")


def everything():
    for provider in ("aws", "awscc"):
        schema = load(provider)
        for group in (schema.resources, schema.data_sources):
            for name, block in group.items():
                yield from ((f"{name}{path}", inner) for path, inner in every_block(block))


def test_the_versions_are_those_that_the_module_is_tested_with():
    assert (load("aws").source, load("aws").version) == ("hashicorp/aws", "6.69.1")
    assert (load("awscc").source, load("awscc").version) == ("hashicorp/awscc", "1.106.0")


def test_what_is_sensitive():
    """As parameter_data_source.go and secret_version_data_source.go of hashicorp/aws have it, and their resources."""
    sensitive = {
        f"{kind}.{name}"
        for blocks in (load("aws").resources, load("aws").data_sources)
        for kind, block in blocks.items()
        for name, attribute in block.attributes.items()
        if attribute.sensitive and not name.endswith("_wo")
    }
    assert sensitive == {
        "aws_secretsmanager_secret_version.secret_binary",
        "aws_secretsmanager_secret_version.secret_string",
        "aws_ssm_parameter.value",
    }
    for kind in ("aws_secretsmanager_secret_version", "aws_ssm_parameter"):
        marked = {name for name, attribute in load("aws").data_sources[kind].attributes.items() if attribute.sensitive}
        assert marked == {path.partition(".")[2] for path in sensitive if path.startswith(f"{kind}.")}


def test_every_attribute_has_a_form_that_terraform_allows():
    for path, block in everything():
        for attribute in block.attributes.values():
            assert attribute.required != (attribute.optional or attribute.computed), (path, attribute.name)
            assert (attribute.type is None) != (attribute.nested is None), (path, attribute.name)
            if attribute.default is not None:
                assert attribute.optional, (path, attribute.name)
                assert not attribute.computed, (path, attribute.name)


def test_every_check_exists_and_names_existing_siblings():
    for path, block in everything():
        for member in block.members():
            for check in member.checks:
                (kind, rule), *more = check.items()
                assert not more
                assert kind in VOCABULARY, (path, member.name)
                if kind in SIBLINGS:
                    assert all(block.member(name) for name in rule), (path, member.name)
                if kind == "format":
                    assert rule in FORMATS, (path, member.name)


def test_the_schemas_translate_into_the_protocol():
    for provider in ("aws", "awscc"):
        response = provider_schema(load(provider))
        assert set(response.resource_schemas) == set(load(provider).resources)
        assert set(response.data_source_schemas) == set(load(provider).data_sources)


@pytest.mark.parametrize(
    ("type_name", "request_name", "absent"),
    [
        ("awscc_sagemaker_endpoint_config", "CreateEndpointConfigInput", NOT_IN_CREATE),
        ("awscc_sagemaker_endpoint", "CreateEndpointInput", NOT_IN_CREATE | ONLY_IN_UPDATE),
        ("awscc_sagemaker_endpoint", "UpdateEndpointInput", NOT_IN_CREATE | {"Tags"}),
    ],
)
def test_awscc_agrees_with_the_service_model_of_botocore(type_name, request_name, absent):
    compared = compare(load("awscc").resources[type_name], SAGEMAKER.shape_for(request_name), absent, type_name)
    assert compared > 10


def compare(block, shape, absent, path):
    """Compares names and types at every level. Returns the number of attributes."""
    compared = 0
    for attribute in block.attributes.values():
        name = attribute.property_name
        if not name or name in absent:
            continue
        where = f"{path}.{attribute.name}"
        assert name in shape.members, where
        assert xform_name(name) == attribute.name, where
        compared += 1 + compare_types(attribute, shape.members[name], where)
    return compared


def compare_types(attribute, shape, where):
    if attribute.nested is None:
        cty = attribute.type
        if shape.type_name == "list":
            assert cty == ["list", CFN_TYPES[shape.member.type_name]], where
        else:
            assert cty == CFN_TYPES[shape.type_name], where
        return 0
    assert attribute.nesting == {"structure": "single", "list": "list"}[shape.type_name], where
    return compare(attribute.nested, shape.member if shape.type_name == "list" else shape, (), where)


def test_a_data_source_of_awscc_has_the_properties_of_its_resource_computed():
    resource, data = (
        group["awscc_sagemaker_endpoint"] for group in (load("awscc").resources, load("awscc").data_sources)
    )
    assert data.cloudformation_type == resource.cloudformation_type
    assert data.cty == resource.cty
    assert data.attributes["id"].required
    for path, block in every_block(data):
        for attribute in block.attributes.values():
            if attribute.name != "id":
                assert attribute.computed, (path, attribute.name)
                assert not attribute.optional, (path, attribute.name)
                assert attribute.property_name, (path, attribute.name)
                assert not attribute.checks, (path, attribute.name)
