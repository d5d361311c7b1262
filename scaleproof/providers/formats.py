"""The providers' named validators, {"format": name} in the schema, with the providers' messages.

Sources: internal/verify/validate.go and internal/service/{logs,sagemaker}/validate.go of
hashicorp/terraform-provider-aws, helper/validation of hashicorp/terraform-plugin-sdk. A validator yields the
messages for one known value; `name` is the attribute in the messages.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

Messages = Iterator[str]
Format = Callable[[Any, str], Messages]

_PARTITION = r"^aws(-[a-z]+)*$"
_REGION = r"^[a-z]{2}(-[a-z]+)+-\d{1,2}$"
_ACCOUNT = r"^(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})$"


def _arn(value: str, name: str) -> Messages:
    if not value:
        return
    bad = f'"{name}" ({value}) is an invalid ARN: '
    if not value.startswith("arn:"):
        yield bad + "arn: invalid prefix"
        return
    sections = value.split(":", 5)
    if len(sections) != 6:
        yield bad + "arn: not enough sections"
        return
    _, partition, _, region, account, resource = sections
    if not partition:
        yield bad + "missing partition value"
    elif not re.search(_PARTITION, partition):
        yield bad + f"invalid partition value (expecting to match regular expression: {_PARTITION})"
    if region and not re.search(_REGION, region):
        yield bad + f"invalid region value (expecting to match regular expression: {_REGION})"
    if account and not re.search(_ACCOUNT, account):
        yield bad + f"invalid account ID value (expecting to match regular expression: {_ACCOUNT})"
    if not resource:
        yield bad + "missing resource value"


def _arn_or_ec2_automate(value: str, name: str) -> Messages:
    if not re.search(r"^arn:[\w-]+:automate:[\w-]+:ec2:(recover|stop|terminate|reboot)$", value):
        yield from _arn(value, name)


def _sagemaker_environment(value: dict[str, Any], name: str) -> Messages:
    for key, item in value.items():
        if not re.search(r"^[0-9A-Za-z_]+$", key):
            yield f'only alphanumeric characters and underscore allowed in "{name}": "{key}"'
        yield from (
            f'"{name}" cannot be longer than 1024 characters: "{text}"'
            for text in (key, item)
            if isinstance(text, str) and len(text) > 1024
        )
        if re.search(r"^[0-9]", key):
            yield f'"{name}" cannot begin with a digit: "{key}"'


def _json(value: str, name: str) -> Messages:
    try:
        json.loads(value)
    except ValueError as error:
        yield f'"{name}" contains an invalid JSON: {error}'


def _policy_json(value: str, name: str) -> Messages:
    bad = f'"{name}" contains an invalid JSON policy: '
    if not value:
        yield f'"{name}" is an empty string, which is not a valid JSON value'
        return
    if value[0] in " \t\r\n":
        yield bad + "leading space characters are not allowed"
        return
    try:
        document = json.loads(value)
    except ValueError as error:
        yield bad + (str(error) if value[0] == "{" else "not a JSON object")
        return
    if isinstance(document, str):
        hint = ""
        if document.endswith(".json"):
            hint = " (have you passed a JSON-encoded filename instead of the content of that file?)"
        elif _is_json(document):
            hint = " (have you double-encoded your JSON data?)"
        yield bad + f"contains a JSON-encoded string, not a JSON-encoded object{hint}"
    elif isinstance(document, list):
        yield bad + "contains a JSON array, not a JSON object"
    elif not isinstance(document, dict):
        yield bad + "not a JSON object"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _rfc3339(value: str, name: str) -> Messages:
    try:
        moment = datetime.fromisoformat(value) if "T" in value.upper() else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        yield f'expected "{name}" to be a valid RFC3339 date, got "{value}"'


def _matching(*rules: tuple[str, str]) -> Format:
    """A validator for texts that match every expression. Each comes with the message if it does not match."""

    def check(value: str, name: str) -> Messages:
        for expression, message in rules:
            if not re.search(expression, value):
                yield message.format(name=name, value=value)

    return check


def _at_most(length: int) -> tuple[str, str]:
    return rf"(?s)\A.{{0,{length}}}\Z", f'"{{name}}" cannot be longer than {length} characters: "{{value}}"'


def _pattern(expression: str, message: str) -> Format:
    return _matching((rf"\A(?:{expression})\Z", f"invalid value for {{name}} ({message})"))


def _nullable(parse: Callable[[str], float], kind: str) -> Format:
    """A validator for a number in a string, or an empty string: the SDK's way to tell 0 from unset."""

    def check(value: str, name: str) -> Messages:
        try:
            ok = value == "" or not math.isnan(parse(value))
        except ValueError:
            ok = False
        if not ok:
            yield f"{name}: cannot parse '{value}' as {kind}"

    return check


def _capacity(value: str, name: str) -> Messages:
    messages = list(_nullable(int, "int")(value, name))
    yield from messages
    if value and not messages and int(value) < 0:
        yield f"expected {name} to be at least (0), got {value}"


_LOG_GROUP = (
    r"^[0-9A-Za-z_./#-]+$",
    '"{name}" isn\'t a valid log group name (alphanumeric characters, underscores, hyphens, slashes, '
    'hash signs and dots are allowed): "{value}"',
)

FORMATS: dict[str, Format] = {
    "arn": _arn,
    "arn_or_ec2_automate": _arn_or_ec2_automate,
    "dashboard_name": _pattern(r"[0-9A-Za-z_-]{1,255}", "only letters, digits, _ and -, at most 255"),
    "empty": _matching((r"\A\Z", "expected {name} to be empty, got {value}")),
    "iam_policy": _policy_json,
    "json": _json,
    "kms_alias": _pattern(
        r"alias/[0-9A-Za-z_/-]+", "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"
    ),
    "log_group_name": _matching(_at_most(512), _LOG_GROUP),
    "log_group_name_prefix": _matching(_at_most(483), _LOG_GROUP),
    "model_data_url": _matching(
        (r"^(https|s3)://([^/]+)/?(.*)$", '"{name}" must be a valid path: "{value}"'),
        _at_most(1024),
        (r"^(https|s3)://", '"{name}" must be a path that starts with either s3 or https: "{value}"'),
    ),
    "nullable_capacity": _capacity,
    "nullable_float": _nullable(float, "float"),
    "nullable_int": _nullable(int, "int"),
    "policy_path": _pattern(r"/|/[!-~]{0,510}/", "must begin and end with a slash"),
    "rfc3339": _rfc3339,
    "role_name": _pattern(
        r"[\w+=,.@-]{1,64}", "must be the name of a role: alphanumerics and +=,.@-_, at most 64"
    ),
    "sagemaker_environment": _sagemaker_environment,
    "sagemaker_image": _matching((r"\S+", 'no whitespace allowed in "{name}": "{value}"'), _at_most(255)),
    "sagemaker_name": _matching(
        (r"^[0-9A-Za-z-]+$", 'only alphanumeric characters and hyphens allowed in "{name}": "{value}"'),
        _at_most(63),
        (r"^(?!-)", '"{name}" cannot begin with a hyphen: "{value}"'),
    ),
}
