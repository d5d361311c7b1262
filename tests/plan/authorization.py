"""Whether IAM would allow a request: identity-based policies and a permissions boundary, nothing else.

The rules are those of the IAM User Guide: "Policy evaluation logic", "Condition operators" and "Resource".
What is not here (NotAction, policy variables, other operators) raises ValueError, so that nothing is misread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What IAM is asked: `action` on the ARN `resource` ("*" for none), and the keys that come with it."""

    action: str
    resource: str = "*"
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def allowed(request, *policies):
    """Whether each policy allows the request and none denies it: one's own, and a boundary's."""
    effects = [
        {statement["Effect"] for statement in listed(policy["Statement"]) if _applies(statement, request)}
        for policy in policies
    ]
    return all(effect == {"Allow"} for effect in effects)


def _applies(statement, request):
    unread = statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition"}
    if unread or "${" in str(statement):
        raise ValueError(f"not a statement that is understood here: {statement}")
    return (
        any(_matches(pattern.lower(), request.action.lower()) for pattern in listed(statement["Action"]))
        and any(pattern == "*" or _arn(pattern, request.resource) for pattern in listed(statement["Resource"]))
        and all(_holds(*condition, request) for condition in _conditions(statement))
    )


def _conditions(statement):
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key, [str(value) for value in listed(values)]


def _holds(operator, key, patterns, request):
    """A key that the request does not have fails every operator but those that end in IfExists."""
    name = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
    if name not in _OPERATORS:
        raise ValueError(f"an operator that is not understood here: {operator}")
    values = {known.lower(): value for known, value in request.context.items()}.get(key.lower())
    if values is None:
        return operator.endswith("IfExists")
    if isinstance(values, list) != operator.startswith("ForAnyValue:"):
        raise ValueError(f"{key} has one value or several; {operator} is for the other")
    return any(_OPERATORS[name](pattern, value) for pattern in patterns for value in listed(values))


def listed(value):
    """What a policy may write as one value or as a list of them."""
    return value if isinstance(value, list) else [value]


def _matches(pattern, value):
    """`*` is any characters or none, `?` is any one."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn(pattern, value):
    """The six parts of an ARN are compared one by one: a wildcard ends with its part, but for the last."""
    parts, parts_of_value = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(parts_of_value) and all(map(_matches, parts, parts_of_value))


_OPERATORS = {
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda pattern, value: pattern.lower() == value.lower(),
    "StringEquals": lambda pattern, value: pattern == value,
    "StringLike": _matches,
}
