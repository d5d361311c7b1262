"""Refuses requests that break the service model, in the words AWS's front ends use.

The model is botocore's own: required members, enums, lengths, ranges and patterns of every request shape.
The form of the message is the one quoted in aws/amazon-sagemaker-examples issue 2236.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import regex
from botocore.model import Shape

from scaleproof.cloud.plugin.errors import AwsError

_SHOWN = 200  # characters of an offending value that a message repeats


def check(shape: Any, request: dict[str, Any], *, code: str = "ValidationException") -> None:
    """Raises AwsError naming every constraint of `shape` (a botocore structure) that `request` breaks."""
    problems = list(_structure(shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise AwsError(code, count + "; ".join(problems))


def unknown_members(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Paths (`Tags/0/Colour`) of members the shape lacks: the APIs drop them, CloudFormation refuses."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from unknown_members(shape.members[name], member, f"{path}{name}/")
            else:
                yield f"{path}{name}"
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_members(shape.member, item, f"{path}{index}/")


def _structure(shape: Any, value: dict[str, Any], at: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{at}.{_lower(name)}" if at else _lower(name)
        if value.get(name) is not None:
            yield from _value(member, value[name], path)
        elif name in shape.required_members and member.type_name != "blob":  # an empty payload is one
            yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _value(shape: Shape, value: Any, at: str) -> Iterator[str]:
    kind = shape.type_name
    limits = shape.metadata
    if kind == "structure":
        yield from _structure(shape, value, at)
    elif kind == "list":
        yield from _length(value, limits, at)
        for number, item in enumerate(value, start=1):
            yield from _value(shape.member, item, f"{at}.{number}.member")  # type: ignore[attr-defined]
    elif kind == "map":
        yield from _length(value, limits, at)
        for key, item in value.items():
            yield from _value(shape.key, key, f"{at}.{key}.key")  # type: ignore[attr-defined]
            yield from _value(shape.value, item, f"{at}.{key}.value")  # type: ignore[attr-defined]
    elif kind == "string":
        yield from _string(shape, value, at)
    elif kind in ("integer", "long", "float", "double"):
        if "min" in limits and value < limits["min"]:
            yield _problem(value, at, f"Member must have value greater than or equal to {limits['min']}")
        if "max" in limits and value > limits["max"]:
            yield _problem(value, at, f"Member must have value less than or equal to {limits['max']}")


def _string(shape: Any, value: str, at: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield _problem(value, at, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    yield from _length(value, shape.metadata, at)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _problem(value, at, f"Member must satisfy regular expression pattern: {pattern}")


def _length(value: Any, limits: dict[str, Any], at: str) -> Iterator[str]:
    if "min" in limits and len(value) < limits["min"]:
        yield _problem(value, at, f"Member must have length greater than or equal to {limits['min']}")
    if "max" in limits and len(value) > limits["max"]:
        yield _problem(value, at, f"Member must have length less than or equal to {limits['max']}")


def _problem(value: Any, at: str, constraint: str) -> str:
    return f"Value '{str(value)[:_SHOWN]}' at '{at}' failed to satisfy constraint: {constraint}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def _compiled(pattern: str) -> Any:
    # The models are written for Java, which spells the planes above U+FFFF as surrogate pairs.
    return regex.compile(pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"))
