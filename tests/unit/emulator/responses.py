"""Holds a raw HTTP response against botocore's model of the operation.

botocore itself parses leniently: it drops members it does not know and does not miss those it requires.
"""

import json

from scaleproof.service_models import violations

COMMON_ERRORS = {
    "sagemaker": {"ValidationException"},
    "sagemaker-runtime": set(),
    "application-autoscaling": set(),
    "cloudcontrol": {"ValidationException", "TypeNotFoundException"},
    "service-quotas": set(),
}
"""Error codes that a service answers with though its model does not list them for each operation."""
NOT_EMULATED = "InternalFailure"


def check_response(service, operation, response):
    """Raises AssertionError if a response has what its model lacks, or lacks what it requires."""
    status, headers, body = response["status_code"], response["headers"], response["body"]
    if status >= 400:
        _check_error(service, operation, status, headers, body)
        return
    shape = operation.output_shape
    if shape is None:
        assert body in (b"", b"{}"), f"{operation.name} answers nothing, not {body!r}"
        return
    assert status == operation.http.get("responseCode", 200)
    in_headers = {name: member for name, member in shape.members.items() if "location" in member.serialization}
    for name, member in in_headers.items():
        header = member.serialization["name"]
        assert name not in shape.required_members or header in headers, f"header {header} is missing"
    if not shape.serialization.get("payload"):
        document = json.loads(body or b"{}", object_pairs_hook=_without_null)
        problems = [
            f"{'.'.join(map(str, violation.path))} {violation.constraint}"
            for violation in violations(shape, document)
            if violation.path[-1] not in in_headers
        ]
        assert not problems, f"{operation.name}: {problems}"


def _without_null(pairs):
    nulls = [name for name, value in pairs if value is None]
    assert not nulls, f"{nulls} null"
    return dict(pairs)


def _check_error(service, operation, status, headers, body):
    code = headers.get("x-amzn-errortype") or json.loads(body).get("__type", "")
    code = code.split("#")[-1].split(":")[0]
    if status == 501 and code == NOT_EMULATED:
        return
    modelled = {shape.name: shape for shape in operation.error_shapes}
    known = {*modelled, *COMMON_ERRORS[service.service_name]}
    assert code in known, f"{operation.name} has no error {code}, only {sorted(known)}: {body!r}"
    if code in modelled:
        expected = modelled[code].metadata.get("error", {}).get("httpStatusCode", 400)
        assert status == expected, f"{code} has status {expected}, not {status}"
