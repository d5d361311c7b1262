"""Injects faults into one account of a LocalStack that runs with the plugin."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scaleproof.cloud.connection import Connection
from scaleproof.errors import ScaleproofError

# A proxy that is meant for the outside world has no business between this process and its LocalStack.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SECONDS = 10.0


@contextmanager
def injected(connection: Connection, *rules: dict[str, Any]) -> Iterator[None]:
    """Injects rules into the account of a connection for as long as the context lasts.

    A rule is like {"fault": "throttling", "service": "sagemaker", "operation": "CreateModel", "times": 2};
    `scaleproof.cloud.plugin.injection` has all of them. Raises `ScaleproofError` as `inject` does.
    """
    inject(connection, *rules)
    try:
        yield
    finally:
        inject(connection)


def inject(connection: Connection, *rules: dict[str, Any]) -> None:
    """Puts rules in place of those that hold in the account of a connection; without rules ends them all.

    Raises `ScaleproofError` for a rule that is none, and for a LocalStack that runs without the plugin.
    """
    _send(connection, "PUT", list(rules))


def holding(connection: Connection) -> list[dict[str, Any]]:
    """The rules that hold in the account of a connection; `times` is what is left of them."""
    rules: list[dict[str, Any]] = _send(connection, "GET", None)
    return rules


def _send(connection: Connection, method: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{connection.endpoint_url}/_scaleproof/faults/{connection.account}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with _OPENER.open(request, timeout=_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 400:
            raise ScaleproofError(json.load(error)["message"]) from None
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} takes no faults (HTTP {error.code}).",
            advice="Use one that scaleproof starts: its plugin does.",
        ) from error
    except (OSError, ValueError) as error:
        raise ScaleproofError(
            f"The LocalStack at {connection.endpoint_url} does not answer ({error})."
        ) from error
