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
    effects = [{one["Effect"] for one in listed(policy["Statement"]) if _applies(one, request)} for policy in policies]
    return all(found == {"Allow"} for found in effects)


def _applies(statement, request):
    unread = statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition"}
    if unread or "${" in str(statement):
        raise ValueError(f"not a statement that is understood here: {statement}")
    return (
        any(_like(pattern.lower(), request.action.lower()) for pattern in listed(statement["Action"]))
        and any(pattern == "*" or _arn(pattern, request.resource) for pattern in listed(statement["Resource"]))
        and all(_holds(*condition, request) for condition in _conditions(statement))
    )


def _conditions(statement):
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key, [str(value) for value in listed(values)]


def _holds(operator, key, wanted, request):
    """A key that the request does not have fails every operator but those that end in IfExists."""
    name = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
    if name not in _OPERATORS:
        raise ValueError(f"an operator that is not understood here: {operator}")
    given = {known.lower(): value for known, value in request.context.items()}.get(key.lower())
    if given is None:
        return operator.endswith("IfExists")
    if isinstance(given, list) != operator.startswith("ForAnyValue:"):
        raise ValueError(f"{key} has one value or several; {operator} is for the other")
    return any(_OPERATORS[name](pattern, value) for pattern in wanted for value in listed(given))


def listed(value):
    """What a policy may write as one value or as a list of them."""
    return value if isinstance(value, list) else [value]


def _like(pattern, value):
    """`*` is any characters or none, `?` is any one."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn(pattern, value):
    """The six parts of an ARN are compared one by one: a wildcard ends with its part, but for the last."""
    parts, given = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(given) and all(map(_like, parts, given))


_OPERATORS = {
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": _like,
}
