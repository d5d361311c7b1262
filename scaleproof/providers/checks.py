"""Plan-time checks of plain values against AWS's own service models, as botocore carries them.

AWS validates a request against its model before anything else: enums, lengths, ranges, patterns, required
members. The same model in botocore makes that verdict available at plan, without a cloud.

AWS matches a pattern against the whole value, whether or not the model anchors it. Patterns are Java's; the
`regex` module reads them with `\\p{L}` and the like.

Instance types are checked here although CloudFormation (and so awscc) leaves them to the API: the verdict is
the same, only earlier.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex
from botocore import xform_name
from botocore.model import ServiceModel
from botocore.session import get_session

from scaleproof.providers.formats import FORMATS
from scaleproof.providers.standin import Path, Problem
from scaleproof.providers.wire import UNKNOWN

Shape = Any
"""A shape of botocore; which members it has depends on its `type_name`."""

__all__ = ["FORMATS", "Violation", "as_problem", "check_member", "check_shape", "input_shape", "violations"]

_SHOWN_CHOICES = 12
_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
    "list": (list, tuple),
    "map": (dict,),
    "structure": (dict,),
}


@dataclass(frozen=True)
class Violation:
    """One rule of the model that a value breaks; `path` is in member names, as on the wire."""

    path: Path
    message: str


@cache
def service_model(service: str) -> ServiceModel:
    """The botocore model of a service, e.g. "application-autoscaling"; read once per process."""
    return get_session().get_service_model(service)


def input_shape(service: str, operation: str) -> Shape:
    """The shape of an operation's request."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        raise LookupError(f"{service} {operation} takes no input")
    return shape


def check_shape(
    service: str,
    shape_name: str,
    value: Any,
    path: Path = (),
    *,
    name: Callable[[str], str] = xform_name,
) -> list[Problem]:
    """Check a value against a named shape of a service model.

    `value` is plain Python with member names as keys; None and UNKNOWN are skipped, as is what they hide.
    `path` is where the value sits in the configuration; `name` turns a member into an attribute name.
    Returns one problem per broken rule. Raises botocore's NoShapeFoundError for a name the model lacks.
    """
    shape = service_model(service).shape_for(shape_name)
    return [
        as_problem(
            violation, path + tuple(name(step) if isinstance(step, str) else step for step in violation.path)
        )
        for violation in violations(shape, value)
    ]


def check_member(
    service: str, operation: str, member_path: str, value: Any, path: Path = ()
) -> list[Problem]:
    """Check one value against one member of an operation's request.

    `member_path` is dotted, and passes through lists and maps without an index:
    check_member("sagemaker", "CreateModel", "Containers.Image", "my image").
    """
    shape = input_shape(service, operation)
    for step in member_path.split("."):
        shape = member(shape, step)
    return [as_problem(violation, path + violation.path) for violation in violations(shape, value)]


def member(shape: Shape, name: str) -> Shape:
    """The shape of a structure's member, looking through lists. Raises LookupError when there is none."""
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or name not in shape.members:
        raise LookupError(f"{shape.name} has no member {name}")
    return shape.members[name]


def as_problem(violation: Violation, path: Path) -> Problem:
    """A violation as the diagnostic Terraform shows at `path`."""
    label = next((step for step in reversed(path) if isinstance(step, str)), "value")
    return Problem(f"Invalid value for {label}", violation.message, path)


def violations(shape: Shape, value: Any, path: Path = ()) -> Iterator[Violation]:
    """Walk a value along its shape and yield every rule of the model that it breaks, outermost first."""
    if value is None or value is UNKNOWN:
        return
    if shape.type_name not in _TYPES:  # timestamps, blobs and documents have no rules in the model
        return
    if not _has_type(value, shape.type_name):
        yield Violation(path, f"{_shown(value)} is not of type {shape.type_name}, which AWS expects here.")
        return
    yield from (Violation(path, message) for message in _broken_rules(shape, value))
    if shape.type_name == "structure":
        yield from _structure(shape, value, path)
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from violations(shape.member, item, (*path, index))
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from violations(shape.key, key, (*path, key))
            yield from violations(shape.value, item, (*path, key))


def _has_type(value: Any, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    if isinstance(value, float) and value.is_integer():
        return type_name in ("integer", "long", "float", "double")
    return isinstance(value, _TYPES[type_name])


def _structure(shape: Shape, value: dict[str, Any], path: Path) -> Iterator[Violation]:
    for key in value:
        if key not in shape.members:
            yield Violation((*path, key), f"{shape.name} has no member {key}.")
    for key in shape.required_members:
        if value.get(key) is None:
            yield Violation((*path, key), f"{key} is required in {shape.name}.")
    if getattr(shape, "is_tagged_union", False) and sum(item is not None for item in value.values()) != 1:
        yield Violation(path, f"Exactly one of {', '.join(shape.members)} must be set.")
    for key, item in value.items():
        if key in shape.members:
            yield from violations(shape.members[key], item, (*path, key))


def _broken_rules(shape: Shape, value: Any) -> Iterator[str]:
    rules = shape.metadata
    choices = rules.get("enum")
    if choices and value not in choices:
        yield f"{_shown(value)} is not among the values AWS accepts: {_choices(value, list(choices))}."
    size, what = _size(value)
    low, high = rules.get("min"), rules.get("max")
    if size is not None and low is not None and size < low:
        yield f"{_shown(value)}: {what} must be at least {low}{_got(what, size)}."
    if size is not None and high is not None and size > high:
        yield f"{_shown(value)}: {what} must be at most {high}{_got(what, size)}."
    pattern = rules.get("pattern")
    if pattern and isinstance(value, str) and not matches(pattern, value):
        yield f"{_shown(value)} must match the regular expression {pattern}"


def _size(value: Any) -> tuple[float | None, str]:
    if isinstance(value, str):
        return len(value), "the length"
    if isinstance(value, (list, tuple, dict)):
        return len(value), "the number of items"
    return (None, "") if isinstance(value, bool) else (value, "the value")


def _got(what: str, size: float) -> str:
    return "" if what == "the value" else f", not {size}"


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value matches a pattern of a service model, the way AWS's Java reads it."""
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Java's \p{Print} is ASCII, regex's is Unicode; Java writes the astral planes as surrogate pairs.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    pattern = pattern.replace(r"[\p{Print}", "[ -~").replace(r"\p{Print}", "[ -~]").replace(r"\z", r"\Z")
    return regex.compile(pattern)


def _choices(value: Any, choices: list[str]) -> str:
    if len(choices) <= _SHOWN_CHOICES:
        return ", ".join(choices)
    near = difflib.get_close_matches(str(value), choices, n=3, cutoff=0.5)
    return f"one of {len(choices)}" + (f", such as {', '.join(near)}" if near else "")


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
