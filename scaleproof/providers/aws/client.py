"""Calls AWS APIs from templates, tags included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.localstack.connection import Connection
from scaleproof.providers.aws.entry import Call, Hook, Tagging
from scaleproof.providers.standin import ProviderError, api_error
from scaleproof.times import attempts

RETRY_SECONDS = 3.0
"""How long a call is retried. The provider retries for minutes. Nothing takes that long to propagate here,
and a real mistake should be reported soon."""
_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_PLACEHOLDER = re.compile(r"\{(\w+)(:text)?\}")


class Client:
    """A boto3 client in one region of one account that raises ProviderError."""

    def __init__(self, connection: Connection, service: str) -> None:
        """`service` is botocore's name."""
        self.boto3 = connection.client(service)
        self.account = connection.account
        self.region = connection.region

    def call(self, call: Call, values: Mapping[str, Any], action: str) -> Any:
        """The `result` of a templated call, or None if the call fails with one of its `absent` codes.

        `action` starts the error text: "reading IAM Role (nova)".
        """
        params = {key: element for key, element in fill(call.params, values).items() if not _unset(element)}
        response = self.send(call.operation, params, action, absent=call.absent, retry=call.retry)
        return None if response is None else _compiled(_text(call.result, values)).search(response)

    def send(
        self,
        operation: str,
        params: Mapping[str, Any],
        action: str,
        *,
        absent: tuple[str, ...] = (),
        retry: tuple[str, ...] = (),
    ) -> dict[str, Any] | None:
        """The response to one request, with all pages, or None if it fails with one of the `absent` codes.

        It is sent again while it fails with one of the `retry` codes.
        """
        for last in attempts(RETRY_SECONDS, _PAUSE, _LONGEST_PAUSE):
            try:
                response = self._send(operation, params)
            except (BotoCoreError, ClientError) as error:
                if _has_code(error, absent):
                    return None
                if last or not _has_code(error, retry):
                    raise ProviderError(f"{action}: {api_error(operation, error)}") from error
            else:
                return {key: value for key, value in response.items() if key != "ResponseMetadata"}
        return None  # not reached: the last attempt returns or raises

    def _send(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        method = xform_name(operation)
        response: dict[str, Any]
        if self.boto3.can_paginate(method):
            response = self.boto3.get_paginator(method).paginate(**params).build_full_result()
        else:
            response = getattr(self.boto3, method)(**params)
        return response

    def run(self, hook: Hook, values: dict[str, Any], action: str) -> None:
        """Runs a hook of the type table."""
        try:
            hook(self.boto3, values)
        except ClientError as error:
            raise ProviderError(f"{action}: {api_error(error.operation_name, error)}") from error

    def read_tags(self, tagging: Tagging, values: Mapping[str, Any], read: Any, action: str) -> dict[str, str]:
        """The current tags of a resource; `read` is what the type's own read has just returned."""
        if isinstance(tagging.read, str):
            tags = _compiled(tagging.read).search(read) or {}
        else:
            tags = self.call(tagging.read, values, action) or {}
        if tagging.pair is None:
            return dict(tags)
        key, value = tagging.pair
        return {tag[key]: tag.get(value, "") for tag in tags}

    def change_tags(
        self,
        tagging: Tagging,
        values: Mapping[str, Any],
        old: Mapping[str, str],
        new: Mapping[str, str],
        action: str,
    ) -> None:
        """Removes tags that are not in `new`, then sets those that are new or different."""
        if new == old:
            return
        removed = sorted(set(old) - set(new))
        added = new if tagging.whole else {key: new[key] for key in new if old.get(key) != new[key]}
        if removed and not (tagging.whole and new):
            self.call(tagging.remove, {**values, "keys": removed}, action)
        if added:
            self.call(tagging.add, {**values, "tags": tag_members(tagging, added)}, action)


def _has_code(error: Exception, codes: tuple[str, ...]) -> bool:
    details = error.response["Error"] if isinstance(error, ClientError) else {}
    return any(
        details.get("Code") == code and part in details.get("Message", "")
        for code, _, part in (element.partition(":") for element in codes)
    )


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Fills the placeholders of a template. A text that is only "{name}" becomes the value, of any type."""
    if isinstance(template, Mapping):
        return {key: fill(element, values) for key, element in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill(element, values) for element in template]
    if not isinstance(template, str):
        return template
    lone = _PLACEHOLDER.fullmatch(template)
    if lone is None:
        return _text(template, values)
    value = values.get(lone[1])
    return _plain_text(value) if lone[2] else value


def _text(template: str, values: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda match: _plain_text(values.get(match[1])), template)


def _unset(value: Any) -> bool:
    """Whether to leave a parameter out. In the state, 0 is an unset number."""
    return value is None or (value == 0 and not isinstance(value, bool))


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def tag_members(tagging: Tagging, tags: Mapping[str, Any]) -> Any:
    """Tags in the API's form: a map, or a list of pairs sorted by key."""
    if tagging.pair is None:
        return dict(tags)
    key, value = tagging.pair
    return [{key: name, value: tags[name]} for name in sorted(tags)]
