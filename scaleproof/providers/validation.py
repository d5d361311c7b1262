"""Checks configurations before anything is planned, by the providers' rules and AWS's service models.

`validate` runs the providers' own validators, the `checks` of a schema. `shape_problems` checks against AWS's
service models from botocore. AWS checks a request against its model first (enums, lengths, ranges, patterns,
required members), so the answer is known at plan, without a cloud. This includes instance types, which
CloudFormation (and so awscc) leaves to the API.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name

from scaleproof.providers.standin import Problem
from scaleproof.service_models import Shape, Violation, service_model, violations
from scaleproof.translation.schema import Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Path, Values, place

_SHOWN_CHOICES = 12
_SHOWN_CHARACTERS = 120


def check_shape(service: str, shape_name: str, value: Any, path: Path = ()) -> list[Problem]:
    """One problem for each rule of a named shape that the value at `path` breaks.

    Raises botocore's NoShapeFoundError if the service's model has no such shape.
    """

    def located(inside: Path) -> Path:
        return path + tuple(xform_name(step) if isinstance(step, str) else step for step in inside)

    return shape_problems(service_model(service).shape_for(shape_name), value, located)


def shape_problems(shape: Shape, value: Any, located: Callable[[Path], Path]) -> list[Problem]:
    """One problem for each rule of a shape that a value breaks. Null and UNKNOWN break none.

    `value` has the shape's member names as keys. `located` turns a path in it into a path in the
    configuration.
    """
    problems = []
    for violation in violations(shape, value, unknown=UNKNOWN):
        path = located(violation.path)
        label = next((step for step in reversed(path) if isinstance(step, str)), "value")
        problems.append(Problem(f"Invalid value for {label}", _message(violation), path))
    return problems


def _message(violation: Violation) -> str:
    shown = _quoted(violation.value)
    if violation.constraint == "type":
        return f"{shown} is not of type {violation.shape.type_name}, which AWS expects here."
    if violation.constraint == "member":
        return f"{violation.shape.name} has no member {violation.path[-1]}."
    if violation.constraint == "required":
        return f"{violation.path[-1]} is required in {violation.shape.name}."
    if violation.constraint == "union":
        return f"Exactly one of {', '.join(violation.shape.members)} must be set."
    if violation.constraint == "enum":
        return f"{shown} is not among the values AWS accepts: {_choices(violation.value, list(violation.limit))}."
    if violation.constraint == "pattern":
        return f"{shown} must match the regular expression {violation.limit}"
    bound = f"at {'least' if violation.constraint == 'min' else 'most'} {violation.limit}"
    if isinstance(violation.value, (str, list, tuple, dict)):
        size = "length" if isinstance(violation.value, str) else "number of items"
        return f"{shown}: the {size} must be {bound}, not {len(violation.value)}."
    return f"{shown}: the value must be {bound}."


def _choices(value: Any, choices: list[str]) -> str:
    if len(choices) <= _SHOWN_CHOICES:
        return ", ".join(choices)
    near = difflib.get_close_matches(str(value), choices, n=3, cutoff=0.5)
    return f"one of {len(choices)}" + (f", such as {', '.join(near)}" if near else "")


def _quoted(value: Any) -> str:
    """A value as a message names it: whole or not at all, as a part of a sensitive one would not be found in it."""
    if isinstance(value, (list, tuple, dict)):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _SHOWN_CHARACTERS else f"a text of {len(value)} characters"
    return str(value)


SIBLINGS = ("conflicts_with", "required_with", "exactly_one_of", "at_least_one_of")


def validate(block: Block, config: Values, path: Path = ()) -> list[Problem]:
    """The problems with the values of a block and of everything inside it. Unknown values pass."""
    problems: list[Problem] = []
    for name, value in config.items():
        member = block.member(name)
        if member is None:
            continue
        here = (*path, name)
        for check in member.checks:
            problems += _check(check, name, value, config, here)
        inner = member.block if isinstance(member, NestedBlock) else member.nested
        if inner is None:
            continue
        if isinstance(value, dict) and member.nesting != "map":
            problems += validate(inner, value, here)
        elif isinstance(value, (list, dict)):
            items = enumerate(value) if isinstance(value, list) else value.items()
            for key, element in items:
                if isinstance(element, dict):
                    problems += validate(inner, element, (*here, key))
    return problems


def _check(check: dict[str, Any], name: str, value: Any, config: Values, path: Path) -> list[Problem]:
    (kind, rule), *_ = check.items()
    if kind == "configured":
        if value is None:
            return [Problem("Missing Attribute Value", f"{place(path)}: value must be configured", path)]
        return []
    if kind in SIBLINGS:
        detail = _siblings(kind, rule, name, config)
        return [Problem("Invalid combination of arguments", detail, path)] if detail else []
    if value is None or value is UNKNOWN:
        return []
    if kind == "shape":
        service, shape = rule
        return check_shape(service, shape, value, path)
    if kind == "each":
        return [
            problem
            for index, element in enumerate(value)
            for problem in _check(rule, name, element, config, (*path, index))
        ]
    return [
        Problem("Invalid Attribute Value", f"Attribute {place(path)} {message}", path)
        for message in _unmet(kind, rule, value)
    ]


def _unmet(kind: str, rule: Any, value: Any) -> Iterator[str]:
    if kind in ("length", "items"):
        measure = "string length" if kind == "length" else "number of elements"
        if not _within(rule, len(value)):
            yield f"{measure} must be {_bounds(rule)}, got: {len(value)}"
    elif kind == "range":
        if not _within(rule, value):
            yield f"value must be {_bounds(rule)}, got: {value}"
    elif kind in ("enum", "enum_ignore_case"):
        accepted = [str(choice).lower() for choice in rule] if kind == "enum_ignore_case" else rule
        if (value.lower() if kind == "enum_ignore_case" else value) not in accepted:
            yield f"value must be one of: {', '.join(map(str, rule))}, got: {value}"
    elif kind == "format":
        if must_be := expected(rule, value):  # other values than texts may hold what nobody should read
            yield f"value must be {must_be}" + (f", got: {_quoted(value)}" if isinstance(value, str) else "")
    elif kind == "multiple_of":
        if value % rule:
            yield f"value must be a multiple of {rule}, got: {value}"
    elif kind == "pattern":
        if not re.search(rule, value):
            yield f"value must match the regular expression {rule}, got: {value}"
    elif kind == "any":
        messages = [list(_unmet(name, bound, value)) for check in rule for name, bound in check.items()]
        if all(messages):
            yield " or ".join(message.split(", got:")[0] for broken in messages for message in broken) + (
                f", got: {value}"
            )
    else:
        raise ValueError(f"no check is called {kind!r}")


def _siblings(kind: str, names: list[str], name: str, config: Values) -> str:
    def present(other: str, *, unknown: bool) -> bool:
        value = config.get(other)
        return unknown if value is UNKNOWN else value is not None and value != []

    set_names = [other for other in names if present(other, unknown=kind != "conflicts_with")]
    if kind == "exactly_one_of" and len(set_names) != 1:
        return f"exactly one of {', '.join(names)} must be specified" + (
            f", got: {', '.join(set_names)}" if set_names else ""
        )
    if kind == "at_least_one_of" and not set_names:
        return f"at least one of {', '.join(names)} must be specified"
    if not present(name, unknown=False):
        return ""
    if kind == "conflicts_with" and set_names:
        return f'"{name}": conflicts with {", ".join(set_names)}'
    if kind == "required_with" and len(set_names) < len(names):
        return f'"{name}": all of {", ".join(names)} must be specified'
    return ""


def _within(bounds: list[Any], value: float) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(bounds: list[Any]) -> str:
    low, high = bounds
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"between {low} and {high}"


_REGION = r"[a-z]{2}(-[a-z]+)+-\d{1,2}"
_ACCOUNT = r"aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10}"
_ARN = rf"arn:aws(-[a-z]+)*:[^:]*:({_REGION})?:({_ACCOUNT})?:.+"
_IS_ARN = "an ARN, such as arn:aws:iam::123456789012:role/NAME"
_LOG_GROUP = "made of letters, digits and _./#-, at most {} of them"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _is_moment(value: str) -> bool:
    try:
        return "T" in value.upper() and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_environment(value: Mapping[str, Any]) -> bool:
    return all(
        re.fullmatch(r"[A-Za-z_]\w{0,1023}", name, re.ASCII)
        and len(element if isinstance(element, str) else "") <= 1024
        for name, element in value.items()
    )


FORMATS: Mapping[str, tuple[str | Callable[[Any], bool], str]] = {
    "arn": (rf"({_ARN})?", _IS_ARN),
    "arn_or_ec2_automate": (
        rf"({_ARN}|arn:[\w-]+:automate:[\w-]+:ec2:(recover|stop|terminate|reboot))?",
        f"{_IS_ARN}, or arn:aws:automate:REGION:ec2:ACTION",
    ),
    "dashboard_name": (r"[0-9A-Za-z_-]{1,255}", "made of letters, digits, _ and -, at most 255 of them"),
    "empty": ("", "empty"),
    "iam_policy": (
        lambda value: value.startswith("{") and _is_json(value),
        "a policy document, which is a JSON object",
    ),
    "json": (_is_json, "JSON"),
    "kms_alias": (r"alias/[0-9A-Za-z_/-]+", "alias/ and a name of letters, digits and _/-"),
    "log_group_name": (r"[0-9A-Za-z_./#-]{1,512}", _LOG_GROUP.format(512)),
    "log_group_name_prefix": (r"[0-9A-Za-z_./#-]{1,483}", _LOG_GROUP.format(483)),
    "model_data_url": (r"(?=.{0,1024}\Z)(https|s3)://[^/]+/?.*", "a path that starts with s3:// or https://"),
    "nullable_capacity": (r"(\+?\d+)?", "a whole number, 0 or more"),
    "nullable_float": (r"([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)?", "a number"),
    "nullable_int": (r"([+-]?\d+)?", "a whole number"),
    "policy_path": (r"/|/[!-~]{0,510}/", "a path that begins and ends with a slash"),
    "rfc3339": (_is_moment, "a time such as 2026-11-25T07:30:00Z"),
    "role_name": (r"[\w+=,.@-]{1,64}", "the name of a role: letters, digits and +=,.@-_, at most 64 of them"),
    "sagemaker_environment": (
        _is_environment,
        "variables whose names begin with a letter or _, have letters, digits and _, and are, like their "
        "values, at most 1024 characters long",
    ),
    "sagemaker_image": (r"(?=.*\S).{1,255}", "the path of an image, at most 255 characters long"),
    "sagemaker_name": (
        r"[0-9A-Za-z][0-9A-Za-z-]{0,62}",
        "a name of letters, digits and hyphens that does not begin with a hyphen, at most 63 of them",
    ),
}
"""The named validators, {"format": name} in the schema: an expression that the whole value matches, or a function
that accepts it, and what it must be. The rules are the providers', the words are not.

Sources: internal/verify/validate.go and internal/service/{logs,sagemaker}/validate.go of
hashicorp/terraform-provider-aws, helper/validation of hashicorp/terraform-plugin-sdk."""


def expected(name: str, value: Any) -> str:
    """What a known value must be to have a format, "" if it has it. Raises KeyError for an unknown format."""
    rule, must_be = FORMATS[name]
    valid = rule(value) if callable(rule) else re.fullmatch(rule, value, re.DOTALL)
    return "" if valid else must_be
