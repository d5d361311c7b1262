"""Holds a raw HTTP response against botocore's model of the operation.

botocore itself parses leniently: it drops members it does not know and does not miss those it requires.
"""

import json

COMMON_ERRORS = {
    "sagemaker": {"ValidationException"},
    "sagemaker-runtime": set[str](),
    "application-autoscaling": set[str](),
    "cloudcontrol": {"ValidationException", "TypeNotFoundException"},
    "service-quotas": set[str](),
}
"""Error codes that a service answers with though its model does not list them for each operation."""
NOT_EMULATED = "InternalFailure"
_TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "list": list,
    "map": dict,
    "structure": dict,
}
_NUMBERS = ("float", "double", "timestamp")


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
    members = dict(shape.members)
    in_headers = {name: member for name, member in members.items() if "location" in member.serialization}
    for name, member in in_headers.items():
        header = member.serialization["name"]
        assert name not in shape.required_members or header in headers, f"header {header} is missing"
    if shape.serialization.get("payload"):
        return
    document = json.loads(body or b"{}")
    problems = list(_structure(shape, document, operation.name, skip=set(in_headers)))
    assert not problems, "\n".join(problems)


def _check_error(service, operation, status, headers, body):
    code = headers.get("x-amzn-errortype") or json.loads(body).get("__type", "")
    code = code.split("#")[-1].split(":")[0]
    if status == 501 and code == NOT_EMULATED:
        return
    modelled = {shape.name: shape for shape in operation.error_shapes}
    known = {*modelled, *COMMON_ERRORS[service.service_name]}
    assert code in known, f"{operation.name} has no error {code}, only {sorted(known)}: {body!r}"
    if code in modelled:
        wanted = modelled[code].metadata.get("error", {}).get("httpStatusCode", 400)
        assert status == wanted, f"{code} has status {wanted}, not {status}"


def _structure(shape, value, at, skip=frozenset()):
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is not a structure"
        return
    for name in value.keys() - shape.members.keys():
        if not (name == "message" and "Message" in shape.members):
            yield f"{at}: {shape.name} has no member {name}"
    for name, member in shape.members.items():
        if name in skip:
            continue
        if value.get(name) is not None:
            yield from _value(member, value[name], f"{at}.{name}")
        elif name in shape.required_members or name in value:
            yield f"{at}.{name} is missing"


def _value(shape, value, at):
    kind = shape.type_name
    expected = (int, float) if kind in _NUMBERS else _TYPES[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{at}: {value!r} is not a {kind}"
    elif kind == "structure":
        yield from _structure(shape, value, at)
    elif kind == "list":
        for index, item in enumerate(value):
            yield from _value(shape.member, item, f"{at}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _value(shape.value, item, f"{at}[{key}]")
    elif kind == "string" and shape.enum and value not in shape.enum:
        yield f"{at}: {value!r} is not one of {shape.enum}"
