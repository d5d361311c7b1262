"""The API calls that planned resources turn into, as botocore would send them.

Through the mapping that the stand-ins apply with: the tests of tests/unit hold it against the real
schemas, and those of tests/apply against the emulated APIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.validate import ParamValidator

from scaleproof.providers.aws.provider import resource_type
from scaleproof.service_models import input_shape, violations
from scaleproof.terraform.state import is_data
from scaleproof.translation import cloudformation, schema
from scaleproof.translation.values import UNKNOWN

_CLOUD_CONTROL = {
    "awscc_sagemaker_endpoint": ("sagemaker", "CreateEndpoint"),
    "awscc_sagemaker_endpoint_config": ("sagemaker", "CreateEndpointConfig"),
}
_WITHOUT_CALLS = ("terraform_data", "aws_security_group")
"""What lives in the state only, and what the stand-ins only plan."""
_FILL = {
    "string": "x" * 20,
    "integer": 1,
    "long": 1,
    "double": 1.0,
    "float": 1.0,
    "boolean": True,
    "map": {},
}


@dataclass(frozen=True)
class Request:
    """One call; members that only an apply knows are `UNKNOWN`."""

    address: str
    service: str
    operation: str
    params: Mapping[str, Any]


def requests(resources):
    """The calls that create the resources; data sources and what lives in the state only make none."""
    for resource in resources:
        if is_data(resource.address) or resource.type in _WITHOUT_CALLS:
            continue
        values = with_unknown(resource.values, resource.unknown)
        if resource.type in _CLOUD_CONTROL:
            service, operation = _CLOUD_CONTROL[resource.type]
            block = schema.load("awscc").resources[resource.type]
            # What the configuration leaves open is unknown in the plan, and not sent.
            document = cloudformation.to_document(block, values)
            members = input_shape(service, operation).members
            # Instructions to the CloudFormation handler are no members of the call it makes.
            params = {name: value for name, value in document.items() if name in members}
        else:
            kind = resource_type(resource.type)
            service, operation = kind.entry.request.service, kind.entry.request.operation
            params = kind.create_request({**kind.block.empty(), **values})
        yield Request(resource.address, service, operation, params)


def broken(request):
    """What botocore's validator and the service model's own rules say against a call."""
    shape = input_shape(request.service, request.operation)
    report = ParamValidator().validate(filled(request.params, shape), shape)
    if report.has_errors():
        yield f"{request.operation}: {report.generate_report()}"
    for violation in violations(shape, request.params, unknown=UNKNOWN):
        path = ".".join(map(str, violation.path))
        rule = f"{violation.constraint} of {violation.shape.name}"
        yield f"{request.operation}: {path} breaks {rule}: {violation.value!r:.200}"


def with_unknown(values, unknown):
    """The values with UNKNOWN wherever Terraform's JSON says that they are known after the apply only."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        members = dict(values or {})
        return members | {key: with_unknown(members.get(key), inner) for key, inner in unknown.items()}
    if isinstance(unknown, list) and isinstance(values, list):
        inner = [*unknown, *[False] * len(values)]
        return [with_unknown(value, mark) for value, mark in zip(values, inner, strict=False)]
    return values


def filled(value, shape):
    """The value with something of the right type in place of what is unknown, for ParamValidator."""
    if value is UNKNOWN and shape.type_name == "list":
        return [filled(UNKNOWN, shape.member)] * shape.metadata.get("min", 0)
    if value is UNKNOWN:
        return _FILL.get(shape.type_name, "x")
    if isinstance(value, Mapping) and shape.type_name == "structure":
        return {
            name: filled(member, shape.members[name]) if name in shape.members else member
            for name, member in value.items()
        }
    if isinstance(value, Mapping) and shape.type_name == "map":
        return {name: filled(member, shape.value) for name, member in value.items()}
    if isinstance(value, list) and shape.type_name == "list":
        return [filled(member, shape.member) for member in value]
    return value
