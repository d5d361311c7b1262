"""AWS's service models from botocore: a clean session, and checks of values against a shape.

The one place that knows what a model demands; how a violation is worded is for those who report it. AWS
matches a pattern against the whole value, whether or not the model anchors it. Patterns are Java's; the
`regex` module reads them with `\\p{L}` and the like.

Imported inside LocalStack's environment too, which has botocore and regex.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import regex
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
from botocore.model import ServiceModel
from botocore.session import Session

Shape = Any
"""A shape of botocore; which members it has depends on its `type_name`."""
Constraint = Literal["type", "member", "required", "union", "enum", "min", "max", "pattern"]
"""What can be broken: "member" is one that the structure lacks; "min" and "max" bound numbers and lengths."""
Path = tuple[str | int, ...]
"""Member names as on the wire, indexes into lists, keys of maps."""

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
_NUMBERS = ("integer", "long", "float", "double")


@dataclass(frozen=True)
class Violation:
    """One constraint that a value breaks.

    `shape` is the value's own; for "member" and "required" it is the structure's, and the last step of the
    path names the member. `value` is None where something is missing. `of_key`: it is a map's key that breaks
    the constraint, not the value under it.
    """

    path: Path
    constraint: Constraint
    shape: Shape
    value: Any = None
    of_key: bool = False

    @property
    def limit(self) -> Any:
        """What the model has for the constraint: the choices, the bound or the pattern."""
        return self.shape.metadata[self.constraint]


def violations(shape: Shape, value: Any, *, unknown: Any = None) -> Iterator[Violation]:
    """Yields every constraint of the model that a value breaks, outermost first.

    None counts as absent; `unknown` is a value that is not judged, and satisfies what is required.
    """
    return _walk(shape, value, (), unknown)


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value matches a pattern of a service model, the way AWS's Java reads it."""
    return _compiled(pattern).fullmatch(value) is not None


def _walk(shape: Shape, value: Any, path: Path, unknown: Any, of_key: bool = False) -> Iterator[Violation]:
    kind = shape.type_name
    if value is None or value is unknown or kind not in _TYPES:  # timestamps, blobs, documents have none
        return
    if not _has_type(value, kind):
        yield Violation(path, "type", shape, value, of_key)
        return
    for constraint in _broken(shape, value):
        yield Violation(path, constraint, shape, value, of_key)
    if kind == "structure":
        yield from _structure(shape, value, path, unknown)
    elif kind == "list":
        for index, element in enumerate(value):
            yield from _walk(shape.member, element, (*path, index), unknown)
    elif kind == "map":
        for key, element in value.items():
            yield from _walk(shape.key, key, (*path, key), unknown, of_key=True)
            yield from _walk(shape.value, element, (*path, key), unknown)


def _structure(shape: Shape, value: dict[str, Any], path: Path, unknown: Any) -> Iterator[Violation]:
    for name in value:
        if name not in shape.members:
            yield Violation((*path, name), "member", shape, value[name])
    for name in shape.required_members:
        if value.get(name) is None and shape.members[name].type_name != "blob":  # an empty payload is one
            yield Violation((*path, name), "required", shape)
    if getattr(shape, "is_tagged_union", False) and sum(element is not None for element in value.values()) != 1:
        yield Violation(path, "union", shape, value)
    for name, element in value.items():
        if name in shape.members:
            yield from _walk(shape.members[name], element, (*path, name), unknown)


def _has_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and value.is_integer():
        return kind in _NUMBERS
    return isinstance(value, _TYPES[kind])


def _broken(shape: Shape, value: Any) -> Iterator[Constraint]:
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        yield "enum"
    if shape.type_name not in ("structure", "boolean"):
        size = value if shape.type_name in _NUMBERS else len(value)
        if "min" in limits and size < limits["min"]:
            yield "min"
        if "max" in limits and size > limits["max"]:
            yield "max"
    if limits.get("pattern") and isinstance(value, str) and not matches(limits["pattern"], value):
        yield "pattern"


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    # Java's \p{Print} is ASCII, regex's is Unicode; Java writes the astral planes as surrogate pairs.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    pattern = pattern.replace(r"[\p{Print}", "[ -~").replace(r"\p{Print}", "[ -~]").replace(r"\z", r"\Z")
    return regex.compile(pattern)


@cache
def session() -> Session:
    """A session that reads neither AWS_ variables nor files: no profile, no endpoint, no defaults of theirs.

    A profile that is missing would fail, FIPS and dual-stack endpoints are refused beside one that is given,
    and the defaults mode "auto" asks the metadata service of the instance where it is.
    """
    return Session(
        session_vars={
            name: (None, None, default, conversion)
            for name, (_, _, default, conversion) in VARIABLES.items()
            if not name.endswith("_file")
        }
        | {"config_file": (None, None, "", None), "credentials_file": (None, None, "", None)}
    )


@cache
def partitions() -> tuple[Mapping[str, Any], ...]:
    """AWS's partitions as botocore lists them: id, regionRegex, and dnsSuffix and others in outputs."""
    return tuple(session().get_data("partitions")["partitions"])


@cache
def service_model(service: str) -> ServiceModel:
    """The botocore model of a service, e.g. "application-autoscaling"; read once per process."""
    return session().get_service_model(service)


def input_shape(service: str, operation: str) -> Shape:
    """The shape of an operation's request."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        raise LookupError(f"{service} {operation} takes no input")
    return shape


def member(shape: Shape, name: str) -> Shape:
    """The shape of a structure's member, looking through lists. Raises LookupError when there is none."""
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or name not in shape.members:
        raise LookupError(f"{shape.name} has no member {name}")
    return shape.members[name]
