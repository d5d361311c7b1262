"""Refuses requests that break the service model, in the words of AWS's front ends.

The form of the message is the one quoted in aws/amazon-sagemaker-examples issue 2236.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scaleproof.emulator.errors import AwsError
from scaleproof.service_models import Path, Shape, Violation, violations

_SHOWN = 200
"""The most characters of a value that a message repeats. A longer one is left out: masks do not find a part."""
_JSON = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Integer",
    "float": "Number",
    "double": "Number",
    "list": "JSONArray",
    "map": "JSONObject",
    "structure": "JSONObject",
}
_PYTHON = {
    "str": "String",
    "bool": "Boolean",
    "int": "Integer",
    "float": "Number",
    "list": "JSONArray",
    "dict": "JSONObject",
}


def check(shape: Shape, request: dict[str, Any], *, code: str = "ValidationException") -> None:
    """Raises AwsError naming every constraint of `shape` (a botocore structure) that `request` breaks."""
    # The parser of the protocol has already dropped members that the shape does not have.
    problems = [
        _problem(violation, ".".join(_steps(shape, violation.path, violation.of_key)))
        for violation in violations(shape, request)
        if violation.constraint not in ("member", "union")
    ]
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise AwsError(code, count + "; ".join(problems))


def schema_problems(shape: Shape, document: dict[str, Any]) -> Iterator[str]:
    """Where a document of properties differs from the shape: unknown members, values of another type.

    The APIs drop or convert such values. CloudFormation refuses them, in these words.
    """
    for violation in violations(shape, document):
        if violation.constraint == "member":
            yield f"#: extraneous key [{'/'.join(map(str, violation.path))}] is not permitted"
        elif violation.constraint == "type":
            expected, actual = _JSON[violation.shape.type_name], _PYTHON[type(violation.value).__name__]
            yield f"#/{'/'.join(map(str, violation.path))}: expected type: {expected}, found: {actual}"


def _problem(violation: Violation, at: str) -> str:
    if violation.constraint == "required":
        return f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
    shown = isinstance(violation.value, (str, int, float)) and len(str(violation.value)) <= _SHOWN
    value = f"Value '{violation.value}'" if shown else "Value"
    return f"{value} at '{at}' failed to satisfy constraint: {_constraint(violation)}"


def _constraint(violation: Violation) -> str:
    if violation.constraint == "type":  # the words of the front ends have no public source
        return f"Member must be of type {violation.shape.type_name}"
    if violation.constraint == "enum":
        return f"Member must satisfy enum value set: [{', '.join(violation.limit)}]"
    if violation.constraint == "pattern":
        return f"Member must satisfy regular expression pattern: {violation.limit}"
    quantity = "length" if hasattr(violation.value, "__len__") else "value"
    bound = "greater" if violation.constraint == "min" else "less"
    return f"Member must have {quantity} {bound} than or equal to {violation.limit}"


def _steps(shape: Shape, path: Path, of_key: bool) -> Iterator[str]:
    """productionVariants.1.member.instanceType: names in lower case, lists counted from one."""
    for place, step in enumerate(path, start=1):
        if shape.type_name == "list":
            yield f"{int(step) + 1}.member"
            shape = shape.member
        elif shape.type_name == "map":
            yield f"{step}.{'key' if of_key and place == len(path) else 'value'}"
            shape = shape.value
        else:
            name = str(step)
            yield name[:1].lower() + name[1:]
            shape = shape.members[name]
