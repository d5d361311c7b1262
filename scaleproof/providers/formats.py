"""The providers' named validators, {"format": name} in the schema: what a value must be.

Sources: internal/verify/validate.go and internal/service/{logs,sagemaker}/validate.go of
hashicorp/terraform-provider-aws, helper/validation of hashicorp/terraform-plugin-sdk. The rules are theirs,
the words are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

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


def _is_policy(value: str) -> bool:
    return value.startswith("{") and _is_json(value)


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
    "iam_policy": (_is_policy, "a policy document, which is a JSON object"),
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
"""By name: an expression that the whole value matches, or a function that accepts it, and what it must be."""


def expected(name: str, value: Any) -> str:
    """What a known value must be to have a format, "" if it has it. Raises KeyError for an unknown format."""
    rule, must_be = FORMATS[name]
    valid = rule(value) if callable(rule) else re.fullmatch(rule, value, re.DOTALL)
    return "" if valid else must_be
